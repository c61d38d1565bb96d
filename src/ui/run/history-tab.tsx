/** Every event, to be searched, read and linked to: one by one, by what belongs together, or as JSON. */

import { useMemo, useState } from 'preact/hooks';
import type { HistoryEvent } from '../../../sdk/common/history.ts';
import { useMay } from '../caller.tsx';
import { CopyButton, ErrorNote, Loading } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import { clock, dateTime, duration, newDay, plural, timeMs } from '../format.ts';
import { eventDetail, eventTitle, eventTone } from '../history/event.ts';
import type { Item } from '../history/items.ts';
import { withValues } from '../payload.ts';
import { setSearch, useLocation } from '../router.ts';
import { EventDetail, ItemDetail } from './event-detail.tsx';
import { canResetTo } from './reset-dialog.tsx';
import type { Run } from './run-page.tsx';

const ROW_HEIGHT = 34;
const LINE_HEIGHT = 20;
const VIEWS = [
  ['compact', 'Compact'],
  ['full', 'All events'],
  ['json', 'JSON'],
] as const;

export function HistoryTab({ run }: { run: Run }) {
  const { search } = useLocation();
  const [words, setWords] = useState('');
  const view = search.get('view') ?? 'full';
  const { events, error } = run.history;
  if (events.length === 0) return error ? <ErrorNote error={error} /> : <Loading what="the history" />;
  return (
    <section class="history" aria-label="History">
      <div class="history-tools">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is drawn as a box */}
        <div class="segmented" role="group" aria-label="View">
          {VIEWS.map(([id, label]) => (
            <button
              key={id}
              type="button"
              aria-pressed={view === id}
              onClick={() => setSearch({ view: id }, { replace: true })}
            >
              {label}
            </button>
          ))}
        </div>
        {view !== 'json' && (
          <label class="search">
            <Icon name="search" />
            <input
              type="search"
              aria-label="Search in the history"
              placeholder="Search in the history"
              value={words}
              onInput={(event) => setWords(event.currentTarget.value)}
            />
          </label>
        )}
      </div>
      {view === 'json' ? (
        <Json events={events} />
      ) : view === 'compact' ? (
        <Compact run={run} words={words} />
      ) : (
        <Full run={run} words={words} />
      )}
    </section>
  );
}

/** What of an event a search looks at. */
function haystack(event: HistoryEvent): string {
  return `${event.eventId} ${eventTitle(event)} ${eventDetail(event)}`.toLowerCase();
}

function useMatches<T>(all: readonly T[], words: string, textOf: (one: T) => string): readonly T[] {
  const wanted = words.trim().toLowerCase();
  return useMemo(
    () => (wanted === '' ? all : all.filter((one) => textOf(one).includes(wanted))),
    [all, wanted],
  );
}

const boxHeight = (rows: number, rowHeight: number): string =>
  `min(${Math.max(rows, 1) * rowHeight + 2}px, max(320px, 100dvh - 330px))`;

function Full({ run, words }: { run: Run; words: string }) {
  const { search } = useLocation();
  const { events } = run.history;
  const may = useMay() && !run.readOnly;
  const shown = useMatches(events, words, haystack);
  const selected = search.get('event');
  const event = events.find(({ eventId }) => eventId === selected);
  return (
    <div class={event ? 'with-detail' : ''}>
      <div class="list-box">
        <p class="dim count-line">{plural(shown.length, 'event')}</p>
        <div style={{ height: boxHeight(shown.length, ROW_HEIGHT) }}>
          <VirtualList
            count={shown.length}
            rowHeight={ROW_HEIGHT}
            label="Events"
            target={shown.findIndex(({ eventId }) => eventId === selected)}
            row={(index) => (
              <EventRow
                key={shown[index]!.eventId}
                event={shown[index]!}
                before={shown[index - 1]}
                selected={selected}
              />
            )}
          />
        </div>
      </div>
      {event && (
        <aside class="detail" aria-label={`Event ${event.eventId}`}>
          <header>
            <h2>Event {event.eventId}</h2>
            <CopyButton text={location.href} what="link to this event" />
            <button
              type="button"
              class="icon-button"
              aria-label="Close the details"
              onClick={() => setSearch({ event: undefined })}
            >
              <Icon name="close" />
            </button>
          </header>
          <div class="detail-body">
            <EventDetail key={event.eventId} event={event} />
            {may && canResetTo(event) && (
              <div class="actions">
                <button type="button" class="button" onClick={() => run.act('reset', event.eventId)}>
                  Reset to here
                </button>
                <button type="button" class="button" onClick={() => run.act('fork', event.eventId)}>
                  Fork from here
                </button>
              </div>
            )}
          </div>
        </aside>
      )}
    </div>
  );
}

