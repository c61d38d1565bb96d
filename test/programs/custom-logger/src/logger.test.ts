import assert from 'node:assert/strict';
import { MockActivityEnvironment, TestWorkflowEnvironment } from '@temporalio/testing';
import {
  activityLogAttributes,
  type InjectedSinks,
  Runtime,
  Worker,
  workflowLogAttributes,
} from '@temporalio/worker';
import * as activities from './activities';
import { configureLogger } from './logging';
import { type AlertSinks, logSample } from './workflows';

describe('a logger', function () {
  this.timeout(30_000);
  const lines: string[] = [];
  const alerts: string[] = [];

  it('gets what workflows and activities log', async () => {
    configureLogger({ write: (line) => lines.push(line), isProduction: true });
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    const sinks: InjectedSinks<AlertSinks> = {
      alerter: {
        alert: {
          fn(info, message) {
            alerts.push(`${message} by ${workflowLogAttributes(info).workflowType}`);
          },
        },
      },
    };
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'test',
      workflowsPath: require.resolve('./workflows'),
      activities,
      sinks,
    });
    await worker.runUntil(env.client.workflow.execute(logSample, { taskQueue: 'test', workflowId: 'log' }));
    Runtime.instance().logger.info('done', { label: 'test' });
    await env.teardown();
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const find = (message: string) => parsed.find((line) => line.message === message);
    assert.equal(find('Log from workflow')!.some, 'attribute');
    assert.equal(find('Log from workflow')!.workflowId, 'log');
    assert.equal(find('Log from activity')!.activityType, 'greet');
    assert.equal(find('Greeted')!.level, 'debug');
    assert.equal(find('done')!.label, 'test');
    assert.deepEqual(alerts, ['alerted by logSample']);
  });

  it('knows what an activity is', async () => {
    const { info } = new MockActivityEnvironment({ activityType: 'greet' }).context;
    assert.equal(activityLogAttributes(info).activityType, 'greet');
  });
});
