import { describe, expect, it } from 'vitest';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import { MAX_SERIES, type Sample } from '../../src/observability/families.ts';
import { parseListQuery } from '../../src/visibility/list-filter.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { sweepDue } from '../../src/visibility/sweep.ts';
import { Random } from '../visibility/growing.ts';
import { memorySql } from '../visibility/sqlite.ts';

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();

function record(
  workflowId: string,
  version: number,
  more: { status?: string; closed?: number; type?: string; backlog?: number; sequence?: number } = {},
): VisibilityRecord {
  const { status = 'RUNNING', closed, type = 'order', backlog, sequence = version } = more;
  return {
    namespace: 'default',
    version,
    open: closed === undefined,
    info: {
      execution: { workflowId, runId: `run-of-${workflowId}` },
      type: { name: type },
      taskQueue: 'q',
      startTime: at(0),
      executionTime: at(0),
      ...(closed !== undefined && { closeTime: at(closed) }),
      status: `WORKFLOW_EXECUTION_STATUS_${status}`,
      historyLength: '3',
      historySizeBytes: '10',
    },
    details: {
      sequence,
      waitingOn: [],
      pendingActivityAttempts: 0,
      ...(backlog && { backlog: [['q', 'activity', backlog, 0]] }),
    },
  } as unknown as VisibilityRecord;
}

const value = (samples: Sample[], name: string, ...labels: string[]) =>
  samples.find((sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels))
    ?.value;

const summary = (store: VisibilityStore) => {
  const samples = store.counts.samples();
  return {
    starts: value(samples, 'perdure_workflow_starts_total', 'order', 'q'),
    open: value(samples, 'perdure_workflows_open', 'order', 'q'),
    completed: value(samples, 'perdure_workflow_closes_total', 'order', 'q', 'Completed'),
    failed: value(samples, 'perdure_workflow_closes_total', 'order', 'q', 'Failed'),
    durations: (
      value(samples, 'perdure_workflow_duration_seconds', 'order', 'q') as { sum: number } | undefined
    )?.sum,
    backlog: value(samples, 'perdure_task_queue_backlog', 'q', 'activity'),
  };
};

/** The same rows, counted by one that was asked before any of them came, and by one that is asked at the end. */
function both(write: (store: VisibilityStore) => void) {
  const kept = new VisibilityStore(memorySql());
  kept.counts.samples();
  write(kept);
  const sql = memorySql();
  write(new VisibilityStore(sql));
  return [summary(kept), summary(new VisibilityStore(sql))];
}

/** A shard that hears of runs by what arrives, until nobody sends anything any more and the sweep has looked at all. */
async function lossy(random: Random) {
  const sql = memorySql();
  let store = new VisibilityStore(sql);
  const runs = new Map<string, VisibilityRecord>();
  const late: VisibilityRecord[] = [];
  let now = 0;
  const sweep = (): Promise<number> =>
    sweepDue(store, {
      poke: async ({ workflowId }) => [runs.get(workflowId)!],
      now: () => now,
      failed: (_, error) => {
        throw error;
      },
    });
  const arrive = (sent: VisibilityRecord): boolean => store.upsert(sent, now + random.below(1_000));
  for (let step = 0; step < 120; step++) {
    now += random.below(20_000);
    const id = `w${random.below(15)}`;
    const last = runs.get(id);
    if (!last || last.open) {
      const version = (last?.version ?? 0) + 1;
      const closed = version > 1 && random.chance(40) ? { status: 'COMPLETED', closed: 1 } : {};
      const next = record(id, version, closed);
      runs.set(id, next);
      // The first is sent by whoever asked for the run, too: it is not lost.
      if (!last || random.chance(30)) late.push(next);
      else if (random.chance(70)) for (let times = 1 + random.below(2); times > 0; times--) arrive(next);
    }
    if (random.chance(30) && late.length > 0) arrive(late.splice(random.below(late.length), 1)[0]!);
    if (random.chance(10)) store = new VisibilityStore(sql);
    if (random.chance(30)) store.counts.samples();
    if (random.chance(20)) await sweep();
  }
  store.counts.samples();
  for (const one of late) arrive(one);
  for (let day = 0; day < 3; day++) {
    now += 2 * 24 * 3_600_000;
    await sweep();
  }
  const { groups } = store.count(parseListQuery('GROUP BY ExecutionStatus', {}));
  const byStatus = Object.fromEntries(groups.map(({ value, count }) => [value, count]));
  const sums = ({ starts, open, completed }: ReturnType<typeof summary>) => [starts, open, completed];
  const open = [...runs.values()].filter((run) => run.open).length;
  return {
    counted: [runs.size, byStatus.Running ?? 0, byStatus.Completed ?? 0],
    kept: sums(summary(store)),
    anew: sums(summary(new VisibilityStore(sql))),
    truth: [runs.size, open, runs.size - open],
  };
}

