/**
 * What is true now. Only the nouns' `apply` functions write it, in place, from events; everything in `RunState` and
 * everything above the line in `Execution` is a fold of the log. Keyed collections are Maps because users choose the
 * keys (`__proto__` is a legal timer id); `snapshot.ts` turns them into plain JSON and back.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { WorkflowExecutionStatus } from '../../sdk/common/enums.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type {
  HeaderJson,
  HeldBackEvent,
  MemoJson,
  SearchAttributesJson,
  UpdateRequestJson,
  UserMetadata,
  WorkflowExecution,
} from '../../sdk/common/history.ts';
import { standaloneActivityId } from '../../sdk/common/ids.ts';
import type { OperationCounts } from '../../sdk/common/operations.ts';
import type { PayloadsJson } from '../../sdk/common/payload.ts';
import type { PriorityJson } from '../../sdk/common/priority.ts';
import type { RetryPolicyJson } from '../../sdk/common/retry-policy.ts';
import type { ParentExecution } from '../../sdk/common/service.ts';
import type {
  VersioningBehavior,
  VersioningOverrideJson,
  WorkerDeploymentVersion,
} from '../../sdk/common/versioning.ts';
import { Agenda } from './agenda.ts';
import type { Owed } from './effect.ts';
import type {
  Pause,
  PendingActivity,
  PendingChild,
  PendingExternal,
  PendingTimer,
  PendingWorkflowTask,
} from './pending.ts';
import type { ResetOrigin } from './reset-origin.ts';

export type * from './pending.ts';

/** Updates by id. Requests are kept until they are answered, outcomes stay in their events. */
export interface Updates {
  /** In the order of their arrival. */
  admitted: Map<string, UpdateRequestJson>;
  /** → id of the Accepted event. */
  accepted: Map<string, number>;
  completed: Map<string, { acceptedEventId: number; completedEventId: number }>;
  /** The newest ones. */
  rejected: Map<string, Failure>;
}

/** What the next run begins with when this one is retried or comes again by cron; kept only then. */
export interface Restart {
  input?: PayloadsJson;
  header?: HeaderJson;
  lastCompletionResult?: PayloadsJson;
  /** Those of the start, once the run has changed them: what it has added is its own. */
  given?: { memo?: RunState['memo']; searchAttributes?: RunState['searchAttributes'] };
}

/** Which build the run belongs to; see `versioning.ts`. */
export interface RunVersioning {
  /** Of the last completed task, or inherited before the first one. */
  behavior?: VersioningBehavior;
  deploymentVersion?: WorkerDeploymentVersion;
  override?: VersioningOverrideJson;
  inheritedPinnedVersion?: WorkerDeploymentVersion;
  /** The first task goes to the ramping version. */
  useRamping?: true;
}

