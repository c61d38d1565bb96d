/// <reference types="@cloudflare/vitest-pool-workers/types" />
/** Retention and the archive over a real object, a real alarm and a real bucket. */

import { afterEach, expect, it, vi } from 'vitest';
import { until } from '../http-api.ts';
import { api, env, executionStub, fireAlarm, tablesOf } from './support.ts';

const DAY = 24 * 3_600_000;

afterEach(() => {
  vi.useRealTimers();
});

const keys = async (): Promise<string[]> =>
  (await env.ARCHIVE!.list()).objects.map(({ key }: { key: string }) => key);

it('a run goes to the archive when its time is over, is read there, and can be deleted there', async () => {
  const workflowId = 'to be archived / 1';
  const at = `/workflows/${encodeURIComponent(workflowId)}`;
  const { runId } = await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [2] });
  await api.signal(workflowId, 'add', ['a']);
  await api.signal(workflowId, 'add', ['b'.repeat(200_000)]);
  await api.result(workflowId);
  await until('the row of the close', async () =>
    (await api.list(`WorkflowId = '${workflowId}'`)).some(({ closeTime }) => closeTime !== undefined),
  );
  const events = await api.history(workflowId);
  const before = await api.describe(workflowId);
  vi.setSystemTime(Date.now() + 29 * DAY);
  await fireAlarm(workflowId);
  expect(await tablesOf(executionStub(workflowId))).not.toEqual([]);
  expect(await keys()).toEqual([]);
  vi.setSystemTime(Date.now() + 2 * DAY);
  await fireAlarm(workflowId);
  await until('the object to be empty', async () => (await tablesOf(executionStub(workflowId))).length === 0);
  expect(await keys()).toHaveLength(2);
  expect(await api.count(`WorkflowId = '${workflowId}'`)).toBe(0);
  expect(await api.history(workflowId)).toEqual(events);
  expect((await api.describe(workflowId)).workflowExecutionInfo).toEqual(before.workflowExecutionInfo);
  expect(await api.result(workflowId)).toEqual(['a', 'b'.repeat(200_000)]);
  const reverse = await api.ok<{ history: { events: Array<{ eventId: string }> } }>(
    'GET',
    `${at}/history-reverse?execution.runId=${runId}`,
  );
  expect(reverse.history.events.map(({ eventId }) => eventId)).toEqual(
    events.map(({ eventId }) => eventId).toReversed(),
  );
  expect((await api.send('GET', `${at}/history?skipArchival=true`)).status).toBe(404);
  expect((await api.send('POST', `${at}/terminate`, {})).status).toBe(404);
  expect((await api.send('DELETE', `${at}?workflowExecution.runId=${runId}`)).status).toBe(200);
  expect(await keys()).toEqual([]);
  expect((await api.send('GET', at)).status).toBe(404);
  expect((await api.send('DELETE', `${at}?workflowExecution.runId=${runId}`)).status).toBe(404);
  expect(await tablesOf(executionStub(workflowId))).toEqual([]);
});
