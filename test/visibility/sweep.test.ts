import { describe, expect, it } from 'vitest';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import { type DueRow, VisibilityStore } from '../../src/visibility/store.ts';
import { checkTime, type SweepPorts, sweepDue, sweepExpired } from '../../src/visibility/sweep.ts';
import { makeRecord } from './records.ts';
import { memorySql } from './sqlite.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

function setUp(poke: (row: DueRow) => VisibilityRecord[] | Promise<VisibilityRecord[]>) {
  const store = new VisibilityStore(memorySql());
  const failures: unknown[] = [];
  const clock = { now: 0 };
  const ports: SweepPorts = {
    poke: async (row) => poke(row),
    now: () => clock.now,
    failed: (_, error) => failures.push(error),
  };
  const sweep = (): Promise<number> => sweepDue(store, ports);
  const sweepClosed = (retention: number): Promise<void> => sweepExpired(store, ports, retention);
  return { store, clock, failures, sweep, sweepClosed };
}
const statuses = (store: VisibilityStore): string[] =>
  store
    .page({ orderBy: [] }, 100, undefined)
    .rows.map(({ info }) => `${info.execution.runId} ${info.status.split('_').at(-1)}`);

describe('when to look at a run', () => {
  it('is 30 s after its own deadline, or in 15 min when it expects nothing', () => {
    expect(checkTime(0, 5 * SECOND, 0)).toBe(35 * SECOND);
    expect(checkTime(10 * SECOND, 5 * SECOND, 0)).toBe(40 * SECOND);
    expect(checkTime(0, undefined, 0)).toBe(15 * MINUTE);
  });

  it('doubles the pause with every look that found nothing new, up to a day', () => {
    expect([1, 2, 3].map((quiet) => checkTime(0, 0, quiet))).toEqual([MINUTE, 2 * MINUTE, 4 * MINUTE]);
    expect(checkTime(0, 0, 40)).toBe(DAY);
    expect(checkTime(0, undefined, 10_000)).toBe(DAY);
  });
});