interface EventRowProps {
  event: HistoryEvent;
  /** In the row above. */
  before: HistoryEvent | undefined;
  selected: string | null;
}

function EventRow({ event, before, selected }: EventRowProps) {
  const { eventId } = event;
  const time = timeMs(event.eventTime) ?? 0;
  const pressed = eventId === selected;
  return (
    <button
      type="button"
      class="event"
      aria-pressed={pressed}
      style={{ height: `${ROW_HEIGHT}px` }}
      onClick={() => setSearch({ event: pressed ? undefined : eventId }, { replace: true })}
    >
      <span class="event-id">{eventId}</span>
      <span class={`dot tone-${eventTone(event)}`} aria-hidden="true" />
      <span class="event-title">{eventTitle(event)}</span>
      <span class="event-detail-line">{eventDetail(event)}</span>
      <span class="event-time" title={dateTime(time)}>
        {newDay(time, timeMs(before?.eventTime))} {clock(time, true)}
      </span>
    </button>
  );
}

function Compact({ run, words }: { run: Run; words: string }) {
  const { search } = useLocation();
  const mayReset = useMay() && !run.readOnly;
  const shown = useMatches(run.items, words, (item) =>
    `${item.title} ${item.detail} ${item.events.map(haystack).join(' ')}`.toLowerCase(),
  );
  const selected = run.items.find(({ id }) => id === search.get('item'));
  const select = (id: string | undefined): void => setSearch({ item: id }, { replace: true });
  return (
    <div class={selected ? 'with-detail' : ''}>
      <div class="list-box">
        <p class="dim count-line">{plural(shown.length, 'item')}</p>
        <div style={{ height: boxHeight(shown.length, ROW_HEIGHT) }}>
          <VirtualList
            count={shown.length}
            rowHeight={ROW_HEIGHT}
            label="Items"
            target={selected ? shown.indexOf(selected) : undefined}
            row={(index) => {
              const item = shown[index]!;
              return (
                <ItemRow
                  key={item.id}
                  item={item}
                  now={run.now}
                  selected={item === selected}
                  onSelect={select}
                />
              );
            }}
          />
        </div>
      </div>
      {selected && (
        <ItemDetail
          item={selected}
          namespace={run.name.namespace}
          now={run.now}
          onClose={() => select(undefined)}
          onReset={mayReset ? (eventId) => run.act('reset', eventId) : undefined}
        />
      )}
    </div>
  );
}

interface ItemRowProps {
  item: Item;
  now: number;
  selected: boolean;
  onSelect(id: string | undefined): void;
}

function ItemRow({ item, now, selected, onSelect }: ItemRowProps) {
  const { id, kind, title, detail, status, startTime, endTime, events } = item;
  const last = events.at(-1)!;
  return (
    <button
      type="button"
      class="event"
      aria-pressed={selected}
      style={{ height: `${ROW_HEIGHT}px` }}
      onClick={() => onSelect(selected ? undefined : id)}
    >
      <span class="event-id">{events.length > 1 ? `${id}–${last.eventId}` : id}</span>
      <span class={`dot tone-${status}`} aria-hidden="true" />
      <span class="event-title">
        <Icon name={kind} size={14} /> {title}
      </span>
      <span class="event-detail-line">
        {events.length > 1 ? eventDetail(last) || detail : eventDetail(last)}
      </span>
      <span class="event-time">
        {status === 'instant' ? dateTime(startTime, true) : duration((endTime ?? now) - startTime)}
      </span>
    </button>
  );
}

/** Payloads as the values that they hold: it is there to be read. The download has them as the engine does. */
function Json({ events }: { events: readonly HistoryEvent[] }) {
  const text = useMemo(() => JSON.stringify({ events: withValues(events) }, null, 2), [events]);
  const lines = useMemo(() => text.split('\n'), [text]);
  return (
    <div class="code">
      <CopyButton text={text} what="history as JSON" />
      <div style={{ height: boxHeight(lines.length, LINE_HEIGHT) }}>
        <VirtualList
          class="json-lines"
          count={lines.length}
          rowHeight={LINE_HEIGHT}
          label="History as JSON"
          row={(index) => <div key={String(index)}>{lines[index]}</div>}
        />
      </div>
    </div>
  );
}
