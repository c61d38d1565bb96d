/** The drawn parts of the timeline: axis, bars, and the overview in which one brushes over a span. */

import { useMemo, useRef } from 'preact/hooks';
import { dateTime } from '../format.ts';
import type { Item } from '../history/items.ts';
import { clampSpan, density, type Span, tickLabel, ticks } from '../history/scale.ts';

const OVERVIEW_HEIGHT = 36;
const PIXELS_PER_TICK = 120;
const HALF_A_LABEL = 45;
/** A bar is never thinner: it must be seen. */
const THINNEST = 3;

const placer =
  ({ from, to }: Span, width: number) =>
  (time: number): number =>
    ((time - from) / (to - from)) * width;

export function Axis({ span, origin, width }: { span: Span; origin: number; width: number }) {
  const place = placer(span, width);
  const times = ticks(span, origin, width / PIXELS_PER_TICK);
  return (
    <svg class="axis" width={width} height={24} aria-hidden="true">
      {times.map((time, index) => (
        <g key={time} transform={`translate(${place(time)} 0)`}>
          <line y1={18} y2={24} />
          <text y={13} text-anchor={place(time) < HALF_A_LABEL ? 'start' : 'middle'}>
            {tickLabel(time, origin, times[index - 1])}
          </text>
          <title>{dateTime(time)}</title>
        </g>
      ))}
    </svg>
  );
}

interface BarProps {
  item: Item;
  span: Span;
  now: number;
  width: number;
  height: number;
}

export function Bar({ item, span, now, width, height }: BarProps) {
  const place = placer(span, width);
  const middle = height / 2;
  const { kind, status, startTime, startedTime, endTime, attempt = 1 } = item;
  const at = place(startTime);
  if (status === 'instant')
    return (
      <svg class="bar" width={width} height={height} aria-hidden="true">
        <path class={`mark kind-${kind}`} d={`M${at} ${middle - 6}l6 6-6 6-6-6z`} />
      </svg>
    );
  const end = place(endTime ?? now);
  const started =
    startedTime === undefined ? (waits(item) ? end : at) : place(Math.max(startedTime, startTime));
  const label = attempt > 1 ? `attempt ${attempt}` : '';
  const labelAt = Math.max(end, started) + 8;
  const fits = labelAt + 70 < width;
  return (
    <svg class="bar" width={width} height={height} aria-hidden="true">
      {started > at && (
        <line
          class={`waited tone-${status} ${attempt > 1 ? 'again' : ''}`}
          x1={at}
          x2={started}
          y1={middle}
          y2={middle}
        />
      )}
      {(startedTime !== undefined || !waits(item)) && (
        <rect
          class={`ran tone-${status} kind-${kind}`}
          x={started}
          y={kind === 'workflow' ? middle - 4 : middle - 7}
          width={Math.max(THINNEST, end - started)}
          height={kind === 'workflow' ? 8 : 14}
          rx={3}
        />
      )}
      <Future item={item} place={place} now={now} middle={middle} />
      {label && (
        <text
          class="bar-label"
          x={fits ? labelAt : Math.max(4, started - 6)}
          y={middle + 4}
          text-anchor={fits ? 'start' : 'end'}
        >
          {label}
        </text>
      )}
    </svg>
  );
}

/** Kinds that somebody must take up before they run. */
const waits = ({ kind, status }: Item): boolean =>
  kind === 'activity' || kind === 'child' || (kind === 'task' && status === 'scheduled');

interface FutureProps {
  item: Item;
  place(time: number): number;
  now: number;
  middle: number;
}

/** What is known to come: a timer's end, an activity's next attempt. */
function Future({ item, place, now, middle }: FutureProps) {
  const next = item.pending?.nextAttemptScheduleTime;
  const due =
    item.endTime === undefined ? (item.dueTime ?? (next ? Date.parse(next) : undefined)) : undefined;
  if (due === undefined || due <= now) return null;
  return <line class="future" x1={place(now)} x2={place(due)} y1={middle} y2={middle} />;
}

interface OverviewProps {
  items: readonly Item[];
  whole: Span;
  span: Span | undefined;
  width: number;
  now: number;
  onSpan(span: Span | undefined): void;
}

/** A small picture of the whole run; dragging over it chooses the span that the rows show. */
export function Overview({ items, whole, span, width, now, onSpan }: OverviewProps) {
  const bins = Math.max(20, Math.floor(width / 4));
  const start = useRef<number>();
  const counts = useMemo(() => density(items, whole, now, bins), [items, whole, bins, now]);
  const most = Math.max(1, ...counts.map(({ all }) => all));
  const timeAt = (event: PointerEvent): number => {
    const { left } = (event.currentTarget as Element).getBoundingClientRect();
    return whole.from + ((event.clientX - left) / width) * (whole.to - whole.from);
  };
  const drag = (event: PointerEvent): void => {
    if (start.current === undefined) return;
    const time = timeAt(event);
    const chosen = { from: Math.min(start.current, time), to: Math.max(start.current, time) };
    const pixels = ((chosen.to - chosen.from) / (whole.to - whole.from)) * width;
    if (pixels > 4) onSpan(clampSpan(chosen, whole));
  };
  const press = (event: PointerEvent): void => {
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    start.current = timeAt(event);
  };
  const place = placer(whole, width);
  const scale = (OVERVIEW_HEIGHT - 8) / most;
  const path = (of: 'all' | 'bad'): string =>
    counts
      .map((count, bin) => {
        const height = count[of] * scale;
        return height > 0
          ? `M${(bin * width) / bins} ${OVERVIEW_HEIGHT - 2}v${-height}h${width / bins}v${height}z`
          : '';
      })
      .join('');
  return (
    <svg
      class="overview"
      width={width}
      height={OVERVIEW_HEIGHT}
      aria-hidden="true"
      onPointerDown={press}
      onPointerMove={drag}
      onPointerUp={() => {
        start.current = undefined;
      }}
      onDblClick={() => onSpan(undefined)}
    >
      <title>Drag to choose a span, double-click to show all</title>
      <path class="busy" d={path('all')} />
      <path class="busy bad" d={path('bad')} />
      {span && (
        <rect
          class="brush"
          x={place(span.from)}
          width={Math.max(2, place(span.to) - place(span.from))}
          y={0.5}
          height={OVERVIEW_HEIGHT - 1}
          rx={3}
        />
      )}
    </svg>
  );
}
