/** The requests of the schedule calls, as zod schemas that give the types of `sdk/common/schedule.ts`. */

import { z } from 'zod';
import { ScheduleOverlapPolicy } from '../../sdk/common/enums.ts';
import type {
  CreateScheduleRequest,
  PatchScheduleRequest,
  UpdateScheduleRequest,
} from '../../sdk/common/schedule.ts';
import {
  duration,
  id,
  int,
  memo,
  namespace,
  optionalId,
  searchAttributes,
  startFields,
  text,
  token,
  wireEnum,
} from './schemas.ts';

const timestamp = z
  .string()
  .refine(
    (value) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(value) &&
      Date.parse(value) >= 0,
    'must be a time such as "2026-01-05T12:00:00Z"',
  );
const overlapPolicy = wireEnum('scheduleOverlapPolicy', ScheduleOverlapPolicy);

const ranges = z
  .array(
    z.strictObject({ start: z.int().optional(), end: z.int().optional(), step: z.int().min(0).optional() }),
  )
  .optional();
const structuredCalendar = z
  .array(
    z.strictObject({
      second: ranges,
      minute: ranges,
      hour: ranges,
      dayOfMonth: ranges,
      month: ranges,
      year: ranges,
      dayOfWeek: ranges,
      comment: text,
    }),
  )
  .optional();
const calendar = z
  .array(
    z.strictObject({
      second: text,
      minute: text,
      hour: text,
      dayOfMonth: text,
      month: text,
      year: text,
      dayOfWeek: text,
      comment: text,
    }),
  )
  .optional();
const spec = z.strictObject({
  structuredCalendar,
  calendar,
  cronString: z.array(z.string().max(1_000)).optional(),
  interval: z.array(z.strictObject({ interval: duration, phase: duration })).optional(),
  excludeCalendar: calendar,
  excludeStructuredCalendar: structuredCalendar,
  startTime: timestamp.optional(),
  endTime: timestamp.optional(),
  jitter: duration,
  timezoneName: text,
});

const {
  namespace: _namespace,
  identity: _identity,
  requestId: _requestId,
  workflowIdConflictPolicy: _policy,
  workflowStartDelay: _delay,
  ...newWorkflow
} = startFields;
const schedule = z.strictObject({
  spec: spec.optional(),
  action: z.strictObject({ startWorkflow: z.strictObject(newWorkflow) }),
  policies: z
    .strictObject({
      overlapPolicy,
      catchupWindow: duration,
      pauseOnFailure: z.boolean().optional(),
      keepOriginalWorkflowId: z.boolean().optional(),
    })
    .optional(),
  state: z
    .strictObject({
      notes: text,
      paused: z.boolean().optional(),
      limitedActions: z.boolean().optional(),
      remainingActions: int.optional(),
    })
    .optional(),
});
const patch = z.strictObject({
  triggerImmediately: z.strictObject({ overlapPolicy, scheduledTime: timestamp.optional() }).optional(),
  backfillRequest: z
    .array(z.strictObject({ startTime: timestamp, endTime: timestamp, overlapPolicy }))
    .max(1_000)
    .optional(),
  pause: text,
  unpause: text,
});

const on = { namespace, scheduleId: id };
const changing = { ...on, identity: text, requestId: optionalId };
export const onSchedule = z.strictObject(on);
export const createSchedule = z.strictObject({
  ...changing,
  schedule,
  initialPatch: patch.optional(),
  memo: memo.optional(),
  searchAttributes: searchAttributes.optional(),
}) satisfies z.ZodType<CreateScheduleRequest>;
export const updateSchedule = z.strictObject({
  ...changing,
  schedule,
  conflictToken: token,
  memo: memo.optional(),
  searchAttributes: searchAttributes.optional(),
}) satisfies z.ZodType<UpdateScheduleRequest>;
export const patchSchedule = z.strictObject({
  ...changing,
  patch,
}) satisfies z.ZodType<PatchScheduleRequest>;
export const deleteSchedule = z.strictObject({ ...on, identity: text });
export const matchingTimes = z.strictObject({ ...on, startTime: timestamp, endTime: timestamp });
export const listSchedules = z.strictObject({
  namespace,
  maximumPageSize: int.optional(),
  nextPageToken: token,
  query: text,
});
export const countSchedules = z.strictObject({ namespace, query: text });
