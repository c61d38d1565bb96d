/**
 * Durations and times, by the names of Temporal's `@temporalio/common/lib/time`. Where Temporal has messages of protobuf, histories
 * and requests have their JSON here: `"1.500s"` is a duration, `"2026-01-31T12:00:00.000Z"` a time. A message is read, too.
 */

import {
  type Duration,
  type DurationJson,
  fromDurationJson,
  isDurationJson,
  msOptionalToNumber,
  msToNumber,
  type StringValue,
  type TimeMessage,
  type TimestampJson,
  toDurationJson,
  toTimestampJson,
} from './duration.ts';

export { type Duration, msOptionalToNumber, msToNumber, type StringValue };

/** A duration or a time: its JSON, or a message of protobuf. */
export type Timestamp = DurationJson | TimestampJson | TimeMessage;

/** Milliseconds: of a duration its length, of a time those since 1970. */
export function tsToMs(ts: Timestamp | null | undefined): number {
  if (ts === undefined || ts === null) throw new Error(`Expected timestamp, got ${ts}`);
  if (typeof ts !== 'string')
    return Number(String(ts.seconds ?? 0)) * 1_000 + Math.floor((ts.nanos ?? 0) / 1_000_000);
  const ms = isDurationJson(ts) ? fromDurationJson(ts) : Date.parse(ts);
  if (Number.isNaN(ms)) throw new TypeError(`Neither a duration nor a time: ${JSON.stringify(ts)}`);
  return ms;
}

/** As {@link tsToMs}, but passes what is absent through. */
export function optionalTsToMs(ts: Timestamp | null | undefined): number | undefined {
  return ts === undefined || ts === null ? undefined : tsToMs(ts);
}

/** As {@link tsToMs}; the error for what is absent names the field. */
export function requiredTsToMs(ts: Timestamp | null | undefined, fieldName: string): number {
  if (ts === undefined || ts === null)
    throw new TypeError(`Expected ${fieldName} to be a timestamp, got ${ts}`);
  return tsToMs(ts);
}

/** Milliseconds as a duration in JSON. */
export function msNumberToTs(millis: number): DurationJson {
  return toDurationJson(millis);
}

/** `'1 day'` or milliseconds as a duration in JSON, for example `"86400s"`. */
export function msToTs(duration: Duration): DurationJson {
  return toDurationJson(msToNumber(duration));
}

/** As {@link msToTs}, but passes what is absent through. */
export function msOptionalToTs(duration: Duration | null | undefined): DurationJson | undefined {
  return duration === undefined || duration === null ? undefined : msToTs(duration);
}

export function tsToDate(ts: Timestamp): Date {
  return new Date(tsToMs(ts));
}

/** As {@link tsToDate}, but passes what is absent through. */
export function optionalTsToDate(ts: Timestamp | null | undefined): Date | undefined {
  return ts === undefined || ts === null ? undefined : tsToDate(ts);
}

/** As {@link tsToDate}; the error for what is absent names the field. */
export function requiredTsToDate(ts: Timestamp | null | undefined, fieldName: string): Date {
  return new Date(requiredTsToMs(ts, fieldName));
}

/** A time in JSON. */
export function optionalDateToTs(date: Date | null | undefined): TimestampJson | undefined {
  return date === undefined || date === null ? undefined : toTimestampJson(date.getTime());
}
