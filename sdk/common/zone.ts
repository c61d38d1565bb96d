/** Time zones: how far the clock on the wall is from UTC, and how long that stays so. Pure but for Intl's tables. */

import type { EpochMs } from './duration.ts';

const DAY = 86_400_000;
const SECOND = 1_000;
const LOOK_AHEAD = 2 * DAY;

/** By names in small letters: a zone may be written in any, and one that is asked for in all of them must not fill the memory. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const name = zone.toLowerCase();
  let format = formats.get(name);
  if (!format) {
    const numeric = 'numeric' as const;
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
    formats.set(name, format);
  }
  return format;
}

export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

const isUtc = (zone: string): boolean => zone === '' || zone === 'UTC';

/** Milliseconds that the wall clock is ahead of UTC. */
export function offsetAt(zone: string, time: EpochMs): number {
  if (isUtc(zone)) return 0;
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(time)) part[type] = Number(value);
  const wall = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
  return wall - Math.floor(time / SECOND) * SECOND;
}

/** A time during which the offset does not change: from `start`, before `end`. */
export interface Stretch {
  start: EpochMs;
  end: EpochMs;
  offset: number;
}

/** By names in small letters. */
const last = new Map<string, Stretch>();

/** The stretch that holds `time`; it may end earlier than the offset changes, but at least a moment later than `time`. */
export function stretchAt(zone: string, time: EpochMs): Stretch {
  if (isUtc(zone)) return { start: time, end: Number.POSITIVE_INFINITY, offset: 0 };
  const name = zone.toLowerCase();
  const known = last.get(name);
  if (known && known.start <= time && time < known.end) return known;
  const offset = offsetAt(zone, time);
  let end = time + LOOK_AHEAD;
  if (offsetAt(zone, end) !== offset) end = changeBetween(zone, time, end, offset);
  const stretch = { start: time, end, offset };
  last.set(name, stretch);
  return stretch;
}

/** The first whole second with another offset, found by halves. */
function changeBetween(zone: string, from: EpochMs, to: EpochMs, offset: number): EpochMs {
  let [same, other] = [Math.floor(from / SECOND), Math.ceil(to / SECOND)];
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (offsetAt(zone, middle * SECOND) === offset) same = middle;
    else other = middle;
  }
  return other * SECOND;
}
