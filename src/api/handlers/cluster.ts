/** The engine itself: lists of runs, and what the engine can do. */

import type { z } from 'zod';
import type {
  CountWorkflowExecutionsReply,
  ListWorkflowExecutionsReply,
} from '../../../sdk/common/service.ts';
import { SDK_VERSION } from '../../../sdk/common/worker-protocol.ts';
import { visibilityShardCounts } from '../../env.ts';
import type { Call } from '../call.ts';
import type * as schemas from '../schemas.ts';

export const CLUSTER_NAME = 'perdure';

export function listWorkflowExecutions(
  { namespace, ...request }: z.output<typeof schemas.list>,
  call: Call,
): Promise<ListWorkflowExecutionsReply> {
  return call.visibility(namespace, (visibility) => visibility.list(request));
}

export function countWorkflowExecutions(
  { namespace, query }: z.output<typeof schemas.count>,
  call: Call,
): Promise<CountWorkflowExecutionsReply> {
  return call.visibility(namespace, (visibility) => visibility.count({ query }));
}

/** `capabilities` in Temporal's names: what its clients ask before they use it. */
export async function getSystemInfo(): Promise<{
  serverVersion: string;
  capabilities: Record<string, boolean>;
}> {
  return {
    serverVersion: SDK_VERSION,
    capabilities: {
      signalAndQueryHeader: true,
      internalErrorDifferentiation: true,
      activityFailureIncludeHeartbeat: true,
      supportsSchedules: true,
      encodedFailureAttributes: true,
      buildIdBasedVersioning: false,
      upsertMemo: true,
      eagerWorkflowStart: false,
      sdkMetadata: true,
      countGroupByExecutionStatus: true,
      nexus: false,
    },
  };
}

export interface ClusterInfo {
  supportedClients: Record<string, string>;
  serverVersion: string;
  clusterId: string;
  clusterName: string;
  versionInfo: { current: { version: string } };
  historyShardCount: number;
  persistenceStore: string;
  visibilityStore: string;
}

export async function getClusterInfo(_: unknown, call: Call): Promise<ClusterInfo> {
  return {
    supportedClients: {},
    serverVersion: SDK_VERSION,
    clusterId: CLUSTER_NAME,
    clusterName: CLUSTER_NAME,
    versionInfo: { current: { version: SDK_VERSION } },
    historyShardCount: 1,
    persistenceStore: 'durable-objects',
    visibilityStore: `durable-objects (${visibilityShardCounts(call.env).at(-1)} shards)`,
  };
}
