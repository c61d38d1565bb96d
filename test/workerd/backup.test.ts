/** A whole engine is backed up, lost, and restored: what was open goes on, and what came due meanwhile happens. */

import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import type { BackupEntry, BackupRef, ExportBackupReply } from '../../sdk/common/backup.ts';
import { scheduleObjectName } from '../../sdk/common/schedule.ts';
import { shardName } from '../../src/visibility/shard.ts';
import { until } from '../http-api.ts';
import { api, env, executionStub } from './support.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const engine = (exports as unknown as { default: Fetcher }).default;

/** Of the engine as a whole. */
async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const init = { method, ...(body && { body: JSON.stringify(body) }) };
  const response = await engine.fetch(`http://127.0.0.1/api/v1${path}`, init);
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer as T;
}

async function backUp(): Promise<BackupEntry[]> {
  const entries: BackupEntry[] = [];
  for (let token: string | undefined = ''; token !== undefined; ) {
    const page: ExportBackupReply = await call('GET', `/backup?pageToken=${encodeURIComponent(token)}`);
    expect(page.format).toBe(1);
    entries.push(...page.entries.map((line) => JSON.parse(line) as BackupEntry));
    token = page.nextPageToken;
  }
  return entries;
}

const refOf = ({ kind, namespace, id }: BackupEntry): BackupRef => ({ kind, namespace, id });

async function restore(entries: BackupEntry[]): Promise<{ open: number; lostChildren: number }> {
  await call('POST', '/backup', { entries: entries.map((entry) => JSON.stringify(entry)) });
  const refs = new Map(entries.map((entry) => [JSON.stringify(refOf(entry)), refOf(entry)]));
  return call('POST', '/backup/resume', { objects: [...refs.values()] });
}

/** Nothing is left of the objects, of visibility, or in memory. */
async function lose(entries: BackupEntry[]): Promise<void> {
  const shards = Array.from({ length: Number(env.VISIBILITY_SHARDS) }, (_, n) => shardName('default', n));
  const stubs = [
    ...shards.map((name) => env.VISIBILITY.getByName(name)),
    env.NAMESPACE.getByName('default'),
    ...entries.flatMap(({ kind, id }) => {
      if (kind === 'workflow') return [executionStub(id)];
      return kind === 'schedule' ? [env.SCHEDULE.getByName(scheduleObjectName('default', id))] : [];
    }),
  ];
  for (const stub of stubs)
    await runInDurableObject(stub, async (_, state) => {
      await state.storage.deleteAlarm();
      await state.storage.deleteAll();
    });
  await abortAllDurableObjects();
}

const start = (workflowId: string, workflowType: string, args: unknown[] = []) =>
  api.start({
    workflowId,
    workflowType,
    taskQueue: 'plain',
    args,
    more: { requestId: `start-${workflowId}` },
  });
const reaches = (workflowId: string, type: string) =>
  until(type, async () => (await api.eventTypes(workflowId)).includes(type));

