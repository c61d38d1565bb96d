/**
 * The marker that records how a local activity ended, in the form that Temporal's core writes and reads: `data` is plain
 * JSON with these names, `result` or the marker's failure is the outcome. With a `backoff` it is an attempt that failed and
 * is tried again behind a timer.
 */

import type { CommandAttributes } from '../../common/command.ts';
import type { EpochMs } from '../../common/duration.ts';
import type { Failure } from '../../common/failure.ts';
import type { HistoryEventAttributes } from '../../common/history.ts';
import type { PayloadsJson } from '../../common/payload.ts';
import { fromJsonPayload, jsonPayload } from './payloads.ts';

const LOCAL_ACTIVITY_MARKER = 'core_local_activity';

/** `google.protobuf.Timestamp` and `Duration`, as they stand in the marker. */
interface Seconds {
  seconds: number;
  nanos: number;
}

interface MarkerData {
  seq: number;
  attempt: number;
  activity_id: string;
  activity_type: string;
  complete_time: Seconds | null;
  backoff: Seconds | null;
  original_schedule_time: Seconds | null;
}

/** What came of a local activity. */
export interface LocalOutcome {
  /** The number of the last attempt. */
  attempt: number;
  result?: PayloadsJson;
  failure?: Failure;
  /** The next attempt comes after so long. */
  backoffMs?: number;
}

export interface LocalRecord {
  seq: number;
  activityId: string;
  activityType: string;
  /** The workflow's clock when it ended; absent where it did not move the clock. */
  completeTime?: EpochMs;
  originalScheduleTime?: EpochMs;
  outcome: LocalOutcome;
}

const toSeconds = (ms: number | undefined): Seconds | null =>
  ms === undefined ? null : { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };

const fromSeconds = (time: Seconds | null | undefined): number | undefined =>
  time ? time.seconds * 1_000 + Math.floor(time.nanos / 1_000_000) : undefined;

export function localMarker(record: LocalRecord): CommandAttributes['RecordMarker'] {
  const { attempt, result, failure, backoffMs } = record.outcome;
  const data: MarkerData = {
    seq: record.seq,
    attempt,
    activity_id: record.activityId,
    activity_type: record.activityType,
    complete_time: toSeconds(record.completeTime),
    backoff: toSeconds(backoffMs),
    original_schedule_time: toSeconds(record.originalScheduleTime),
  };
  return {
    markerName: LOCAL_ACTIVITY_MARKER,
    details: { data: { payloads: [jsonPayload(data)] }, ...(result && { result }) },
    ...(failure && { failure }),
  };
}

/** What a local activity's marker says, or `undefined` for any other marker. */
export function localRecordOf(
  attributes: Pick<HistoryEventAttributes['MarkerRecorded'], 'markerName' | 'details' | 'failure'>,
): LocalRecord | undefined {
  const { markerName, details, failure } = attributes;
  const [payload] = details?.data?.payloads ?? [];
  if (markerName !== LOCAL_ACTIVITY_MARKER || !payload) return undefined;
  const data = fromJsonPayload<MarkerData>(payload);
  const result = details?.result;
  const backoffMs = fromSeconds(data.backoff);
  return {
    seq: data.seq,
    activityId: data.activity_id,
    activityType: data.activity_type,
    completeTime: fromSeconds(data.complete_time),
    originalScheduleTime: fromSeconds(data.original_schedule_time),
    outcome: {
      attempt: data.attempt,
      ...(failure ? { failure } : { ...(result && { result }) }),
      ...(backoffMs !== undefined && { backoffMs }),
    },
  };
}
