import assert from 'node:assert/strict';
import { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { legacy, typed } from './workflows';

describe('search attributes', function () {
  this.timeout(30_000);
  let env: TestWorkflowEnvironment;
  const taskQueue = 'search-attributes-test';

  before(async () => {
    env = await TestWorkflowEnvironment.createLocal();
    const { IndexedValueType } = temporal.api.enums.v1;
    await env.connection.operatorService.addSearchAttributes({
      namespace: env.namespace ?? 'default',
      searchAttributes: {
        CustomIntField: IndexedValueType.INDEXED_VALUE_TYPE_INT,
        CustomKeywordField: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        CustomBoolField: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
        CustomDoubleField: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
        CustomDatetimeField: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
      },
    });
  });
  after(() => env?.teardown());

  it('are upserted in both forms', async () => {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflowsPath: require.resolve('./workflows'),
      activities: { lookUp: async () => 'here' },
    });
    await worker.runUntil(async () => {
      const attributes = await env.client.workflow.execute(legacy, { taskQueue, workflowId: 'legacy' });
      assert.deepEqual(attributes, {
        CustomKeywordField: ['updated'],
        CustomBoolField: [true],
        CustomDoubleField: [3.14],
      });
      const handle = await env.client.workflow.start(typed, {
        taskQueue,
        workflowId: 'typed',
        args: ['2025-01-02T03:04:05.000Z'],
      });
      await handle.signal('done');
      const { int, memo } = await handle.result();
      assert.deepEqual([int, memo], [7, { where: 'here' }]);
    });
  });
});
