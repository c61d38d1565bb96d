/** Reset and pause in real objects: what is stored, and what a load makes of it. */

import { evictDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { until } from '../http-api.ts';
import { api, executionStub } from './support.ts';

describe('a run that is reset', () => {
  it('has its own copy of large payloads, and goes on after an eviction', async () => {
    const workflowId = 'reset-large';
    const text = 'a'.repeat(400_000);
    await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [2, text] });
    await until('the run to wait', async () => (await api.query(workflowId, 'items')) !== undefined);
    await api.signal(workflowId, 'add', ['x']);
    await until('the signal to be seen', async () => {
      const items = (await api.query(workflowId, 'items')) as unknown[] | undefined;
      return items?.length === 1;
    });
    const before = await api.history(workflowId);
    const reset = { reason: 'again', options: { firstWorkflowTask: {} } };
    const { status, body } = await api.send('POST', `/workflows/${workflowId}/reset`, reset);
    expect(status).toBe(200);
    await evictDurableObject(executionStub(workflowId));
    const after = await api.history(workflowId);
    expect(JSON.stringify(after[0])).toBe(JSON.stringify(before[0]));
    expect(after.map(({ eventType }) => eventType)).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED');
    await api.send('POST', `/workflows/${workflowId}/pause`, { reason: 'wait' });
    await api.signal(workflowId, 'add', ['y']);
    await evictDurableObject(executionStub(workflowId));
    const described = await api.send('GET', `/workflows/${workflowId}`);
    expect(described.body.workflowExecutionInfo).toMatchObject({
      execution: { runId: body.runId },
      status: 'WORKFLOW_EXECUTION_STATUS_PAUSED',
    });
    await api.send('POST', `/workflows/${workflowId}/unpause`, {});
    expect(await api.result(workflowId)).toEqual(['x', 'y']);
  });
});
