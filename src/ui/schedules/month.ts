/** When a schedule acts, by the engine's own code: before it is saved, and a month of it day by day in its time zone. Pure. */

import type { DescribeScheduleReply, ScheduleSpecJson } from '../../../sdk/common/schedule.ts';
import { plainSpec, Spec } from '../../schedule/spec.ts';
import { timeMs } from '../format.ts';

const PREVIEWED = 6;

export interface Preview {
  zone: string;
  times: number[];
}

/** @throws Error what is wrong with the spec, in the engine's words */
export function previewOf(spec: ScheduleSpecJson, now: number): Preview {
  const plain = plainSpec(spec);
  return { zone: plain.timezoneName || 'UTC', times: [...new Spec(plain).between(now, Infinity, PREVIEWED)] };
}

export interface Day {
  /** `2026-11-23`. */
  date: string;
  /** Of the month that is shown. */
  inMonth: boolean;
  past: Array<{ time: number; status: string | undefined; workflowId: string; runId: string }>;
  future: number[];
  /** There are more than these. */
  more: boolean;
}

const DAY_MS = 86_400_000;
/** Of a schedule that acts each minute, a day has too many to name. */
const MOST_A_DAY = 100;

const formats = new Map<string, Intl.DateTimeFormat>();
/** The day of a moment, where the schedule is. */
export function dateIn(zone: string, time: number): string {
  let format = formats.get(zone);
  if (!format) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    format = new Intl.DateTimeFormat('en-CA', { ...parts, timeZone: zone });
    formats.set(zone, format);
  }
  return format.format(time);
}

/** The weeks that a month touches, from Monday on. `month`: `2026-11`. */
export function monthDays({ schedule, info }: DescribeScheduleReply, month: string, now: number): Day[] {
  const plain = plainSpec(schedule.spec ?? {});
  const zone = plain.timezoneName || 'UTC';
  const first = Date.parse(`${month}-01T00:00:00Z`);
  const [year, number] = month.split('-').map(Number) as [number, number];
  const last = Date.UTC(year, number, 0);
  const monday = (time: number): number => (new Date(time).getUTCDay() + 6) % 7;
  const from = first - monday(first) * DAY_MS;
  const to = last + (6 - monday(last)) * DAY_MS;
  const days = new Map<string, Day>();
  for (let time = from; time <= to; time += DAY_MS) {
    const date = new Date(time).toISOString().slice(0, 10);
    days.set(date, { date, inMonth: date.startsWith(month), past: [], future: [], more: false });
  }
  for (const { actualTime, startWorkflowStatus: status, startWorkflowResult } of info.recentActions) {
    const time = timeMs(actualTime) ?? 0;
    days.get(dateIn(zone, time))?.past.push({ time, status, ...startWorkflowResult });
  }
  const spec = new Spec(plain);
  // A zone is at most 14 hours from UTC.
  const end = to + 2 * DAY_MS;
  for (let time = spec.next(Math.max(now, from - DAY_MS)); time !== undefined && time < end; ) {
    const day = days.get(dateIn(zone, time));
    if (day) day.future.push(time);
    if (day && day.future.length > MOST_A_DAY) {
      day.more = true;
      // On with the next day: the hour before its earliest beginning, anywhere.
      time = spec.next(Math.max(time, Date.parse(`${day.date}T00:00:00Z`) + DAY_MS - 14 * 3_600_000));
      while (time !== undefined && dateIn(zone, time) === day.date) time = spec.next(time);
    } else time = spec.next(time);
  }
  return [...days.values()];
}

/** The month before or after. */
export function otherMonth(month: string, by: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}
