/** Which shards there are, who is asked, and one list of what they answer. */

import { describe, expect, it } from 'vitest';
import type { ScheduleListEntry } from '../../sdk/common/schedule.ts';
import type { WorkflowExecutionInfo } from '../../sdk/common/service.ts';
import { type Env, visibilityShardCounts } from '../../src/env.ts';
import { mergePages } from '../../src/visibility/merge.ts';
import { comparePositions } from '../../src/visibility/position.ts';
import { mergeSchedules } from '../../src/visibility/schedules.ts';
import { ShardMap, shardOf } from '../../src/visibility/shard.ts';

describe('VISIBILITY_SHARDS', () => {
  const countsOf = (variable?: string) =>
    visibilityShardCounts({ ...(variable !== undefined && { VISIBILITY_SHARDS: variable }) } as Env);

  it('is how many shards there have been, oldest first; 4 where nothing is said', () => {
    expect([countsOf(), countsOf('7'), countsOf('4, 16'), countsOf('1,2,300')]).toEqual([
      [4],
      [7],
      [4, 16],
      [1, 2, 300],
    ]);
  });

  it.each(['', '0', '-4', '4.5', 'four', '4,', '16,4', '4,4', '4;16'])(
    'refuses "%s", and says what to write',
    (variable) => {
      expect(() => countsOf(variable)).toThrow(/"4,16" to grow from 4 to 16. There are never fewer/);
    },
  );
});

describe('a map of shards', () => {
  const ids = Array.from({ length: 500 }, (_, i) => `order-${i}`);

  it('has one home for an id, and those that it had before', () => {
    const map = new ShardMap([4, 8, 16]);
    for (const id of ids) {
      expect(map.home(id)).toBe(shardOf(id, 16));
      const former = new Set([shardOf(id, 4), shardOf(id, 8)]);
      former.delete(map.home(id));
      expect(map.formerHomes(id)).toEqual([...former]);
      expect(map.wavesOf(id).flat()).toEqual([...former, map.home(id)]);
    }
    expect(new ShardMap([16]).wavesOf('a')).toEqual([[shardOf('a', 16)]]);
  });

  it.each([
    [[4], [[0, 1, 2, 3]]],
    [
      [2, 4],
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      [2, 4, 8],
      [
        [0, 1, 2, 3],
        [2, 3, 4, 5, 6, 7],
      ],
    ],
    [
      [2, 3],
      [
        [0, 1],
        [0, 1, 2],
      ],
    ],
  ])('of %j is asked in waves %j', (counts, waves) => {
    expect(new ShardMap(counts).waves()).toEqual(waves);
  });

  it('asks the home of a row that moves after every shard that it may leave', () => {
    for (const counts of [
      [2, 4],
      [2, 4, 8],
      [2, 3],
      [3, 5, 7],
      [4, 6, 12],
    ]) {
      const map = new ShardMap(counts);
      const [leaving, arriving] = map.waves() as [number[], number[]];
      for (const id of ids)
        for (const former of map.formerHomes(id)) {
          expect(leaving).toContain(former);
          expect(arriving).toContain(map.home(id));
        }
      expect(new Set(map.waves().flat())).toEqual(new Set(map.all()));
    }
  });
});

describe('pages of several shards', () => {
  const compare = comparePositions([true]);
  const row = (runId: string, key: number, version = 1, detail = 0) => ({
    position: { keys: [key], workflowId: 'w', runId },
    version,
    detail,
    info: {} as WorkflowExecutionInfo,
  });
  const merged = (pageSize: number, ...pages: Array<[boolean, ...ReturnType<typeof row>[]]>) => {
    const { rows, next } = mergePages(
      pages.map(([more, ...of]) => ({ more, rows: of })),
      pageSize,
      compare,
    );
    return [rows.map(({ position, version, detail }) => [position.runId, version, detail]), next?.keys[0]];
  };

  it('show a run once that stands in two, by its newest row', () => {
    expect(merged(9, [false, row('a', 5, 1)], [false, row('a', 2, 2), row('b', 1)])).toEqual([
      [
        ['a', 2, 0],
        ['b', 1, 0],
      ],
      undefined,
    ]);
    expect(merged(9, [false, row('a', 5, 2, 3)], [false, row('a', 5, 2, 1)])[0]).toEqual([['a', 2, 3]]);
  });

  it('go on from the last row shown, or from where a shard has more', () => {
    expect(merged(1, [false, row('a', 5)], [false, row('b', 4)])).toEqual([[['a', 1, 0]], 5]);
    expect(merged(9, [true, row('a', 5)], [false, row('b', 4)])).toEqual([[['a', 1, 0]], 5]);
    // The row where the shard has more is an old one: nothing of this page is sure but that it is behind.
    expect(merged(1, [true, row('a', 5, 1)], [false, row('a', 2, 2)])).toEqual([[], 5]);
  });

  it('show a schedule that stands in two as its home has it', () => {
    const map = new ShardMap([2, 5]);
    const id = ['a', 'b', 'c', 'd'].find((one) => map.formerHomes(one).length > 0)!;
    const entry = (notes: string) => ({ scheduleId: id, info: { notes } }) as ScheduleListEntry;
    const home = { number: map.home(id), entries: [entry('home')] };
    const former = { number: map.formerHomes(id)[0]!, entries: [entry('former')] };
    for (const pages of [
      [home, former],
      [former, home],
    ])
      expect(mergeSchedules(map, pages).map(({ info }) => info.notes)).toEqual(['home']);
  });
});
