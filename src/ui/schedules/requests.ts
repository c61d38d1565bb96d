/** The requests of the schedule pages. */

import type {
  DescribeScheduleReply,
  ListSchedulesReply,
  ScheduleJson,
  SchedulePatchJson,
} from '../../../sdk/common/schedule.ts';
import { call } from '../api.ts';
import { once } from '../once.ts';
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

const postOnce = (path: string, body: object) =>
  once([path, body], (requestId) => call('POST', path, { body: { ...body, identity: IDENTITY, requestId } }));

export const createSchedule = (name: ScheduleName, schedule: ScheduleJson) =>
  postOnce(path(name), { schedule });

export const updateSchedule = (name: ScheduleName, schedule: ScheduleJson, conflictToken: string) =>
  postOnce(path(name, 'update'), { schedule, conflictToken });

export const patchSchedule = (name: ScheduleName, patch: SchedulePatchJson) =>
  postOnce(path(name, 'patch'), { patch });

export const deleteSchedule = (name: ScheduleName) =>
  call('DELETE', path(name), { query: { identity: IDENTITY } });
