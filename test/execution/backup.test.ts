/** One object out of a store and into another: page by page, in parts, twice, and onto what has a life of its own. */

import { describe, expect, it } from 'vitest';
import type { WorkflowPage } from '../../sdk/common/backup.ts';
import { snapshot } from '../../src/core/transition.ts';
import { exportPage, importPage } from '../../src/execution/backup.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import { OperationCounter } from '../../src/execution/operation-counter.ts';
import { Turn } from '../../src/execution/turn.ts';
import { plain } from '../checker/storage.ts';

function turnOver(store: MemoryStore): Turn {
  let runs = 0;
  return new Turn('default', 'wf', store, {
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
  });
}

const signal = (turn: Turn, n: number, size = 0): Promise<unknown> =>
  turn.submit({
    kind: 'SignalWorkflowExecution',
    namespace: 'default',
    workflowExecution: { workflowId: 'wf' },
    signalName: 'add',
    requestId: `signal-${n}`,
    input: { payloads: [{ metadata: {}, data: btoa(`${n}`.padEnd(size, '-')) }] },
  });

async function busy(signals: number, size: number): Promise<{ store: MemoryStore; turn: Turn }> {
  const store = new MemoryStore();
  const turn = turnOver(store);
  await turn.submit({
    kind: 'StartWorkflowExecution',
    namespace: 'default',
    workflowId: 'wf',
    workflowType: { name: 'example' },
    taskQueue: { name: 'queue' },
    requestId: 'start',
  });
  for (let n = 1; n <= signals; n++) await signal(turn, n, size);
  return { store, turn };
}

const page = (store: MemoryStore, turn: Turn, cursor?: string): WorkflowPage =>
  JSON.parse(JSON.stringify(exportPage(store, turn.execution, turn.sequence, cursor)));

function pages(store: MemoryStore, turn: Turn): WorkflowPage[] {
  const all = [page(store, turn)];
  while (all.at(-1)!.next) all.push(page(store, turn, all.at(-1)!.next));
  return all;
}

const state = (store: MemoryStore): string => plain(snapshot(turnOver(store).execution));

describe('an object', () => {
  it('is the same elsewhere: rows, state and large payloads', async () => {
    const { store, turn } = await busy(30, 200_000);
    const all = pages(store, turn);
    expect(all.length).toBeGreaterThan(3);
    const other = new MemoryStore();
    for (const one of all) expect(importPage(other, one)).toBe(true);
    expect(other.log).toEqual(store.log);
    expect(other.payloads).toEqual(store.payloads);
    expect(state(other)).toBe(state(store));
    expect(other.alarm).toBeUndefined();
    await signal(turnOver(other), 31);
  });

  it('is of the moment at which its export began, whatever happens to it meanwhile', async () => {
    const { store, turn } = await busy(30, 200_000);
    const before = state(store);
    const rows = store.log.length;
    const all = [page(store, turn)];
    for (let n = 31; all.at(-1)!.next; n++) {
      await signal(turn, n, 1_000);
      all.push(page(store, turn, all.at(-1)!.next));
    }
    const other = new MemoryStore();
    for (const one of all) importPage(other, one);
    expect(other.log).toHaveLength(rows);
    expect(state(other)).toBe(before);
  });

  it('that came over in part is refused until the rest is there', async () => {
    const { store, turn } = await busy(30, 200_000);
    const all = pages(store, turn);
    const other = new MemoryStore();
    importPage(other, all[0]!);
    expect(() => turnOver(other).execution).toThrow(
      /workflow wf in namespace default cannot be loaded.*is missing/,
    );
    for (const one of all) importPage(other, one);
    expect(state(other)).toBe(state(store));
  });

  it('may come twice, and once more when it is newer', async () => {
    const { store, turn } = await busy(5, 10);
    const first = pages(store, turn);
    await signal(turn, 6);
    const second = pages(store, turn);
    const other = new MemoryStore();
    for (const one of [...first, ...first, ...second]) importPage(other, one);
    expect(other.log).toEqual(store.log);
    expect(state(other)).toBe(state(store));
    for (const one of [...first, ...second]) expect(importPage(other, one)).toBe(false);
  });

  it('never takes the place of one that has a life of its own', async () => {
    const { store, turn } = await busy(5, 10);
    const { store: other } = await busy(3, 20);
    const before = JSON.stringify(other.log);
    expect(() => importPage(other, page(store, turn))).toThrow(
      'runs under this id that the backup does not have',
    );
    expect(JSON.stringify(other.log)).toBe(before);
  });

  it('is refused when the backup is not what was written', async () => {
    const { store, turn } = await busy(5, 10);
    const spoilt = JSON.parse(
      JSON.stringify(page(store, turn)).replaceAll('signal-3', 'signal-8'),
    ) as WorkflowPage;
    const other = new MemoryStore();
    expect(() => importPage(other, spoilt)).toThrow(/log row \d+ is corrupt/);
    expect(other.log).toEqual([]);
  });
});
