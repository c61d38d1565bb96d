/** Schedules: what each route asks of the schedule's object, or of the list. */

import type { z } from 'zod';
import type {
  CreateScheduleReply,
  DescribeScheduleReply,
  ListMatchingTimesReply,
  ListSchedulesReply,
} from '../../../sdk/common/schedule.ts';
import type { CountWorkflowExecutionsReply } from '../../../sdk/common/service.ts';
import { countSchedules as count, listSchedules as list } from '../../visibility/schedules.ts';
import type { Call } from '../call.ts';
import type * as schemas from '../schedule-schemas.ts';

type Query<S extends keyof typeof schemas> = (typeof schemas)[S] extends z.ZodType
  ? z.output<(typeof schemas)[S]>
  : never;

/** Search attributes, those of the schedule and those of its runs, are checked as those of a start are. */
async function typed<R extends Query<'createSchedule'> | Query<'updateSchedule'>>(
  request: R,
  call: Call,
): Promise<R> {
  const { namespace, schedule } = request;
  const { action } = schedule;
  if (!action) return call.typed(request);
  const { namespace: _, ...startWorkflow } = await call.typed({ namespace, ...action.startWorkflow });
  return call.typed({ ...request, schedule: { ...schedule, action: { ...action, startWorkflow } } });
}

export async function createSchedule(
  request: Query<'createSchedule'>,
  call: Call,
): Promise<CreateScheduleReply> {
  const asked = await typed(call.identified(request), call);
  return call.schedule(request, (stub) => stub.create(asked));
}

export function describeSchedule(request: Query<'onSchedule'>, call: Call): Promise<DescribeScheduleReply> {
  return call.schedule(request, (stub) => stub.describe());
}

export async function updateSchedule(request: Query<'updateSchedule'>, call: Call): Promise<object> {
  const asked = await typed(call.identified(request), call);
  await call.schedule(request, (stub) => stub.update(asked));
  return {};
}

export async function patchSchedule(request: Query<'patchSchedule'>, call: Call): Promise<object> {
  const asked = call.identified(request);
  await call.schedule(request, (stub) => stub.patch(asked));
  return {};
}

export async function deleteSchedule(request: Query<'deleteSchedule'>, call: Call): Promise<object> {
  await call.schedule(request, (stub) => stub.delete(), false);
  return {};
}

export function listScheduleMatchingTimes(
  request: Query<'matchingTimes'>,
  call: Call,
): Promise<ListMatchingTimesReply> {
  return call.schedule(request, (stub) => stub.matchingTimes(request));
}

export function listSchedules(
  { namespace, maximumPageSize: pageSize, ...request }: Query<'listSchedules'>,
  call: Call,
): Promise<ListSchedulesReply> {
  const asked = { ...request, ...(pageSize && { pageSize }) };
  return call.visibility(namespace, () => list(call.env, namespace, asked));
}

export async function countSchedules(
  { namespace, query }: Query<'countSchedules'>,
  call: Call,
): Promise<CountWorkflowExecutionsReply> {
  return { count: String(await call.visibility(namespace, () => count(call.env, namespace, query))) };
}
