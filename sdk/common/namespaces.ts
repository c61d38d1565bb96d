/** Namespaces in Temporal's JSON. What a namespace of a variable has not been given has its default. */

import type { DurationJson, TimestampJson } from './duration.ts';

/** How long closed runs are kept, where a namespace says nothing else. */
export const DEFAULT_RETENTION: DurationJson = '2592000s';

/** Absent, or 0 in a request: no limit. */
export interface NamespaceLimits {
  /** Of each isolate of the engine. */
  requestsPerSecond?: number;
  /** Of a run, in events: beyond it takes no signals and updates, until it continues as new. */
  historyEvents?: number;
  /** Of a run, in bytes; the same. */
  historyBytes?: number;
}
export const namespaceLimits = [
  'requestsPerSecond',
  'historyEvents',
  'historyBytes',
] as const satisfies ReadonlyArray<keyof NamespaceLimits>;

/** Where all objects of a namespace run and are stored: Cloudflare's names. */
export const jurisdictions = ['eu', 'us', 'fedramp', 'fedramp-high'] as const;
export type Jurisdiction = (typeof jurisdictions)[number];

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
  /** Absent: the engine's. */
  jurisdiction?: Jurisdiction;
  createTime?: TimestampJson;
}

export interface RegisterNamespaceRequest {
  namespace: string;
  description?: string;
  ownerEmail?: string;
  data?: Record<string, string>;
  workflowExecutionRetentionPeriod?: DurationJson;
  limits?: NamespaceLimits;
  /** Ours. For good: no update changes it, and the name keeps it when the namespace is deleted. */
  jurisdiction?: Jurisdiction;
  /** Ours: sent again with the same one, it changes nothing. */
  requestId?: string;
}
/** What is given is changed; keys of `data` are added to those that are there. */
export interface UpdateNamespaceRequest {
  namespace: string;
  updateInfo?: { description?: string; ownerEmail?: string; data?: Record<string, string> };
  config?: { workflowExecutionRetentionTtl?: DurationJson };
  /** Ours. Those that are given are changed; 0 takes one away. */
  limits?: NamespaceLimits;
}

/** The shards of a list that grows. */
export interface VisibilityShards {
  /** How many there have been, oldest first, and are. */
  counts: number[];
  /** How many of them may still have rows whose home is another. At 0 the former counts may be taken out of the variable. */
  moving: number;
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
  /** Ours. Absent: the engine's. */
  jurisdiction?: Jurisdiction;
  /** Ours, where it is described and VISIBILITY_SHARDS says that its list has grown. */
  visibilityShards?: VisibilityShards;
  replicationConfig: { activeClusterName: string; clusters: Array<{ clusterName: string }> };
  failoverVersion: string;
  isGlobalNamespace: boolean;
}
export interface ListNamespacesReply {
  namespaces: NamespaceReply[];
  nextPageToken?: string;
}
