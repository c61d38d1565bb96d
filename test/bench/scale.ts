/**
 * A namespace at scale, in virtual time and seeded: how many requests shards get, how the sweep keeps up, what a Queue's
 * consumers carry. Where a run's row lives, when it is looked at and how are the engine's own code; the rest (how long a
 * call takes, what runs do) is assumed, and said so.
 */

import type { VisibilityRecord } from '../../sdk/common/service.ts';
import { shardOf } from '../../src/visibility/shard.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { checkTime, sweepDue } from '../../src/visibility/sweep.ts';
import { Random } from '../sim/random.ts';
import { makeRecord } from '../visibility/records.ts';
import { memorySql } from '../visibility/sqlite.ts';

/** Cloudflare's documented limits, and the engine's own settings. */
export const PLATFORM = {
  requestsPerObject: 1_000,
  objectBytes: 10e9,
  messagesPerQueue: 5_000,
  consumersPerQueue: 250,
  batch: 10,
};

const HOUR_MS = 3_600_000;
/** From a shard to a run that is not in memory, which loads and answers. */
const POKE_MS = 50;
/** That many looks of a shard are out at a time. */
const POKES_AT_A_TIME = 10;

const idOf = (n: number): string => `order-${n}`;

export interface Sleepers {
  runs: number;
  startsPerSecond: number;
  shards: number;
  hours: number;
}

export interface Slept {
  /** Rows of the fullest shard, over the mean. */
  fullest: number;
  rowBytes: number;
  /** Of the shard that was watched. */
  busiestSecond: number;
  looksAnHour: number;
  latestMs: number;
}

interface Sleeper {
  id: string;
  start: number;
  /** Its timer; without one it waits for a signal. */
  wakes?: number;
}

/**
 * Runs that begin together and then sleep: half of them until a signal that does not come, half by timers of up to 30
 * days. The first shard is watched.
 */
export async function sleep({ runs, startsPerSecond, shards, hours }: Sleepers): Promise<Slept> {
  const random = new Random(1);
  const sizes = Array<number>(shards).fill(0);
  const sleepers: Sleeper[] = [];
  for (let n = 0; n < runs; n++) {
    const id = idOf(n);
    const shard = shardOf(id, shards);
    sizes[shard]!++;
    const start = (n * 1_000) / startsPerSecond;
    const timer = random.chance(0.5) ? start + random.next() * 30 * 24 * HOUR_MS : undefined;
    if (shard === 0) sleepers.push({ id, start, ...(timer !== undefined && { wakes: timer }) });
  }
  const sql = memorySql();
  const watched = await watch(new VisibilityStore(sql), sleepers, hours * HOUR_MS);
  const pages = (what: string): number => Number(Object.values([...sql.exec(`PRAGMA ${what}`)][0]!)[0]);
  return {
    fullest: (Math.max(...sizes) * shards) / runs,
    rowBytes: (pages('page_count') * pages('page_size')) / sleepers.length,
    looksAnHour: (watched.looks / hours) * shards,
    busiestSecond: watched.busiestSecond,
    latestMs: watched.latestMs,
  };
}

const recordOf = ({ id, start, wakes }: Sleeper, closed?: number): VisibilityRecord => {
  const times = {
    startTime: Math.floor(start),
    ...(closed !== undefined && { closeTime: Math.floor(closed) }),
  };
  const open = { version: 1, ...(wakes !== undefined && { nextDeadline: wakes }) };
  const fields = closed === undefined ? open : { version: 2, status: 'COMPLETED' };
  return makeRecord({ workflowId: id, runId: `run of ${id}`, ...times, ...fields });
};

/** The shard's alarm, run after run, as the platform would call it. */
async function watch(
  store: VisibilityStore,
  sleepers: Sleeper[],
  until: number,
): Promise<{ looks: number; busiestSecond: number; latestMs: number }> {
  const byId = new Map(sleepers.map((sleeper) => [sleeper.id, sleeper]));
  const wakes = sleepers.filter((one) => one.wakes !== undefined && one.wakes < until);
  wakes.sort((a, b) => a.wakes! - b.wakes!);
  const seconds = new Map<number, number>();
  let now = 0;
  let looks = 0;
  let latestMs = 0;
  const asked = (): void => {
    const second = Math.floor(now / 1_000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  };
  let begun = 0;
  let woken = 0;
  for (;;) {
    const start = sleepers[begun]?.start ?? until;
    const wake = wakes[woken]?.wakes ?? until;
    const look = store.nextCheck() ?? until;
    const next = Math.min(start, wake, look);
    if (next >= until) break;
    now = Math.max(now, next);
    if (next === start) {
      const sleeper = sleepers[begun++]!;
      store.upsert(recordOf(sleeper), checkTime(now, sleeper.wakes, 0));
      asked();
    } else if (next === wake) {
      store.upsert(recordOf(wakes[woken++]!, now), now);
      asked();
    } else {
      latestMs = Math.max(latestMs, now - look);
      await sweepDue(store, {
        now: () => now,
        poke: async ({ workflowId }) => {
          looks++;
          asked();
          now += POKE_MS / POKES_AT_A_TIME;
          return [recordOf(byId.get(workflowId)!)];
        },
        failed: (_, error) => {
          throw error;
        },
      });
    }
  }
  return { looks, busiestSecond: Math.max(...seconds.values()), latestMs };
}

/** Each run writes its row at its start, some seconds later (what it waits for) and at its end. */
const ROW_AFTER_MS = [500, 2_500, 20_000];

/** Requests in the busiest second of the busiest shard, with so many starts each second, at random moments. */
export function busiestShard(startsPerSecond: number, shards: number, seconds: number): number {
  const random = new Random(2);
  const horizon = seconds + 21;
  const counts = Array.from({ length: horizon }, () => new Uint32Array(shards));
  for (let n = 0; n < startsPerSecond * seconds; n++) {
    const shard = shardOf(idOf(n), shards);
    const start = random.next() * seconds * 1_000;
    for (const after of ROW_AFTER_MS) counts[Math.floor((start + after) / 1_000)]![shard]!++;
  }
  // All of what a second gets is there from the last delay on.
  return Math.max(...counts.slice(21, seconds).map((shard) => Math.max(...shard)));
}

export interface Queued {
  /** Messages that waited at a time, at most. */
  backlog: number;
  waitP99Ms: number;
  perSecond: number;
}

/** A Queue whose consumers hold the calls: each takes a batch and comes back when the slowest of it is done. */
export function consume(messagesPerSecond: number, activityMs: number, seconds: number): Queued {
  const random = new Random(3);
  const free = Array<number>(PLATFORM.consumersPerQueue).fill(0);
  const count = messagesPerSecond * seconds;
  const arrival = (n: number): number => (n * 1_000) / messagesPerSecond;
  const waits: number[] = [];
  let backlog = 0;
  let last = 0;
  for (let taken = 0; taken < count; ) {
    free.sort((a, b) => a - b);
    const begin = Math.max(free[0]!, arrival(taken));
    const arrived = Math.min(Math.floor((begin * messagesPerSecond) / 1_000) + 1, count) - taken;
    backlog = Math.max(backlog, arrived);
    let longest = 0;
    for (const end = taken + Math.min(arrived, PLATFORM.batch); taken < end; taken++) {
      waits.push(begin - arrival(taken));
      longest = Math.max(longest, -Math.log(1 - random.next()) * activityMs);
    }
    free[0] = begin + longest;
    last = Math.max(last, free[0]);
  }
  waits.sort((a, b) => a - b);
  return { backlog, waitP99Ms: waits[Math.floor(count * 0.99)]!, perSecond: (count * 1_000) / last };
}
