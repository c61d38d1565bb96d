/** Times, durations, names and sizes as people read them. Pure. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** 85_000 → `1m 25s`; two units at most, milliseconds below ten seconds. */
export function duration(ms: number): string {
  const value = Math.max(0, ms);
  if (value < SECOND) return `${Math.round(value)}ms`;
  if (value < 10 * SECOND) return `${(value / SECOND).toFixed(value % SECOND === 0 ? 0 : 1)}s`;
  const units: Array<[string, number]> = [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
    ['s', SECOND],
  ];
  const parts: string[] = [];
  let rest = value;
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

/** `"90.5s"` → 90_500; absent or zero: `undefined`. */
export function durationMs(json: string | undefined): number | undefined {
  const seconds = Number(json?.replace(/s$/, ''));
  return seconds > 0 ? seconds * SECOND : undefined;
}

/** RFC 3339 → epoch milliseconds. */
export function timeMs(timestamp: string | undefined): number | undefined {
  const ms = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(ms) ? undefined : ms;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Local time: `21 Nov 2026, 14:03:22`. */
export function dateTime(ms: number, millis = false): string {
  return `${day(ms)}, ${clock(ms, millis)}`;
}

/** In local time: `21 Nov 2026`. */
function day(ms: number): string {
  const date = new Date(ms);
  return `${date.getDate()} ${date.toLocaleString('en-GB', { month: 'short' })} ${date.getFullYear()}`;
}

/** The day of `ms`, if what stands before it, `previous`, is of another one or there is nothing. */
export function newDay(ms: number, previous: number | undefined): string {
  const text = day(ms);
  return previous !== undefined && day(previous) === text ? '' : text;
}

/** In a time zone, with its name: `Mon, 23 Nov 2026, 03:00:00 CET`. An unknown zone: UTC. */
export function zonedTime(ms: number, zone = 'UTC'): string {
  const options: Intl.DateTimeFormatOptions = {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  };
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone }).format(ms);
  } catch {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }).format(ms);
  }
}

export function clock(ms: number, millis = false): string {
  const date = new Date(ms);
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return millis ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text;
}

/** `3m 2s ago`, `in 12s`. */
export function relative(ms: number, now: number): string {
  const difference = ms - now;
  if (Math.abs(difference) < SECOND) return 'now';
  const whole = Math.round(Math.abs(difference) / SECOND) * SECOND;
  return difference < 0 ? `${duration(whole)} ago` : `in ${duration(whole)}`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  return count < 1024 ** 2 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1024 ** 2).toFixed(1)} MiB`;
}

/** `PARENT_CLOSE_POLICY_REQUEST_CANCEL`, without its prefix → `Request cancel`. */
export function words(wire: string, prefix = ''): string {
  const text = (wire.startsWith(prefix) ? wire.slice(prefix.length) : wire)
    .toLowerCase()
    .replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `ActivityTaskScheduled` → `Activity task scheduled`. */
export function sentence(name: string): string {
  const text = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
