/// <reference types="@cloudflare/vitest-pool-workers/types" />
/** Payloads of many megabytes in workerd: real RPC, real rows, real request bodies. */

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { Client, Connection } from 'perdure/client';
import { describe, expect, it } from 'vitest';
import { api, executionStub } from './support.ts';
import type { carry } from './workflows.ts';

const MIB = 1024 * 1024;
const self = (exports as unknown as { default: Fetcher }).default;

interface Piece {
  owner: string;
  bytes: number;
}
function pieces(workflowId: string): Promise<Piece[]> {
  return runInDurableObject(executionStub(workflowId), (_, state) => {
    const sql = 'SELECT owner, LENGTH(CAST(data AS BLOB)) AS bytes FROM pieces';
    return state.storage.sql.exec<{ owner: string; bytes: number }>(sql).toArray();
  });
}

/** Compared by length and ends: a diff of megabytes helps nobody. */
function same(actual: unknown, expected: string): void {
  const brief = (text: unknown) =>
    typeof text === 'string' ? [text.length, text.slice(0, 20), text.slice(-20)] : text;
  expect(brief(actual)).toEqual(brief(expected));
  expect(actual === expected).toBe(true);
}

describe.each(['plain', 'consumer', 'direct'])('on task queue %s', (taskQueue) => {
  it.each([5, 15])(
    '%i MiB go through start, activity, result, query, history and client',
    async (mebibytes) => {
      const workflowId = `carry-${taskQueue}-${mebibytes}`;
      const connection = await Connection.connect({
        address: { fetch: (url, init) => self.fetch(url, init) },
      });
      const client = new Client({ connection });
      const value = `${'v'.repeat(mebibytes * MIB - 10)}the end`;
      const handle = await client.workflow.start<typeof carry>('carry', {
        workflowId,
        taskQueue,
        args: [value],
      });
      same(await handle.result(), value);
      await evictDurableObject(executionStub(workflowId));
      const [carried] = (await handle.query('items')) as string[];
      same(carried, value);
      const history = await handle.fetchHistory();
      const found = history.events!.filter((event) => JSON.stringify(event).length > mebibytes * MIB);
      expect(found.map(({ eventType }) => String(eventType).replace(/^EVENT_TYPE_/, ''))).toEqual([
        'WORKFLOW_EXECUTION_STARTED',
        'ACTIVITY_TASK_SCHEDULED',
        'ACTIVITY_TASK_COMPLETED',
        'WORKFLOW_EXECUTION_COMPLETED',
      ]);
      const stored = await pieces(workflowId);
      // Once, although four events have it; in rows that the platform takes.
      expect(new Set(stored.map(({ owner }) => owner)).size).toBe(1);
      expect(Math.max(...stored.map(({ bytes }) => bytes))).toBeLessThan(2_000_000);
    },
    60_000,
  );
});

it('one value for ten activities is stored once', async () => {
  const workflowId = 'spread';
  const args = ['s'.repeat(MIB), 10];
  await api.start({ workflowId, workflowType: 'spread', taskQueue: 'direct', args });
  expect(await api.result(workflowId)).toBe(10 * MIB);
  const stored = await pieces(workflowId);
  expect(new Set(stored.map(({ owner }) => owner)).size).toBe(1);
}, 60_000);

it.each([
  [16 * MIB - 2, String(16 * MIB - 2)],
  // As JSON, with its quotes.
  [16 * MIB - 1, `result: a payload of ${16 * MIB + 1} bytes is over the limit of ${16 * MIB}`],
  [20 * MIB, /^The activity's answer is too large: \d+ bytes of JSON; at most 25165824 can be sent$/],
])(
  'a result of %i bytes is taken, or fails its activity for good',
  async (bytes, expected) => {
    const workflowId = `overflow-${bytes}`;
    await api.start({ workflowId, workflowType: 'overflow', taskQueue: 'plain', args: [bytes] });
    expect(await api.result(workflowId)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  },
  60_000,
);

it('a signal over the limit is refused with 413, and nothing is stored', async () => {
  const workflowId = 'refused';
  await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [1] });
  const signal = (bytes: number) =>
    api.send('POST', `/workflows/${workflowId}/signal/add`, { input: ['x'.repeat(bytes)] });
  expect(await signal(17 * MIB)).toMatchObject({ status: 413, body: { code: 8 } });
  expect(await signal(25 * MIB)).toMatchObject({ status: 413, body: { code: 8 } });
  const tables = await runInDurableObject(executionStub(workflowId), (_, state) =>
    state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'pieces'").toArray(),
  );
  expect(tables).toEqual([]);
  expect((await signal(10)).status).toBe(200);
});
