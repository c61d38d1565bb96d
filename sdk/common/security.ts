/** API keys and the audit log, as the HTTP API has them. */

import type { TimestampJson } from './duration.ts';

export interface ApiKey {
  id: string;
  /** For people; several keys may have one name, as two do while one replaces the other. */
  name: string;
  /** `namespace:role` each; `system` stands for all namespaces. */
  permissions: string[];
  createdTime: TimestampJson;
  createdBy: string;
  expirationTime?: TimestampJson;
  revokedTime?: TimestampJson;
  /** Not newer than an hour. */
  lastUsedTime?: TimestampJson;
}

export interface CreateApiKeyRequest {
  name: string;
  permissions: string[];
  expirationTime?: TimestampJson;
}

/** The one answer that ever has the key itself. */
export interface CreateApiKeyReply {
  apiKey: ApiKey;
  key: string;
}

export interface AuditedCall {
  /** Who: the kind of credential, and whose it is. */
  principal: string;
  rpc: string;
  /** What it was about: the fields of the path, for example the workflow id. */
  target: Record<string, string>;
  /** The address that the request came from, where it is known. */
  remoteAddress?: string;
}

export interface AuditEntry extends AuditedCall {
  /** Counts from 1. */
  sequence: number;
  time: TimestampJson;
  /** `hash` of the entry before; of the first one, 64 zeros. */
  previousHash: string;
  /** SHA-256 over `previousHash` and the JSON list of sequence, time, principal, rpc, target, remoteAddress. */
  hash: string;
}

export interface PageRequest {
  pageSize?: number;
  nextPageToken?: string;
}
export interface AuditPage {
  entries: AuditEntry[];
  nextPageToken?: string;
}
