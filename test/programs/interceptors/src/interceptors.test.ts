import assert from 'node:assert';
import { TestWorkflowEnvironment, workflowInterceptorModules } from '@temporalio/testing';
import { appendDefaultInterceptors, DefaultLogger, type LogEntry, Runtime, Worker } from '@temporalio/worker';
import * as activities from './activities';
import { ActivityTenant } from './activity-interceptors';
import { ClientTenant } from './client-interceptors';
import { current } from './context';
import { sinks } from './sinks';
import { go, tenantOf } from './workflows';

describe('interceptors', function () {
  this.timeout(20_000);
  let env: TestWorkflowEnvironment;
  const entries: LogEntry[] = [];
  before(async () => {
    Runtime.install({ logger: new DefaultLogger('INFO', (entry) => entries.push(entry)) });
    env = await TestWorkflowEnvironment.createTimeSkipping({
      client: { interceptors: { workflow: [new ClientTenant()] } },
    });
  });
  after(() => env.teardown());

  it('carry the tenant everywhere', async () => {
    const printed: string[] = [];
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'interceptors-test',
      workflowsPath: require.resolve('./workflows'),
      activities,
      sinks: sinks((text) => printed.push(text)),
      interceptors: appendDefaultInterceptors({
        activity: [(ctx) => ({ inbound: new ActivityTenant(ctx) })],
        workflowModules: [require.resolve('./workflows'), ...workflowInterceptorModules],
      }),
    });
    const name = await worker.runUntil(() =>
      current.run({ name: 'Cleo' }, async () => {
        const handle = await env.client.workflow.signalWithStart(tenantOf, {
          taskQueue: 'interceptors-test',
          workflowId: 't',
          signal: go,
        });
        return handle.result().catch((err: Error) => (err.cause as Error).message);
      }),
    );
    // signalWithStart passes no header: the interceptor has no method for it.
    assert.equal(name, 'Activity task failed');
    const again = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'interceptors-test',
      workflowsPath: require.resolve('./workflows'),
      activities,
      sinks: sinks((text) => printed.push(text)),
      interceptors: {
        activityInbound: [(ctx) => new ActivityTenant(ctx)],
        workflowModules: [require.resolve('./workflows')],
      },
    });
    const second = await again.runUntil(() =>
      current.run({ name: 'Cleo' }, async () => {
        const handle = await env.client.workflow.start(tenantOf, {
          taskQueue: 'interceptors-test',
          workflowId: 'u',
        });
        await handle.signal(go);
        return handle.result();
      }),
    );
    assert.equal(second, 'Cleo');
    assert.deepEqual(printed, ['tenantOf: for Cleo']);
    assert.ok(entries.length > 0);
  });
});
