/** Time as places on a line. Pure. */

import { clock, duration, newDay } from '../format.ts';
import type { Item } from './items.ts';

export interface Span {
  from: number;
  to: number;
}

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000,
  604_800_000, 2_592_000_000, 31_536_000_000,
];

/** Round times, at most about `most` of them. */
export function ticks({ from, to }: Span, origin: number, most: number): number[] {
  const wanted = (to - from) / Math.max(1, most);
  const step = STEPS.find((candidate) => candidate >= wanted) ?? STEPS.at(-1)!;
  const found: number[] = [];
  for (let at = origin + Math.ceil((from - origin) / step) * step; at <= to; at += step) found.push(at);
  return found;
}

/** How long after `origin`; with its date where the day is another than that of `before`, the tick to its left. */
export function tickLabel(time: number, origin: number, before: number | undefined): string {
  if (time < origin) return '';
  const after = time === origin ? clock(origin) : `+${duration(time - origin)}`;
  const day = newDay(time, before !== undefined && before >= origin ? before : undefined);
  // The year would not fit; it is in the title.
  return day ? `${day.replace(/ \d+$/, '')}, ${after}` : after;
}

/** From the first event to the last thing known to come, with a little room. */
export function wholeSpan(items: readonly Item[], now: number): Span {
  const from = items[0]?.startTime ?? now;
  const closed = items[0]?.endTime;
  let to = closed ?? now;
  for (const item of items) to = Math.max(to, item.endTime ?? item.startTime);
  const length = Math.max(to - from, 20);
  return { from: from - length * 0.01, to: to + length * 0.03 };
}

export function clampSpan(span: Span, whole: Span): Span {
  const smallest = 2;
  const length = Math.min(Math.max(span.to - span.from, smallest), whole.to - whole.from);
  const from = Math.min(Math.max(span.from, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** `factor` below 1 shows more detail; the time at `anchor` stays where it is. */
export function zoom(span: Span, factor: number, anchor: number, whole: Span): Span {
  return clampSpan(
    { from: anchor - (anchor - span.from) * factor, to: anchor + (span.to - anchor) * factor },
    whole,
  );
}

export function isInside(item: Item, { from, to }: Span, now: number): boolean {
  const end = item.status === 'instant' ? item.startTime : (item.endTime ?? Math.max(now, item.dueTime ?? 0));
  return item.startTime <= to && end >= from;
}

/** How busy each part of the span is, by tone: what the overview draws. */
export function density(
  items: readonly Item[],
  whole: Span,
  now: number,
  bins: number,
): Array<{ bad: number; all: number }> {
  const counts = Array.from({ length: bins }, () => ({ bad: 0, all: 0 }));
  const width = (whole.to - whole.from) / bins;
  for (const item of items) {
    if (item.kind === 'workflow') continue;
    const bad = ['failed', 'timedout', 'terminated'].includes(item.status);
    const end = item.status === 'instant' ? item.startTime : (item.endTime ?? now);
    const first = Math.max(0, Math.floor((item.startTime - whole.from) / width));
    const last = Math.min(bins - 1, Math.floor((end - whole.from) / width));
    for (let bin = first; bin <= last; bin++) {
      counts[bin]!.all++;
      if (bad) counts[bin]!.bad++;
    }
  }
  return counts;
}
