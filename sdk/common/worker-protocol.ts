/**
 * What the engine and a Worker say to each other. Four ways carry it: JS RPC over a service binding, a WebSocket
 * (sessions of Workers known by URL), plain HTTP (`<base>/perdure/v1/…`), and a function call (tests). Only an
 * answer that carries the SDK's header (`SDK_HEADER`) is an answer; everything else means the Worker was not reached,
 * and nothing happened.
 */

import type { Command } from './command.ts';
import type { DurationJson, TimestampJson } from './duration.ts';
import type { WorkflowTaskFailedCause } from './enums.ts';
import type { Failure } from './failure.ts';
import type { HeaderJson, HistoryEvent, SdkMetadata, UpdateRequestJson } from './history.ts';
import type { RpcText } from './js-rpc.ts';
import type { PayloadsJson } from './payload.ts';
import type { PriorityJson } from './priority.ts';
import type { RetryPolicyJson } from './retry-policy.ts';
import type { VersioningBehavior, WorkerDeploymentVersion } from './versioning.ts';

/** Every answer of the SDK carries it: `perdure-sdk: typescript/0.1.0`. */
export const SDK_HEADER = 'perdure-sdk';
export const SDK_NAME = 'perdure-typescript';
export const SDK_VERSION = '0.1.0';
/** By this host the engine calls a Worker that it is bound to. */
export const BOUND_WORKER_HOST = 'worker';
/** Names one dispatch of one attempt; the same on every re-send: `runId/scheduledEventId/attempt`. */
export const DISPATCH_ID_HEADER = 'perdure-dispatch-id';

/** Paths below a Worker's base URL. */
export const workerPaths = {
  /** GET → {@link WorkerDescription} */
  describe: '/perdure/v1/describe',
  /** POST {@link WorkflowTask} → {@link WorkflowTaskAnswer} */
  workflowTask: '/perdure/v1/workflow-task',
  /** POST {@link WorkflowQueryTask} → {@link WorkflowQueryAnswer} */
  query: '/perdure/v1/query',
  /** GET with `Upgrade: websocket` → a session, as `session-socket.ts` has it */
  session: '/perdure/v1/session',
  /** POST {@link ActivityTask} → 200 {@link ActivityTaskAnswer}, or 202: will answer by task token */
  activityTask: '/perdure/v1/activity-task',
} as const;

/** A function of this name takes every type that the Worker has no other for: Temporal's default workflows and activities. */
export const DEFAULT_TYPE = 'default';

/** What a Worker serves. */
export interface WorkerDescription {
  identity: string;
  buildId?: string;
  /** A Worker with a version gets only the tasks that belong to it. */
  deploymentVersion?: WorkerDeploymentVersion;
  sdk: { name: string; version: string };
  /** What it takes as JSON text over JS RPC, where an engine is bound to it. */
  jsRpc?: JsRpcMessage[];
  taskQueues: Array<{
    name: string;
    workflowTypes: string[];
    activityTypes: string[];
    /** So many activities of the task queue may begin in a second, over all Workers, where its configuration says nothing. */
    maxActivitiesPerSecond?: number;
  }>;
}

/** `activityTask`: {@link WorkerRpc.runActivityTask}. `workflowTask`: {@link WorkerSession.runWorkflowTaskText}. */
export type JsRpcMessage = 'activityTask' | 'workflowTask';

/** What identifies the run a session is for; everything else is in its history. */
export interface WorkflowSessionInit {
  namespace: string;
  workflowId: string;
  runId: string;
  workflowType: string;
  taskQueue: string;
  /** The version that the engine takes the Worker for. A Worker of another one refuses. */
  deploymentVersion?: WorkerDeploymentVersion;
  /** False: none of {@link stackTraceQueries} will be asked, so that what waits need not remember where. Default true. */
  keepsStacks?: boolean;
}

/** Where the code waits. Such a query gets a session of its own, which replays the run and keeps stacks as it does. */
export const stackTraceQueries: ReadonlySet<string> = new Set(['__stack_trace', '__enhanced_stack_trace']);

/** One POST: the whole history each time. */
export interface WorkflowTask extends WorkflowSessionInit {
  attempt: number;
  /** Events 1 … startedEventId. */
  history: HistoryEvent[];
  /** Updates to deliver with this task, beside those that history holds as accepted. */
  updates?: UpdateRequestJson[];
}

export type WorkflowTaskAnswer =
  | {
      completed: {
        commands: Command[];
        sdkMetadata?: SdkMetadata;
        identity?: string;
        /** A heartbeat: local activities go on, and the next task is to be started at once. */
        forceCreateNewWorkflowTask?: boolean;
        /** What the workflow's code says; of Workers with a version only. */
        versioningBehavior?: VersioningBehavior;
      };
    }
  | { failed: { cause: WorkflowTaskFailedCause; failure: Failure; identity?: string } };

