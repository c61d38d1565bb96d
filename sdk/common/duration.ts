/**
 * The only parser of durations in the project. Three spellings meet here:
 * users write `'1 minute'` or milliseconds, the wire carries proto3 JSON (`"1.500s"`), the core counts milliseconds.
 */

/** A duration as users write it: milliseconds as a number, or `'10s'`, `'1 minute'`, `'1.5h'`, `'30 days'`. */
export type Duration = number | string;

type Unit =
  | ('years' | 'year' | 'yrs' | 'yr' | 'y' | 'weeks' | 'week' | 'w' | 'days' | 'day' | 'd')
  | ('hours' | 'hour' | 'hrs' | 'hr' | 'h' | 'minutes' | 'minute' | 'mins' | 'min' | 'm')
  | ('seconds' | 'second' | 'secs' | 'sec' | 's')
  | ('milliseconds' | 'millisecond' | 'msecs' | 'msec' | 'ms');
type InAnyCase<T extends string> = T | Uppercase<T> | Capitalize<T>;
/** The texts of durations as the package `ms` has them, for programs that hand them to it. {@link Duration} takes any text. */
export type StringValue = `${number}` | `${number}${InAnyCase<Unit>}` | `${number} ${InAnyCase<Unit>}`;

/** A duration in proto3 JSON: decimal seconds with the suffix `s`, for example `"10s"` or `"0.250s"`. */
export type DurationJson = string;

/** A duration or a time as a message of protobuf, which programs that speak gRPC have in their hands. Nothing is stored so. */
export interface TimeMessage {
  seconds?: number | bigint | string | { toString(): string } | null;
  nanos?: number | null;
}

const UNITS: ReadonlyArray<readonly [RegExp, number]> = [
  [/^(?:ms|msecs?|milliseconds?)$/, 1],
  [/^(?:s|secs?|seconds?)$/, 1_000],
  [/^(?:m|mins?|minutes?)$/, 60_000],
  [/^(?:h|hrs?|hours?)$/, 3_600_000],
  [/^(?:d|days?)$/, 86_400_000],
  [/^(?:w|weeks?)$/, 604_800_000],
  [/^(?:y|yrs?|years?)$/, 31_557_600_000],
];

/**
 * Converts a user's duration to whole milliseconds (rounded up, never negative).
 * @throws TypeError when the text is no duration, or the number is negative or not finite.
 */
export function msToNumber(duration: Duration): number {
  const ms = typeof duration === 'number' ? duration : parse(duration);
  if (ms === undefined || !Number.isFinite(ms) || ms < 0) {
    throw new TypeError(
      `Not a duration: ${typeof duration === 'number' ? duration : JSON.stringify(duration)}. Write milliseconds, or text like '10s' or '5 minutes'.`,
    );
  }
  return Math.ceil(ms);
}

/** How long to wait: until a time that has passed (`deadline - Date.now()`) no longer, where {@link msToNumber} refuses. */
export function waitToNumber(duration: Duration): number {
  return msToNumber(typeof duration === 'number' ? Math.max(0, duration) : duration);
}

/** As {@link msToNumber}, but passes `undefined` through. */
export function msOptionalToNumber(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : msToNumber(duration);
}

function parse(text: string): number | undefined {
  const match = /^\s*(\d*\.?\d+)\s*([a-z]*)\s*$/i.exec(text);
  if (!match) return undefined;
  const unit = match[2]!.toLowerCase();
  if (unit === '') return Number(match[1]);
  const row = UNITS.find(([pattern]) => pattern.test(unit));
  return row && Number(match[1]) * row[1];
}

/** Milliseconds to proto3 JSON: `1500` becomes `"1.500s"`, `1000` becomes `"1s"`. */
export function toDurationJson(ms: number): DurationJson {
  const whole = Math.floor(ms / 1_000);
  const rest = Math.round(ms - whole * 1_000);
  return rest === 0 ? `${whole}s` : `${whole}.${String(rest).padStart(3, '0')}s`;
}

/** As {@link toDurationJson}, but leaves `undefined` out. */
export function toOptionalDurationJson(ms: number | undefined): DurationJson | undefined {
  return ms === undefined ? undefined : toDurationJson(ms);
}

/** Proto3 JSON to milliseconds; an absent duration is 0, which in Temporal's protocol means "not set". */
export function fromDurationJson(duration: DurationJson | null | undefined): number {
  if (!duration) return 0;
  return Math.round(Number(duration.slice(0, -1)) * 1_000);
}

/** True for proto3 JSON durations: optional sign is refused, up to nine decimals, at most ten thousand years. */
export function isDurationJson(text: string): boolean {
  return /^\d{1,12}(?:\.\d{1,9})?s$/.test(text);
}

const GO_UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** 292 years: what Go counts in nanoseconds. What lies so far ahead is still a time that can be written down. */
const LONGEST_GO_DURATION = 2 ** 63 / 1e6;

/** Go's spelling, `1h30m`, and days as Temporal takes them; `undefined` for what is none, or longer than Go's longest. */
export function fromGoDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    ms += Number(count) * GO_UNITS[unit!]!;
  return ms < LONGEST_GO_DURATION ? ms : undefined;
}

/** Of a `Long`, also of what JSON makes of one. */
export function wholeOfLong(value: unknown): number | undefined {
  const { low, high } = Object(value) as { low?: unknown; high?: unknown };
  return typeof low === 'number' && typeof high === 'number' ? high * 2 ** 32 + (low >>> 0) : undefined;
}

/** NaN for what is none, also where JSON says that its `toString` is something else than a function. */
function numberOf(value: unknown): number {
  const isNone = Array.isArray(value) || typeof Object(value).toString !== 'function';
  return isNone ? Number.NaN : Number(value);
}

/** `{ seconds, nanos }` as the text of JSON. Seconds may be those of a `Long`. */
export function durationOfMessage(value: unknown): DurationJson | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { seconds = 0, nanos = 0, ...rest } = value as { seconds?: unknown; nanos?: unknown };
  const whole = wholeOfLong(seconds) ?? numberOf(seconds);
  const fraction = numberOf(nanos);
  const known = Object.keys(rest).length === 0 && Number.isSafeInteger(whole) && whole >= 0;
  if (!known || !Number.isInteger(fraction) || fraction < 0 || fraction >= 1e9) return undefined;
  return `${whole}${fraction > 0 ? `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}` : ''}s`;
}

/** Epoch milliseconds. */
export type EpochMs = number;

/** An RFC 3339 timestamp in UTC, as proto3 JSON writes it. */
export type TimestampJson = string;

/** All that a turn writes has the time of the turn. */
let lastTime: EpochMs = 0;
let lastText: TimestampJson = '1970-01-01T00:00:00.000Z';

export function toTimestampJson(time: EpochMs): TimestampJson {
  if (time !== lastTime) {
    lastText = new Date(time).toISOString();
    lastTime = time;
  }
  return lastText;
}

/** An absent timestamp is 0. */
export function fromTimestampJson(time: TimestampJson | null | undefined): EpochMs {
  return time ? Date.parse(time) : 0;
}