export interface RunState {
  workflowId: string;
  runId: string;
  runNumber: number;
  /** Present when the start named one: a conflicting start is told about it. */
  startRequestId?: string;
  workflowType: string;
  taskQueue: string;
  status: WorkflowExecutionStatus;
  startTime: EpochMs;
  closeTime?: EpochMs;
  closeEventId?: number;
  firstExecutionRunId: string;
  originalExecutionRunId: string;
  attempt: number;
  /** Durations in ms, 0 = none. */
  workflowExecutionTimeout: number;
  workflowRunTimeout: number;
  workflowTaskTimeout: number;
  workflowExecutionExpirationTime?: EpochMs;
  retryPolicy?: Required<RetryPolicyJson>;
  cronSchedule?: string;
  restart?: Restart;
  /** The caller's place in a trace, where the start carried one. */
  traceparent?: string;
  /** When the first workflow task is (or was) due: the start plus its backoff. */
  executionTime: EpochMs;
  /** The first workflow task waits for {@link executionTime}. */
  inBackoff: boolean;
  /** The backoff belongs to the start request: a signal ends it. */
  delayedStart: boolean;
  parent?: ParentExecution;
  /** The parent, told of the close, has answered (or is gone). */
  parentNotified: boolean;
  /** The schedule that is still to be told of the end of the chain. */
  scheduledBy?: string;
  continuedExecutionRunId?: string;
  /** The run that continues this closed one. */
  newExecutionRunId?: string;
  /** Present when the run is a reset of another one. */
  reset?: ResetOrigin;
  /** It was written elsewhere, and is here to be read. */
  imported?: true;
  /** The run that a reset has put in the place of this one. */
  resetRunId?: string;
  memo?: MemoJson;
  searchAttributes?: SearchAttributesJson;
  userMetadata?: UserMetadata;
  /** What its activities and children have, where they do not say otherwise. */
  priority?: PriorityJson;
  versioning?: RunVersioning;
  cancelRequested: boolean;
  /** Neither workflow tasks nor activity tasks begin. */
  pause?: Pause;
  nextEventId: number;
  /** Time of the newest log event, transient ones included: the run's clock never goes below it. */
  lastEventTime: EpochMs;
  /** Kept by the shell through {@link addHistorySize}; with `operations` the only numbers here that are no fold of events. */
  historySizeBytes: number;
  /** Kept by the shell through {@link addOperations}. */
  operations: OperationCounts;
  workflowTask?: PendingWorkflowTask;
  /** A waking event is in history that no completed workflow task has seen. */
  unseen: boolean;
  /** Arrived while the current workflow task was started; enters history when it closes. */
  heldBack: HeldBackEvent[];
  activities: Map<number, PendingActivity>;
  /** activityId → scheduledEventId, for pending activities. */
  activityIds: Map<string, number>;
  timers: Map<string, PendingTimer>;
  /** timerId → startedEventId of timers whose TimerFired is held back: a CancelTimer command still reaches them. */
  firedTimers: Map<string, number>;
  children: Map<number, PendingChild>;
  externals: Map<number, PendingExternal>;
  updates: Updates;
  visibilityVersion: number;
  visibilityChangeTime: EpochMs;
  recordedVisibilityVersion: number;
}

/** What a request id was used for. */
export interface RequestIdRecord {
  runId: string;
  time: EpochMs;
  /** The request started that run (and did not merely find it). */
  started: boolean;
  /** By another workflow, which went on without: it is refused again, whatever has changed since. */
  refused?: true;
}

/** All runs of one workflow id. The newest one is held here; older ones only until visibility knows how they ended. */
export interface Execution {
  readonly namespace: string;
  readonly workflowId: string;
  /** -1 and `undefined` while there is no run; `undefined` too when the newest one was deleted. */
  runNumber: number;
  run: RunState | undefined;
  /** Older, closed runs that still owe something (see `isSettled`), by run number. */
  olderRuns: Map<number, RunState>;
  /** `kind/requestId` → record, oldest first. */
  requestIds: Map<string, RequestIdRecord>;
  /** Runs that somebody wants deleted and that are still there, by run number. */
  deletions: Map<number, { runId: string; time: EpochMs }>;
  // ---- derived; never stored -----------------------------------------------------------------------------------
  readonly derived: Derived;
}

/** Which noun a deadline or effect belongs to. An item is named `kind/id`. */
export type ItemKind =
  | 'workflowExecution'
  | 'workflowTask'
  | 'activity'
  | 'timer'
  | 'childWorkflow'
  | 'externalWorkflow'
  | 'parent'
  | 'schedule'
  | 'visibility'
  | 'deletion';
export type ItemKey = `${ItemKind}/${string}`;

/** Re-derived from state after a load; kept up to date from what events touch. */
export interface Derived {
  /** Items that events touched since deadlines and effects were last derived. */
  changed: Set<ItemKey>;
  /** When Tick would next do something, by item. */
  deadlines: Agenda;
  /** Effects owed, and when each is sent (next). */
  owed: Map<ItemKey, Owed>;
  sends: Agenda;
  /** Items whose tick failed: set aside until the next load, named by describe. */
  quarantined: Map<ItemKey, string>;
}

export function newExecution(namespace: string, workflowId: string): Execution {
  return {
    namespace,
    workflowId,
    runNumber: -1,
    run: undefined,
    olderRuns: new Map(),
    requestIds: new Map(),
    deletions: new Map(),
    derived: {
      changed: new Set(),
      deadlines: new Agenda(),
      owed: new Map(),
      sends: new Agenda(),
      quarantined: new Map(),
    },
  };
}

