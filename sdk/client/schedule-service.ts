/** The engine's calls about schedules: a part of `WorkflowService`. */

import type {
  CreateScheduleReply,
  CreateScheduleRequest,
  DescribeScheduleReply,
  ListMatchingTimesReply,
  ListMatchingTimesRequest,
  ListSchedulesReply,
  PatchScheduleRequest,
  UpdateScheduleRequest,
} from '../common/schedule.ts';
import type { CountWorkflowExecutionsReply } from '../common/service.ts';
import type { HttpCall } from './call.ts';
import { type Caller, ClusterService } from './cluster-service.ts';
import { at } from './path.ts';

export interface ScheduleAddress {
  namespace: string;
  scheduleId: string;
}

export class ScheduleService extends ClusterService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    super(caller);
    this.#call = caller;
  }

  createSchedule(request: CreateScheduleRequest): Promise<CreateScheduleReply> {
    return this.#post(at(request.namespace, 'schedules', request.scheduleId), request);
  }

  describeSchedule({ namespace, scheduleId }: ScheduleAddress): Promise<DescribeScheduleReply> {
    return this.#get(at(namespace, 'schedules', scheduleId), {});
  }

  async updateSchedule(request: UpdateScheduleRequest): Promise<void> {
    await this.#post(at(request.namespace, 'schedules', request.scheduleId, 'update'), request);
  }

  async patchSchedule(request: PatchScheduleRequest): Promise<void> {
    await this.#post(at(request.namespace, 'schedules', request.scheduleId, 'patch'), request);
  }

  async deleteSchedule({
    namespace,
    scheduleId,
    identity,
  }: ScheduleAddress & { identity?: string }): Promise<void> {
    const path = at(namespace, 'schedules', scheduleId);
    await this.#call({ method: 'DELETE', path, body: { ...(identity && { identity }) } }, {});
  }

  /** Times of its spec after `startTime`, up to and with `endTime`, whatever its state. */
  listScheduleMatchingTimes(request: ListMatchingTimesRequest): Promise<ListMatchingTimesReply> {
    const { namespace, scheduleId, startTime, endTime } = request;
    return this.#get(at(namespace, 'schedules', scheduleId, 'matching-times'), { startTime, endTime });
  }

  listSchedules(request: {
    namespace: string;
    query?: string;
    maximumPageSize?: number;
    nextPageToken?: string;
  }): Promise<ListSchedulesReply> {
    const { namespace, ...query } = request;
    return this.#get(at(namespace, 'schedules'), query);
  }

  countSchedules(request: { namespace: string; query?: string }): Promise<CountWorkflowExecutionsReply> {
    return this.#get(at(request.namespace, 'schedule-count'), { query: request.query });
  }

  #post<T>(path: string, body: object): Promise<T> {
    return this.#call<T>({ method: 'POST', path, body }, {});
  }

  #get<T>(path: string, query: NonNullable<HttpCall['query']>): Promise<T> {
    return this.#call<T>({ method: 'GET', path, query }, {});
  }
}
