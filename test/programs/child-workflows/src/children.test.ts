import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { failures, greetAll, orchestrate } from './workflows';

let env: TestWorkflowEnvironment;
let workflowBundle: WorkflowBundleWithSourceMap;
const taskQueue = 'children-test';

beforeAll(async () => {
  [env, workflowBundle] = await Promise.all([
    TestWorkflowEnvironment.createTimeSkipping(),
    bundleWorkflowCode({ workflowsPath: require.resolve('./workflows') }),
  ]);
}, 20_000);
afterAll(() => env.teardown());

const worker = () => Worker.create({ connection: env.nativeConnection, taskQueue, workflowBundle });

test('children greet', async () => {
  const result = await (await worker()).runUntil(
    env.client.workflow.execute(greetAll, { taskQueue, workflowId: 'all', args: ['Ann', 'Bob'] }),
  );
  expect(result).toBe('hello Ann\nhello Bob');
});

test('children are signalled', async () => {
  const result = await (await worker()).runUntil(
    env.client.workflow.execute(orchestrate, { taskQueue, workflowId: 'o' }),
  );
  expect(result).toEqual(['o: enough', 'o: you too']);
});

test('children fail and are cancelled', async () => {
  const result = await (await worker()).runUntil(
    env.client.workflow.execute(failures, { taskQueue, workflowId: 'f' }),
  );
  expect(result).toEqual(['greet: NoName', 'cancelled']);
});
