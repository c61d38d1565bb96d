/**
 * The log of one object: one row per turn and run. `seq = run number · 2^28 + n`, so that a run is a range of the
 * primary key: paging is a binary search, deletion a range, and no secondary index is ever written.
 */

import { type EpochMs, fromTimestampJson } from '../../sdk/common/duration.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import { attributesOf, type HistoryEvent, isTransient, type LogEvent } from '../../sdk/common/history.ts';
import { addHistorySize, addOperations, type RunState } from '../core/state.ts';
import { storedLength } from '../core/stored-payload.ts';
import type { OtherOperations } from './operation-counter.ts';
import { mayRefer } from './payloads.ts';
import { corrupt, sealed, unsealed } from './seal.ts';
import type { ExecutionStore, LogRow } from './store.ts';

const RUN_SPAN = 2 ** 28;
/** Rows stay well below the platform's 2 MB; a larger turn is written in pieces. */
const MAX_ROW_BYTES = 1_000_000;
/** Rows with references are of version 2: an engine that does not know them must not take them for empty payloads. */
const PLAIN_VERSION = 1;
const LOG_VERSION = 2;

export const firstSeq = (runNumber: number): number => runNumber * RUN_SPAN;
export const runNumberOf = (seq: number): number => Math.floor(seq / RUN_SPAN);

/** Events → rows from `seq` on. Sizes are counted in UTF-16 units, which is bytes for the base64 that dominates. */
export function encodeRows(seq: number, events: LogEvent[], others?: OtherOperations): LogRow[] {
  const rows: LogRow[] = [];
  let piece: string[] = [];
  let size = 0;
  const close = (): void => {
    const json = piece.join(',');
    const version = mayRefer(json) ? LOG_VERSION : PLAIN_VERSION;
    const at = seq + rows.length;
    const counts = rows.length === 0 && others ? operationsText(others) : '';
    rows.push({ seq: at, data: sealed(`{"v":${version}${counts},"e":[${json}]}`, rowName(at)) });
    piece = [];
    size = 0;
  };
  for (const event of events) {
    const json = JSON.stringify(event);
    if (piece.length > 0 && size + json.length > MAX_ROW_BYTES) close();
    piece.push(json);
    size += json.length;
  }
  if (piece.length > 0) close();
  return rows;
}

/** Part of its checksum: a row that stands in the place of another is no less wrong. */
const rowName = (seq: number): string => `log row ${seq}`;

/**
 * @throws ServiceError DATA_LOSS when the row is not what was written, Error when a newer engine has written it: this one
 *   must not write to what it cannot read.
 */
export function decodeRow(row: LogRow): LogEvent[] {
  const { e } = unsealed<{ v: number; e: LogEvent[] }>(row.data, rowName(row.seq), ({ v }) => {
    if (v > LOG_VERSION)
      throw new Error(`log row ${row.seq} has version ${v}; this engine reads up to ${LOG_VERSION}`);
  });
  return e;
}

/** A run's rows follow each other. @param before the row ahead of this one; none is known: `undefined` */
export function checkFollows(before: number | undefined, { seq }: LogRow): void {
  const next = before !== undefined && runNumberOf(before) === runNumberOf(seq) ? before + 1 : undefined;
  if (next !== undefined && seq !== next) throw corrupt(rowName(next), 'it is missing');
}

/** Ahead of the events: where it can be found without reading them. */
const operationsText = ({ rowsWritten, objectRequests, queueOperations }: OtherOperations): string =>
  rowsWritten + objectRequests + queueOperations === 0
    ? ''
    : `,"n":[${rowsWritten},${objectRequests},${queueOperations}]`;
