/** What is stored is not what was written: nothing is built on it, and nothing is added to it. */

import { describe, expect, it } from 'vitest';
import { snapshot } from '../../src/core/transition.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import { OperationCounter } from '../../src/execution/operation-counter.ts';
import type { LogRow } from '../../src/execution/store.ts';
import { Turn } from '../../src/execution/turn.ts';
import { plain } from '../checker/storage.ts';

const START = {
  kind: 'StartWorkflowExecution' as const,
  namespace: 'default',
  workflowId: 'wf',
  workflowType: { name: 'example' },
  taskQueue: { name: 'queue' },
  requestId: 'start',
};

function turnOver(store: MemoryStore, rowsPerSnapshot: number): Turn {
  let runs = 0;
  return new Turn(
    'default',
    'wf',
    store,
    {
      now: () => Date.UTC(2030, 0, 1),
      newRunId: () => `run-${++runs}`,
      absorb: async () => [],
      committed: () => undefined,
      forgotten: () => undefined,
      loaded: () => undefined,
      dropped: () => undefined,
      nextRetry: () => undefined,
      log: () => undefined,
      operations: new OperationCounter(),
    },
    { rowsPerSnapshot },
  );
}

const signal = (turn: Turn, n: number): Promise<unknown> =>
  turn.submit({
    kind: 'SignalWorkflowExecution',
    namespace: 'default',
    workflowExecution: { workflowId: 'wf' },
    signalName: 'add',
    requestId: `signal-${n}`,
  });

/** A start and five signals. */
async function stored(rowsPerSnapshot = 1_000): Promise<MemoryStore> {
  const store = new MemoryStore();
  const turn = turnOver(store, rowsPerSnapshot);
  await turn.submit(START);
  for (let n = 1; n <= 5; n++) await signal(turn, n);
  return store;
}

function copy(store: MemoryStore, change: (rows: LogRow[]) => LogRow[]): MemoryStore {
  const other = new MemoryStore();
  const kept = store.snapshot();
  other.commit({ rows: change([...store.log]), progress: store.progress(), ...(kept && { snapshot: kept }) });
  return other;
}

const state = (store: MemoryStore): string => plain(snapshot(turnOver(store, 1_000).execution));

async function isRefused(store: MemoryStore, what: RegExp): Promise<void> {
  const before = JSON.stringify(store.log);
  const turn = turnOver(store, 1_000);
  const refusal = { code: 'DATA_LOSS', message: expect.stringMatching(what) };
  await expect(signal(turn, 99)).rejects.toMatchObject(refusal);
  await expect(turn.alarm()).rejects.toMatchObject(refusal);
  await expect(async () => turn.execution).rejects.toMatchObject(refusal);
  expect(JSON.stringify(store.log)).toBe(before);
}

describe('a log', () => {
  it('is refused, by the names of workflow and row, whatever byte of whatever row has changed', async () => {
    const store = await stored();
    const good = state(store);
    let refused = 0;
    for (const [i, { data }] of store.log.entries()) {
      for (let at = 0; at < data.length; at++) {
        const flipped = String.fromCharCode(data.charCodeAt(at) ^ 1);
        const changed = data.slice(0, at) + flipped + data.slice(at + 1);
        const other = copy(store, (rows) =>
          rows.map((row, n) => (n === i ? { ...row, data: changed } : row)),
        );
        let loaded: string | undefined;
        try {
          loaded = state(other);
        } catch (error) {
          refused++;
          expect((error as Error).message).toMatch(/log row \d+ (is corrupt|has version)/);
          continue;
        }
        // The one byte that is nothing but the name of the checksum.
        expect(loaded).toBe(good);
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });

  it('is refused when a row is cut off, missing, or stands in the place of another', async () => {
    const store = await stored();
    const of = (change: (rows: LogRow[]) => LogRow[]) => copy(store, change);
    const [{ data: first }, { data: second }] = store.log as [LogRow, LogRow];
    await isRefused(
      of((rows) => [{ ...rows[0]!, data: first.slice(0, 40) }, ...rows.slice(1)]),
      /workflow wf in namespace default .*log row 0 is corrupt: it is not JSON/,
    );
    await isRefused(
      of((rows) => rows.filter(({ seq }) => seq !== 2)),
      /log row 2 is corrupt: it is missing/,
    );
    const swapped = (rows: LogRow[]): LogRow[] =>
      rows.map(({ seq, data }) => ({ seq, data: seq === 0 ? second : seq === 1 ? first : data }));
    await isRefused(of(swapped), /log row 0 is corrupt: its checksum is another one/);
  });

  it('is refused when it ends before its snapshot, or the snapshot has changed', async () => {
    const store = await stored(3);
    const kept = store.snapshot()!;
    const tail = copy(store, (rows) => rows.filter(({ seq }) => seq < kept.seq));
    await isRefused(tail, new RegExp(`log row ${kept.seq} is corrupt: it is missing`));
    const other = copy(store, (rows) => rows);
    other.commit({
      rows: [],
      progress: [],
      snapshot: { ...kept, data: kept.data.replace('run-1', 'run-2') },
    });
    await isRefused(other, /the snapshot is corrupt/);
  });

  it('of an engine that wrote no checksums is taken as it is', async () => {
    const store = await stored();
    const bare = copy(store, (rows) =>
      rows.map(({ seq, data }) => ({ seq, data: data.replace(/,"c":\d+\}$/, '}') })),
    );
    expect(bare.log.map(({ data }) => data)).not.toEqual(store.log.map(({ data }) => data));
    expect(state(bare)).toBe(state(store));
    await signal(turnOver(bare, 1_000), 6);
  });
});
