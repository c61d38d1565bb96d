/** Namespaces in Temporal's JSON. What a namespace of a variable has not been given has its default. */

import type { DurationJson, TimestampJson } from './duration.ts';

/** How long closed runs are kept, where a namespace says nothing else. */
export const DEFAULT_RETENTION: DurationJson = '2592000s';

export interface NamespaceLimits {
  /** Of each isolate of the engine. Absent: no limit. */
  requestsPerSecond?: number;
}

/** What the engine keeps of a namespace. */
export interface NamespaceRecord {
  name: string;
  /** A name that is taken again has another id. */
  id: string;
  description: string;
  ownerEmail: string;
  data: Record<string, string>;
  retention: DurationJson;
  limits: NamespaceLimits;
  createTime?: TimestampJson;
}

export interface RegisterNamespaceRequest {
  namespace: string;
  description?: string;
  ownerEmail?: string;
  data?: Record<string, string>;
  workflowExecutionRetentionPeriod?: DurationJson;
  limits?: NamespaceLimits;
  /** Ours: sent again with the same one, it changes nothing. */
  requestId?: string;
}
/** What is given is changed; keys of `data` are added to those that are there. */
export interface UpdateNamespaceRequest {
  namespace: string;
  updateInfo?: { description?: string; ownerEmail?: string; data?: Record<string, string> };
  config?: { workflowExecutionRetentionTtl?: DurationJson };
  /** Ours. Replaces those that are there. */
  limits?: NamespaceLimits;
}

export interface NamespaceReply {
  namespaceInfo: {
    name: string;
    id: string;
    /** `NAMESPACE_STATE_REGISTERED`. */
    state: string;
    description: string;
    ownerEmail: string;
    data: Record<string, string>;
    /** Ours. */
    createTime?: TimestampJson;
  };
  config: { workflowExecutionRetentionTtl: DurationJson };
  /** Ours. */
  limits: NamespaceLimits;
  replicationConfig: { activeClusterName: string; clusters: Array<{ clusterName: string }> };
  failoverVersion: string;
  isGlobalNamespace: boolean;
}
export interface ListNamespacesReply {
  namespaces: NamespaceReply[];
  nextPageToken?: string;
}
