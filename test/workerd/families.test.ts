/** Children, updates and continue-as-new between Durable Objects. */

import { describe, expect, it } from 'vitest';
import { until } from '../http-api.ts';
import { api, keepHistory } from './support.ts';

const stage = (name: string) => `UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_${name}`;

interface UpdateReply {
  updateRef: { workflowExecution: { runId: string } };
  stage: string;
  outcome?: { success?: number[]; failure?: { message: string } };
}
const update = (workflowId: string, updateId: string, by: number, wanted = 'COMPLETED') =>
  api.ok<UpdateReply>('POST', `/workflows/${encodeURIComponent(workflowId)}/update/change`, {
    waitPolicy: { lifecycleStage: stage(wanted) },
    request: { meta: { updateId }, input: { args: [by] } },
  });

describe('a family of workflows', () => {
  it('has children, takes updates, and goes on as new, each in an object of its own', async () => {
    const workflowId = 'family';
    const startWorkflow = {
      workflowType: { name: 'family' },
      taskQueue: { name: 'plain' },
      input: [workflowId],
      workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING',
    };
    const both = await api.ok<{
      startWorkflow: { runId: string; started: boolean };
      updateWorkflow: UpdateReply;
    }>('POST', `/workflows/${workflowId}/update-with-start/change`, {
      startWorkflow,
      updateWorkflow: {
        waitPolicy: { lifecycleStage: stage('COMPLETED') },
        request: { meta: { updateId: 'u1' }, input: { args: [1] } },
      },
    });
    expect(both.startWorkflow.started).toBe(true);
    expect(both.updateWorkflow).toMatchObject({ stage: stage('COMPLETED'), outcome: { success: [1] } });
    const { runId } = both.startWorkflow;

    const before = await api.history(workflowId);
    const refused = await update(workflowId, 'u2', 0);
    expect(refused.outcome?.failure?.message).toBe('nothing to change');
    expect(await api.history(workflowId)).toEqual(before);
    expect((await update(workflowId, 'u1', 9)).outcome).toEqual({ success: [1] });

    await api.signal(workflowId, 'add', ['go']);
    const second = await until('the second run', async () => {
      const { workflowExecutionInfo: info } = await api.describe(workflowId);
      return info.execution.runId !== runId && info.execution.runId;
    });
    expect((await update(workflowId, 'u3', 5)).updateRef.workflowExecution.runId).toBe(second);
    await api.signal(workflowId, 'add', ['go']);

    const { closeEvent, runId: last } = await api.closed(workflowId, 20_000, runId);
    expect(last).toBe(second);
    expect(closeEvent).toMatchObject({
      workflowExecutionCompletedEventAttributes: {
        result: [['run 1: changed by 1', 'from run 1', 'run 2: changed by 5', 'from run 2']],
      },
    });
    const polled = await api.ok<UpdateReply>(
      'GET',
      `/workflows/${workflowId}/update-result/u1?updateRef.workflowExecution.runId=${runId}`,
    );
    expect(polled).toMatchObject({ stage: stage('COMPLETED'), outcome: { success: [1] } });
    const children = await until('the children in the list', async () => {
      const found = await api.list(`ParentWorkflowId = '${workflowId}'`);
      return found.length === 2 && found;
    });
    expect(children.map(({ status }) => status)).toEqual(
      Array(2).fill('WORKFLOW_EXECUTION_STATUS_COMPLETED'),
    );
    await keepHistory(workflowId);
    await keepHistory(`${workflowId}.child-2`);
  });

  it('whose parent is terminated loses its children', async () => {
    const workflowId = 'orphan-maker';
    const started = { workflowId, workflowType: 'family', taskQueue: 'plain', args: [workflowId] };
    await api.start(started);
    const child = `${workflowId}.child-1`;
    await until(
      'the child',
      async () => (await api.send('GET', `/workflows/${encodeURIComponent(child)}`)).status === 200,
    );
    await api.ok('POST', `/workflows/${workflowId}/terminate`, { reason: 'enough' });
    const { status } = await api.closed(child);
    expect(status).toBe('WORKFLOW_EXECUTION_STATUS_TERMINATED');
  });
});
