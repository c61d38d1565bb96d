import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { type SearchAttributePair, TypedSearchAttributes } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { customDate, customInt, customKeyword, done, legacy, typed } from './workflows';

const { IndexedValueType, TaskQueueType } = temporal.api.enums.v1;
const taskQueue = 'search-attributes';
const namespace = 'default';

async function addAttributes(connection: Connection): Promise<void> {
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: {
        CustomIntField: IndexedValueType.INDEXED_VALUE_TYPE_INT,
        CustomKeywordField: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        CustomBoolField: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
        CustomDoubleField: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
        CustomDatetimeField: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
      },
    });
  } catch (err) {
    if (!isGrpcServiceError(err) || !/already/i.test(err.message)) throw err;
  }
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  assert.ok('CustomIntField' in (customAttributes ?? {}));
}

async function run() {
  const connection = await Connection.connect();
  const client = new Client({ connection });
  await addAttributes(connection);

  const first = await client.workflow.execute(legacy, {
    taskQueue,
    workflowId: `legacy-${Date.now()}`,
    searchAttributes: {
      CustomKeywordField: ['started'],
      CustomDatetimeField: [new Date('2024-05-01T00:00:00Z')],
    },
  });
  assert.deepEqual(first.CustomKeywordField, ['updated']);
  assert.equal(first.CustomIntField, undefined);

  const attributes: SearchAttributePair[] = [{ key: customKeyword, value: 'apples' }];
  const handle = await client.workflow.start(typed, {
    taskQueue,
    workflowId: `typed-${Date.now()}`,
    args: ['2025-01-02T03:04:05.000Z'],
    typedSearchAttributes: new TypedSearchAttributes(attributes),
    memo: { from: 'client' },
  });
  const query = `CustomIntField = 7 AND CustomKeywordField = 'apples' AND WorkflowId = '${handle.workflowId}'`;
  const found: string[] = [];
  for (let i = 0; i < 50 && found.length === 0; i++) {
    for await (const info of client.workflow.list({ query })) {
      found.push(info.workflowId);
      assert.equal(info.typedSearchAttributes.get(customKeyword), 'apples');
    }
    if (found.length === 0) await wait(200);
  }
  assert.deepEqual(found, [handle.workflowId]);
  const { count } = await client.workflow.count(query);
  assert.equal(count, 1);
  await handle.signal(done);
  assert.deepEqual(await handle.result(), {
    int: 7,
    keyword: 'apples',
    date: '2025-01-02T03:04:05.000Z',
    memo: { from: 'client', where: `typed on ${taskQueue}` },
  });
  const description = await handle.describe();
  assert.equal(description.typedSearchAttributes.get(customDate)?.toISOString(), '2025-01-02T03:04:05.000Z');
  assert.equal(description.typedSearchAttributes.get(customInt), 7);

  const { namespaceInfo } = await client.workflowService.describeNamespace({ namespace });
  assert.equal(namespaceInfo?.name, namespace);
  const { namespaces } = await connection.workflowService.listNamespaces({});
  assert.ok(namespaces.some((ns) => ns.namespaceInfo?.name === namespace));
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
  assert.equal(pollers.length, 1);
  const { clusterName } = await connection.workflowService.getClusterInfo({});
  console.log('cluster', clusterName);
  await connection.healthService.check({ service: 'temporal.api.workflowservice.v1.WorkflowService' });
  await connection.close();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
