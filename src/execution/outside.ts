/**
 * What an object needs of the outside world, as a port. The Durable Object gets it from `src/effects`, tests and
 * `perdure/testing` from memory: the turn and everything around it are the same code in both.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { HistoryEvent, SearchAttributesJson, WorkflowExecution } from '../../sdk/common/history.ts';
import type { ScheduledRunClosed } from '../../sdk/common/schedule.ts';
import type {
  ActivityTaskRef,
  DescribeWorkflowExecutionReply,
  GetWorkflowResultReply,
  Replies,
  Request,
  VisibilityRecord,
} from '../../sdk/common/service.ts';
import type { PermitAnswer, PermitRequest } from '../../sdk/common/task-queues.ts';
import type { VersionRoute, WorkerDeploymentVersion } from '../../sdk/common/versioning.ts';
import type {
  ActivityTask,
  ActivityTaskAnswer,
  WorkflowSession,
  WorkflowSessionInit,
} from '../../sdk/common/worker-protocol.ts';
import type { Measures } from '../observability/measures.ts';
import type { OperationCounter } from './operation-counter.ts';

/** A Worker that serves a workflow type. */
export interface WorkflowWorker {
  readonly id: string;
  readonly identity: string;
  /** Present where the Worker has one. */
  readonly deploymentVersion?: WorkerDeploymentVersion;
  /** The run is pinned, and new runs go to another version. */
  readonly targetChanged?: true;
  /** May a session stay open between tasks? Over plain HTTP every task replays and the session ends with it. */
  readonly keepsSessions: boolean;
  open(init: WorkflowSessionInit): Promise<WorkflowSession>;
  /** The Worker was not reached or lost the session. */
  failed(reason: string): void;
}

/** For the session: the Worker refuses when it is of another version than it is taken for. */
export function versionOf({
  deploymentVersion,
}: WorkflowWorker): Pick<WorkflowSessionInit, 'deploymentVersion'> {
  return deploymentVersion ? { deploymentVersion } : {};
}

export type ActivityCallOutcome =
  | { answer: ActivityTaskAnswer }
  /** 202: the Worker will answer by task token. */
  | { accepted: true }
  /** Not an answer: the Worker was not reached, or something else answered in its place. */
  | { released: string };

/** A Worker that serves an activity type. */
export interface ActivityWorker {
  readonly id: string;
  readonly identity: string;
  /** Never rejects: what went wrong is an outcome. */
  call(task: ActivityTask): Promise<ActivityCallOutcome>;
}

/** Nobody serves it now; the sentence says what is missing. */
export interface NotServed {
  waitingReason: string;
}

/** What the object of one workflow may ask of another's. */
export const internalRequests = [
  'StartWorkflowExecution',
  'SignalWorkflowExecution',
  'RequestCancelWorkflowExecution',
  'TerminateWorkflowExecution',
  'RecordChildClosed',
  'StartForkedWorkflowExecution',
] as const;
export type InternalRequestKind = (typeof internalRequests)[number];

export interface Outside {
  now(): EpochMs;
  newRunId(): string;
  /** Calls back after so many milliseconds; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
  /** How long a turn may wait for a warm session before it commits without its answer. */
  readonly inlineBoundMs: number;

  /** `peek…` answer from memory, at once: a turn may start a task in the same commit that made it due. */
  peekWorkflowWorker(
    taskQueue: string,
    workflowType: string,
    route: VersionRoute,
  ): WorkflowWorker | undefined;
  /** @param patiently somebody waits for the answer: where there is none, it is looked for a moment longer. */
  findWorkflowWorker(
    taskQueue: string,
    workflowType: string,
    route: VersionRoute,
    patiently?: boolean,
  ): Promise<WorkflowWorker | NotServed>;
  /** From memory: the version whose Workers the next workflow task belongs to, if it belongs to one. */
  destinationOf(
    taskQueue: string,
    route: VersionRoute,
  ): { version?: WorkerDeploymentVersion; targetChanged?: true };
  peekActivityWorker(
    taskQueue: string,
    activityType: string,
    route: VersionRoute,
  ): ActivityWorker | undefined;
  findActivityWorker(
    taskQueue: string,
    activityType: string,
    route: VersionRoute,
    prefer?: string,
  ): Promise<ActivityWorker | NotServed>;

