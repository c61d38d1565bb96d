/// <reference types="@cloudflare/vitest-pool-workers/types" />
/** Activities that belong to no workflow over real objects, alarms and Queues: taken out of memory, archived, deleted, restored. */

import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BackupEntry, ExportBackupReply } from '../../sdk/common/backup.ts';
import { activityAddress } from '../../sdk/common/ids.ts';
import type { DescribeActivityExecutionReply, PollActivityExecutionReply } from '../../sdk/common/service.ts';
import { until } from '../http-api.ts';
import { api, armedAlarm, env, executionStub, fireAlarm, tablesOf } from './support.ts';

const DAY = 24 * 3_600_000;
const retryPolicy = { initialInterval: '0.050s', maximumInterval: '0.200s' };

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const start = (id: string, type: string, input: unknown[], more: object = {}) =>
  api.ok<{ runId: string; started: boolean }>('POST', `/activities/${id}`, {
    activityType: { name: type },
    taskQueue: { name: 'plain' },
    input,
    startToCloseTimeout: '60s',
    retryPolicy,
    ...more,
  });
async function outcome(id: string): Promise<unknown> {
  const reply = await api.ok<PollActivityExecutionReply>('GET', `/activities/${id}/outcome?waitMs=20000`);
  if (!reply.outcome) throw new Error(`${id} is still open`);
  const { result, failure } = reply.outcome;
  return failure ?? (result as unknown as unknown[])[0];
}
const describeOne = (id: string) =>
  api.ok<DescribeActivityExecutionReply>('GET', `/activities/${id}?includeOutcome=true`);
async function countOf(query: string): Promise<number> {
  const path = `/activity-count?query=${encodeURIComponent(query)}`;
  return Number((await api.ok<{ count: string }>('GET', path)).count);
}
const stubOf = (id: string) => executionStub(activityAddress(id));

describe('an activity that belongs to no workflow', () => {
  it.each([
    { taskQueue: 'plain', messages: 3 },
    { taskQueue: 'consumer', messages: 3 },
    { taskQueue: 'direct', messages: 0 },
  ])('goes by the way of its task queue, each attempt: $taskQueue', async ({ taskQueue, messages }) => {
    const id = `flaky-${taskQueue}`;
    const sent = vi.spyOn(env.TASK_QUEUE, 'send');
    await start(id, 'failTimes', [id, 2], { taskQueue: { name: taskQueue } });
    expect(await outcome(id)).toBe(3);
    expect(sent).toHaveBeenCalledTimes(messages);
    expect((await describeOne(id)).info).toMatchObject({
      status: 'ACTIVITY_EXECUTION_STATUS_COMPLETED',
      attempt: 3,
    });
  });

  it('tells its outcome also behind an input that fills a page of its log', async () => {
    const id = 'much';
    await start(id, 'failTimes', [id, 0, 'x'.repeat(5_000_000)]);
    expect(await outcome(id)).toBe(1);
    expect(await describeOne(id)).toMatchObject({ outcome: { result: [1] } });
  });

  it.each(['evicted', 'aborted'] as const)('ends once though its object is %s while it runs', async (how) => {
    const id = `held-${how}`;
    await start(id, 'hold', [id]);
    await until('the execution', async () => (await env.WORKER_PLAIN.executionsOf(id)).length > 0);
    if (how === 'aborted') await abortAllDurableObjects();
    const released = env.WORKER_PLAIN.release(id);
    if (how === 'evicted') await Promise.all([released, evictDurableObject(stubOf(id))]);
    await released;
    expect(await outcome(id)).toBe(1);
    expect(await env.WORKER_PLAIN.executionsOf(id)).toHaveLength(1);
  });

  it('that nobody asks about comes back by the alarm of its object', async () => {
    const id = 'died';
    await start(id, 'hold', [id]);
    await until('the execution', async () => (await env.WORKER_PLAIN.executionsOf(id)).length > 0);
    await abortAllDurableObjects();
    expect(await armedAlarm(activityAddress(id))).toBeLessThan(Date.now() + 3_000);
    await env.WORKER_PLAIN.release(id);
    await until(
      'its row',
      async () => (await countOf(`ActivityId = '${id}' AND ExecutionStatus = 'Completed'`)) === 1,
    );
  });

  it('is in the lists of activities alone, and no id of a workflow reaches it', async () => {
    const id = 'listed';
    await start(id, 'record', [id]);
    await outcome(id);
    await until('its row', async () => (await countOf(`ActivityId = '${id}'`)) === 1);
    expect(await api.count("WorkflowType = 'record'")).toBe(0);
    const address = encodeURIComponent(activityAddress(id));
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/history'],
      ['POST', '/terminate'],
      ['POST', '/reset'],
    ] as const)
      expect(
        (await api.send(method, `/workflows/${address}${path}`, method === 'POST' ? {} : undefined)).status,
      ).toBe(400);
  });

  it('goes to the archive when its time is over, is read there, and leaves nothing when it is deleted', async () => {
    const id = 'archived';
    const { runId } = await start(id, 'record', [id]);
    expect(await outcome(id)).toBe(1);
    await until(
      'its row',
      async () => (await countOf(`ActivityId = '${id}' AND ExecutionStatus = 'Completed'`)) === 1,
    );
    const before = await describeOne(id);
    vi.setSystemTime(Date.now() + 31 * DAY);
    await fireAlarm(activityAddress(id));
    await until('the object to be empty', async () => (await tablesOf(stubOf(id))).length === 0);
    expect(await countOf(`ActivityId = '${id}'`)).toBe(0);
    expect(await describeOne(id)).toEqual(before);
    expect(await outcome(id)).toBe(1);
    await api.ok('DELETE', `/activities/${id}?runId=${runId}`);
    expect((await api.send('GET', `/activities/${id}`)).status).toBe(404);
    expect(await tablesOf(stubOf(id))).toEqual([]);
  });

  it('is in a backup, and goes on where that is restored', async () => {
    const id = 'backed-up';
    await start(id, 'hold', [id]);
    await until('the execution', async () => (await env.WORKER_PLAIN.executionsOf(id)).length > 0);
    await until('its row', async () => (await countOf(`ActivityId = '${id}'`)) === 1);
    const entries = (await backUp()).filter((entry) => entry.id === activityAddress(id));
    expect(entries).not.toEqual([]);
    await api.ok('DELETE', `/activities/${id}`);
    await until('the object to be empty', async () => (await tablesOf(stubOf(id))).length === 0);
    await call('POST', '/backup', { entries: entries.map((entry) => JSON.stringify(entry)) });
    const [{ kind, namespace } = entries[0]!] = entries;
    await call('POST', '/backup/resume', { objects: [{ kind, namespace, id: activityAddress(id) }] });
    await env.WORKER_PLAIN.release(id);
    expect(await outcome(id)).toBeGreaterThanOrEqual(1);
  });
});

const engine = (exports as unknown as { default: Fetcher }).default;

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await engine.fetch(`http://127.0.0.1/api/v1${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer as T;
}

async function backUp(): Promise<BackupEntry[]> {
  const entries: BackupEntry[] = [];
  for (let token: string | undefined = ''; token !== undefined; ) {
    const page: ExportBackupReply = await call('GET', `/backup?pageToken=${encodeURIComponent(token)}`);
    entries.push(...page.entries.map((line) => JSON.parse(line) as BackupEntry));
    token = page.nextPageToken;
  }
  return entries;
}
