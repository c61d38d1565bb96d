/** Activities that belong to no workflow, as users read them. */

import type { LoadedDataConverter } from '../common/data-converter.ts';
import { fromDurationJson, fromTimestampJson } from '../common/duration.ts';
import { type ActivityExecutionStatus, fromWire } from '../common/enums.ts';
import type { Failure } from '../common/failure.ts';
import { fromFirstPayloadJson, fromPayloadsJson } from '../common/payload.ts';
import { decodePriority } from '../common/priority.ts';
import type { PendingActivityState } from '../common/proto-enums.ts';
import { decompileRetryPolicy } from '../common/retry-policy.ts';
import { decodeTypedSearchAttributes } from '../common/search-attributes.ts';
import type { SerializationContext } from '../common/serialization-context.ts';
import type {
  ActivityExecutionListInfo,
  DescribeActivityExecutionReply,
  ActivityExecutionInfo as RawInfo,
} from '../common/service.ts';
import type { ActivityExecutionDescription, ActivityExecutionInfo } from './activity-client-types.ts';

const date = (time: string | undefined) => time && new Date(fromTimestampJson(time));
const ms = (duration: string | undefined) =>
  duration === undefined ? undefined : fromDurationJson(duration);
/** Without what is absent. */
const present = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

export function activityInfo(raw: ActivityExecutionListInfo): ActivityExecutionInfo {
  return {
    activityId: raw.activityId,
    activityRunId: raw.runId,
    activityType: raw.activityType.name,
    status: fromWire<ActivityExecutionStatus>('activityExecutionStatus', raw.status) ?? 'RUNNING',
    typedSearchAttributes: decodeTypedSearchAttributes(raw.searchAttributes?.indexedFields),
    taskQueue: raw.taskQueue,
    ...(present({
      scheduleTime: date(raw.scheduleTime),
      closeTime: date(raw.closeTime),
      executionDurationMs: ms(raw.executionDuration),
    }) as object),
  };
}

function bounds(info: RawInfo): Partial<ActivityExecutionDescription> {
  return present({
    runState: info.runState?.slice('PENDING_ACTIVITY_STATE_'.length) as PendingActivityState | undefined,
    scheduleToCloseTimeoutMs: ms(info.scheduleToCloseTimeout),
    scheduleToStartTimeoutMs: ms(info.scheduleToStartTimeout),
    startToCloseTimeoutMs: ms(info.startToCloseTimeout),
    heartbeatTimeoutMs: ms(info.heartbeatTimeout),
    lastHeartbeatTime: date(info.lastHeartbeatTime),
    lastStartedTime: date(info.lastStartedTime),
    expirationTime: date(info.expirationTime),
    lastWorkerIdentity: info.lastWorkerIdentity,
    currentRetryIntervalMs: ms(info.currentRetryInterval),
    lastAttemptCompleteTime: date(info.lastAttemptCompleteTime),
    nextAttemptScheduleTime: date(info.nextAttemptScheduleTime),
    canceledReason: info.canceledReason,
  }) as Partial<ActivityExecutionDescription>;
}

export function activityDescription(
  { info, input, outcome }: DescribeActivityExecutionReply,
  { payloadConverter: converter, failureConverter }: LoadedDataConverter,
  context: SerializationContext,
): ActivityExecutionDescription {
  const error = async (failure: Failure | undefined) =>
    failure && failureConverter.failureToError(failure, converter, context);
  return {
    ...activityInfo(info),
    ...bounds(info),
    rawInfo: info,
    attempt: info.attempt,
    retryPolicy: decompileRetryPolicy(info.retryPolicy) ?? {},
    priority: decodePriority(info.priority) ?? {},
    hasHeartbeatDetails: info.heartbeatDetails !== undefined,
    hasLastFailure: info.lastFailure !== undefined,
    hasInput: input !== undefined,
    hasResult: outcome?.result !== undefined,
    hasOutcomeFailure: outcome?.failure !== undefined,
    getHeartbeatDetails: async <T>() =>
      info.heartbeatDetails && fromFirstPayloadJson<T>(converter, info.heartbeatDetails, context),
    getLastFailure: () => error(info.lastFailure),
    getInput: async <T extends unknown[]>() => input && (fromPayloadsJson(converter, input, context) as T),
    getResult: async <T>() => outcome?.result && fromFirstPayloadJson<T>(converter, outcome.result, context),
    getOutcomeFailure: () => error(outcome?.failure),
  };
}