/** The task goes on with local activities: nothing of the kind may happen before the task's start is durable. */
export interface WorkflowTaskPause {
  localActivities: true;
}

export interface WorkflowQuery {
  queryType: string;
  queryArgs?: PayloadsJson;
  header?: HeaderJson;
}
export interface WorkflowQueryTask extends WorkflowSessionInit {
  /** The committed history. */
  history: HistoryEvent[];
  query: WorkflowQuery;
}
export type WorkflowQueryAnswer = { result?: PayloadsJson } | { failed: Failure };

/**
 * A run held in memory by a Worker (an RpcTarget over a service binding, the other end of a WebSocket, a plain object in
 * process). Events go in once, in order; the engine disposes the session whenever it may not stand at the committed state.
 */
export interface WorkflowSession {
  /** True once the Worker's side has ended it. Where that cannot be known, the next call fails. */
  readonly ended?: boolean;
  /** A page of history that is not yet the end of the task. */
  feed(events: HistoryEvent[]): Promise<void>;
  /** The rest of the events, up to and including the current WorkflowTaskStarted; answers with the new commands. */
  runWorkflowTask(
    events: HistoryEvent[],
    updates?: UpdateRequestJson[],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause>;
  /** After a {@link WorkflowTaskPause}, once it is durable that the task was started: carries out the local activities,
   * or as much of them as fits into the task: then `forceCreateNewWorkflowTask` asks for another task. */
  proceed(): Promise<WorkflowTaskAnswer>;
  /** Answered from the state after the events so far. `events`: committed events not fed yet. */
  query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer>;
  [Symbol.dispose](): void;
}

/** What the entrypoint of a bound Worker offers over JS RPC, beside `fetch`. */
export interface WorkerRpc {
  describeWorker(): Promise<WorkerDescription>;
  openWorkflowSession(init: WorkflowSessionInit): Promise<WorkerSession>;
  /**
   * An {@link ActivityTask} as JSON, without HTTP around it: half of what a call costs. Answers with the JSON of an
   * {@link ActivityTaskAnswer}, or with what HTTP would have said.
   */
  runActivityTask(task: string): Promise<RpcText | TextAnswer>;
}

/** What {@link WorkflowSession.runWorkflowTask} is told. */
export interface WorkflowTaskMessage {
  events: HistoryEvent[];
  updates?: UpdateRequestJson[];
}

/** A session as an engine holds it over JS RPC. */
export interface WorkerSession extends WorkflowSession {
  /**
   * {@link WorkflowSession.runWorkflowTask} in JSON: a {@link WorkflowTaskMessage}, and the answer. What JSON is made of takes the
   * platform four times as long to copy, field by field.
   */
  runWorkflowTaskText(message: string): Promise<RpcText>;
}

/** An answer over HTTP, without HTTP. */
export interface TextAnswer {
  status: number;
  /** JSON */
  body: string;
}

/** One attempt of one activity, as POSTed to a Worker. */
export interface ActivityTask {
  /** Opaque; sent back with heartbeats and late answers. */
  taskToken: string;
  dispatchId: string;
  /** Base URL of the engine as the Worker may reach it, for heartbeats and late answers, when the engine knows it. */
  engineUrl?: string;
  namespace: string;
  workflowId: string;
  runId: string;
  workflowType: string;
  activityId: string;
  activityType: string;
  taskQueue: string;
  /** As in {@link WorkflowSessionInit}. */
  deploymentVersion?: WorkerDeploymentVersion;
  attempt: number;
  input?: PayloadsJson;
  header?: HeaderJson;
  /** W3C Trace Context, also an HTTP header of the dispatch: the attempt's place in the trace of its run, where one is kept. */
  traceparent?: string;
  heartbeatDetails?: PayloadsJson;
  scheduledTime: TimestampJson;
  currentAttemptScheduledTime: TimestampJson;
  startedTime: TimestampJson;
  scheduleToCloseTimeout: DurationJson;
  startToCloseTimeout: DurationJson;
  heartbeatTimeout: DurationJson;
  retryPolicy: RetryPolicyJson;
  priority?: PriorityJson;
}

export type ActivityTaskAnswer =
  | { completed: { result?: PayloadsJson; identity?: string } }
  /** `lastHeartbeatDetails`: details of a heartbeat that the engine may not have received. */
  | { failed: { failure: Failure; lastHeartbeatDetails?: PayloadsJson; identity?: string } }
  | { canceled: { details?: PayloadsJson; identity?: string } };

/** Body of a Worker's 404 (with the SDK header): it does not have this workflow or activity type. The task waits. */
export interface NotServedAnswer {
  notServed: string;
}
