/**
 * Shards that grow, over memory: the real rows, moving and lists, between which every call takes its time, may not arrive,
 * or may arrive and not be answered; objects die and come back with another map. All by one seed.
 */

import type { WorkflowExecution } from '../../sdk/common/history.ts';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import type { Sql } from '../../src/lazy-schema.ts';
import { VisibilityClient, type VisibilityShard } from '../../src/visibility/client.ts';
import { parseListQuery } from '../../src/visibility/list-filter.ts';
import { Moving } from '../../src/visibility/moving.ts';
import { RowTransfer } from '../../src/visibility/row-transfer.ts';
import { ScheduleRows } from '../../src/visibility/schedule-store.ts';
import { ShardMap } from '../../src/visibility/shard.ts';
import { type ShardPeer, type ShardPlace, ShardRows } from '../../src/visibility/shard-rows.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { makeRecord } from './records.ts';
import { memorySql } from './sqlite.ts';

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to `n` - 1. */
  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * n);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

/** One object: what it stores outlives it. */
class Shard {
  readonly #sql = memorySql();
  readonly #world: GrowingWorld;
  readonly number: number;
  map: ShardMap;
  /** Nothing more can be written. */
  full = false;
  store!: VisibilityStore;
  rows!: ShardRows;
  moving!: Moving;
  transfer!: RowTransfer;
  schedules!: ScheduleRows;
  #die = (): void => undefined;
  #died!: Promise<never>;

  constructor(world: GrowingWorld, number: number, map: ShardMap) {
    this.#world = world;
    this.number = number;
    this.map = map;
    this.wake(map);
  }

