/** Schedules between what users write and read, and the JSON of the API. */

import type { LoadedDataConverter } from '../common/data-converter.ts';
import {
  fromDurationJson,
  fromTimestampJson,
  msToNumber,
  toDurationJson,
  toTimestampJson,
} from '../common/duration.ts';
import { fromWire, type ScheduleOverlapPolicy, toWire } from '../common/enums.ts';
import {
  fromPayloadsJson,
  type PayloadJson,
  type PayloadMapJson,
  payloadFromJson,
} from '../common/payload.ts';
import type { ContextInside } from '../common/payload-codec.ts';
import { decodePriority } from '../common/priority.ts';
import { decompileRetryPolicy } from '../common/retry-policy.ts';
import type {
  BackfillJson,
  DescribeScheduleReply,
  NewWorkflowJson,
  RangeJson,
  ScheduleActionResultJson,
  ScheduleListEntry,
  SchedulePoliciesJson,
  ScheduleSpecJson,
  ScheduleStateJson,
  StructuredCalendarJson,
} from '../common/schedule.ts';
import { decodeSearchAttributes, decodeTypedSearchAttributes } from '../common/search-attributes.ts';
import { type SerializationContext, workflowContext } from '../common/serialization-context.ts';
import {
  type Backfill,
  type CalendarSpec,
  type CalendarSpecDescription,
  DAYS_OF_WEEK,
  type LooseRange,
  MONTHS,
  type Range,
  type ScheduleDescription,
  type ScheduleDescriptionAction,
  type ScheduleExecutionResult,
  type SchedulePolicies,
  type ScheduleSpec,
  type ScheduleSpecDescription,
  type ScheduleState,
  type ScheduleSummary,
} from './schedule-types.ts';

type FieldName = Exclude<keyof StructuredCalendarJson, 'comment'>;
interface Field {
  /** What `*` means; no range at all for the year. */
  all: RangeJson[];
  /** What an absent field means. */
  fallback: RangeJson[];
  min: number;
  max: number;
  /** Names of the values, from `first` on. */
  words?: readonly string[];
  first?: number;
}
const full = (start: number, end: number): RangeJson[] => [{ start, end, step: 1 }];
const zero: RangeJson[] = [{ start: 0, end: 0, step: 1 }];
const calendarFields: Record<FieldName, Field> = {
  second: { all: full(0, 59), fallback: zero, min: 0, max: 59 },
  minute: { all: full(0, 59), fallback: zero, min: 0, max: 59 },
  hour: { all: full(0, 23), fallback: zero, min: 0, max: 23 },
  dayOfMonth: { all: full(1, 31), fallback: full(1, 31), min: -31, max: 31 },
  month: { all: full(1, 12), fallback: full(1, 12), min: 1, max: 12, words: MONTHS, first: 1 },
  year: { all: [], fallback: [], min: 0, max: 9999 },
  dayOfWeek: { all: full(0, 6), fallback: full(0, 6), min: 0, max: 6, words: DAYS_OF_WEEK, first: 0 },
};
const fieldNames = Object.keys(calendarFields) as FieldName[];

function encodeField(name: FieldName, input: CalendarSpec[FieldName]): RangeJson[] {
  const field = calendarFields[name];
  if (input === undefined) return field.fallback;
  if (input === '*') return field.all;
  const value = (unit: unknown): number => {
    const n = field.words ? field.words.indexOf(unit as string) + field.first! : unit;
    const known = typeof n === 'number' && Number.isInteger(n) && n >= field.min && n <= field.max;
    if (known && !(field.words && !field.words.includes(unit as string))) return n;
    throw new TypeError(`Invalid CalendarSpec component for field ${name}: '${String(unit)}'`);
  };
  return (Array.isArray(input) ? input : [input]).map((item: LooseRange<unknown>) => {
    if (typeof item !== 'object' || item === null) {
      const only = value(item);
      return { start: only, end: only, step: 1 };
    }
    const { start, end, step } = item as { start: unknown; end?: unknown; step?: number };
    const from = value(start);
    return { start: from, end: end === undefined ? from : value(end), step: step && step > 0 ? step : 1 };
  });
}

function encodeCalendar(calendar: CalendarSpec): StructuredCalendarJson {
  const ranges = fieldNames.map((name) => [name, encodeField(name, calendar[name])] as const);
  return { ...Object.fromEntries(ranges), ...(calendar.comment && { comment: calendar.comment }) };
}

