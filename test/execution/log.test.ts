import { describe, expect, it } from 'vitest';
import { type LogEvent, makeHistoryEvent } from '../../sdk/common/history.ts';
import {
  decodeRow,
  encodeRows,
  firstSeq,
  lastEvent,
  readEvent,
  readHistory,
  runNumberOf,
} from '../../src/execution/log.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';

const TIME = '2030-01-01T00:00:00.000Z';

const signaled = (eventId: number, size = 0): LogEvent =>
  makeHistoryEvent('WorkflowExecutionSignaled', eventId, TIME, {
    signalName: 'add',
    input: { payloads: [{ data: 'x'.repeat(size) }] },
  }) as LogEvent;
const noted: LogEvent = { transient: 'VisibilityRecorded', time: 0, attributes: { version: 1 } };

/** Rows as turns of all sizes leave them, some without any history event. */
function storeOf(turns: number[][], runNumber = 0): MemoryStore {
  const store = new MemoryStore();
  let seq = firstSeq(runNumber);
  for (const ids of turns) {
    const events = ids.length === 0 ? [noted] : [noted, ...ids.map((id) => signaled(id)), noted];
    const rows = encodeRows(seq, events);
    store.commit({ rows, progress: [] });
    seq += rows.length;
  }
  return store;
}

describe('the log', () => {
  it('writes a turn of less than 1 MB as one row', () => {
    const rows = encodeRows(7, [signaled(1, 400_000), signaled(2, 400_000)]);
    expect(rows.map(({ seq }) => seq)).toEqual([7]);
    expect(decodeRow(rows[0]!).map((event) => 'eventId' in event && event.eventId)).toEqual(['1', '2']);
  });

  it('writes a larger turn in pieces that each stay under 1 MB, in order', () => {
    const events = Array.from({ length: 7 }, (_, n) => signaled(n + 1, 400_000));
    const rows = encodeRows(firstSeq(3), events);
    expect(rows.map(({ seq }) => seq)).toEqual([0, 1, 2, 3].map((n) => firstSeq(3) + n));
    for (const { data } of rows) expect(data.length).toBeLessThan(1_000_100);
    expect(rows.flatMap(decodeRow)).toEqual(events);
  });

  it('gives an event of more than 1 MB a row of its own', () => {
    const events = [signaled(1), signaled(2, 1_400_000), signaled(3)];
    expect(encodeRows(0, events).map((row) => decodeRow(row).length)).toEqual([1, 1, 1]);
  });

  it('is read in pages that end where they become too long for a message, and are never empty', () => {
    const store = new MemoryStore();
    const events = Array.from({ length: 6 }, (_, n) => signaled(n + 1, 900_000));
    store.commit({ rows: encodeRows(0, events), progress: [] });
    const pages: number[] = [];
    for (let after = 0, last = false; !last; ) {
      const page = readHistory(store, 0, after, 1_000, 1_500_000);
      pages.push(page.events.length);
      after = Number(page.events.at(-1)?.eventId ?? after);
      last = page.last;
    }
    expect(pages).toEqual([2, 2, 2]);
    expect(readHistory(store, 0, 0, 1_000, 1)).toMatchObject({ events: [events[0]], last: false });
  });

  it('writes nothing for a turn without events', () => {
    expect(encodeRows(0, [])).toEqual([]);
  });

  it('keeps the runs of one workflow id apart by their numbers', () => {
    expect([0, 1, 5].map((run) => runNumberOf(firstSeq(run)))).toEqual([0, 1, 5]);
    expect(runNumberOf(firstSeq(2) - 1)).toBe(1);
  });

  it('refuses a row that a newer engine has written', () => {
    expect(() => decodeRow({ seq: 4, data: '{"v":3,"e":[]}' })).toThrow('log row 4 has version 3');
  });

  it('finds every position in rows of all sizes, wherever rows without history events stand', () => {
    const turns = [[1, 2, 3], [], [4], [], [], [5, 6], [7], [], [8, 9, 10, 11], []];
    for (const run of [0, 2]) {
      const store = storeOf(turns, run);
      for (let after = 0; after <= 12; after++) {
        for (const limit of [1, 2, 5, 100]) {
          const { events, last } = readHistory(store, run, after, limit);
          const all = Array.from({ length: 11 }, (_, n) => n + 1).filter((id) => id > after);
          expect(events.map(({ eventId }) => Number(eventId))).toEqual(all.slice(0, limit));
          expect(last).toBe(all.length <= limit);
        }
      }
    }
  });

  it('reads one event by its id, and nothing for an id that does not exist', () => {
    const store = storeOf([[1, 2], [], [3]]);
    expect(readEvent(store, 0, 3)?.eventId).toBe('3');
    expect(readEvent(store, 0, 4)).toBeUndefined();
  });

  it('finds the last history event behind rows that hold none, and never that of another run', () => {
    const store = storeOf([[1], [2], [], []], 1);
    expect(lastEvent(store, 1)?.eventId).toBe('2');
    expect(lastEvent(store, 0)).toBeUndefined();
    expect(lastEvent(store, 2)).toBeUndefined();
  });
});
