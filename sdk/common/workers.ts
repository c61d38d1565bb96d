/** What the engine knows of its Workers, and of how their task queues fare. */

import type { EpochMs, TimestampJson } from './duration.ts';
import type { TaskQueueConfig } from './task-queues.ts';
import type { WorkerDeploymentVersion } from './versioning.ts';
import type { WorkerDescription } from './worker-protocol.ts';

/** The address of a Worker that is bound to the engine: this and the name of its binding. */
export const BOUND_URL_PREFIX = 'service:';

export interface ListedWorker {
  /** Base URL without a trailing slash; `service:WORKER_…` of one that is bound to the engine. */
  url: string;
  /** Absent while a Worker that is bound has not answered. */
  description?: WorkerDescription;
  /** Absent of one that is bound. */
  registeredTime?: TimestampJson;
  /** When it last answered, to its registration or to the engine's calls. */
  lastSeenTime?: TimestampJson;
  /** Calls that did not reach it, or that something else answered in its place, since it last answered. */
  failedCalls: number;
  lastError?: string;
  lastErrorTime?: TimestampJson;
}

export type TaskKind = 'workflow' | 'activity';

/** What an isolate of the engine has seen of a Worker since it last told. */
export interface WorkerSighting {
  /** URL or name of the binding. */
  id: string;
  contactTime?: EpochMs;
  failures: number;
  error?: { message: string; time: EpochMs };
}

/** Tasks that an isolate has handed to Workers since it last told. */
export interface DispatchCount {
  taskQueue: string;
  kind: TaskKind;
  count: number;
}

export interface WorkerReport {
  sightings: WorkerSighting[];
  dispatched: DispatchCount[];
}

/** Tasks of a task queue that no Worker has. */
export interface TaskBacklog {
  count: number;
  /** Since when the oldest has been due. */
  since?: EpochMs;
}

/** Temporal's, but for `tasksAddRate`. */
export interface TaskQueueStats {
  approximateBacklogCount: string;
  /** Of the oldest task. */
  approximateBacklogAge: string;
  /** Per second, over the last minute. */
  tasksDispatchRate: number;
}

export interface DescribeTaskQueueReply {
  /** The Workers that serve it. */
  pollers: Array<{ identity: string; lastAccessTime?: string; url: string }>;
  /** With `reportStats`. */
  stats?: TaskQueueStats;
  /** Of activity tasks, with `reportConfig`. */
  config?: TaskQueueConfig;
  /** Likewise, where there is a rate: that of the configuration before that of the Workers. */
  effectiveRateLimit?: {
    requestsPerSecond: number;
    rateLimitSource: 'RATE_LIMIT_SOURCE_API' | 'RATE_LIMIT_SOURCE_WORKER';
  };
}

export interface DescribeWorkerReply {
  workerInfo: {
    workerHeartbeat: {
      workerInstanceKey: string;
      workerIdentity: string;
      taskQueue: string;
      deploymentVersion?: WorkerDeploymentVersion;
      sdkName: string;
      sdkVersion: string;
      /** Of one that is registered. */
      startTime?: string;
      heartbeatTime?: string;
    };
  };
  /** Ours: all that it serves, and how calls to it fare. */
  taskQueues: WorkerDescription['taskQueues'];
  failedCalls: number;
  lastError?: string;
  lastErrorTime?: string;
}
