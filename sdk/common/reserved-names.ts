/** Names of signals, queries, updates, activities, task queues and sinks that belong to the SDK. */

import { stackTraceQueries } from './worker-protocol.ts';

export const RESERVED_PREFIX = '__temporal_';
/** Temporal's own packages that stand on the SDK (`@temporalio/workflow-streams` and others) register these, as what is said here. */
const OF_PACKAGES = new Map<string, NamedKind>([
  ['__temporal_workflow_stream_publish', 'signal'],
  ['__temporal_workflow_stream_poll', 'update'],
  ['__temporal_workflow_stream_offset', 'query'],
  ['__temporal_openai_agents_tracing', 'sink'],
  ['__temporal_langsmith', 'sink'],
]);

export type NamedKind = 'signal' | 'query' | 'update' | 'activity' | 'task queue' | 'sink' | 'workflow';

/** Interceptors do not see what has such a name. */
export function isReservedName(name: string): boolean {
  return name.startsWith(RESERVED_PREFIX) || stackTraceQueries.has(name);
}

/** @throws TypeError in Temporal's words when users may not give this name. */
export function refuseReservedName(kind: NamedKind, name: string): void {
  if (!isReservedName(name) || OF_PACKAGES.get(name) === kind) return;
  const why = stackTraceQueries.has(name)
    ? 'which is a reserved name'
    : `with reserved prefix: '${RESERVED_PREFIX}'`;
  throw new TypeError(`Cannot use ${kind} name: '${name}', ${why}`);
}