/** A run before its first event. */
export function newRun(runNumber: number): RunState {
  return {
    workflowId: '',
    runId: '',
    runNumber,
    workflowType: '',
    taskQueue: '',
    status: 'RUNNING',
    startTime: 0,
    firstExecutionRunId: '',
    originalExecutionRunId: '',
    attempt: 1,
    executionTime: 0,
    inBackoff: false,
    delayedStart: false,
    parentNotified: false,
    workflowExecutionTimeout: 0,
    workflowRunTimeout: 0,
    workflowTaskTimeout: 0,
    cancelRequested: false,
    nextEventId: 1,
    lastEventTime: 0,
    historySizeBytes: 0,
    operations: noOperations(),
    unseen: false,
    heldBack: [],
    activities: new Map(),
    activityIds: new Map(),
    timers: new Map(),
    firedTimers: new Map(),
    children: new Map(),
    externals: new Map(),
    updates: { admitted: new Map(), accepted: new Map(), completed: new Map(), rejected: new Map() },
    visibilityVersion: 0,
    visibilityChangeTime: 0,
    recordedVisibilityVersion: 0,
  };
}

export const noOperations = (): OperationCounts => ({
  stateTransitions: 0,
  rowsWritten: 0,
  objectRequests: 0,
  queueOperations: 0,
});

/** Marks an item whose deadline or effect may have changed. */
export function touch(execution: Execution, kind: ItemKind, id: string | number = ''): void {
  execution.derived.changed.add(`${kind}/${id}`);
}

export const isOpen = (run: RunState | undefined): run is RunState & { status: 'RUNNING' } =>
  run?.status === 'RUNNING';

/** Runs of an activity that belongs to no workflow. */
export const isStandalone = ({ workflowId }: Pick<Execution, 'workflowId'>): boolean =>
  standaloneActivityId(workflowId) !== undefined;

export const pendingActivity = (run: RunState, id: number): PendingActivity | undefined =>
  run.activities.get(id);

/** Called by the shell with the serialized size of the history events it stored or read back. */
export function addHistorySize(run: RunState, bytes: number): void {
  run.historySizeBytes += bytes;
}

/** Called by the shell with what its rows say, as they are written or read back. */
export function addOperations({ operations }: RunState, more: OperationCounts): void {
  operations.stateTransitions += more.stateTransitions;
  operations.rowsWritten += more.rowsWritten;
  operations.objectRequests += more.objectRequests;
  operations.queueOperations += more.queueOperations;
}

/** The closed run has nothing left to tell anybody. */
export function isSettled(run: RunState): boolean {
  return (
    !owesRow(run) &&
    run.children.size === 0 &&
    run.externals.size === 0 &&
    !owesParent(run) &&
    !owesSchedule(run)
  );
}

/** Visibility has an older row of it, or none. */
export function owesRow(run: RunState): boolean {
  return run.recordedVisibilityVersion < run.visibilityVersion;
}

/** The parent waits for the end of the whole chain. */
export function owesParent(run: RunState): boolean {
  const follows = run.newExecutionRunId ?? run.resetRunId;
  return !isOpen(run) && run.parent !== undefined && !follows && !run.parentNotified;
}

export function owesSchedule(run: RunState): boolean {
  const follows = run.newExecutionRunId ?? run.resetRunId;
  return !isOpen(run) && run.scheduledBy !== undefined && !follows;
}

/** After something was settled: an older run that owes nothing more is forgotten. */
export function forgetIfSettled(execution: Execution, run: RunState): void {
  if (isSettled(run)) execution.olderRuns.delete(run.runNumber);
  touch(execution, 'deletion', run.runNumber);
}

/** The first of a family of workflows. */
export function rootOf(run: RunState): WorkflowExecution {
  return run.parent?.rootWorkflowExecution ?? { workflowId: run.workflowId, runId: run.firstExecutionRunId };
}

export function runByNumber(execution: Execution, runNumber: number): RunState | undefined {
  return runNumber === execution.runNumber ? execution.run : execution.olderRuns.get(runNumber);
}

/** The runs that may still owe something: the newest one and older ones that are not settled. */
export function* allRuns(execution: Execution): Iterable<RunState> {
  if (execution.run) yield execution.run;
  yield* execution.olderRuns.values();
}

/** The newest run, or an older one that still owes something. */
export function findRun(execution: Execution, runId: string): RunState | undefined {
  if (execution.run?.runId === runId) return execution.run;
  for (const run of execution.olderRuns.values()) if (run.runId === runId) return run;
  return undefined;
}