describe('the sweep', () => {
  it('pokes the open runs that are due, and no others', async () => {
    const poked: string[] = [];
    const { store, clock, sweep } = setUp((row) => {
      poked.push(row.runId);
      return [makeRecord({ runId: row.runId })];
    });
    store.upsert(makeRecord({ runId: 'due' }), 10);
    store.upsert(makeRecord({ runId: 'closed', status: 'FAILED' }), 10);
    store.upsert(makeRecord({ runId: 'early' }), 11);
    clock.now = 10;
    expect(await sweep()).toBe(1);
    expect(poked).toEqual(['due']);
  });

  it('stores what came back when the run had gone on unseen, and starts over with short pauses', async () => {
    const { store, clock, sweep } = setUp(() => [
      makeRecord({ version: 3, type: 'new', nextDeadline: 50 * SECOND }),
    ]);
    store.upsert(makeRecord({ version: 1 }), 0);
    store.defer({ workflowId: 'w', runId: 'r', quiet: 5 }, 0);
    clock.now = 10 * SECOND;
    await sweep();
    expect(store.page({ orderBy: [] }, 1, undefined).rows[0]!.info.type.name).toBe('new');
    expect(store.nextCheck()).toBe(80 * SECOND);
    expect(store.due(DAY, 1)[0]).toMatchObject({ version: 3, quiet: 0 });
  });

  it('learns of a close that never arrived, and asks no more', async () => {
    const { store, sweep } = setUp(() => [makeRecord({ version: 2, status: 'COMPLETED' })]);
    store.upsert(makeRecord(), 0);
    await sweep();
    expect(statuses(store)).toEqual(['r COMPLETED']);
    expect(store.nextCheck()).toBeUndefined();
  });

  it('asks a run that is well less and less often', async () => {
    const { store, clock, sweep } = setUp(() => [makeRecord()]);
    store.upsert(makeRecord(), 0);
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      await sweep();
      pauses.push((store.nextCheck()! - clock.now) / MINUTE);
      clock.now = store.nextCheck()!;
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 960, 1_440, 1_440, 1_440]);
  });

  it('does not push away a row that the run wrote itself while it was poked', async () => {
    const ready = setUp(() => {
      ready.store.upsert(makeRecord({ version: 7 }), 12_345);
      return [makeRecord({ version: 7 })];
    });
    ready.store.upsert(makeRecord({ version: 1 }), 0);
    await ready.sweep();
    expect(ready.store.nextCheck()).toBe(12_345);
  });

  it('closes the row of a run that a newer run follows, and shows the newer one', async () => {
    const { store, sweep } = setUp((row) => [
      makeRecord({ runId: 'second', startTime: 2_000 }),
      makeRecord({ runId: row.runId, version: row.version + 1, status: 'TERMINATED' }),
    ]);
    store.upsert(makeRecord({ runId: 'first' }), 0);
    await sweep();
    expect(statuses(store)).toEqual(['second RUNNING', 'first TERMINATED']);
  });

  it('drops a row of a run that the engine does not have', async () => {
    const { store, sweep } = setUp(() => []);
    store.upsert(makeRecord(), 0);
    await sweep();
    expect(store.count({ orderBy: [] }).count).toBe(0);
  });

  it('goes on when a poke fails, and tries that run again after a minute', async () => {
    const { store, clock, failures, sweep } = setUp((row) => {
      if (row.runId === 'bad') throw new Error('unreachable');
      return [makeRecord({ runId: row.runId })];
    });
    store.upsert(makeRecord({ runId: 'bad' }), 0);
    store.upsert(makeRecord({ runId: 'good' }), 0);
    clock.now = 5 * SECOND;
    expect(await sweep()).toBe(2);
    expect(failures).toEqual([new Error('unreachable')]);
    expect(store.due(DAY, 10).map((row) => [row.runId, row.quiet])).toEqual([
      ['bad', 0],
      ['good', 1],
    ]);
    expect(store.nextCheck()).toBe(65 * SECOND);
  });

  it('takes at most a hundred at once, the most overdue first, and leaves the rest due', async () => {
    const { store, clock, sweep } = setUp((row) => [makeRecord({ runId: row.runId })]);
    for (let i = 0; i < 130; i++) store.upsert(makeRecord({ runId: `r${i}` }), i);
    clock.now = 1_000;
    expect(await sweep()).toBe(100);
    expect(store.nextCheck()).toBe(100);
    expect(await sweep()).toBe(30);
    expect(await sweep()).toBe(0);
  });
});

describe('the sweep of closed runs', () => {
  const closed = (runId: string, closeTime: number) => makeRecord({ runId, status: 'COMPLETED', closeTime });

  it('pokes those that are past their retention, and no others', async () => {
    const poked: string[] = [];
    const { store, clock, sweepClosed } = setUp(({ runId }) => {
      poked.push(runId);
      return [];
    });
    store.upsert(closed('old', DAY), 0);
    store.upsert(closed('young', 5 * DAY), 0);
    store.upsert(makeRecord({ runId: 'open' }), 0);
    clock.now = 11 * DAY;
    await sweepClosed(20 * DAY);
    expect(poked).toEqual([]);
    await sweepClosed(9 * DAY);
    expect(poked).toEqual(['old']);
    expect(statuses(store)).toEqual(['open RUNNING', 'young COMPLETED']);
  });

  it('asks less and less often after one that cannot go yet', async () => {
    let pokes = 0;
    const { store, clock, sweepClosed } = setUp(({ runId }) => {
      pokes++;
      return [closed(runId, DAY)];
    });
    store.upsert(closed('stays', DAY), 0);
    for (clock.now = 3 * DAY; clock.now < 5 * DAY; clock.now += 10 * MINUTE) await sweepClosed(DAY);
    expect(pokes).toBeGreaterThan(3);
    expect(pokes).toBeLessThan(12);
  });
});