describe('the counts of runs', () => {
  it('are the same whether they are kept up or read anew, as after a restart', () => {
    const [kept, anew] = both((store) => {
      store.upsert(record('a', 1, { backlog: 2 }), 0);
      store.upsert(record('b', 1), 0);
      store.upsert(record('c', 1), 0);
      store.upsert(record('a', 2, { status: 'COMPLETED', closed: 7 }), 0);
      store.upsert(record('b', 2, { status: 'FAILED', closed: 100 }), 0);
    });
    expect(kept).toEqual({ starts: 3, open: 1, completed: 1, failed: 1, durations: 107, backlog: 0 });
    expect(anew).toEqual({ ...kept, backlog: undefined });
  });

  it('count a run once, however often, late or in what order its rows come', () => {
    const [kept, anew] = both((store) => {
      store.upsert(record('a', 3, { status: 'COMPLETED', closed: 5 }), 0);
      store.upsert(record('a', 1), 0);
      store.upsert(record('a', 3, { status: 'COMPLETED', closed: 5 }), 0);
      store.upsert(record('a', 4, { status: 'COMPLETED', closed: 5 }), 0);
      store.upsert(record('b', 1, { backlog: 1, sequence: 1 }), 0);
      store.upsert(record('b', 1, { backlog: 3, sequence: 2 }), 0);
    });
    expect(kept).toMatchObject({ starts: 2, open: 1, completed: 1, durations: 5, backlog: 3 });
    expect(anew).toEqual(kept);
  });

  it('never shrink when rows are removed, before or after somebody has asked', () => {
    const [kept, anew] = both((store) => {
      for (const id of ['a', 'b', 'c']) store.upsert(record(id, 1), 0);
      store.upsert(record('a', 2, { status: 'COMPLETED', closed: 7 }), 0);
      store.remove({ workflowId: 'a', runId: 'run-of-a' });
      store.remove({ workflowId: 'b', runId: 'run-of-b' });
      store.remove({ workflowId: 'b', runId: 'run-of-b' });
      store.upsert(record('d', 1), 0);
    });
    expect(kept).toMatchObject({ starts: 4, open: 2, completed: 1, failed: undefined, durations: 7 });
    expect(anew).toEqual(kept);
  });

  it('are those of the runs once the sweep has looked, whatever was lost, doubled, late or forgotten in a crash', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { counted, kept, anew, truth } = await lossy(new Random(seed));
      expect({ seed, counted, kept, anew }).toEqual({ seed, counted: truth, kept: truth, anew: truth });
    }
  });

  it('are bounded: beyond so many types, new ones are counted together', () => {
    const store = new VisibilityStore(memorySql());
    for (let i = 0; i < MAX_SERIES + 50; i++) store.upsert(record(`w${i}`, 1, { type: `t${i}` }), 0);
    const starts = store.counts.samples().filter(({ name }) => name === 'perdure_workflow_starts_total');
    expect(starts).toHaveLength(MAX_SERIES + 1);
    expect(value(starts, 'perdure_workflow_starts_total', 'other', 'other')).toBe(50);
  });

  it('cost a write nothing', () => {
    const sql = memorySql();
    const store = new VisibilityStore(sql);
    store.counts.samples();
    store.upsert(record('a', 1), 0);
    const before = sql.statements.length;
    store.upsert(record('a', 2, { status: 'COMPLETED', closed: 1 }), 0);
    const words = sql.statements.slice(before).map((text) => text.split(' ')[0]);
    expect(words.filter((word) => word !== 'SELECT')).toEqual(['INSERT']);
  });
});
