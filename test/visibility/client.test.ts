import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../sdk/common/errors.ts';
import { VisibilityClient, type VisibilityShard } from '../../src/visibility/client.ts';
import { parseListQuery } from '../../src/visibility/list-filter.ts';
import { comparePositions, decodePageToken, encodePageToken } from '../../src/visibility/position.ts';
import { parseShardName, ShardMap, shardName, shardOf } from '../../src/visibility/shard.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { makeRecord } from './records.ts';
import { memorySql } from './sqlite.ts';

const custom = { City: 'KEYWORD', Amount: 'INT' } as const;

/** Shards over memory; `asked` collects which were asked. */
function shardsInMemory(shards: number) {
  const stores = Array.from({ length: shards }, () => new VisibilityStore(memorySql()));
  const asked: number[] = [];
  const shard = (number: number): VisibilityShard => {
    asked.push(number);
    const store = stores[number]!;
    return {
      upsert: async (records) => {
        for (const record of records) store.upsert(record, 0, custom);
      },
      list: async ({ query, attributes = {}, pageSize, cursor }) =>
        store.page(parseListQuery(query, attributes), pageSize, cursor),
      count: async ({ query, attributes = {} }) => ({ ok: store.count(parseListQuery(query, attributes)) }),
      backlog: async (kind, taskQueue) => store.backlog(kind, taskQueue),
      sweep: async () => ({ swept: 1 }),
      newer: async () => [],
      isMoving: async () => false,
    };
  };
  return { client: new VisibilityClient(new ShardMap([shards]), shard, async () => custom), asked, shard };
}

async function listAll(client: VisibilityClient, query: string, pageSize: number): Promise<string[]> {
  const found: string[] = [];
  let nextPageToken: string | undefined;
  do {
    const page = await client.list({ query, pageSize, ...(nextPageToken && { nextPageToken }) });
    found.push(...page.executions.map(({ execution }) => execution.runId));
    expect(page.executions.length).toBeLessThanOrEqual(pageSize);
    nextPageToken = page.nextPageToken;
  } while (nextPageToken);
  return found;
}

