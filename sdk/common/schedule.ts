/** Schedules in Temporal's JSON: `temporal.api.schedule.v1`, and the requests and replies of the schedule calls. */

import type { DurationJson, EpochMs, TimestampJson } from './duration.ts';
import {
  attributesOf,
  type HistoryEvent,
  historyEventName,
  type MemoJson,
  type NamedType,
  type SearchAttributesJson,
  type WorkflowExecution,
} from './history.ts';
import type { StartWorkflowExecutionRequest } from './service.ts';

/** From `start` to `end` (absent or before the start: only the start) by `step` (absent or 0: 1). */
export interface RangeJson {
  start?: number;
  end?: number;
  step?: number;
}
/** All fields must match. An absent second, minute or hour is 0; any other absent field matches everything. */
export interface StructuredCalendarJson {
  second?: RangeJson[];
  minute?: RangeJson[];
  hour?: RangeJson[];
  /** Ours: negative days count from the end of the month, -1 is its last day. */
  dayOfMonth?: RangeJson[];
  month?: RangeJson[];
  year?: RangeJson[];
  /** 0 is Sunday. */
  dayOfWeek?: RangeJson[];
  comment?: string;
}
/** The same fields as text, as in a cron string. */
export type CalendarJson = Partial<Record<keyof StructuredCalendarJson, string>>;
/** Times that are a multiple of `interval` after the epoch, and `phase` later. */
export interface IntervalJson {
  interval?: DurationJson;
  phase?: DurationJson;
}
export interface ScheduleSpecJson {
  structuredCalendar?: StructuredCalendarJson[];
  cronString?: string[];
  calendar?: CalendarJson[];
  interval?: IntervalJson[];
  excludeCalendar?: CalendarJson[];
  excludeStructuredCalendar?: StructuredCalendarJson[];
  startTime?: TimestampJson;
  endTime?: TimestampJson;
  jitter?: DurationJson;
  timezoneName?: string;
}

/** `temporal.api.workflow.v1.NewWorkflowExecutionInfo`: what each action starts. */
export type NewWorkflowJson = Omit<
  StartWorkflowExecutionRequest,
  | 'namespace'
  | 'identity'
  | 'requestId'
  | 'parent'
  | 'workflowStartDelay'
  | 'workflowIdConflictPolicy'
  | 'lastCompletionResult'
  | 'continuedFailure'
>;
export interface SchedulePoliciesJson {
  /** `SCHEDULE_OVERLAP_POLICY_…`. */
  overlapPolicy?: string;
  catchupWindow?: DurationJson;
  pauseOnFailure?: boolean;
  keepOriginalWorkflowId?: boolean;
}
export interface ScheduleStateJson {
  notes?: string;
  paused?: boolean;
  limitedActions?: boolean;
  /** int64. */
  remainingActions?: string | number;
}
export interface ScheduleJson {
  spec?: ScheduleSpecJson;
  action?: { startWorkflow: NewWorkflowJson };
  policies?: SchedulePoliciesJson;
  state?: ScheduleStateJson;
}

export interface TriggerJson {
  overlapPolicy?: string;
  scheduledTime?: TimestampJson;
}
/** After `startTime`, up to and with `endTime`. */
export interface BackfillJson {
  startTime: TimestampJson;
  endTime: TimestampJson;
  overlapPolicy?: string;
}
export interface SchedulePatchJson {
  triggerImmediately?: TriggerJson;
  backfillRequest?: BackfillJson[];
  /** Text becomes the note. */
  pause?: string;
  unpause?: string;
}

export interface ScheduleActionResultJson {
  scheduleTime: TimestampJson;
  actualTime: TimestampJson;
  startWorkflowResult: WorkflowExecution;
  /** As it was last known. */
  startWorkflowStatus: string;
}
export interface ScheduleInfoJson {
  actionCount: string;
  missedCatchupWindow: string;
  overlapSkipped: string;
  bufferDropped: string;
  bufferSize: string;
  runningWorkflows: WorkflowExecution[];
  recentActions: ScheduleActionResultJson[];
  futureActionTimes: TimestampJson[];
  createTime: TimestampJson;
  updateTime?: TimestampJson;
}