  /** `direct`: the object calls the Worker; `queue`: a pointer travels through the task queue's Queue. */
  dispatchOf(taskQueue: string): 'queue' | 'direct';
  /** The place in its trace that an event of the run has; absent or `undefined`: nobody will know of it. */
  traceparentAt?(
    run: { runId: string; firstExecutionRunId: string; traceparent?: string },
    eventId: number,
  ): string | undefined;
  /** Leave to dispatch, where task queues have limits. Absent: none has. */
  readonly permits?: {
    /** From memory: has the task queue limits? */
    peek(taskQueue: string): boolean;
    look(taskQueue: string): Promise<boolean>;
    ask(taskQueue: string, request: PermitRequest): Promise<PermitAnswer>;
    giveBack(taskQueue: string, task: ActivityTaskRef, asked: EpochMs): Promise<void>;
  };
  sendActivityTask(
    task: ActivityTaskRef,
    activityType: string,
    taskQueue: string,
    route: VersionRoute,
  ): Promise<void>;
  recordVisibility(record: VisibilityRecord): Promise<void>;
  /** The row of a run goes, and comes back with no late one either. */
  removeVisibility(run: WorkflowExecution): Promise<void>;
  /** Keeps what the engine keeps no longer. Rejects when not all of it is there. Absent: nobody does. */
  archive?(
    run: { workflowId: string; runId: string },
    description: DescribeWorkflowExecutionReply,
    pages: AsyncIterable<HistoryEvent[]>,
  ): Promise<void>;
  /** How long the namespace keeps closed runs. Absent: for ever. */
  readonly retention?: {
    /** From memory, be it out of date. */
    peek(): number;
    ask(): Promise<number>;
  };
  /** Waits a moment for requests that are on their way, so that one turn takes them. Absent: no turn waits. */
  gather?(): Promise<void>;
  /** How long a run's row may lag behind the run: what changes meanwhile is written once. Absent: not at all. */
  readonly rowPauseMs?: number;
  /** How long what a run waits for may change before a list learns of it. Absent: only with the next row. */
  readonly detailsPauseMs?: number;
  /**
   * What a workflow task sets, with types. Absent: taken as it is.
   * @throws ServiceError INVALID_ARGUMENT for what the namespace does not have
   */
  typedSearchAttributes?(given: SearchAttributesJson): Promise<SearchAttributesJson>;
  /** Asks the object of another workflow, or of this one. Rejects with the ServiceError that it answers with. */
  callExecution<K extends InternalRequestKind>(
    namespace: string,
    workflowId: string,
    request: Request<K>,
  ): Promise<Replies[K]>;
  /**
   * How the chain that begins with this run has ended, if it has; a reset goes on with it. Rejects with the ServiceError that
   * its object answers with.
   */
  chainResult(namespace: string, workflowId: string, runId: string): Promise<GetWorkflowResultReply>;
  /** Tells a schedule how a run that it started has ended. Rejects when it was not reached. */
  notifySchedule(scheduleId: string, closed: ScheduledRunClosed): Promise<void>;
  /** Best effort: asks to be told when a Worker for the task queue turns up. */
  noteWaiting(taskQueue: string): void;
  /** What is known about Workers may be out of date. */
  workersChanged(): void;

  /** Base URL of the engine as Workers reach it, for heartbeats and late answers. */
  engineUrl(): string | undefined;
  /** Keeps the object awake until the promise settles, where that is needed. */
  keepAlive(promise: Promise<unknown>): void;
  log(message: string, fields: Record<string, unknown>): void;
  /** Absent: nobody wants to know. */
  readonly measures?: Measures;
  /** Where what is done for the run is counted as it is done. Absent: only rows are. */
  readonly operations?: OperationCounter;
}
