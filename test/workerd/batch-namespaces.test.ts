/** SEC-T4 (CVE-2026-5199): a batch job works where it was started, whatever ids there are elsewhere. */

import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { until } from '../http-api.ts';

const self = (exports as unknown as { default: Fetcher }).default;

async function ask(method: string, path: string, body?: object): Promise<any> {
  const init = { method, ...(body && { body: JSON.stringify(body) }) };
  const response = await self.fetch(`http://127.0.0.1/api/v1/namespaces${path}`, init);
  const reply = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${JSON.stringify(reply)}`);
  return reply;
}
const statusOf = async (namespace: string, id: string): Promise<string> =>
  (await ask('GET', `/${namespace}/workflows/${id}`)).workflowExecutionInfo.status;

it('terminates by query and by id in its own namespace, and in no other', async () => {
  const start = { workflowType: { name: 'gather' }, taskQueue: { name: 'nobody' }, input: [1] };
  for (const namespace of ['batch-a', 'batch-b']) {
    await ask('POST', '', { namespace, workflowExecutionRetentionPeriod: '86400s' });
    for (const id of ['same', 'same-too']) await ask('POST', `/${namespace}/workflows/${id}`, start);
    await until('its rows', async () => (await ask('GET', `/${namespace}/workflow-count`)).count === '2');
  }
  const jobs = {
    'by-query': { visibilityQuery: "WorkflowId = 'same'" },
    'by-id': { executions: [{ workflowId: 'same-too' }] },
  };
  for (const [job, which] of Object.entries(jobs)) {
    const path = `/batch-a/batch-operations/${job}`;
    await ask('POST', path, { ...which, reason: 'the test says so', terminationOperation: {} });
    await until('the job to close', async () => (await ask('GET', path)).closeTime !== undefined);
    expect(await ask('GET', path)).toMatchObject({ completeOperationCount: '1', failureOperationCount: '0' });
    await expect(ask('GET', `/batch-b/batch-operations/${job}`)).rejects.toThrow('HTTP 404');
  }
  for (const id of ['same', 'same-too']) {
    expect([id, await statusOf('batch-a', id)]).toEqual([id, 'WORKFLOW_EXECUTION_STATUS_TERMINATED']);
    expect([id, await statusOf('batch-b', id)]).toEqual([id, 'WORKFLOW_EXECUTION_STATUS_RUNNING']);
  }
});
