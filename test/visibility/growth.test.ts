/** Rows that move while they are written, listed and deleted, by many seeds. */

import { describe, expect, it } from 'vitest';
import type { ScheduleListEntry } from '../../sdk/common/schedule.ts';
import type { ListWorkflowExecutionsReply } from '../../sdk/common/service.ts';
import type { VisibilityClient } from '../../src/visibility/client.ts';
import { ShardMap } from '../../src/visibility/shard.ts';
import { awayOf, GrowingWorld, IDS, MINUTE, quietWorld, recordOf, untilOver } from './growing.ts';
import { makeRecord } from './records.ts';

interface Run {
  id: string;
  /** Newest that was sent, and newest that is known to be written. */
  sent: number;
  written: number;
  writing: number;
  deleted: boolean;
  /** It is known that it is deleted. */
  gone: boolean;
}

/** Runs that are written, by those who know of the growth and those who do not, until it is known that they are. */
class Writers {
  readonly world: GrowingWorld;
  readonly runs: Run[] = [];
  readonly pending = new Set<Promise<void>>();

  constructor(world: GrowingWorld) {
    this.world = world;
  }

  write(run: Run, map: ShardMap): void {
    const version = ++run.sent;
    const status = version > 2 ? 'COMPLETED' : 'RUNNING';
    const fields = { workflowId: run.id, runId: `run of ${run.id}`, version, status };
    run.writing++;
    const work = this.#untilDone(() => this.world.client(map).upsert(makeRecord(fields)));
    this.#keep(work, () => {
      run.writing--;
      run.written = Math.max(run.written, version);
    });
  }

  remove(run: Run, map: ShardMap): void {
    run.deleted = true;
    const gone = { workflowId: run.id, runId: `run of ${run.id}` };
    const work = this.#untilDone(() => this.world.stub(map.home(run.id)).forget(gone));
    this.#keep(work, () => {
      run.gone = true;
    });
  }

  add(map: ShardMap): void {
    const run = { id: `w${this.runs.length}`, sent: 0, written: 0, writing: 0, deleted: false, gone: false };
    this.runs.push(run);
    this.write(run, map);
  }

  any(): Run | undefined {
    return this.runs[this.world.random.below(this.runs.length)];
  }

  async #untilDone(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch {
        // As a run does: what it owes is sent again.
      }
    }
  }

  #keep(work: Promise<void>, then: () => void = () => undefined): void {
    const kept: Promise<void> = work.then(then).finally(() => this.pending.delete(kept));
    this.pending.add(kept);
  }
}

/** All pages of the list, each as soon as it may be: how often it showed each run. */
async function walk(client: VisibilityClient, pageSize: number): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  let token: string | undefined = '';
  while (token !== undefined) {
    const page: ListWorkflowExecutionsReply | undefined = await client
      .list({ pageSize, nextPageToken: token })
      .catch(() => undefined);
    for (const { execution } of page?.executions ?? [])
      found.set(execution.workflowId, (found.get(execution.workflowId) ?? 0) + 1);
    if (page) token = page.nextPageToken;
  }
  return found;
}

/**
 * What nobody writes meanwhile is listed, and once. During the deployment it may be twice: an object of the engine before
 * neither says which rows it has in a newer version nor gives them away.
 */
async function checkList(writers: Writers, map: ShardMap, deployed: boolean): Promise<void> {
  const quiet = writers.runs.filter((run) => run.written === run.sent && run.writing === 0 && !run.deleted);
  const before = quiet.map((run) => ({ run, sent: run.sent }));
  const gone = writers.runs.filter((run) => run.gone);
  const found = await walk(writers.world.client(map), 1 + writers.world.random.below(12));
  const same = before.filter(({ run, sent }) => run.sent === sent && !run.deleted).map(({ run }) => run.id);
  const times = same.map((id) => [id, deployed ? found.get(id) : Math.min(found.get(id) ?? 0, 1)]);
  expect(times).toEqual(same.map((id) => [id, 1]));
  expect(gone.filter(({ id }) => found.has(id))).toEqual([]);
}

