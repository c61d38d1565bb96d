/** Limits of task queues, and how urgent a task is. */

import type { EpochMs, TimestampJson } from './duration.ts';
import type { PriorityJson } from './priority.ts';
import type { ActivityTaskRef } from './service.ts';
import type { VersionRoute } from './versioning.ts';
import type { WorkerDescription } from './worker-protocol.ts';

export const DEFAULT_PRIORITY_KEY = 3;
export const LAST_PRIORITY_KEY = 5;
export const MAX_FAIRNESS_KEY_BYTES = 64;
export const MIN_FAIRNESS_WEIGHT = 0.001;
export const MAX_FAIRNESS_WEIGHT = 1_000;

/** What a TaskQueue object keeps to. */
export interface TaskQueueLimits {
  /** The larger one is the newer one. */
  revision: number;
  requestsPerSecond?: number;
  /** What Workers ask for; counts where there is no `requestsPerSecond`. */
  workersRequestsPerSecond?: number;
  /** Of each fairness key, times its weight. */
  keyRequestsPerSecond?: number;
  maxConcurrentTasks?: number;
  /** By fairness key; before what the tasks say. */
  weights?: Record<string, number>;
}

interface ConfigMetadata {
  reason?: string;
  updateIdentity?: string;
  updateTime: TimestampJson;
}
interface RateLimitConfig {
  rateLimit: { requestsPerSecond: number };
  metadata: ConfigMetadata;
}
/** Without `rateLimit`: none any more. */
interface RateLimitUpdate {
  rateLimit?: { requestsPerSecond: number };
  reason?: string;
}
/** Temporal's `TaskQueueConfig`, and `queueConcurrency`. */
export interface TaskQueueConfig {
  queueRateLimit?: RateLimitConfig;
  fairnessKeysRateLimitDefault?: RateLimitConfig;
  queueConcurrency?: { maxConcurrentTasks: number; metadata: ConfigMetadata };
  fairnessWeightOverrides?: Record<string, number>;
}

export interface UpdateTaskQueueConfigRequest {
  namespace: string;
  taskQueue: string;
  identity?: string;
  /** Activity tasks alone have limits. */
  taskQueueType?: string | number;
  updateQueueRateLimit?: RateLimitUpdate;
  updateFairnessKeyRateLimitDefault?: RateLimitUpdate;
  /** Ours. Without `maxConcurrentTasks`: no bound any more. */
  updateQueueConcurrency?: { maxConcurrentTasks?: number; reason?: string };
  setFairnessWeightOverrides?: Record<string, number>;
  unsetFairnessWeightOverrides?: string[];
}

/** The rate that Workers ask for a task queue: the lowest of them. One that does not answer asks while no other serves it. */
export function rateOfWorkers(
  workers: Iterable<{ description?: WorkerDescription; failedCalls?: number }>,
  taskQueue: string,
): number | undefined {
  let answers = false;
  const least: { ofAnswering?: number; ofSilent?: number } = {};
  for (const { description, failedCalls = 0 } of workers) {
    const served = description?.taskQueues.find(({ name }) => name === taskQueue);
    if (!served || served.activityTypes.length === 0) continue;
    const { maxActivitiesPerSecond: rate = 0 } = served;
    answers ||= failedCalls === 0;
    const which = failedCalls === 0 ? 'ofAnswering' : 'ofSilent';
    if (rate > 0) least[which] = Math.min(least[which] ?? rate, rate);
  }
  return answers ? least.ofAnswering : least.ofSilent;
}

/** What is to be kept to, of what is configured and the rate that Workers ask for. Weights alone hold nobody up. */
export function limitsInForce(
  configured: TaskQueueLimits | undefined,
  workersRequestsPerSecond: number | undefined,
): TaskQueueLimits | undefined {
  if (workersRequestsPerSecond !== undefined)
    return { ...(configured ?? { revision: 0 }), workersRequestsPerSecond };
  const { requestsPerSecond, keyRequestsPerSecond, maxConcurrentTasks } = configured ?? {};
  const limits = [requestsPerSecond, keyRequestsPerSecond, maxConcurrentTasks];
  return limits.some((limit) => limit !== undefined) ? configured : undefined;
}

/** An attempt that is due asks for leave to be dispatched. */
export interface PermitRequest {
  task: ActivityTaskRef;
  /** Names the asking: the later one of an attempt is the larger one. What is late of an earlier one changes nothing. */
  asked: EpochMs;
  /** An attempt is over so long after it has begun. */
  leaseMs: number;
  priority?: PriorityJson;
}

/** `granted`: when. Otherwise it will be told, and had better ask again should it hear nothing. */
export type PermitAnswer = { granted: EpochMs } | { askAgainMs: number };

/** What held when a Worker was found for an attempt: its claim is refused where it holds no longer. */
export interface ClaimBounds {
  /** Where the tasks of the run went. */
  route?: Pick<VersionRoute, 'pinnedTo'>;
  /** Leave to begin lapses then. */
  notAfter?: EpochMs;
}

/** An attempt begins so soon after its permit was granted, or needs another one. */
export const PERMIT_WINDOW_MS = 60_000;