describe('the list over all shards', () => {
  it('gives every run once, in the order of the list, however it is paged and sharded', async () => {
    const fields = fc.record({
      workflowId: fc.constantFrom('a', 'b', 'c', 'd', 'e', '\u{1F600}', '\uFF21'),
      runId: fc.uuid(),
      startTime: fc.integer({ min: 0, max: 3 }),
      status: fc.constantFrom('RUNNING', 'COMPLETED'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fields, { maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        async (rows, shards, pageSize) => {
          const { client } = shardsInMemory(shards);
          for (const row of rows) await client.upsert(makeRecord(row));
          const closed = ({ status, startTime }: (typeof rows)[number]) =>
            status === 'RUNNING' ? Number.MAX_SAFE_INTEGER : startTime + 1;
          const compare = comparePositions([true, true]);
          const expected = rows
            .map(({ workflowId, runId, ...row }) => ({
              workflowId,
              runId,
              keys: [closed({ workflowId, runId, ...row }), row.startTime],
            }))
            .toSorted(compare)
            .map((row) => row.runId);
          expect(await listAll(client, '', pageSize)).toEqual(expected);
          expect(await client.count({})).toEqual({ count: String(rows.length) });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps its place when newer runs arrive between two pages', async () => {
    const { client } = shardsInMemory(3);
    for (let i = 0; i < 6; i++)
      await client.upsert(makeRecord({ workflowId: `w${i}`, runId: `r${i}`, startTime: i }));
    const first = await client.list({ pageSize: 3 });
    await client.upsert(makeRecord({ workflowId: 'new', runId: 'new', startTime: 99 }));
    const second = await client.list({ pageSize: 3, nextPageToken: first.nextPageToken! });
    const ids = [...first.executions, ...second.executions].map(({ execution }) => execution.runId);
    expect(ids).toEqual(['r5', 'r4', 'r3', 'r2', 'r1', 'r0']);
    expect(second.nextPageToken).toBeUndefined();
  });

  it('takes only the sure part when shards could not give all they were asked for', async () => {
    const { shard } = shardsInMemory(2);
    const whole = new VisibilityClient(new ShardMap([2]), shard);
    const ids = Array.from({ length: 16 }, (_, i) => `w${i}`);
    for (const [i, id] of ids.entries())
      await whole.upsert(makeRecord({ workflowId: id, runId: id, startTime: i }));
    expect(new Set(ids.map((id) => shardOf(id, 2)))).toEqual(new Set([0, 1]));
    // As shards do whose rows are very large: a page ends early, each at another place.
    const short = (number: number): VisibilityShard => ({
      ...shard(number),
      list: (request) => shard(number).list({ ...request, pageSize: number === 0 ? 1 : 3 }),
    });
    expect(await listAll(new VisibilityClient(new ShardMap([2]), short), '', 10)).toEqual(ids.toReversed());
  });

  it('asks one shard when the query names a workflow id', async () => {
    const { client, asked } = shardsInMemory(4);
    await client.list({ query: "WorkflowId = 'abc'" });
    await client.count({ query: "WorkflowId = 'abc'" });
    expect(asked).toEqual([shardOf('abc', 4), shardOf('abc', 4)]);
  });

  it('refuses a bad query, page size or token before any shard is asked', async () => {
    const { client, asked } = shardsInMemory(2);
    await expect(client.list({ query: 'nonsense' })).rejects.toThrow(ServiceError);
    await expect(client.list({ pageSize: 1_001 })).rejects.toThrow('pageSize: at most 1000');
    await expect(client.list({ nextPageToken: 'AAAA' })).rejects.toThrow('nextPageToken');
    await expect(client.list({ nextPageToken: '!' })).rejects.toThrow('nextPageToken');
    expect(asked.length).toBe(0);
  });

  it('orders by what the query says, runs without a value last, over all pages and shards', async () => {
    const { client } = shardsInMemory(3);
    for (const [i, amount] of [3, undefined, 1, 2, undefined, 2].entries()) {
      const searchAttributes = amount === undefined ? {} : { Amount: amount };
      await client.upsert(
        makeRecord({ workflowId: `w${i}`, runId: `r${i}`, startTime: i, searchAttributes }),
      );
    }
    expect(await listAll(client, 'ORDER BY Amount', 2)).toEqual(['r2', 'r5', 'r3', 'r0', 'r4', 'r1']);
    expect(await listAll(client, 'ORDER BY Amount DESC, StartTime', 4)).toEqual([
      'r0',
      'r3',
      'r5',
      'r2',
      'r1',
      'r4',
    ]);
    await expect(client.count({ query: 'ORDER BY Amount' })).rejects.toThrow('ORDER BY is for lists');
  });

  it('counts by group over all shards, statuses in the order of their numbers, other values in their own', async () => {
    const { client } = shardsInMemory(3);
    const cities = ['Oslo', 'Bergen', 'Oslo', undefined, 'Oslo'];
    for (const [i, city] of cities.entries()) {
      const status = i === 0 ? 'FAILED' : 'RUNNING';
      await client.upsert(
        makeRecord({
          workflowId: `w${i}`,
          runId: `r${i}`,
          status,
          searchAttributes: city ? { City: city } : {},
        }),
      );
    }
    const groups = async (query: string) => {
      const reply = await client.count({ query });
      const named = reply.groups!.map(({ groupValues, count }) => [atob(groupValues[0]!.data!), count]);
      return [reply.count, ...named];
    };
    expect(await groups('GROUP BY ExecutionStatus')).toEqual(['5', ['"Running"', '4'], ['"Failed"', '1']]);
    expect(await groups("ExecutionStatus = 'Running' GROUP BY City")).toEqual([
      '4',
      ['"Bergen"', '1'],
      ['"Oslo"', '2'],
    ]);
    await client.upsert(makeRecord({ workflowId: 'c', runId: 'c', status: 'COMPLETED' }));
    expect(await groups('GROUP BY ExecutionStatus')).toEqual([
      '6',
      ['"Running"', '4'],
      ['"Completed"', '1'],
      ['"Failed"', '1'],
    ]);
    await expect(client.list({ query: 'GROUP BY City' })).rejects.toThrow('GROUP BY is for counts');
  });

  it('wakes the other shards when one fails to sweep', async () => {
    const { shard } = shardsInMemory(3);
    const failing = (number: number): VisibilityShard =>
      number === 1 ? { ...shard(1), sweep: () => Promise.reject(new Error('down')) } : shard(number);
    const { swept, failures } = await new VisibilityClient(new ShardMap([3]), failing).sweep();
    expect(swept).toBe(2);
    expect(failures).toEqual([new Error('down')]);
  });
});

describe('places and names', () => {
  it('a paging token names the place it was made from', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ unit: 'grapheme' }), fc.uuid(), (time, workflowId, runId) => {
        const position = { keys: [time, 'x'], workflowId, runId };
        expect(decodePageToken(encodePageToken(position), 2)).toEqual(position);
        expect(() => decodePageToken(encodePageToken(position), 3)).toThrow('nextPageToken');
        expect(encodePageToken(position)).toMatch(/^[\w=-]+$/);
      }),
    );
  });

  it('spreads ids over all shards, and always the same way', () => {
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4_000; i++) counts[shardOf(`order-${i}`, 4)]!++;
    for (const count of counts) expect(count).toBeGreaterThan(700);
    expect([shardOf('abc', 4), shardOf('', 4), shardOf('ü', 4)]).toEqual([3, 1, 2]);
  });

  it('names a shard so that no namespace can take the name of another', () => {
    expect(parseShardName(shardName('a",1', 2))).toEqual({ namespace: 'a",1', shard: 2 });
  });
});
