/** The schedule maths the slow way: every minute is asked what the clock on the wall shows. */

export const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'Africa/Casablanca',
  'Pacific/Apia',
  'America/St_Johns',
] as const;

export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  weekday: number;
  lastDay: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

export function wallOf(zone: string, time: number): Wall {
  let format = formats.get(zone);
  if (!format) {
    const n = 'numeric' as const;
    const options = { year: n, month: n, day: n, hour: n, minute: n, hourCycle: 'h23' } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, ...options });
    formats.set(zone, format);
  }
  const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute } = part as unknown as Wall;
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  return {
    year,
    month,
    day,
    hour,
    minute,
    weekday,
    lastDay: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  };
}

/** All whole minutes after `from`, up to and with `to`, that match. */
export function minutesThat(
  matches: (wall: Wall, time: number) => boolean,
  zone: string,
  from: number,
  to: number,
): number[] {
  const found: number[] = [];
  for (let time = Math.floor(from / 60_000) * 60_000 + 60_000; time <= to; time += 60_000)
    if (matches(wallOf(zone, time), time)) found.push(time);
  return found;
}
