/**
 * Failures as messages of protobuf, which programs take out of a history that Temporal's client gave them and hand to a
 * failure converter. They are read without the table of all messages: workflow code has this in its bundle.
 */

import { durationOfMessage, wholeOfLong } from './duration.ts';
import { ApplicationFailureCategory, RetryState, TimeoutType, toWire, type WireEnum } from './enums.ts';
import type { Failure } from './failure.ts';
import { bytesToBase64 } from './payload.ts';

/** Field → its enum, and the names of that in the order of their numbers, which begin at 1. */
const ENUMS: Record<string, [WireEnum, object]> = {
  timeoutType: ['timeoutType', TimeoutType],
  retryState: ['retryState', RetryState],
  category: ['applicationErrorCategory', ApplicationFailureCategory],
};

/** The same object where it is JSON already. */
export const failureInJson = (failure: object): Failure => written('', failure) as Failure;

function written(field: string, value: unknown): unknown {
  if (typeof value === 'number') return nameOf(field, value);
  if (typeof value !== 'object') return value;
  if (value === null) return undefined;
  if (value instanceof Uint8Array) return bytesToBase64(value);
  if (field === 'nextRetryDelay') return durationOfMessage(value);
  const whole = wholeOfLong(value);
  if (whole !== undefined) return String(whole);
  if (Array.isArray(value)) {
    // Messages have each of their lists, whatever is in it.
    if (value.length === 0 && field !== 'payloads') return undefined;
    const items = value.map((item) => written('', item));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  const entries = Object.entries(value);
  const made = entries.map(([name, item]) => [name, written(name, item)] as const);
  const isJson =
    Object.getPrototypeOf(value) === Object.prototype && made.every(([, item], i) => item === entries[i]![1]);
  return isJson ? value : Object.fromEntries(made.filter(([, item]) => item !== undefined));
}

function nameOf(field: string, value: number): unknown {
  const known = ENUMS[field];
  if (!known) return value;
  const [wire, names] = known;
  return toWire(wire, Object.keys(names)[value - 1] ?? 'UNSPECIFIED');
}