interface OnSchedule {
  namespace: string;
  scheduleId: string;
}
export interface CreateScheduleRequest extends OnSchedule {
  schedule: ScheduleJson;
  initialPatch?: SchedulePatchJson;
  memo?: MemoJson;
  searchAttributes?: SearchAttributesJson;
  identity?: string;
  requestId?: string;
}
export interface CreateScheduleReply {
  conflictToken: string;
  /** Ours: what is peculiar about it, for example that none of its times is still to come. */
  problems: string[];
}
export interface UpdateScheduleRequest extends OnSchedule {
  schedule: ScheduleJson;
  /** From describe: the update is refused when somebody else changed the schedule since. */
  conflictToken?: string;
  /** Absent: those that it has. */
  searchAttributes?: SearchAttributesJson;
  memo?: MemoJson;
  identity?: string;
  requestId?: string;
}
export interface PatchScheduleRequest extends OnSchedule {
  patch: SchedulePatchJson;
  identity?: string;
  requestId?: string;
}
export interface DescribeScheduleReply {
  schedule: ScheduleJson;
  info: ScheduleInfoJson;
  memo?: MemoJson;
  searchAttributes?: SearchAttributesJson;
  conflictToken: string;
  /** Ours: one plain sentence for each thing that keeps the schedule from acting. */
  problems: string[];
}
export interface ListMatchingTimesRequest extends OnSchedule {
  startTime: TimestampJson;
  endTime: TimestampJson;
}
export interface ListMatchingTimesReply {
  startTime: TimestampJson[];
}

export interface ScheduleListEntry {
  scheduleId: string;
  memo?: MemoJson;
  searchAttributes?: SearchAttributesJson;
  info: {
    spec: ScheduleSpecJson;
    workflowType: NamedType;
    notes: string;
    paused: boolean;
    recentActions: ScheduleActionResultJson[];
    futureActionTimes: TimestampJson[];
  };
}
export interface ListSchedulesReply {
  schedules: ScheduleListEntry[];
  nextPageToken?: string;
}

/** A schedule's row in visibility; an older version never replaces a newer one. */
export interface ScheduleRecord {
  version: number;
  entry: ScheduleListEntry;
  deleted?: boolean;
  /** When the schedule expects to act next: should it not, the shard's sweep pokes it. */
  nextWake?: EpochMs;
}

/** How a run that the schedule started has ended, at the end of its chain. */
export interface ScheduledRunClosed {
  workflowId: string;
  firstExecutionRunId: string;
  /** Without prefix: `COMPLETED`, `FAILED`, … */
  status: string;
  result?: StartWorkflowExecutionRequest['lastCompletionResult'];
  failure?: StartWorkflowExecutionRequest['continuedFailure'];
}

/** The search attributes that a schedule gives to each run. The first also tells the run whom to tell of its end. */
export const SCHEDULED_BY_ID = 'TemporalScheduledById';
export const SCHEDULED_START_TIME = 'TemporalScheduledStartTime';

/** The name of the object of a schedule. JSON, so that no namespace and id can run together. */
export function scheduleObjectName(namespace: string, scheduleId: string): string {
  return JSON.stringify([namespace, scheduleId]);
}
export function parseScheduleObjectName(name: string): { namespace: string; scheduleId: string } {
  const [namespace, scheduleId] = JSON.parse(name) as [string, string];
  return { namespace, scheduleId };
}

/** What the last event of a chain says to the schedule. */
export function endOf(event: HistoryEvent): Pick<ScheduledRunClosed, 'status' | 'result' | 'failure'> {
  const name = historyEventName(event.eventType);
  switch (name) {
    case 'WorkflowExecutionCompleted': {
      const { result } = attributesOf(event, name);
      return { status: 'COMPLETED', ...(result && { result }) };
    }
    case 'WorkflowExecutionFailed':
      return { status: 'FAILED', failure: attributesOf(event, name).failure };
    case 'WorkflowExecutionTimedOut': {
      const timeoutFailureInfo = { timeoutType: 'TIMEOUT_TYPE_START_TO_CLOSE' };
      return { status: 'TIMED_OUT', failure: { message: 'workflow timed out', timeoutFailureInfo } };
    }
    case 'WorkflowExecutionCanceled':
      return { status: 'CANCELED' };
    default:
      return { status: 'TERMINATED' };
  }
}
