/** Schedules as users write and read them. Names and shapes are Temporal's. */

import type { Duration } from '../common/duration.ts';
import type { ScheduleOverlapPolicy } from '../common/enums.ts';
import type {
  SearchAttributePair,
  SearchAttributes,
  TypedSearchAttributes,
} from '../common/search-attributes.ts';
import type { Workflow } from '../common/types.ts';
import type { JsonForms, RawForms } from './raw-forms.ts';
import type { WorkflowStartOptions } from './workflow-options.ts';

export const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;
export type Month = (typeof MONTHS)[number];
export const DAYS_OF_WEEK = [
  'SUNDAY',
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
] as const;
export type DayOfWeek = (typeof DAYS_OF_WEEK)[number];

/** From `start` up to and with `end`, by `step`. */
export interface Range<Unit> {
  start: Unit;
  end: Unit;
  step: number;
}
/** A range, or one value. */
export type LooseRange<Unit> = Range<Unit> | { start: Unit; end?: Unit; step?: never } | Unit;
type Values<Unit> = LooseRange<Unit> | LooseRange<Unit>[] | '*';

/** All fields must match. Second, minute and hour are 0 by default, all others match everything. */
export interface CalendarSpec {
  second?: Values<number>;
  minute?: Values<number>;
  hour?: Values<number>;
  /** Negative days count from the end of the month (ours, not Temporal's): -1 is its last day. */
  dayOfMonth?: Values<number>;
  month?: Values<Month>;
  year?: Values<number>;
  dayOfWeek?: Values<DayOfWeek>;
  comment?: string;
}
export interface CalendarSpecDescription {
  second: Range<number>[];
  minute: Range<number>[];
  hour: Range<number>[];
  dayOfMonth: Range<number>[];
  month: Range<Month>[];
  year: Range<number>[];
  dayOfWeek: Range<DayOfWeek>[];
  comment?: string;
}
/** Every so often, counted from the epoch, and `offset` later. */
export interface IntervalSpec {
  every: Duration;
  offset?: Duration;
}
export interface IntervalSpecDescription {
  every: number;
  offset: number;
}

/** When a schedule acts: at all times that any of the calendars, intervals and cron expressions names. */
export interface ScheduleSpec {
  calendars?: CalendarSpec[];
  intervals?: IntervalSpec[];
  cronExpressions?: string[];
  /** Times at which it does not. */
  skip?: CalendarSpec[];
  startAt?: Date;
  endAt?: Date;
  /** Each action is taken up to so much later. */
  jitter?: Duration;
  /** An IANA name, for calendars and cron expressions. Default: UTC. */
  timezone?: string;
}
export type ScheduleSpecDescription = Omit<
  ScheduleSpec,
  'calendars' | 'intervals' | 'cronExpressions' | 'skip' | 'jitter'
> & {
  calendars?: CalendarSpecDescription[];
  intervals?: IntervalSpecDescription[];
  skip?: CalendarSpecDescription[];
  jitter?: number;
};

type ActionOption =
  | 'taskQueue'
  | 'args'
  | 'memo'
  | 'searchAttributes'
  | 'typedSearchAttributes'
  | 'retry'
  | 'workflowExecutionTimeout'
  | 'workflowRunTimeout'
  | 'workflowTaskTimeout'
  | 'staticDetails'
  | 'staticSummary'
  | 'priority';
export type ScheduleOptionsStartWorkflowAction<W extends Workflow> = {
  type: 'startWorkflow';
  workflowType: string | W;
} & Pick<WorkflowStartOptions<W>, ActionOption> & {
    /** The time of the action is appended. Default: the schedule's id and `-workflow`. */
    workflowId?: string;
  };
export type ScheduleOptionsAction = ScheduleOptionsStartWorkflowAction<Workflow>;

/** After `start`, up to and with `end`. */
export interface Backfill {
  start: Date;
  end: Date;
  overlap?: ScheduleOverlapPolicy;
}

export interface SchedulePolicies {
  /** Default `SKIP`. */
  overlap?: ScheduleOverlapPolicy;
  /** Actions missed by more than this are not made up for. Default a year, at least 10 s. */
  catchupWindow?: Duration;
  pauseOnFailure?: boolean;
}
export interface ScheduleState {
  paused?: boolean;
  note?: string;
  /** So many actions are taken, and no more. */
  remainingActions?: number;
}
export interface ScheduleOptions<A extends ScheduleOptionsAction = ScheduleOptionsAction> {
  scheduleId: string;
  spec: ScheduleSpec;
  action: A;
  policies?: SchedulePolicies;
  memo?: Record<string, unknown>;
  /** @deprecated use `typedSearchAttributes` */
  searchAttributes?: SearchAttributes;
  typedSearchAttributes?: SearchAttributePair[] | TypedSearchAttributes;
  state?: ScheduleState & { triggerImmediately?: boolean; backfill?: Backfill[] };
}
export type ScheduleUpdateOptions<A extends ScheduleOptionsAction = ScheduleOptionsAction> = Omit<
  ScheduleOptions,
  'scheduleId' | 'memo' | 'action' | 'state'
> & { action: A; state: ScheduleState };

export interface ScheduleSummaryStartWorkflowAction {
  type: 'startWorkflow';
  workflowType: string;
}
export type ScheduleSummaryAction = ScheduleSummaryStartWorkflowAction;
export type ScheduleDescriptionStartWorkflowAction = ScheduleSummaryStartWorkflowAction &
  Pick<WorkflowStartOptions<Workflow>, ActionOption | 'workflowId'>;
export type ScheduleDescriptionAction = ScheduleDescriptionStartWorkflowAction;

export interface ScheduleExecutionStartWorkflowActionResult {
  type: 'startWorkflow';
  workflow: { workflowId: string; firstExecutionRunId: string };
}
export type ScheduleExecutionActionResult = ScheduleExecutionStartWorkflowActionResult;
export interface ScheduleExecutionResult {
  /** The time that the spec names. */
  scheduledAt: Date;
  takenAt: Date;
  action: ScheduleExecutionActionResult;
}

export interface ScheduleSummary {
  scheduleId: string;
  spec?: ScheduleSpecDescription;
  action?: ScheduleSummaryAction;
  memo?: Record<string, unknown>;
  searchAttributes?: SearchAttributes;
  typedSearchAttributes?: TypedSearchAttributes;
  state: { paused: boolean; note?: string };
  info: { recentActions: ScheduleExecutionResult[]; nextActionTimes: Date[] };
}
export interface ScheduleDescription<F extends RawForms = JsonForms> {
  scheduleId: string;
  spec: ScheduleSpecDescription;
  action: ScheduleDescriptionAction;
  policies: { overlap: ScheduleOverlapPolicy; catchupWindow: number; pauseOnFailure: boolean };
  memo?: Record<string, unknown>;
  searchAttributes: SearchAttributes;
  typedSearchAttributes: TypedSearchAttributes;
  state: { paused: boolean; note?: string; remainingActions?: number };
  info: {
    recentActions: ScheduleExecutionResult[];
    nextActionTimes: Date[];
    numActionsTaken: number;
    numActionsMissedCatchupWindow: number;
    numActionsSkippedOverlap: number;
    createdAt: Date;
    lastUpdatedAt: Date | undefined;
    runningActions: ScheduleExecutionActionResult[];
  };
  raw: F['schedule'];
}
