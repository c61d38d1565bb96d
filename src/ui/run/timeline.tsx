/** The run as bars over time: what ran when, what waited, what was tried again. Live while the run is open. */

import { useEffect, useMemo, useState } from 'preact/hooks';
import { useMay } from '../caller.tsx';
import { Loading } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import { duration, plural } from '../format.ts';
import { type Item, type ItemKind, pendingTask } from '../history/items.ts';
import { isInside, type Span, wholeSpan, zoom } from '../history/scale.ts';
import { useNow } from '../poll.ts';
import { setSearch, useLocation } from '../router.ts';
import { ItemDetail } from './event-detail.tsx';
import type { Run } from './run-page.tsx';
import { Axis, Bar, Overview } from './timeline-drawing.tsx';

const ROW_HEIGHT = 32;
/** More of them scroll. */
const MOST_ROWS = 18;
const LIVE_INTERVAL = 500;

const KINDS: ReadonlyArray<[ItemKind, string]> = [
  ['activity', 'Activities'],
  ['local', 'Local activities'],
  ['timer', 'Timers'],
  ['child', 'Children'],
  ['signal', 'Signals'],
  ['update', 'Updates'],
  ['external', 'Other workflows'],
  ['task', 'Task problems'],
  ['marker', 'Markers'],
];

/** A box and its width, as it is now. */
function useWidth() {
  const [box, setBox] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    if (!box) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry!.contentRect.width));
    observer.observe(box);
    return () => observer.disconnect();
  }, [box]);
  return { box, setBox, width };
}

export function Timeline({ run }: { run: Run }) {
  const { search } = useLocation();
  const mayReset = useMay() && !run.readOnly;
  const running = useNow(run.open, LIVE_INTERVAL);
  const now = run.readOnly ? run.now : running;
  const pending = pendingTask(run.described, run.items, now);
  const { attempt, dueTime } = pending ?? {};
  // It is another object with each look at the clock, and the same thing.
  const items = useMemo(
    () => (pending && run.items.length > 0 ? [...run.items, pending] : run.items),
    [run.items, attempt, dueTime],
  );
  const selected = items.find(({ id }) => id === search.get('item'));
  const select = (id: string | undefined): void => setSearch({ item: id }, { replace: true });
  if (items.length === 0) return <Loading what="the history" />;
  return (
    <div class={selected ? 'with-detail' : ''}>
      <Chart items={items} live={run.open} now={now} selected={selected} onSelect={select} />
      {selected && (
        <ItemDetail
          item={selected}
          namespace={run.name.namespace}
          now={now}
          onClose={() => select(undefined)}
          onReset={mayReset ? (eventId) => run.act('reset', eventId) : undefined}
        />
      )}
    </div>
  );
}

interface ChartProps {
  items: readonly Item[];
  live: boolean;
  now: number;
  selected: Item | undefined;
  onSelect(id: string | undefined): void;
}

