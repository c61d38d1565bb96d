import { TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());

describe('operatorService', () => {
  it('adds search attributes by the names of their types and by their numbers, lists and removes them', async () => {
    const { operatorService } = env.client.connection;
    const namespace = 'default';
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: { Shelf: 'INDEXED_VALUE_TYPE_KEYWORD', Weight: 4, Labels: 7 },
    });
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    expect(customAttributes).toMatchObject({
      Shelf: 'INDEXED_VALUE_TYPE_KEYWORD',
      Weight: 'INDEXED_VALUE_TYPE_DOUBLE',
      Labels: 'INDEXED_VALUE_TYPE_KEYWORD_LIST',
    });
    await operatorService.removeSearchAttributes({ namespace, searchAttributes: ['Weight'] });
    expect((await operatorService.listSearchAttributes({ namespace })).customAttributes).not.toHaveProperty(
      'Weight',
    );
    const wrong = operatorService.addSearchAttributes({ namespace, searchAttributes: { Wrong: 99 } });
    await expect(wrong).rejects.toThrow('INDEXED_VALUE_TYPE_TEXT');
  });
});

describe('healthService', () => {
  it('says that the engine serves', async () => {
    const service = 'temporal.api.workflowservice.v1.WorkflowService';
    expect(await env.client.connection.healthService.check({ service })).toEqual({ status: 1 });
  });
});

describe('workflowService', () => {
  it('describes the engine, its namespaces and its task queues', async () => {
    const { workflowService } = env.client;
    expect((await workflowService.getClusterInfo({})).clusterName).toBe('perdure');
    const { namespaces } = await workflowService.listNamespaces({});
    expect(namespaces.map(({ namespaceInfo }) => namespaceInfo.name)).toContain('default');
    const { namespaceInfo } = await workflowService.describeNamespace({ namespace: 'default' });
    expect(namespaceInfo).toMatchObject({ name: 'default', state: 'NAMESPACE_STATE_REGISTERED' });
    const asked = { namespace: 'default', taskQueue: { name: 'idle' }, taskQueueType: 2 };
    expect(await workflowService.describeTaskQueue(asked)).toEqual({ pollers: [] });
  });

  it('takes enums by their numbers, as proto3 JSON does', async () => {
    const { workflowService } = env.client;
    const start = {
      namespace: 'default',
      workflowId: 'numbered',
      workflowType: { name: 'idle' },
      taskQueue: { name: 'idle' },
      requestId: 'one',
    };
    const { runId } = await workflowService.startWorkflowExecution(start);
    const existing = { ...start, requestId: 'two', workflowIdConflictPolicy: 2 } as object;
    const again = await workflowService.startWorkflowExecution(existing as typeof start);
    expect(again).toMatchObject({ runId, started: false });
  });
});
