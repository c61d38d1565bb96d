import assert from 'node:assert/strict';
import { defaultDataConverter, defaultPayloadConverter } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { appendDefaultInterceptors, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities';
import { everything, order } from '../workflows';

describe('order-desk', function () {
  this.timeout(30000);
  let env: TestWorkflowEnvironment;
  before(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    env = await TestWorkflowEnvironment.createTimeSkipping();
    await env.connection.operatorService.addSearchAttributes({
      namespace: env.namespace ?? 'default',
      searchAttributes: { CustomerId: 2, Amount: 4 },
    });
  });
  after(() => env?.teardown());
  const make = () =>
    Worker.create({
      connection: env.nativeConnection,
      namespace: env.namespace,
      taskQueue: 'order-desk',
      workflowsPath: require.resolve('../workflows'),
      activities: createActivities(new Map()),
      interceptors: appendDefaultInterceptors({}),
      ...{},
    });
  it('does everything', async () => {
    const worker = await make();
    assert.equal(worker.getState(), 'INITIALIZED');
    const out = await worker.runUntil(async () => {
      assert.equal(worker.getState(), 'RUNNING');
      assert.equal(worker.getStatus().runState, 'RUNNING');
      return env.client.workflow.execute(everything, {
        taskQueue: 'order-desk',
        workflowId: 'ev',
        args: [0],
      });
    });
    assert.deepEqual(out, {
      inCtx: true,
      memo: 'first',
      uuid: 36,
      attempt: 1,
      queue: true,
      local: 'x:true:everything',
      flaky: { n: 3, attempt: 3 },
      never: 'no',
      child: { status: 'SHIPPED', notes: ['by signal', 'mystery:1,2'] },
      ext: 'ExternalWorkflowExecutionNotFound',
      previous: true,
      hist: true,
      ...(out.ext ? { ext: out.ext } : {}),
    });
    assert.ok((await env.currentTimeMs()) - Date.now() > 170_000);
  });
  it('times out an order', async () => {
    const worker = await make();
    const s = await worker.runUntil(
      env.client.workflow.execute(order, { taskQueue: 'order-desk', workflowId: 'o', args: ['x', 1] }),
    );
    assert.equal(s.status, 'CANCELLED');
  });
  it('replays all histories', async () => {
    let n = 0;
    for await (const r of Worker.runReplayHistories(
      { workflowsPath: require.resolve('../workflows') },
      env.client.workflow.list({ query: `WorkflowType = 'order'` }).intoHistories({ concurrency: 10 }),
    )) {
      n++;
      assert.equal(r.error, undefined);
    }
    assert.ok(n >= 2);
    const history = await env.client.workflow.getHandle('o').fetchHistory();
    history.events![history.events!.length - 1];
    await Worker.runReplayHistory(
      { workflowsPath: require.resolve('../workflows'), replayName: 'r' },
      history,
      'o',
    );
  });
  it('converts', () => {
    const p = defaultPayloadConverter.toPayload({ a: 1 });
    assert.deepEqual(defaultPayloadConverter.fromPayload(p!), { a: 1 });
    assert.ok(defaultDataConverter.payloadConverter);
  });
});
