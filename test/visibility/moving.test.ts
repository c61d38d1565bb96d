/** Rows that move where something is not as it should be: shards that disagree, do not answer, or are full. */

import { describe, expect, it } from 'vitest';
import type { ScheduleListEntry } from '../../sdk/common/schedule.ts';
import { ShardMap } from '../../src/visibility/shard.ts';
import { GrowingWorld, IDS, MINUTE, quietWorld, recordOf, untilOver } from './growing.ts';

describe('while rows move', () => {
  it('loses nothing where two shards take each other for its home, and ends at home when they agree', async () => {
    const [old, map] = [new ShardMap([2, 4]), new ShardMap([2, 4, 6])];
    const id = IDS.find((one) => map.home(one) < 4 && map.home(one) !== old.home(one))!;
    const entry = { scheduleId: id } as ScheduleListEntry;
    for (let seed = 1; seed <= 40; seed++) {
      const world = new GrowingWorld(seed, map.size, old);
      world.oneEngine = true;
      const [former, home] = [world.shards[old.home(id)]!, world.shards[map.home(id)]!];
      former.store.upsert(recordOf(id, 1), 0);
      former.schedules.record({ version: 1, entry }, 0);
      former.wake(map);
      for (let minute = 0; minute < 10; minute++) {
        const sweeps = [former, home].map(({ number }) => world.stub(number).sweep());
        await world.settle();
        await Promise.all(sweeps);
        const schedules = world.shards.flatMap((shard) => shard.schedules.recordsOf(id));
        expect([seed, world.standing().has(id), schedules.length > 0]).toEqual([seed, true, true]);
        world.now += MINUTE;
      }
      for (const shard of world.shards) shard.wake(map);
      await untilOver(world, map);
      expect(world.standing().get(id)).toEqual([{ shard: home.number, version: 1 }]);
      expect(former.schedules.recordsOf(id)).toEqual([]);
    }
  });

  it('sets no alarm at once for what is being moved already', async () => {
    const { world, map, run } = await quietWorld([2], [2, 5], IDS);
    const { moving } = world.shards[0]!;
    expect(moving.nextStep()).toBe(world.now);
    const sweep = world.client(map).sweep();
    while (moving.nextStep() === world.now) await world.step();
    expect(moving.nextStep()).toBe(world.now + MINUTE);
    await run(sweep);
    expect(world.standing().size).toBe(IDS.length);
  });

  it('makes room in a shard that is full, where it cannot even write how far it has come', async () => {
    const { world, map, run } = await quietWorld([2], [2, 5], IDS);
    const [shard] = world.shards;
    shard!.full = true;
    for (let i = 0; i < 2; i++) {
      await run(world.client(map).sweep());
      expect(shard!.moving.nextStep()).toBe(world.now + MINUTE);
      world.now += MINUTE;
    }
    const away = [...world.standing()].filter(([id, rows]) => rows[0]!.shard === 0 && map.home(id) !== 0);
    expect(away).toEqual([]);
    shard!.full = false;
    await untilOver(world, map);
  });

  it('keeps what it is sent in a shard that its own map does not know', async () => {
    const { world, old, map, run, deploy } = await quietWorld([2], [2, 5], []);
    world.oneEngine = true;
    const id = IDS.find((one) => map.home(one) === 4)!;
    await run(world.client(map).upsert(recordOf(id, 1)));
    deploy(old);
    await run(world.stub(4).sweep());
    expect(world.standing().get(id)).toEqual([{ shard: 4, version: 1 }]);
  });

  it('says of a shard that does not answer that it may have rows to move', async () => {
    const { world, map, run } = await quietWorld([2], [2, 5], []);
    await untilOver(world, map);
    world.faults = 100;
    expect(await run(world.client(map).moving())).toBe(5);
  });
});
