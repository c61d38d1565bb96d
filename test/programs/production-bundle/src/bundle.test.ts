import assert from 'node:assert';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import * as activities from './activities';
import { workflowOption } from './options';
import { v4 as uuid4 } from './uuid';
import { greeting } from './workflows';

describe('a bundle', function () {
  this.timeout(30_000);
  let env: TestWorkflowEnvironment;
  let workflowBundle: WorkflowBundleWithSourceMap;

  before(async () => {
    Runtime.install({ logger: new DefaultLogger('WARN') });
    env = await TestWorkflowEnvironment.createLocal();
    workflowBundle = await bundleWorkflowCode({
      workflowsPath: require.resolve('./workflows'),
      logger: new DefaultLogger('WARN'),
    });
  });
  after(() => env?.teardown());

  for (const [what, options] of [
    ['in memory', () => ({ workflowBundle })],
    ['in a file', () => workflowOption()],
  ] as const) {
    it(`runs ${what}`, async () => {
      const taskQueue = uuid4();
      process.env.NODE_ENV = 'production';
      const worker = await Worker.create({
        connection: env.nativeConnection,
        taskQueue,
        activities,
        ...options(),
      });
      const result = await worker.runUntil(
        env.client.workflow.execute(greeting, { args: ['you'], workflowId: uuid4(), taskQueue }),
      );
      assert.strictEqual(result, 'Hello, you!');
    });
  }
});