function decodeCalendar(calendar: StructuredCalendarJson): CalendarSpecDescription {
  const ranges = fieldNames.map((name) => {
    const { words, first } = calendarFields[name];
    const unit = (n: number): unknown => (words ? words[n - first!] : n);
    const decoded = (calendar[name] ?? []).map(({ start = 0, end = 0, step = 1 }): Range<unknown> => {
      return { start: unit(start), end: unit(Math.max(start, end || start)), step: step || 1 };
    });
    return [name, decoded] as const;
  });
  const { comment } = calendar;
  return { ...Object.fromEntries(ranges), ...(comment && { comment }) } as unknown as CalendarSpecDescription;
}

export function encodeSpec(spec: ScheduleSpec): ScheduleSpecJson {
  const { calendars, intervals, cronExpressions, skip, startAt, endAt, jitter, timezone } = spec;
  const duration = (value: string | number) => toDurationJson(msToNumber(value));
  return {
    ...(calendars && { structuredCalendar: calendars.map(encodeCalendar) }),
    ...(intervals && {
      interval: intervals.map(({ every, offset }) => ({
        interval: duration(every),
        ...(offset !== undefined && { phase: duration(offset) }),
      })),
    }),
    ...(cronExpressions && { cronString: cronExpressions }),
    ...(skip && { excludeStructuredCalendar: skip.map(encodeCalendar) }),
    ...(startAt && { startTime: toTimestampJson(startAt.getTime()) }),
    ...(endAt && { endTime: toTimestampJson(endAt.getTime()) }),
    ...(jitter !== undefined && { jitter: duration(jitter) }),
    ...(timezone && { timezoneName: timezone }),
  };
}

function decodeSpec(spec: ScheduleSpecJson): ScheduleSpecDescription {
  const { startTime, endTime, jitter, timezoneName } = spec;
  return {
    calendars: (spec.structuredCalendar ?? []).map(decodeCalendar),
    intervals: (spec.interval ?? []).map(({ interval, phase }) => ({
      every: fromDurationJson(interval),
      offset: fromDurationJson(phase),
    })),
    skip: (spec.excludeStructuredCalendar ?? []).map(decodeCalendar),
    ...(startTime && { startAt: new Date(startTime) }),
    ...(endTime && { endAt: new Date(endTime) }),
    ...(jitter && { jitter: fromDurationJson(jitter) }),
    ...(timezoneName && { timezone: timezoneName }),
  };
}

export function encodeOverlap(overlap: ScheduleOverlapPolicy | undefined): { overlapPolicy?: string } {
  return overlap ? { overlapPolicy: toWire('scheduleOverlapPolicy', overlap) } : {};
}

export function encodePolicies(policies: SchedulePolicies = {}): SchedulePoliciesJson {
  const { overlap, catchupWindow, pauseOnFailure } = policies;
  return {
    ...encodeOverlap(overlap),
    ...(catchupWindow !== undefined && { catchupWindow: toDurationJson(msToNumber(catchupWindow)) }),
    ...(pauseOnFailure !== undefined && { pauseOnFailure }),
  };
}

export function encodeState({ paused, note, remainingActions }: ScheduleState = {}): ScheduleStateJson {
  return {
    ...(paused !== undefined && { paused }),
    ...(note !== undefined && { notes: note }),
    ...(remainingActions !== undefined && { limitedActions: true, remainingActions }),
  };
}

export function encodeBackfill({ start, end, overlap }: Backfill): BackfillJson {
  return {
    startTime: toTimestampJson(start.getTime()),
    endTime: toTimestampJson(end.getTime()),
    ...encodeOverlap(overlap),
  };
}

type Converter = LoadedDataConverter['payloadConverter'];

/** Codecs are told which workflow the action of a schedule starts. */
export const startedInside =
  (namespace: string): ContextInside =>
  (object, outer) => {
    const { startWorkflow } = object as { startWorkflow?: NewWorkflowJson };
    return startWorkflow ? workflowContext(namespace, startWorkflow.workflowId) : outer;
  };

function memoOf(
  fields: PayloadMapJson | undefined,
  converter: Converter,
  context?: SerializationContext,
): { memo?: Record<string, unknown> } {
  if (!fields) return {};
  const entries = Object.entries(fields).map(([name, payload]) => {
    return [name, converter.fromPayload<unknown>(payloadFromJson(payload), context)] as const;
  });
  return { memo: Object.fromEntries(entries) };
}

