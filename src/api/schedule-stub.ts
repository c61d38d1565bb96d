/** What the Schedule object offers over RPC, and the only place that takes its stub. Errors come as data. */

import {
  type CreateScheduleReply,
  type CreateScheduleRequest,
  type DescribeScheduleReply,
  type ListMatchingTimesReply,
  type ListMatchingTimesRequest,
  type PatchScheduleRequest,
  scheduleObjectName,
  type UpdateScheduleRequest,
} from '../../sdk/common/schedule.ts';
import type { Result } from '../../sdk/common/service.ts';
import type { Env } from '../env.ts';

export interface ScheduleStub {
  create(request: CreateScheduleRequest): Promise<Result<CreateScheduleReply>>;
  describe(): Promise<Result<DescribeScheduleReply>>;
  update(request: UpdateScheduleRequest): Promise<Result<void>>;
  patch(request: PatchScheduleRequest): Promise<Result<void>>;
  delete(): Promise<Result<void>>;
  matchingTimes(request: ListMatchingTimesRequest): Promise<Result<ListMatchingTimesReply>>;
}

export function scheduleStub(env: Env, namespace: string, scheduleId: string): ScheduleStub {
  return env.SCHEDULE.getByName(scheduleObjectName(namespace, scheduleId)) as unknown as ScheduleStub;
}