function Chart({ items, live, now, selected, onSelect }: ChartProps) {
  const [chosen, setChosen] = useState<Span>();
  const [hidden, setHidden] = useState<ReadonlySet<ItemKind>>(new Set());
  const { box, setBox, width } = useWidth();
  // What moves with the clock is computed anew only while the run is open.
  const time = live ? now : 0;
  const whole = useMemo(() => wholeSpan(items, now), [items, time]);
  const span = chosen ?? whole;
  const rows = useMemo(
    () => items.filter((item) => !hidden.has(item.kind) && (!chosen || isInside(item, chosen, now))),
    [items, hidden, chosen, chosen && time],
  );
  const labelWidth = width < 600 ? 112 : 240;
  const plot = Math.max(80, width - labelWidth - 16);
  const zoomBy = (factor: number, anchor: number): void => setChosen(zoom(span, factor, anchor, whole));
  const wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const left = box!.getBoundingClientRect().left + labelWidth;
    zoomBy(
      event.deltaY > 0 ? 1.25 : 0.8,
      span.from + ((event.clientX - left) / plot) * (span.to - span.from),
    );
  };
  const row = (index: number) => {
    const item = rows[index]!;
    const pressed = item === selected;
    const toggle = (): void => onSelect(pressed ? undefined : item.id);
    return (
      <Row
        key={item.id}
        item={item}
        span={span}
        now={now}
        width={plot}
        selected={pressed}
        onSelect={toggle}
      />
    );
  };
  const height = Math.min(rows.length, MOST_ROWS) * ROW_HEIGHT + 2;
  return (
    <section class="timeline" ref={setBox} style={{ '--label': `${labelWidth}px` }} aria-label="Timeline">
      <Tools
        items={items}
        shown={rows.length}
        hidden={hidden}
        onHide={setHidden}
        zoomed={chosen !== undefined}
        onZoom={(factor) => (factor ? zoomBy(factor, (span.from + span.to) / 2) : setChosen(undefined))}
      />
      <Overview items={items} whole={whole} span={chosen} width={plot} now={now} onSpan={setChosen} />
      <Axis span={span} origin={items[0]!.startTime} width={plot} />
      <div class="rows" onWheel={wheel} style={{ height: `${height}px` }}>
        <VirtualList
          count={rows.length}
          rowHeight={ROW_HEIGHT}
          label="Items of the run"
          target={selected ? rows.indexOf(selected) : undefined}
          row={row}
        />
      </div>
    </section>
  );
}

interface ToolsProps {
  items: readonly Item[];
  shown: number;
  hidden: ReadonlySet<ItemKind>;
  onHide(hidden: ReadonlySet<ItemKind>): void;
  zoomed: boolean;
  /** Absent: show everything. */
  onZoom(factor: number | undefined): void;
}

function Tools({ items, shown, hidden, onHide, zoomed, onZoom }: ToolsProps) {
  const present = useMemo(() => new Set(items.map(({ kind }) => kind)), [items]);
  const toggle = (kind: ItemKind): void => {
    const next = new Set(hidden);
    if (!next.delete(kind)) next.add(kind);
    onHide(next);
  };
  return (
    <div class="timeline-tools">
      {KINDS.filter(([kind]) => present.has(kind)).map(([kind, label]) => (
        <button
          key={kind}
          type="button"
          class="chip small"
          aria-pressed={!hidden.has(kind)}
          onClick={() => toggle(kind)}
        >
          <Icon name={kind} size={14} /> {label}
        </button>
      ))}
      <span class="spring" />
      <span class="dim">{plural(shown, 'row')}</span>
      <button type="button" class="button small" aria-label="Zoom in" onClick={() => onZoom(0.5)}>
        +
      </button>
      <button
        type="button"
        class="button small"
        aria-label="Zoom out"
        onClick={() => onZoom(2)}
        disabled={!zoomed}
      >
        −
      </button>
      <button type="button" class="button small" onClick={() => onZoom(undefined)} disabled={!zoomed}>
        All
      </button>
    </div>
  );
}

interface RowProps {
  item: Item;
  span: Span;
  now: number;
  width: number;
  selected: boolean;
  onSelect(): void;
}

function Row({ item, span, now, width, selected, onSelect }: RowProps) {
  const { kind, title, detail, status, startTime, endTime } = item;
  const length = status === 'instant' ? '' : duration((endTime ?? now) - startTime);
  return (
    <button
      type="button"
      class="row"
      aria-pressed={selected}
      onClick={onSelect}
      style={{ height: `${ROW_HEIGHT}px` }}
    >
      <span class="row-label" title={`${title} ${detail}`}>
        <Icon name={kind} size={14} />
        <span class="row-title">{title}</span>
        <span class="row-detail">{detail}</span>
      </span>
      <span class="visually-hidden">
        {status} {length}
      </span>
      <Bar item={item} span={span} now={now} width={width} height={ROW_HEIGHT} />
    </button>
  );
}
