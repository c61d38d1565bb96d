/** The requests of the pages of activities that belong to no workflow. */

import type {
  DescribeActivityExecutionReply,
  ListActivityExecutionsReply,
} from '../../../sdk/common/service.ts';
import { call } from '../api.ts';
import { once } from '../once.ts';
import { inNamespace } from '../path.ts';

const IDENTITY = 'web-ui';

export interface ActivityName {
  namespace: string;
  activityId: string;
  /** Absent: the newest run. */
  runId?: string;
}

const path = ({ namespace, activityId }: ActivityName, ...more: string[]): string =>
  inNamespace(namespace, 'activities', activityId, ...more);

interface ListRequest {
  query: string;
  nextPageToken?: string;
}
export const listActivities = (namespace: string, query: ListRequest, signal?: AbortSignal) =>
  call<ListActivityExecutionsReply>('GET', inNamespace(namespace, 'activities'), {
    query: { ...query, pageSize: 50 },
    signal,
  });

export const describeActivity = (name: ActivityName, signal?: AbortSignal) =>
  call<DescribeActivityExecutionReply>('GET', path(name), {
    query: {
      runId: name.runId,
      includeInput: true,
      includeOutcome: true,
      includeHeartbeatDetails: true,
      includeLastFailure: true,
    },
    signal,
  });

export const endActivity = (name: ActivityName, how: 'cancel' | 'terminate', reason: string) => {
  const body = { runId: name.runId, reason, identity: IDENTITY };
  return once([path(name, how), body], (requestId) =>
    call('POST', path(name, how), { body: { ...body, requestId } }),
  );
};

export const deleteActivity = (name: ActivityName) =>
  call('DELETE', path(name), { query: { runId: name.runId } });
