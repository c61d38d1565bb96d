/** Engines of several versions on one log: what earlier ones have stored, and what later ones might. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { snapshot } from '../../src/core/transition.ts';
import { decodeRow, historyEvents } from '../../src/execution/log.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import { OperationCounter } from '../../src/execution/operation-counter.ts';
import { Turn } from '../../src/execution/turn.ts';
import { plain } from '../checker/storage.ts';
import type { StoredWorkflow } from './stored.ts';

const LATER = Date.UTC(2031, 0, 1);
const versions = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'));
const read = (name: string): StoredWorkflow[] =>
  JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'));
const all = versions.flatMap((version) =>
  read(version).map((one) => [version, one.workflowId, one] as const),
);

class Counted extends MemoryStore {
  commits = 0;

  override commit(...commit: Parameters<MemoryStore['commit']>): void {
    this.commits++;
    super.commit(...commit);
  }
}

function storeOf({ rows, snapshot, progress, payloads }: StoredWorkflow): Counted {
  const store = new Counted();
  store.commit({ rows, progress, ...(snapshot && { snapshot }) });
  for (const [owner, texts] of payloads) store.payloads.set(owner, new Map(texts));
  store.commits = 0;
  return store;
}

function turnOver(store: MemoryStore, workflowId: string): Turn {
  return new Turn('default', workflowId, store, {
    now: () => LATER,
    newRunId: () => 'later',
    absorb: async () => [],
    committed: () => undefined,
    dropped: () => undefined,
    forgotten: () => undefined,
    loaded: () => undefined,
    nextRetry: () => undefined,
    log: () => undefined,
    operations: new OperationCounter(),
  });
}

const eventsOf = (store: MemoryStore) =>
  store.log.flatMap((row) => historyEvents(decodeRow(row)).map((event) => JSON.stringify(event)));

describe.each(all)('what engine %s stored of %s', (_version, workflowId, stored) => {
  // A later engine may keep more of a run than the one of then did.
  it('is the same state to this engine, by its snapshot and by its log alone', () => {
    const log = { ...stored, snapshot: null };
    const aged = stored.snapshot && {
      ...stored,
      snapshot: { ...stored.snapshot, data: JSON.stringify({ version: 1 }) },
    };
    for (const kept of [stored, log, ...(aged ? [aged] : [])]) {
      const state = JSON.parse(plain(snapshot(turnOver(storeOf(kept), workflowId).execution)));
      expect(state).toMatchObject(JSON.parse(stored.state));
    }
  });

  it('is gone on with: nothing of it changes, and a request is carried out', async () => {
    const store = storeOf(stored);
    const before = eventsOf(store);
    const turn = turnOver(store, workflowId);
    const workflowExecution = { workflowId };
    await turn
      .submit({ kind: 'TerminateWorkflowExecution', namespace: 'default', workflowExecution })
      .catch((error: Error) => expect(error.message).toContain('already completed'));
    const after = eventsOf(store);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.length).toBeGreaterThan(before.length);
  });

  it('is refused, and not written to, once a newer engine has written a row or a snapshot', async () => {
    const { rows } = stored;
    const data = rows.at(-1)!.data.replace(/^\{"v":\d+/, '{"v":1000');
    const newerRow = { ...stored, snapshot: null, rows: [...rows.slice(0, -1), { ...rows.at(-1)!, data }] };
    const newerSnapshot = { ...stored, snapshot: { seq: rows.at(-1)!.seq, data: '{"version":1000}' } };
    for (const newer of [newerRow, newerSnapshot]) {
      const store = storeOf(newer);
      const signal = {
        kind: 'SignalWorkflowExecution' as const,
        namespace: 'default',
        workflowExecution: { workflowId },
        signalName: 'add',
      };
      await expect(turnOver(store, workflowId).submit(signal)).rejects.toThrow('nothing was changed');
      expect(store.commits).toBe(0);
    }
  });
});

it('there is a record of a released version', () => {
  expect(all.length).toBeGreaterThan(5);
});