function attributesOf(indexedFields: PayloadMapJson | undefined) {
  return {
    searchAttributes: decodeSearchAttributes(indexedFields),
    typedSearchAttributes: decodeTypedSearchAttributes(indexedFields),
  };
}

function decodeAction(
  action: NewWorkflowJson,
  converter: Converter,
  namespace: string,
): ScheduleDescriptionAction {
  const context = workflowContext(namespace, action.workflowId);
  const text = (payload: PayloadJson) => converter.fromPayload<string>(payloadFromJson(payload), context);
  const { summary, details } = action.userMetadata ?? {};
  const retry = decompileRetryPolicy(action.retryPolicy);
  const timeouts = ['workflowExecutionTimeout', 'workflowRunTimeout', 'workflowTaskTimeout'] as const;
  return {
    type: 'startWorkflow',
    workflowId: action.workflowId,
    workflowType: action.workflowType.name,
    taskQueue: action.taskQueue.name,
    args: fromPayloadsJson(converter, action.input, context),
    ...memoOf(action.memo?.fields, converter, context),
    ...(retry && { retry }),
    priority: decodePriority(action.priority),
    ...attributesOf(action.searchAttributes?.indexedFields),
    ...Object.fromEntries(
      timeouts.filter((name) => action[name]).map((name) => [name, fromDurationJson(action[name])]),
    ),
    ...(summary && { staticSummary: text(summary) }),
    ...(details && { staticDetails: text(details) }),
  };
}

function started({ workflowId, runId }: { workflowId: string; runId: string }) {
  return { type: 'startWorkflow' as const, workflow: { workflowId, firstExecutionRunId: runId } };
}

function decodeRecent(actions: ScheduleActionResultJson[]): ScheduleExecutionResult[] {
  return actions.map(({ scheduleTime, actualTime, startWorkflowResult }) => ({
    scheduledAt: new Date(scheduleTime),
    takenAt: new Date(actualTime),
    action: started(startWorkflowResult),
  }));
}

const dates = (times: string[]): Date[] => times.map((time) => new Date(time));

export function summaryFromRaw(raw: ScheduleListEntry, converter: Converter): ScheduleSummary {
  const { scheduleId, info, memo, searchAttributes } = raw;
  return {
    scheduleId,
    spec: decodeSpec(info.spec),
    action: { type: 'startWorkflow', workflowType: info.workflowType.name },
    ...memoOf(memo?.fields, converter),
    ...attributesOf(searchAttributes?.indexedFields),
    state: { paused: info.paused, note: info.notes ?? '' },
    info: {
      recentActions: decodeRecent(info.recentActions),
      nextActionTimes: dates(info.futureActionTimes),
    },
  };
}

/** Temporal's server names its default; ours is the same year. */
const DEFAULT_CATCHUP_WINDOW = 365 * 86_400_000;

export function descriptionFromRaw(
  scheduleId: string,
  raw: DescribeScheduleReply,
  { payloadConverter: converter, namespace }: { payloadConverter: Converter; namespace: string },
): Omit<ScheduleDescription, 'raw'> {
  const { schedule, info, memo, searchAttributes } = raw;
  const { policies = {}, state = {} } = schedule;
  const overlap = fromWire<ScheduleOverlapPolicy>('scheduleOverlapPolicy', policies.overlapPolicy);
  return {
    scheduleId,
    spec: decodeSpec(schedule.spec ?? {}),
    action: decodeAction(schedule.action!.startWorkflow, converter, namespace),
    policies: {
      overlap: overlap ?? 'SKIP',
      catchupWindow: fromDurationJson(policies.catchupWindow) || DEFAULT_CATCHUP_WINDOW,
      pauseOnFailure: policies.pauseOnFailure === true,
    },
    ...memoOf(memo?.fields, converter),
    ...attributesOf(searchAttributes?.indexedFields),
    state: {
      paused: state.paused === true,
      note: state.notes ?? '',
      ...(state.limitedActions && { remainingActions: Number(state.remainingActions ?? 0) }),
    },
    info: {
      recentActions: decodeRecent(info.recentActions),
      nextActionTimes: dates(info.futureActionTimes),
      numActionsTaken: Number(info.actionCount),
      numActionsMissedCatchupWindow: Number(info.missedCatchupWindow),
      numActionsSkippedOverlap: Number(info.overlapSkipped),
      createdAt: new Date(info.createTime),
      lastUpdatedAt: info.updateTime ? new Date(fromTimestampJson(info.updateTime)) : undefined,
      runningActions: info.runningWorkflows.map(started),
    },
  };
}
