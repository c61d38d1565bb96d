/** A history as text, one line per event, the same on every run: for `toMatchInlineSnapshot` and for people. */

import { eventDetails } from '../cli/render.ts';
import { fromTimestampJson } from '../common/duration.ts';
import { type HistoryEvent, historyEventName } from '../common/history.ts';
import { eventsOf } from '../worker/history-json.ts';

export interface HistoryTextOptions {
  /** Shows when each event came, counted from the first one: `+1m30s`. Stable with a clock that skips. Default false. */
  times?: boolean;
  /** Leaves the events of workflow tasks out: what remains is what the workflow did. Default false. */
  withoutWorkflowTasks?: boolean;
}

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/**
 * One line per event: its id, its type, and what is worth a look. UUIDs become `<id-1>`, `<id-2>` in the order in which
 * they occur, instants `<time>`.
 * @param history as `fetchHistory` answers it, or any of the exported forms
 */
export function historyToText(history: unknown, options: HistoryTextOptions = {}): string {
  const events = eventsOf(history);
  const shown = events.filter(
    (event) => !options.withoutWorkflowTasks || !/^WorkflowTask/.test(nameOf(event)),
  );
  const width = String(shown.at(-1)?.eventId ?? '').length;
  const start = fromTimestampJson(events[0]!.eventTime);
  const since = shown.map((event) =>
    options.times ? offset(fromTimestampJson(event.eventTime) - start) : '',
  );
  const sinceWidth = Math.max(...since.map((text) => text.length));
  const ids = new Map<string, string>();
  const masked = (text: string): string =>
    text.replace(INSTANT, '<time>').replace(UUID, (id) => {
      if (!ids.has(id)) ids.set(id, `<id-${ids.size + 1}>`);
      return ids.get(id)!;
    });
  return shown
    .map((event, i) => {
      const columns = [event.eventId.padStart(width), since[i]!.padStart(sinceWidth), nameOf(event)];
      return [...columns.filter((text) => text !== ''), masked(eventDetails(inPayloads(event, masked)))]
        .join(' ')
        .trimEnd();
    })
    .join('\n');
}

/** Long values are cut: what is masked must be masked before. */
function inPayloads<T>(value: T, mask: (text: string) => string): T {
  return JSON.parse(JSON.stringify(value), (_, field: { metadata?: object; data?: unknown } | undefined) => {
    if (!field?.metadata || typeof field.data !== 'string') return field;
    const text = Buffer.from(field.data, 'base64').toString('utf8');
    const masked = mask(text);
    return masked === text ? field : { ...field, data: Buffer.from(masked).toString('base64') };
  }) as T;
}

function nameOf(event: HistoryEvent): string {
  return historyEventName(event.eventType) ?? event.eventType;
}

const UNITS: Array<[string, number]> = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

function offset(ms: number): string {
  let left = ms;
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count > 0 ? `${count}${unit}` : '';
  });
  return `+${parts.join('') || '0'}`;
}