it('goes on elsewhere with all that it had: open runs, due timers, activities, request ids, schedules, lists', async () => {
  const { runId } = await start('closed', 'echoing', ['done']);
  await api.result('closed');
  await start('large', 'echoing', ['x'.repeat(300_000)]);
  await api.result('large');
  await start('waiting', 'collecting', [2]);
  await api.signal('waiting', 'put', ['one'], 'signal-one');
  await start('sleeping', 'nap', ['sleeping', 4_000]);
  await reaches('sleeping', 'TimerStarted');
  await start('working', 'held', ['working']);
  await until('the activity', async () => (await env.WORKER_PLAIN.executionsOf('working')).length > 0);
  await start('chain', 'relay');
  await api.result('chain');
  await api.ok('POST', '/search-attributes', { searchAttributes: { Region: 'INDEXED_VALUE_TYPE_KEYWORD' } });
  await api.ok('POST', '/schedules/nightly', {
    schedule: {
      spec: { interval: [{ interval: '3600s' }] },
      action: {
        startWorkflow: {
          workflowId: 'night',
          workflowType: { name: 'echoing' },
          taskQueue: { name: 'plain' },
        },
      },
    },
  });
  await until('the list', async () => (await api.count('')) === 8);
  await until(
    'the schedule in the list',
    async () => (await api.ok<{ schedules: unknown[] }>('GET', '/schedules')).schedules.length === 1,
  );
  const before = await api.history('waiting');

  const entries = await backUp();
  expect(new Set(entries.map(({ kind }) => kind))).toEqual(
    new Set(['system', 'namespace', 'schedule', 'workflow']),
  );
  await lose(entries);
  expect(await api.count('')).toBe(0);
  expect((await api.send('GET', '/workflows/waiting')).status).toBe(404);
  expect((await api.send('GET', '/schedules/nightly')).status).toBe(404);
  // The timer comes due while there is no engine.
  await new Promise((resolve) => setTimeout(resolve, 4_100));

  expect(await restore(entries)).toEqual({ open: 3, lostChildren: 0 });
  expect(await api.count('')).toBe(8);
  expect(await api.count("ExecutionStatus = 'Running'")).toBe(3);
  expect((await api.history('waiting')).slice(0, before.length)).toEqual(before);
  expect(await api.result('sleeping')).toBe(1);
  await env.WORKER_PLAIN.release('working');
  expect(await api.result('working')).toBeGreaterThanOrEqual(1);
  expect(await api.result('large')).toHaveLength(300_000);
  expect((await start('closed', 'echoing', ['done'])).runId).toBe(runId);
  await api.signal('waiting', 'put', ['one'], 'signal-one');
  await api.signal('waiting', 'put', ['two'], 'signal-two');
  expect(await api.result('waiting')).toEqual(['one', 'two']);
  expect(await api.result('chain')).toEqual(['run 1', 'run 2', 'run 3']);
  const attributes = await api.ok<{ customAttributes: object }>('GET', '/search-attributes');
  expect(attributes.customAttributes).toHaveProperty('Region');
  expect(await api.ok<object>('GET', '/schedules/nightly')).toHaveProperty('info.futureActionTimes');
  await until(
    'the schedule in the list',
    async () => (await api.ok<{ schedules: unknown[] }>('GET', '/schedules')).schedules.length === 1,
  );
});

it('may be restored again, and takes nothing from what went on since', async () => {
  await start('again', 'collecting', [2]);
  await until('the list', async () => (await api.count("WorkflowId = 'again'")) === 1);
  const entries = (await backUp()).filter(({ kind, id }) => kind === 'workflow' && id === 'again');
  await api.signal('again', 'put', ['one']);
  await restore(entries);
  await api.signal('again', 'put', ['two']);
  expect(await api.result('again')).toEqual(['one', 'two']);
});

it('tells parents what they missed, whose children were backed up later', async () => {
  await start('parent', 'awaiting');
  await until('the child', async () => (await api.send('GET', '/workflows/parent.child')).status === 200);
  await reaches('parent', 'ChildWorkflowExecutionStarted');
  await until('the list', async () => (await api.count("WorkflowId = 'parent'")) === 1);
  const early = (await backUp()).filter(({ kind, id }) => kind === 'workflow' && id === 'parent');
  await api.signal('parent.child', 'put', ['told']);
  expect(await api.result('parent')).toEqual(['told']);
  await until('the list', async () => (await api.count("WorkflowId = 'parent.child'")) === 1);
  const late = (await backUp()).filter(({ kind, id }) => kind === 'workflow' && id === 'parent.child');
  await lose([...early, ...late]);
  expect(await restore([...early, ...late])).toEqual({ open: 1, lostChildren: 0 });
  expect(await api.result('parent')).toEqual(['told']);
});

it('tells parents of children that nobody has any more', async () => {
  await start('bereft', 'awaiting');
  await reaches('bereft', 'ChildWorkflowExecutionStarted');
  const listed = "WorkflowId IN ('bereft', 'bereft.child')";
  await until('the list', async () => (await api.count(listed)) === 2);
  const entries = (await backUp()).filter(({ kind, id }) => kind === 'workflow' && id.startsWith('bereft'));
  await lose(entries);
  const parent = entries.filter(({ id }) => id === 'bereft');
  expect(await restore(parent)).toEqual({ open: 1, lostChildren: 1 });
  expect((await api.closed('bereft')).status).toBe('WORKFLOW_EXECUTION_STATUS_FAILED');
  expect(await api.eventTypes('bereft')).toContain('ChildWorkflowExecutionTerminated');
});
