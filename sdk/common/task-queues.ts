/** Limits of task queues, and how urgent a task is. */

import type { EpochMs, TimestampJson } from './duration.ts';
import type { PriorityJson } from './priority.ts';
import type { ActivityTaskRef } from './service.ts';
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

/** The rate that Workers ask for a task queue: the lowest of them. */
export function rateOfWorkers(
  descriptions: Iterable<WorkerDescription | undefined>,
  taskQueue: string,
): number | undefined {
  const rates = [...descriptions].flatMap(
    (description) =>
      description?.taskQueues.find(({ name }) => name === taskQueue)?.maxActivitiesPerSecond ?? [],
  );
  return rates.length > 0 ? Math.min(...rates) : undefined;
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

/** An attempt begins so soon after its permit was granted, or needs another one. */
export const PERMIT_WINDOW_MS = 60_000;
