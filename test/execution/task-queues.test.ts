import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ActivityPermits } from '../../src/execution/activity-permits.ts';
import type { Outside } from '../../src/execution/outside.ts';
import type { Turn } from '../../src/execution/turn.ts';
import { TaskQueuePermits } from '../../src/task-queue/permits.ts';
import { TaskQueueStore } from '../../src/task-queue/store.ts';
import { memorySql } from '../visibility/sqlite.ts';
import { type Faults, type Job, QueueWorld } from './task-queue-world.ts';

const HOUR = 3_600_000;

/** Numbers in a row, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const jobs = (count: number, more: Partial<Job> = {}, prefix = 'j'): Job[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${prefix}${i}`, runs: 1_000, ...more }));

const order = (world: QueueWorld, letters = 1): string =>
  world.starts.map(({ id }) => id.slice(0, letters)).join('');

describe('a task queue with limits', () => {
  it('lets no more attempts run at a time than it may, and the next one begin when one is over', async () => {
    const world = new QueueWorld({ revision: 1, maxConcurrentTasks: 3 });
    for (const job of jobs(10)) world.add(job);
    await world.run(world.now + HOUR);
    expect([world.mostRunning, world.done]).toEqual([3, 10]);
    expect(world.starts.map(({ time }) => time - 1_000_000)).toEqual(
      [0, 0, 0, 1, 1, 1, 2, 2, 2, 3].map((s) => s * 1_000),
    );
    expect(world.queue.counts).toEqual({ waiting: 0, permits: 0 });
  });

  it('lets them begin at its rate and no faster, evenly', async () => {
    const world = new QueueWorld({ revision: 1, requestsPerSecond: 4 });
    for (const job of jobs(9)) world.add(job);
    await world.run(world.now + HOUR);
    expect(world.starts.map(({ time }) => time - 1_000_000)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => n * 250),
    );
    expect(world.queue.counts).toEqual({ waiting: 0, permits: 0 });
  });

  it('lets nothing begin at a rate of nothing, until it has another one', async () => {
    const world = new QueueWorld({ revision: 1, requestsPerSecond: 0 });
    for (const job of jobs(3)) world.add(job);
    await world.run(world.now + HOUR);
    expect(world.starts).toEqual([]);
    world.queue.configure({ revision: 2 });
    world.queue.configure({ revision: 1, requestsPerSecond: 0 });
    await world.run(world.now + 1_000);
    expect(world.starts.length).toBe(3);
  });

  it('takes priorities in their order, whoever asked first', async () => {
    const world = new QueueWorld({ revision: 1, maxConcurrentTasks: 1 });
    world.add({ id: 'first', runs: 1_000 });
    for (const priorityKey of [5, 1, 3, 2, 4])
      world.add({ id: `${priorityKey}`, runs: 1_000, priority: { priorityKey } });
    world.add({ id: 'default', runs: 1_000 });
    await world.run(world.now + HOUR);
    expect(world.starts.map(({ id }) => id)).toEqual(['first', '1', '2', '3', 'default', '4', '5']);
  });

  it('takes what an activity does not say from its workflow', async () => {
    const world = new QueueWorld({ revision: 1, maxConcurrentTasks: 1 });
    world.add({ id: 'first', runs: 1_000 });
    world.add({ id: 'default', runs: 1_000 });
    world.add({ id: 'late workflow', runs: 1_000, ofWorkflow: { priorityKey: 5 } });
    world.add({ id: 'urgent workflow', runs: 1_000, ofWorkflow: { priorityKey: 1 } });
    const ofWorkflow = { priorityKey: 1 };
    world.add({ id: 'late activity', runs: 1_000, ofWorkflow, priority: { priorityKey: 4 } });
    await world.run(world.now + HOUR);
    const order = ['first', 'urgent workflow', 'default', 'late activity', 'late workflow'];
    expect(world.starts.map(({ id }) => id)).toEqual(order);
  });

  it('gives each fairness key its turn, however many tasks another one has', async () => {
    const world = new QueueWorld({ revision: 1, maxConcurrentTasks: 1 });
    for (const job of jobs(20, { priority: { fairnessKey: 'a' } }, 'a')) world.add(job);
    await world.run(world.now + 500);
    for (const job of jobs(3, { priority: { fairnessKey: 'b' } }, 'b')) world.add(job);
    await world.run(world.now + HOUR);
    expect(order(world).slice(0, 8)).toMatch(/^a+bab?a?b/);
    expect(order(world).lastIndexOf('b')).toBeLessThan(9);
  });

  it('shares by weight, and by the weights it is told before those of the tasks', async () => {
    const shares = async (weights?: Record<string, number>): Promise<Record<string, number>> => {
      const world = new QueueWorld({ revision: 1, maxConcurrentTasks: 1, ...(weights && { weights }) });
      world.add({ id: 'x', runs: 1_000 });
      for (const [key, fairnessWeight] of Object.entries({ a: 1, b: 3 }))
        for (const job of jobs(100, { priority: { fairnessKey: key, fairnessWeight } }, key)) world.add(job);
      await world.run(world.now + HOUR, () => world.starts.length > 80);
      return Object.fromEntries(['a', 'b'].map((key) => [key, order(world).split(key).length - 1]));
    };
    expect(await shares()).toEqual({ a: 20, b: 60 });
    expect(await shares({ a: 1, b: 1 })).toEqual({ a: 40, b: 40 });
  });

  it('starves no key that always has a task waiting: each gets its share of any weights', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 2, maxLength: 4 }),
        async (weights) => {
          const world = new QueueWorld({ revision: 1, maxConcurrentTasks: 1 });
          weights.forEach((fairnessWeight, k) => {
            for (const job of jobs(120, { priority: { fairnessKey: `${k}`, fairnessWeight } }, `${k}`))
              world.add(job);
          });
          await world.run(world.now + HOUR, () => world.starts.length >= 100);
          const total = weights.reduce((a, b) => a + b, 0);
          weights.forEach((weight, k) => {
            const got = world.starts.filter(({ id }) => id.startsWith(`${k}`)).length;
            expect(Math.abs(got - (100 * weight) / total)).toBeLessThanOrEqual(weights.length + 1);
          });
        },
      ),
      { numRuns: 10 },
    ));

  const beginnings = (world: QueueWorld, prefix: string): number[] =>
    world.starts.filter(({ id }) => id.startsWith(prefix)).map(({ time }) => time - 1_000_000);

  it('lets each fairness key begin at its own rate, times its weight, and passes over one that has used it up', async () => {
    const world = new QueueWorld({ revision: 1, keyRequestsPerSecond: 2, weights: { gold: 2 } });
    for (const job of jobs(5, { priority: { fairnessKey: 'free', priorityKey: 1 } }, 'free')) world.add(job);
    for (const job of jobs(5, { priority: { fairnessKey: 'gold' } }, 'gold')) world.add(job);
    for (const job of jobs(3, {}, 'none')) world.add(job);
    await world.run(world.now + HOUR);
    expect(beginnings(world, 'free')).toEqual([0, 500, 1_000, 1_500, 2_000]);
    expect(beginnings(world, 'gold')).toEqual([0, 250, 500, 750, 1_000]);
    expect(beginnings(world, 'none')).toEqual([0, 500, 1_000]);
    expect(world.queue.counts).toEqual({ waiting: 0, permits: 0 });
  });

  it('keeps to the rate of a fairness key when its object dies, and to the new one when it is changed', async () => {
    const world = new QueueWorld({ revision: 1, keyRequestsPerSecond: 0.1 });
    for (const job of jobs(4, { priority: { fairnessKey: 'a' } })) world.add(job);
    await world.run(world.now + 1_000);
    world.killQueue();
    await world.run(world.now + 10_000);
    expect(beginnings(world, 'j')).toEqual([0, 10_000]);
    world.limits = { revision: 2, keyRequestsPerSecond: 1 };
    world.queue.configure(world.limits);
    await world.run(world.now + 10_000);
    expect(beginnings(world, 'j')).toEqual([0, 10_000, 11_000, 12_000]);
  });

  it('keeps to the rate that Workers ask for, until the configuration has one', async () => {
    const world = new QueueWorld({ revision: 0, workersRequestsPerSecond: 1 });
    for (const job of jobs(5)) world.add(job);
    await world.run(world.now + 1_500);
    world.queue.configure({ revision: 1, maxConcurrentTasks: 9 });
    await world.run(world.now + 1_000);
    expect(beginnings(world, 'j')).toEqual([0, 1_000, 2_000]);
    world.queue.configure({ revision: 2, requestsPerSecond: 0.1 });
    await world.run(world.now + 60_000);
    expect(beginnings(world, 'j')).toEqual([0, 1_000, 2_000, 3_000, 13_000]);
    // Whoever has heard of the newest configuration, and of Workers that ask for nothing.
    world.limits = { revision: 3 };
    for (const job of jobs(3, {}, 'k')) world.add(job);
    await world.run(world.now + 1_000);
    expect(new Set(beginnings(world, 'k')).size).toBe(1);
  });

  it('keeps to the rate that Workers ask for, told by whoever knows an older configuration or none any more', async () => {
    const world = new QueueWorld({ revision: 1, maxConcurrentTasks: 100 });
    world.add({ id: 'first', runs: 1 });
    await world.run(world.now + 10_000);
    world.queue.configure({ revision: 2 });
    world.limits = { revision: 0, requestsPerSecond: 0, workersRequestsPerSecond: 1 };
    for (const job of jobs(4)) world.add(job);
    await world.run(world.now + 60_000);
    expect(beginnings(world, 'j').map((time) => time - 10_000)).toEqual([0, 1_000, 2_000, 3_000]);
  });

  it('a new rate is kept to at once, whatever the old one was', async () => {
    const world = new QueueWorld({ revision: 1, requestsPerSecond: 0.001 });
    for (const job of jobs(3)) world.add(job);
    await world.run(world.now + 2_000);
    world.queue.configure({ revision: 2, requestsPerSecond: 2 });
    await world.run(world.now + 10_000);
    expect(beginnings(world, 'j')).toEqual([0, 2_500, 3_000]);
  });

  it('at a key rate of nothing nothing begins', async () => {
    const world = new QueueWorld({ revision: 1, keyRequestsPerSecond: 0 });
    for (const job of jobs(3)) world.add(job);
    await world.run(world.now + HOUR);
    expect([world.starts, world.queue.counts.waiting]).toEqual([[], 3]);
  });

  it('grants so many in one pass and no more, and the others right after it', async () => {
    const world = new QueueWorld({ revision: 1, keyRequestsPerSecond: 0 });
    for (let i = 0; i < 250; i++) world.add({ id: `j${i}`, runs: 1, priority: { fairnessKey: `${i}` } });
    await world.run(world.now + 1_000);
    world.limits = { revision: 2, keyRequestsPerSecond: 1, maxConcurrentTasks: 1_000 };
    world.queue.configure(world.limits);
    expect(world.queue.counts).toEqual({ waiting: 150, permits: 100 });
    await world.run(world.now + 10);
    expect(new Set(world.starts.map(({ id }) => id)).size).toBe(250);
  });

  it('looks over all fairness keys once for all that may begin, and takes these in their turns', () => {
    const sql = memorySql();
    const told: string[] = [];
    const queue = new TaskQueuePermits(new TaskQueueStore(sql, (work) => work()), {
      now: () => 1_000_000,
      tell: async ({ task }) => told.push(task.workflowId) > 0,
      wake: () => undefined,
      keep: (work) => void work,
    });
    const random = randomOf(7);
    for (let i = 0; i < 300; i++) {
      const task = { namespace: 'default', workflowId: `w${i}`, runId: 'r', scheduledEventId: 5, attempt: 1 };
      const priority = {
        priorityKey: 1 + Math.floor(random() * 3),
        fairnessKey: `k${Math.floor(random() * 40)}`,
        fairnessWeight: random() < 0.2 ? 4 : 1,
      };
      queue.ask({ task, asked: 1, leaseMs: 1, priority }, { revision: 1, keyRequestsPerSecond: 0 });
    }
    const turns = sql.exec('SELECT task FROM waiting ORDER BY priority, tag, seq');
    const inTurn = [...turns].map(({ task }) => (JSON.parse(task as string) as string[])[1]);
    sql.statements.length = 0;
    queue.configure({ revision: 2, keyRequestsPerSecond: 100_000 });
    expect(told).toEqual(inTurn.slice(0, 100));
    const looks = sql.statements.filter((statement) => statement === 'WITH RECURSIVE').length;
    expect(looks).toBeLessThan(5);
  });

  it('seeks the next fairness key that waits, and reads none of those before it', () => {
    const sql = memorySql();
    let query = '';
    const exec: typeof sql.exec = (text, ...bindings) => {
      query = text;
      return sql.exec(text, ...bindings);
    };
    const store = new TaskQueueStore({ exec }, (work) => work());
    store.transaction(() => void store.firstReady(0, 1));
    const plan = [...sql.exec(`EXPLAIN QUERY PLAN ${query}`, 0, 1)].map(({ detail }) => detail);
    expect(plan).toContainEqual(expect.stringContaining('by_lane (priority=? AND fairness_key>?)'));
  });

  it('is there when it was made before fairness keys had rates', () => {
    const sql = memorySql();
    const open = () => new TaskQueueStore(sql, (work) => work());
    const state = { limits: { revision: 1, requestsPerSecond: 1 }, theoretical: 0 };
    open().transaction(() => undefined);
    for (const what of ['TABLE paces', 'INDEX by_lane']) sql.exec(`DROP ${what}`);
    const older = open();
    expect([older.created, older.state(), older.turns()]).toEqual([true, undefined, []]);
    older.transaction(() => older.putState(state));
    expect([open().state(), older.firstReady(0, 1)]).toEqual([state, []]);
  });

  it('keeps who waits, their turns and who runs when its object dies', async () => {
    const world = new QueueWorld({ revision: 1, maxConcurrentTasks: 2 });
    for (const job of jobs(6)) world.add(job);
    world.add({ id: 'urgent', runs: 1_000, priority: { priorityKey: 1 } });
    await world.run(world.now + 500);
    world.killQueue();
    expect(world.queue.counts).toEqual({ waiting: 5, permits: 2 });
    await world.run(world.now + HOUR);
    expect([world.mostRunning, world.done, world.starts[2]!.id]).toEqual([2, 7, 'urgent']);
  });

  it('hears at once of an attempt that is over when the object that has it was loaded in between', async () => {
    const world = new QueueWorld({ revision: 1, maxConcurrentTasks: 1 });
    for (const job of jobs(3)) world.add(job);
    await world.run(world.now + 500);
    world.killHolder('j0');
    await world.run(world.now + HOUR);
    expect(beginnings(world, 'j')).toEqual([0, 1_000, 2_000]);
  });

  /** A task queue alone, at a time, over storage, with what it tells and when it wants to be woken. */
  function alone(transaction: (work: () => void) => void = (work) => work(), sql = memorySql()) {
    const told: string[] = [];
    const wakes: number[] = [];
    const clock = { now: 10 * HOUR };
    const queue = new TaskQueuePermits(new TaskQueueStore(sql, transaction), {
      now: () => clock.now,
      tell: async ({ task }) => told.push(task.workflowId) > 0,
      wake: (time) => void wakes.push(time),
      keep: () => undefined,
    });
    const ask = (workflowId: string, limits: object) => {
      const task = { namespace: 'default', workflowId, runId: 'r', scheduledEventId: 5, attempt: 1 };
      return queue.ask({ task, asked: clock.now, leaseMs: 10 * HOUR }, { revision: 1, ...limits });
    };
    return { queue, ask, clock, told, wakes };
  }

  it('asks whether a permit is in use, also when its clock was set back since it asked last', async () => {
    const { queue, ask, clock, told } = alone();
    ask('a', { maxConcurrentTasks: 1 });
    ask('b', { maxConcurrentTasks: 1 });
    for (const passed of [40_000, -HOUR, 0]) {
      clock.now += passed;
      await queue.alarm();
    }
    expect(told).toEqual(['a', 'a']);
  });

  it('lets nothing begin without leave, also where its limits were not heard of before', async () => {
    let heard = false;
    const look = async () => {
      heard = true;
      return true;
    };
    const outside = { now: () => 0, permits: { peek: () => heard, look } } as unknown as Outside;
    const permits = new ActivityPermits({ outside, turn: () => undefined as unknown as Turn });
    const task = { namespace: 'default', workflowId: 'w', runId: 'r', scheduledEventId: 5, attempt: 1 };
    expect(permits.needed('q')).toBe(false);
    expect(await permits.mayBegin(task, 'q')).toBe(false);
    // Nor when it is claimed all the same.
    expect(permits.bound(task, 'q')).toEqual({ notAfter: 0 });
  });

  it('is woken when it is time, also where what it had stored before was undone', () => {
    const sql = memorySql();
    let fails = false;
    const transaction = (work: () => void): void => {
      sql.exec('SAVEPOINT s');
      work();
      sql.exec(fails ? 'ROLLBACK TO s' : 'RELEASE s');
      if (fails) throw new Error('the disk is full');
    };
    const { ask, clock, wakes } = alone(transaction, sql);
    const limits = { requestsPerSecond: 1 };
    ask('a', limits);
    fails = true;
    expect(() => ask('b', limits)).toThrow('the disk is full');
    // The alarm that it set is undone, too.
    wakes.length = 0;
    fails = false;
    expect(ask('c', limits)).not.toHaveProperty('granted');
    expect(wakes).toEqual([clock.now + 1_000]);
  });

  it('is not held up by a permit that nobody gives back', async () => {
    const world = new QueueWorld({ revision: 1, maxConcurrentTasks: 1 });
    const giveBack = world.giveBack.bind(world);
    world.giveBack = () => Promise.reject(new Error('lost'));
    world.add({ id: 'a', runs: 1_000, lease: 10 * HOUR });
    world.add({ id: 'b', runs: 1_000 });
    await world.run(world.now + 90_000);
    expect(order(world)).toBe('ab');
    world.giveBack = giveBack;
  });

  const faults = fc.record<Faults>({
    lost: fc.constantFrom(0, 0.1, 0.4),
    doubled: fc.constantFrom(0, 0.3),
    longestDelay: fc.constantFrom(0, 200, 20_000),
  });

  it(
    'keeps its limits, and lets everybody begin at last, whatever is lost, doubled, late or dies',
    () =>
      fc.assert(
        fc.asyncProperty(
          faults,
          fc.integer(),
          fc.record({
            concurrent: fc.integer({ min: 1, max: 4 }),
            rate: fc.constantFrom(undefined, 0.5, 20),
            keyRate: fc.constantFrom(undefined, 0.2, 20),
          }),
          async (given, seed, { concurrent, rate, keyRate }) => {
            const random = randomOf(seed);
            const limits = {
              revision: 1,
              maxConcurrentTasks: concurrent,
              ...(rate && { requestsPerSecond: rate }),
              ...(keyRate && { keyRequestsPerSecond: keyRate }),
            };
            const world = new QueueWorld(limits, given, random);
            const runs = (): number => 100 + Math.floor(random() * 20_000);
            for (let i = 0; i < 25; i++) {
              const job = { id: `j${i}`, runs: runs(), priority: { fairnessKey: `${i % 3}` } };
              world.at(world.now + Math.floor(random() * 60_000), () => world.add(job));
            }
            for (let i = 0; i < 8; i++) {
              const time = world.now + Math.floor(random() * 120_000);
              world.at(time, () => world.killQueue());
              world.at(time + 7, () => world.killHolder(`j${Math.floor(random() * 25)}`));
            }
            await world.run(world.now + 24 * HOUR, () => world.done === 25);
            expect(world.mostRunning).toBeLessThanOrEqual(concurrent);
            expect([world.done, world.starts.length]).toEqual([25, 25]);
          },
        ),
        { numRuns: 60 },
      ),
    60_000,
  );

  /** In any time no more than the rate allows, and one burst of a tenth of a second. */
  function keepsTo(rate: number, times: number[]): void {
    for (let from = 0; from < times.length; from++)
      for (let to = from; to < times.length; to++)
        expect(to - from + 1).toBeLessThanOrEqual(
          ((times[to]! - times[from]!) / 1_000) * rate + Math.max(1, rate / 10) + 0.01,
        );
  }

  it('grants no more in any time than its rate allows, nor of any fairness key than the rate of the key', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0.5, 3, 50),
        fc.constantFrom(0.5, 3, 50),
        fc.integer(),
        async (rate, keyRate, seed) => {
          const random = randomOf(seed);
          const weights = { a: 1, b: 3, c: 0.5 };
          const world = new QueueWorld({
            revision: 1,
            requestsPerSecond: rate,
            keyRequestsPerSecond: keyRate,
            weights,
          });
          for (let i = 0; i < 60; i++) {
            const fairnessKey = 'abc'[Math.floor(random() * 3)]!;
            const priority = { fairnessKey, priorityKey: 1 + Math.floor(random() * 5) };
            const job = { id: `${fairnessKey}${i}`, runs: 10, priority };
            world.at(world.now + Math.floor(random() * 3_000), () => world.add(job));
          }
          await world.run(world.now + HOUR, () => world.done === 60);
          expect(world.starts.length).toBe(60);
          keepsTo(rate, beginnings(world, ''));
          for (const [key, weight] of Object.entries(weights))
            keepsTo(keyRate * weight, beginnings(world, key));
        },
      ),
      { numRuns: 20 },
    ));
});
