/**
 * What runs cost that do nothing: so many wait for a signal, fall asleep, and are counted for an hour of virtual time. Their
 * objects, the shard that has their rows and its sweep are the engine's own; each call of a run loads its object anew.
 */

import { ExecutionObject } from '../../src/execution/execution-object.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { checkTime, sweepDue } from '../../src/visibility/sweep.ts';
import { memorySql } from '../visibility/sqlite.ts';
import { outside } from './in-process.ts';

/** As long as they need to fall asleep. */
const SETTLED_MS = 60_000;
const HOUR_MS = 3_600_000;
const STEP_MS = 100;
/** Where nothing is paid for any more, objects stay in memory for as long as this. */
const EVICTED_MS = 10_000;

export interface Idle {
  /** The alarms of the runs themselves. */
  alarms: number;
  /** Runs that the sweep looked at: one request each. */
  looks: number;
  /** Alarms of the shard. */
  sweeps: number;
  /** For which the engine kept objects in memory without work. */
  awakeMs: number;
  rowsWritten: number;
}

class Sleepers {
  now = Date.UTC(2030, 0, 1);
  readonly counts: Idle = { alarms: 0, looks: 0, sweeps: 0, awakeMs: 0, rowsWritten: 0 };
  readonly #rows = new VisibilityStore(memorySql());
  readonly #stores = new Map<string, MemoryStore>();
  readonly #timers = new Set<{ time: number; callback: () => void }>();
  #objects = new Map<string, ExecutionObject>();
  #calledAt = 0;

  async start(runs: number): Promise<void> {
    for (let n = 0; n < runs; n++) {
      const workflowId = `sleeper-${n}`;
      this.#stores.set(workflowId, this.#store());
      const names = { workflowType: { name: 'forever' }, taskQueue: { name: 'bench' } };
      const kind = 'StartWorkflowExecution';
      await this.#object(workflowId).request({ kind, namespace: 'default', workflowId, ...names });
    }
  }

  async pass(ms: number): Promise<void> {
    for (const until = this.now + ms; this.now < until; this.now += STEP_MS) {
      for (const timer of [...this.#timers].filter(({ time }) => time <= this.now)) {
        this.#timers.delete(timer);
        timer.callback();
      }
      await this.#alarms();
      if ((this.#rows.nextCheck() ?? Number.POSITIVE_INFINITY) <= this.now) await this.#sweep();
      if (this.#timers.size > 0) {
        await new Promise((resolve) => setImmediate(resolve));
        this.counts.awakeMs += STEP_MS;
      } else if (this.now - this.#calledAt > EVICTED_MS) this.#objects = new Map();
    }
  }

  async #alarms(): Promise<void> {
    for (const [workflowId, store] of this.#stores) {
      if (store.alarm === undefined || store.alarm > this.now) continue;
      store.alarm = undefined;
      this.counts.alarms++;
      await this.#object(workflowId).alarm();
    }
  }

  async #sweep(): Promise<void> {
    this.counts.sweeps++;
    await sweepDue(this.#rows, {
      now: () => this.now,
      poke: async ({ workflowId }) => {
        this.counts.looks++;
        const record = await this.#object(workflowId).poke();
        return record ? [record] : [];
      },
      failed: (_, error) => {
        throw error;
      },
    });
  }

  #store(): MemoryStore {
    const store = new MemoryStore();
    const commit = store.commit.bind(store);
    store.commit = (given) => {
      this.counts.rowsWritten += given.rows.length + (given.alarm === undefined ? 0 : 1);
      commit(given);
    };
    return store;
  }

  #object(workflowId: string): ExecutionObject {
    this.#calledAt = this.now;
    let object = this.#objects.get(workflowId);
    if (!object) {
      const store = this.#stores.get(workflowId)!;
      object = new ExecutionObject('default', workflowId, store, this.#outside());
      this.#objects.set(workflowId, object);
    }
    return object;
  }

  #outside(): ReturnType<typeof outside> {
    return {
      ...outside(true),
      now: () => this.now,
      after: (ms, callback) => {
        const timer = { time: this.now + ms, callback };
        this.#timers.add(timer);
        return () => this.#timers.delete(timer);
      },
      rowPauseMs: 500,
      detailsPauseMs: 2_000,
      recordVisibility: async (record) => {
        this.#rows.upsert(record, checkTime(this.now, record.nextDeadline, 0));
      },
    };
  }
}

/** An hour of so many runs that wait. */
export async function idleHour(runs: number): Promise<Idle> {
  const sleepers = new Sleepers();
  await sleepers.start(runs);
  await sleepers.pass(SETTLED_MS);
  const before = { ...sleepers.counts };
  await sleepers.pass(HOUR_MS);
  const kinds = Object.keys(before) as Array<keyof Idle>;
  return Object.fromEntries(kinds.map((what) => [what, sleepers.counts[what] - before[what]])) as Record<
    keyof Idle,
    number
  >;
}
