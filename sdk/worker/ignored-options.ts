/** Options of Temporal's Workers that mean nothing here, and those that would mislead if they were passed over. */

import type { Duration } from '../common/duration.ts';
import { ValueError } from '../common/errors.ts';

/** About polling, caching and threads of Temporal's Workers. They are taken and have no effect. */
export interface PollingOptions {
  maxConcurrentWorkflowTaskExecutions?: number;
  maxConcurrentWorkflowTaskPolls?: number;
  maxConcurrentActivityTaskPolls?: number;
  nonStickyToStickyPollRatio?: number;
  stickyQueueScheduleToStartTimeout?: Duration;
  maxCachedWorkflows?: number;
  workflowThreadPoolSize?: number;
  reuseV8Context?: boolean;
  workflowTaskPollerBehavior?: object;
  activityTaskPollerBehavior?: object;
  maxEagerActivityReservationsPerWorkflowTask?: number;
  disablePayloadErrorLimit?: boolean;
  enableSDKTracing?: boolean;
  showStackTraceSources?: boolean;
  maxConcurrentNexusTaskExecutions?: number;
  maxConcurrentNexusTaskPolls?: number;
  nexusTaskPollerBehavior?: object;
}

/** About the connection of Temporal's native core. They are taken and have no effect. */
export interface GrpcOptions {
  /** Node's own matter: `NODE_USE_ENV_PROXY` and `HTTPS_PROXY`. */
  proxy?: object;
  dnsLoadBalancingConfig?: DNSLoadBalancingConfig | null;
  grpcCompression?: GrpcCompressionConfig;
  disableErrorCodeMetricTags?: boolean;
  payloadLimits?: object;
}
export interface DNSLoadBalancingConfig {
  resolutionInterval: Duration;
}
export type GrpcCompressionConfig = { codec: 'gzip' } | { codec: 'none' };

const REFUSED = ['nexusServices'];

/** @throws ValueError for an option that the program relies on and that is not there. */
export function refuseMissing(options: object): void {
  const given = options as Record<string, unknown>;
  const refused = REFUSED.find((name) => given[name] !== undefined && given[name] !== false);
  if (refused) throw new ValueError(`${refused}: this option of Temporal's Workers is not there`);
  if (given.useVersioning) {
    throw new ValueError(
      'useVersioning: Temporal has replaced it; give workerDeploymentOptions with useWorkerVersioning instead',
    );
  }
}
