/** A namespace with many runs in shards over SQLite of Node, and how long its pages take. */

import { VisibilityClient, type VisibilityShard } from '../../src/visibility/client.ts';
import { parseListQuery } from '../../src/visibility/list-filter.ts';
import { ShardMap } from '../../src/visibility/shard.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { makeRecord } from '../visibility/records.ts';
import { memorySql } from '../visibility/sqlite.ts';

const SHARDS = 4;
const PAGES = 20;
const custom = { Customer: 'KEYWORD', Amount: 'INT', Note: 'TEXT' } as const;

export async function listedRuns(runs: number): Promise<VisibilityClient> {
  const shards = Array.from({ length: SHARDS }, (): VisibilityShard => {
    const store = new VisibilityStore(memorySql());
    return {
      upsert: async (records) => {
        for (const record of records) store.upsert(record, 0, custom);
      },
      list: async ({ query, attributes = {}, pageSize, cursor }) =>
        store.page(parseListQuery(query, attributes), pageSize, cursor),
      count: async ({ query, attributes = {} }) => ({ ok: store.count(parseListQuery(query, attributes)) }),
      backlog: async (kind, taskQueue) => store.backlog(kind, taskQueue),
      sweep: async () => ({ swept: 0 }),
      newer: async () => [],
      isMoving: async () => false,
    };
  });
  const client = new VisibilityClient(
    new ShardMap([SHARDS]),
    (number) => shards[number]!,
    async () => custom,
  );
  for (let i = 0; i < runs; i++) {
    await client.upsert(
      makeRecord({
        workflowId: `order-${i}`,
        runId: `run-${i}`,
        startTime: i * 1_000,
        status: i % 10 === 0 ? 'RUNNING' : 'COMPLETED',
        searchAttributes: {
          Customer: `c-${i % 500}`,
          Amount: (i * 7_919) % 1_000,
          Note: i % 50 === 0 ? 'paid late' : 'paid at once',
        },
      }),
    );
  }
  return client;
}

/** The 95th percentile of the first pages of a list, in milliseconds. */
export async function slowestPage(client: VisibilityClient, query: string): Promise<number> {
  const times: number[] = [];
  let nextPageToken: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const begin = performance.now();
    const reply = await client.list({ query, pageSize: 100, ...(nextPageToken && { nextPageToken }) });
    times.push(performance.now() - begin);
    nextPageToken = reply.nextPageToken;
  }
  return times.toSorted((a, b) => a - b)[Math.ceil(PAGES * 0.95) - 1]!;
}
