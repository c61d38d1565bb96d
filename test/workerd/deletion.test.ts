/// <reference types="@cloudflare/vitest-pool-workers/types" />
/** Deletion over real objects: nothing of a run that is gone is in any table of any object. */

import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { systemObject } from '../../src/auth/system-object.ts';
import { shardName } from '../../src/visibility/shard.ts';
import { until } from '../http-api.ts';
import { api, armedAlarm, env, executionStub, fireAlarm, tablesOf } from './support.ts';

const CANARY = 'canary-3b1e9d';
/** What is sure to be in the base64 of any text that has the canary in it. */
const FORMS = [CANARY, ...[0, 1, 2].map((shift) => btoa(' '.repeat(shift) + CANARY).slice(shift && 4, -4))];

const workflowIds = new Set<string>();

/** Every object that there is, by its binding. */
function objects(): Array<[string, DurableObjectStub]> {
  return [
    ...[...workflowIds].map((id): [string, DurableObjectStub] => ['execution', executionStub(id)]),
    ...[0, 1].map((n): [string, DurableObjectStub] => [
      'visibility',
      env.VISIBILITY.getByName(shardName('default', n)),
    ]),
    ['namespace', env.NAMESPACE.getByName('default')],
    ['system', systemObject(env) as unknown as DurableObjectStub],
    ['batch', env.BATCH.getByName('default')],
  ];
}

/** `object table` of every table of every object in which some row has the canary. */
async function places(): Promise<string[]> {
  const found = new Set<string>();
  for (const [name, stub] of objects()) {
    for (const table of await tablesOf(stub)) {
      const rows = await runInDurableObject(stub, (_, { storage }) =>
        JSON.stringify(storage.sql.exec(`SELECT * FROM "${table}"`).toArray()),
      );
      if (FORMS.some((form) => rows.includes(form))) found.add(`${name} ${table}`);
    }
  }
  return [...found];
}

/** A run that has the canary in everything that one can give it. */
async function startEverywhere(workflowId: string, large = false): Promise<string> {
  workflowIds.add(workflowId);
  const text = large ? CANARY.repeat(40_000) : CANARY;
  const payload = { metadata: { encoding: btoa('json/plain') }, data: btoa(`"${text}"`) };
  await api
    .ok('POST', '/search-attributes', { searchAttributes: { Canary: 'Keyword' } })
    .catch(() => undefined);
  const { runId } = await api.start({
    workflowId,
    workflowType: 'gather',
    taskQueue: 'plain',
    args: [2, text],
    more: {
      requestId: `${CANARY}-start`,
      identity: `${CANARY}-identity`,
      memo: { fields: { note: payload } },
      header: { fields: { trace: payload } },
      searchAttributes: { indexedFields: { Canary: { ...payload, data: btoa(`"${CANARY}"`) } } },
      userMetadata: { summary: payload, details: payload },
    },
  });
  await api.signal(workflowId, 'add', [text], `${CANARY}-signal`);
  await until('the signal', async () => ((await api.query(workflowId, 'items')) as string[]).length === 1);
  return runId;
}

const remove = (workflowId: string, runId = '') =>
  api.send('DELETE', `/workflows/${workflowId}?workflowExecution.runId=${runId}`);

const gone = (workflowId: string) =>
  until('the run to be gone', async () => (await api.send('GET', `/workflows/${workflowId}`)).status === 404);

it.each([
  ['small', false],
  ['large', true],
])('nothing is left of an open run with %s payloads, in no table of any object', async (name, large) => {
  const workflowId = `delete-${name}`;
  await startEverywhere(workflowId, large);
  await until('its row', async () => (await places()).includes('visibility runs'));
  expect(await places()).toEqual(expect.arrayContaining(['execution log', 'visibility runs']));
  expect((await remove(workflowId)).status).toBe(200);
  await gone(workflowId);
  expect(await places()).toEqual([]);
  expect(await tablesOf(executionStub(workflowId))).toEqual([]);
  expect(await armedAlarm(workflowId)).toBeNull();
  expect((await remove(workflowId)).status).toBe(404);
  expect((await api.send('POST', `/workflows/${workflowId}/signal/add`, {})).status).toBe(404);
  expect(await tablesOf(executionStub(workflowId))).toEqual([]);
  expect(await api.count(`WorkflowId = '${workflowId}'`)).toBe(0);
});

it('a run that is closed goes, and its id may be used again at once', async () => {
  const workflowId = 'delete-closed';
  const runId = await startEverywhere(workflowId);
  await api.signal(workflowId, 'add', [CANARY]);
  await api.result(workflowId);
  await remove(workflowId, runId);
  await gone(workflowId);
  expect(await places()).toEqual([]);
  const { started } = await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [0] });
  expect(started).toBe(true);
  expect(await api.result(workflowId)).toEqual([]);
});

it('a deletion goes on when all objects die under way', async () => {
  const ids = Array.from({ length: 8 }, (_, i) => `delete-crash-${i}`);
  for (const id of ids) await startEverywhere(id);
  await Promise.all(ids.map((id) => remove(id)));
  await abortAllDurableObjects();
  await until('all to be gone', async () => {
    // As the platform would, only sooner.
    for (const id of ids) await fireAlarm(id);
    return (await places()).length === 0;
  });
  for (const id of ids) expect(await tablesOf(executionStub(id))).toEqual([]);
});

it('a batch job deletes every run that matches', async () => {
  const ids = Array.from({ length: 6 }, (_, i) => `delete-batch-${i}`);
  for (const id of ids) await startEverywhere(id);
  const visibilityQuery = "WorkflowId STARTS_WITH 'delete-batch-'";
  await until('the rows', async () => (await api.count(visibilityQuery)) === ids.length);
  const body = { visibilityQuery, reason: 'enough', deletionOperation: {} };
  await api.ok('POST', '/batch-operations/delete-job', body);
  const job = () => api.ok<Record<string, string>>('GET', '/batch-operations/delete-job');
  await until('the job to close', async () => (await job()).closeTime !== undefined);
  expect(await job()).toMatchObject({
    operationType: 'BATCH_OPERATION_TYPE_DELETE',
    completeOperationCount: '6',
    failureOperationCount: '0',
  });
  for (const id of ids) await gone(id);
  expect(await places()).toEqual([]);
});