async function grow(seed: number, before: number[], after: number[]): Promise<GrowingWorld> {
  const old = new ShardMap(before);
  const map = new ShardMap(after);
  const world = new GrowingWorld(seed, map.size, old);
  const { random } = world;
  world.oneEngine = random.chance(50);
  const writers = new Writers(world);
  for (let i = 0; i < 30; i++) writers.add(old);
  await world.settle();
  world.faults = random.below(20);
  const lists: Array<Promise<unknown>> = [];
  for (let i = 0; i < 120; i++) {
    // Isolates and objects learn of the map one after another.
    const isNew = i > 60 || random.chance(50);
    const shard = world.shards[random.below(map.size)]!;
    if (random.chance(40)) shard.wake(i > 60 || random.chance(50) ? map : shard.map);
    if (i === 61) for (const one of world.shards) one.wake(map);
    const run = writers.any()!;
    const what = random.below(10);
    if (what < 2) writers.add(isNew ? map : old);
    else if (what < 5 && !run.deleted) writers.write(run, isNew ? map : old);
    else if (what === 5 && !run.deleted && i > 60) writers.remove(run, map);
    else if (what < 8)
      world
        .stub(shard.number)
        .sweep()
        .catch(() => undefined);
    else
      lists.push(
        checkList(writers, map, i > 61).then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
    for (let steps = random.below(12); steps > 0; steps--) await world.step();
    world.now += random.below(2_000);
  }
  for (const shard of world.shards) shard.wake(map);
  world.faults = 0;
  await world.settle();
  await Promise.all([...writers.pending]);
  const failed = (await Promise.all(lists)).find((error) => error !== undefined);
  if (failed) throw failed;
  await untilOver(world, map);
  const expected = writers.runs
    .filter(({ deleted }) => !deleted)
    .map(({ id, sent }) => [id, map.home(id), sent]);
  const standing = [...world.standing()].flatMap(([id, rows]) =>
    rows.map(({ shard, version }) => [id, shard, version]),
  );
  expect(standing.toSorted()).toEqual(expected.toSorted());
  return world;
}

describe('a namespace whose number of shards grows', () => {
  const growths: Array<[number[], number[]]> = [
    [[4], [4, 16]],
    [[3], [3, 5]],
    [
      [2, 4],
      [2, 4, 6],
    ],
  ];
  it.each(growths)(
    'from %j to %j: ends with every row at home and nowhere else, whatever failed',
    async (...maps) => {
      for (let seed = 1; seed <= 12; seed++)
        await grow(seed, ...maps).catch((error: Error) => {
          error.message = `seed ${seed}: ${error.message}`;
          throw error;
        });
    },
    120_000,
  );

  it('counts no run twice and none less in the sums of metrics, at any moment', async () => {
    const { world, map } = await quietWorld([2], [2, 5], IDS);
    const sums = new Set<number>();
    const all = IDS.map((workflowId) => {
      const closed = { workflowId, runId: `run of ${workflowId}`, version: 2, status: 'FAILED' };
      return world.client(map).upsert(makeRecord(closed));
    });
    const over = untilOver(world, map);
    for (let i = 0; i < 500; i++) {
      sums.add(world.sum('perdure_workflow_starts_total'));
      await world.step();
    }
    await Promise.all([over, ...all]);
    const after = world.sum('perdure_workflow_closes_total');
    for (const shard of world.shards) shard.wake(map);
    // Once from what was kept up with, and once read anew.
    expect([[...sums], after, world.sum('perdure_workflow_closes_total')]).toEqual([[40], 40, 40]);
    expect(world.sum('perdure_workflow_starts_total')).toBe(40);
    expect(world.sum('perdure_workflows_open')).toBe(0);
  });

  it('passes a row on at once that somebody sends to its former home', async () => {
    const { world, old, map, run } = await quietWorld([2], [2, 5], []);
    const id = awayOf(map);
    await run(world.client(old).upsert(recordOf(id, 1)));
    expect(world.standing().get(id)).toEqual([{ shard: map.home(id), version: 1 }]);
  });

  it('takes the row along from the former home when a newer one is written', async () => {
    const { world, map, run } = await quietWorld([2], [2, 5], IDS);
    const id = awayOf(map);
    await run(world.client(map).upsert(recordOf(id, 2)));
    expect(world.standing().get(id)).toEqual([{ shard: map.home(id), version: 2 }]);
  });

  it('does not take a late row of a run that was deleted before, where only the former home knows it', async () => {
    const { world, old, map, run, deploy } = await quietWorld([2], [2, 5], []);
    const id = awayOf(map);
    deploy(old);
    await run(world.stub(old.home(id)).forget({ workflowId: id, runId: `run of ${id}` }));
    deploy(map);
    await run(world.client(map).upsert(recordOf(id, 7)));
    expect(world.standing().get(id)).toBeUndefined();
  });

  it('is over only when what an engine wrote that was rolled back for a minute has moved too', async () => {
    const atHome = IDS.filter((id) => new ShardMap([2, 5]).formerHomes(id).length === 0);
    const { world, old, map, run, deploy } = await quietWorld([2], [2, 5], atHome);
    for (let i = 0; i < 3; i++) await run(world.client(map).sweep());
    deploy(old);
    const id = awayOf(map);
    await run(world.client(old).upsert(recordOf(id, 1)));
    deploy(map);
    expect(await run(world.client(map).moving())).toBe(5);
    await untilOver(world, map);
    expect(world.standing().get(id)).toEqual([{ shard: map.home(id), version: 1 }]);
  });

  it('moves rows also where the variable forgot to say what was before', async () => {
    const { world, map, run } = await quietWorld([2], [5], IDS);
    expect((await run(world.client(map).list({}))).executions).toHaveLength(IDS.length);
    await untilOver(world, map);
    const standing = [...world.standing()].map(([id, rows]) => [id, rows.map(({ shard }) => shard)]);
    expect(standing.toSorted()).toEqual(IDS.map((id) => [id, [map.home(id)]]).toSorted());
  });

  it('never shrinks: a shard that has known more keeps its rows, and says so', async () => {
    const { world, old, map, deploy } = await quietWorld([2], [2, 5], IDS);
    await untilOver(world, map);
    const before = world.standing();
    deploy(old);
    world.now += 60 * MINUTE;
    await Promise.all([world.client(old).sweep(), world.settle()]);
    expect(world.standing()).toEqual(before);
    expect(world.shards.map(({ moving }) => moving.shrunkFrom).slice(0, 2)).toEqual([5, 5]);
    deploy(new ShardMap([2, 5, 10]));
    expect(world.shards.map(({ moving }) => moving.shrunkFrom)).toEqual(Array(5).fill(undefined));
  });

  it('moves schedules and what is known of deleted ones', async () => {
    const { world, map } = await quietWorld([2], [2, 5], []);
    const entry = (scheduleId: string) => ({ scheduleId }) as ScheduleListEntry;
    for (const [i, id] of IDS.entries()) {
      const former = world.shards[new ShardMap([2]).home(id)]!.schedules;
      former.record({ version: 3, entry: entry(id), ...(i % 2 === 1 && { deleted: true }) }, world.now);
    }
    await untilOver(world, map);
    for (const [i, id] of IDS.entries())
      for (const { number, schedules } of world.shards) {
        const found = schedules.recordsOf(id).map(({ version, deleted = false }) => [version, deleted]);
        expect(found).toEqual(number === map.home(id) ? [[3, i % 2 === 1]] : []);
      }
  });

  it('takes a schedule along from its former home, and refuses one that was deleted there', async () => {
    const { world, map, run } = await quietWorld([2], [2, 5], []);
    const [kept, deleted] = IDS.filter((id) => map.formerHomes(id).length > 0);
    const entry = (scheduleId: string) => ({ scheduleId }) as ScheduleListEntry;
    const former = (id: string) => world.shards[map.formerHomes(id)[0]!]!.schedules;
    former(kept!).record({ version: 3, entry: entry(kept!) }, 0);
    former(deleted!).record({ version: 3, entry: entry(deleted!), deleted: true }, 0);
    const send = (id: string, version: number) =>
      run(world.shards[map.home(id)]!.rows.recordSchedule({ version, entry: entry(id) }));
    expect([await send(kept!, 4), await send(deleted!, 2)]).toEqual([undefined, 3]);
    const at = (id: string) => world.shards.filter(({ schedules }) => schedules.recordsOf(id).length > 0);
    expect(at(kept!).map(({ number }) => number)).toEqual([map.home(kept!)]);
    expect(at(deleted!).map(({ number }) => number)).toEqual([map.home(deleted!)]);
  });
});
