/** The requests of the schedule pages. */

import type {
  DescribeScheduleReply,
  ListSchedulesReply,
  ScheduleJson,
  SchedulePatchJson,
} from '../../../sdk/common/schedule.ts';
import { call } from '../api.ts';
import { inNamespace } from '../path.ts';

const IDENTITY = 'web-ui';

export interface ScheduleName {
  namespace: string;
  scheduleId: string;
}

const path = ({ namespace, scheduleId }: ScheduleName, ...more: string[]): string =>
  inNamespace(namespace, 'schedules', scheduleId, ...more);

export const listSchedules = (namespace: string, nextPageToken: string | undefined, signal?: AbortSignal) =>
  call<ListSchedulesReply>('GET', inNamespace(namespace, 'schedules'), {
    query: { maximumPageSize: 100, nextPageToken },
    signal,
  });

export const describeSchedule = (name: ScheduleName, signal?: AbortSignal) =>
  call<DescribeScheduleReply>('GET', path(name), { signal });

const identified = () => ({ identity: IDENTITY, requestId: crypto.randomUUID() });

export const createSchedule = (name: ScheduleName, schedule: ScheduleJson) =>
  call('POST', path(name), { body: { schedule, ...identified() } });

export const updateSchedule = (name: ScheduleName, schedule: ScheduleJson, conflictToken: string) =>
  call('POST', path(name, 'update'), { body: { schedule, conflictToken, ...identified() } });

export const patchSchedule = (name: ScheduleName, patch: SchedulePatchJson) =>
  call('POST', path(name, 'patch'), { body: { patch, ...identified() } });

export const deleteSchedule = (name: ScheduleName) =>
  call('DELETE', path(name), { query: { identity: IDENTITY } });