const OPERATIONS = /^\{"v":\d+(,"n":\[(\d+),(\d+),(\d+)\])?/;

/** What the rows of a run, written or read back, add to what is known of it beside its events. */
export function addRows(run: RunState, rows: LogRow[], events: LogEvent[]): void {
  addHistorySize(run, historySize(rows, events));
  for (const { data } of rows) {
    const [, , ...counts] = OPERATIONS.exec(data) ?? [];
    const [rowsWritten = 0, objectRequests = 0, queueOperations = 0] = counts.map((n = '0') => Number(n));
    addOperations(run, {
      stateTransitions: 1,
      rowsWritten: rowsWritten + 1,
      objectRequests,
      queueOperations,
    });
  }
}

/** Of rows with these events, as history counts: what is stored by reference counts each time it occurs. */
function historySize(rows: LogRow[], events: LogEvent[]): number {
  const size = rows.reduce(
    (sum, { data }) => sum + data.length - (OPERATIONS.exec(data)?.[1]?.length ?? 0),
    0,
  );
  return rows.some(({ data }) => mayRefer(data)) ? size + storedLength(events) : size;
}

export function historyEvents(events: LogEvent[]): HistoryEvent[] {
  return events.filter((event): event is HistoryEvent => !isTransient(event));
}

/** Pages end early rather than grow far beyond this: an RPC message is bounded to 32 MiB. */
export const MAX_PAGE_LENGTH = 4 * 1024 * 1024;

export interface HistoryPage {
  events: HistoryEvent[];
  /** The log ends with them. */
  last: boolean;
  /** There may be references in them. */
  refers: boolean;
}

/**
 * History events of a run after `afterEventId`, with references in them: at most `limit`, and no further row once there
 * are `maxLength` characters of rows and large payloads; only the first event may have more of those.
 */
export function readHistory(
  store: ExecutionStore,
  runNumber: number,
  afterEventId: number,
  limit: number,
  maxLength = Number.POSITIVE_INFINITY,
): HistoryPage {
  const events: HistoryEvent[] = [];
  let length = 0;
  let refers = false;
  const from = afterEventId === 0 ? firstSeq(runNumber) : rowOfEvent(store, runNumber, afterEventId);
  for (const row of store.rows(from, firstSeq(runNumber + 1))) {
    if (events.length > 0 && length >= maxLength) return { events, last: false, refers };
    const before = events.length;
    const rowRefers = mayRefer(row.data);
    refers ||= rowRefers;
    for (const event of historyEvents(decodeRow(row))) {
      if (Number(event.eventId) <= afterEventId) continue;
      if (events.length === limit) return { events, last: false, refers };
      if (rowRefers) {
        const stored = storedLength(event);
        if (events.length > 0 && length + stored > maxLength) return { events, last: false, refers };
        length += stored;
      }
      events.push(event);
    }
    if (events.length > before) length += row.data.length;
  }
  return { events, last: true, refers };
}

/** One history event by its id. */
export function readEvent(
  store: ExecutionStore,
  runNumber: number,
  eventId: number,
): HistoryEvent | undefined {
  const event = readHistory(store, runNumber, eventId - 1, 1).events[0];
  return event && Number(event.eventId) === eventId ? event : undefined;
}

/** The last history event of a run; of a closed run, the one that closed it. */
export function lastEvent(store: ExecutionStore, runNumber: number): HistoryEvent | undefined {
  for (let seq = store.lastSeq(runNumber); seq !== undefined && seq >= firstSeq(runNumber); seq--) {
    const event = historyEvents(rowAt(store, seq)).at(-1);
    if (event) return event;
  }
  return undefined;
}

/** What a failed run was closed with: its state does not say. */
export function closedWith(store: ExecutionStore, run: RunState): Failure | undefined {
  const end = run.status === 'FAILED' ? lastEvent(store, run.runNumber) : undefined;
  return end?.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED'
    ? attributesOf(end, 'WorkflowExecutionFailed').failure
    : undefined;
}

/** Everything that is logged of a run. */
export function* loggedEvents(store: ExecutionStore, runNumber: number): Iterable<LogEvent> {
  for (const row of store.rows(firstSeq(runNumber), firstSeq(runNumber + 1))) yield* decodeRow(row);
}

/** When the newest event of a run was logged, transient ones included; `undefined` when there is no such run. */
export function lastLoggedTime(store: ExecutionStore, runNumber: number): EpochMs | undefined {
  const seq = store.lastSeq(runNumber);
  const event = seq === undefined ? undefined : rowAt(store, seq).at(-1);
  return event && (isTransient(event) ? event.time : fromTimestampJson(event.eventTime));
}

/** Nothing will be logged of its history any more, whether or not it has an end: it was written elsewhere. */
export function isSealed(store: ExecutionStore, runNumber: number): boolean {
  for (const event of loggedEvents(store, runNumber))
    return isTransient(event) && event.transient === 'RunImported';
  return false;
}

/** The oldest run of which something is stored. */
export function oldestRun(store: ExecutionStore): number | undefined {
  for (const { seq } of store.rows(0, Number.MAX_SAFE_INTEGER)) return runNumberOf(seq);
  return undefined;
}

export function hasOtherRun(store: ExecutionStore, runNumber: number): boolean {
  const last = store.lastSeq();
  return oldestRun(store) !== runNumber || (last !== undefined && runNumberOf(last) !== runNumber);
}

/** Binary search for the last row whose first event is not after `eventId`. */
function rowOfEvent(store: ExecutionStore, runNumber: number, eventId: number): number {
  let low = firstSeq(runNumber);
  let high = store.lastSeq(runNumber) ?? low;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const found = firstEventFrom(store, middle, high);
    if (found && found.eventId <= eventId) low = found.seq;
    else high = middle - 1;
  }
  return low;
}

/** The first history event in rows `from` … `to`; rows with transient events only are passed over. */
function firstEventFrom(
  store: ExecutionStore,
  from: number,
  to: number,
): { seq: number; eventId: number } | undefined {
  for (const row of store.rows(from, to + 1)) {
    const first = historyEvents(decodeRow(row))[0];
    if (first) return { seq: row.seq, eventId: Number(first.eventId) };
  }
  return undefined;
}

function rowAt(store: ExecutionStore, seq: number): LogEvent[] {
  for (const row of store.rows(seq, seq + 1)) return decodeRow(row);
  return [];
}