  /** For how far the moving has come. */
  readonly #markSql: Sql = {
    exec: (query, ...bindings) => {
      if (this.full && !query.startsWith('SELECT')) throw new Error('database or disk is full');
      return this.#sql.exec(query, ...bindings);
    },
  };

  /** The object dies, with all that it was doing, and comes back. */
  wake(map: ShardMap): void {
    this.map = map;
    const world = this.#world;
    this.#die();
    let alive = true;
    this.#died = new Promise((_, reject) => {
      this.#die = () => {
        alive = false;
        reject(new Error('the object died'));
      };
    });
    this.#died.catch(() => undefined);
    const place: ShardPlace = {
      number: this.number,
      map,
      peer: (other) => world.peer(other, () => alive),
      now: () => world.now,
      write: async (work) => work(),
      failed: () => undefined,
    };
    this.store = new VisibilityStore(this.#sql);
    this.schedules = new ScheduleRows(this.#sql);
    this.transfer = new RowTransfer(this.#sql, this.store);
    this.rows = new ShardRows(place, this.store, this.transfer, this.schedules);
    const isEmpty = (): boolean => !this.store.created && !this.schedules.created;
    const rows = { transfer: this.transfer, schedules: this.schedules, isEmpty };
    this.moving = new Moving(this.#markSql, place, rows);
  }

  /** As the Visibility object answers them. */
  readonly #methods = {
    upsert: (records: VisibilityRecord[]) => this.rows.upsert(records, async () => ({})),
    forget: (run: WorkflowExecution) => this.rows.forget(run),
    list: async ({ query, pageSize, cursor }: Parameters<VisibilityShard['list']>[0]) =>
      this.store.page(parseListQuery(query, {}), pageSize, cursor),
    count: async ({ query }: Parameters<VisibilityShard['count']>[0]) => ({
      ok: this.store.count(parseListQuery(query, {})),
    }),
    sweep: async () => {
      await this.moving.work();
      return { swept: 0 };
    },
    newer: async (rows: Parameters<VisibilityShard['newer']>[0]) => this.transfer.newer(rows),
    isMoving: async () => !this.moving.isOver,
  };
  /** Those of the engine before. */
  get #before(): object {
    const { newer: _, isMoving: __, ...methods } = this.#methods;
    return methods;
  }
  readonly #peerMethods: ShardPeer = {
    accept: (records) => this.rows.accept(records, {}),
    standing: async (run) => this.rows.standing(run),
    receive: (rows) => this.rows.receive(rows),
    drop: async (rows) => this.transfer.drop(rows),
    discard: async (run) => this.store.forget(run, this.#world.now),
    acceptSchedules: (records) => this.rows.acceptSchedules(records),
    schedulesOf: async (id) => this.schedules.recordsOf(id),
    receiveSchedules: async (records) => this.rows.receiveSchedules(records),
    dropSchedules: async (records) => this.schedules.drop(records),
  };

  async call(method: string, args: unknown[]): Promise<unknown> {
    const isNew = this.#world.oneEngine || this.map.size === this.#world.shards.length;
    const own = isNew ? { ...this.#methods, ...this.#peerMethods } : this.#before;
    const found = (own as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>)[method];
    if (!found) throw new Error(`The RPC receiver does not implement the method "${method}".`);
    return Promise.race([found(...args), this.#died]);
  }
}

export class GrowingWorld {
  now = 1_000;
  /** Of a hundred calls, how many fail in each way. */
  faults = 0;
  /** Otherwise a shard that does not know of all shards is of the engine before, which has no such methods. */
  oneEngine = false;
  readonly random: Random;
  readonly shards: Shard[];
  readonly #waiting: Array<() => void> = [];

  constructor(seed: number, shards: number, map: ShardMap) {
    this.random = new Random(seed);
    this.shards = Array.from({ length: shards }, (_, number) => new Shard(this, number, map));
  }

  /** @param isAlive is the one who asks? */
  peer(number: number, isAlive: () => boolean): ShardPeer {
    return this.#stub(number, isAlive) as unknown as ShardPeer;
  }

  client(map: ShardMap): VisibilityClient {
    return new VisibilityClient(map, (number) => this.#stub(number) as unknown as VisibilityShard);
  }

  stub(number: number): { sweep(): Promise<unknown>; forget(run: WorkflowExecution): Promise<void> } {
    return this.#stub(number) as never;
  }

  #stub(number: number, isAlive = () => true): object {
    const toTheLiving = async (answer: Promise<unknown>): Promise<unknown> => {
      await answer.catch(() => undefined);
      return isAlive() ? answer : new Promise(() => undefined);
    };
    const call = async (method: string, args: unknown[]): Promise<unknown> => {
      await this.#hop();
      if (this.random.chance(this.faults)) throw new Error('not delivered');
      const answer = await this.shards[number]!.call(method, structuredClone(args));
      await this.#hop();
      if (this.random.chance(this.faults)) throw new Error('not answered');
      return structuredClone(answer);
    };
    const methodOf =
      (_: object, method: string) =>
      (...args: unknown[]) =>
        toTheLiving(call(method, args));
    return new Proxy({}, { get: (target, method) => methodOf(target, String(method)) });
  }

  #hop(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Until nothing is under way any more: calls arrive in any order. */
  async settle(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#waiting.length === 0) return;
      await this.step();
    }
  }

  /** Lets one call go on. */
  async step(): Promise<void> {
    const [resolve] = this.#waiting.splice(this.random.below(this.#waiting.length), 1);
    resolve?.();
    await new Promise((next) => setImmediate(next));
  }

  /** Where rows of each run stand: `workflowId` → shard numbers. */
  standing(): Map<string, Array<{ shard: number; version: number }>> {
    const found = new Map<string, Array<{ shard: number; version: number }>>();
    for (const { number, store } of this.shards)
      for (const row of store.page(parseListQuery('', {}), 10_000, undefined).rows) {
        const { workflowId } = row.position;
        found.set(workflowId, [...(found.get(workflowId) ?? []), { shard: number, version: row.version }]);
      }
    return found;
  }

  /** Of all shards, as metrics add them up. */
  sum(name: string): number {
    const samples = this.shards.flatMap(({ store }) => store.counts.samples());
    return samples
      .filter((sample) => sample.name === name)
      .reduce((sum, { value }) => sum + Number(value), 0);
  }
}

export const MINUTE = 60_000;

/** What alarms and cron do, minute by minute. */
export async function untilOver(world: GrowingWorld, map: ShardMap): Promise<void> {
  const client = world.client(map);
  for (let minute = 0; minute < 30; minute++) {
    const work = client.sweep();
    await world.settle();
    await work;
    const moving = client.moving();
    await world.settle();
    if ((await moving) === 0) return;
    world.now += MINUTE;
  }
  throw new Error('the moving is not over after half an hour');
}

export const recordOf = (workflowId: string, version: number) =>
  makeRecord({ workflowId, runId: `run of ${workflowId}`, version });

/** A world without faults that was written by the map before. */
export async function quietWorld(before: number[], after: number[], ids: string[]) {
  const [old, map] = [new ShardMap(before), new ShardMap(after)];
  const world = new GrowingWorld(1, map.size, old);
  const run = async <T>(work: Promise<T>): Promise<T> => {
    await world.settle();
    return work;
  };
  await run(Promise.all(ids.map((id) => world.client(old).upsert(recordOf(id, 1)))));
  const deploy = (to: ShardMap): void => {
    for (const shard of world.shards) shard.wake(to);
  };
  deploy(map);
  return { world, old, map, run, deploy };
}

export const IDS = Array.from({ length: 40 }, (_, i) => `q${i}`);
/** Its home is another. */
export const awayOf = (map: ShardMap): string => IDS.find((id) => map.formerHomes(id).length > 0)!;
