import { expect, it } from 'vitest';
import { makeLogger } from '../../sdk/common/logger.ts';
import { log, workflowInfo } from '../../sdk/workflow/index.ts';
import { Driver, resultOf } from './driver.ts';

async function timeouts(): Promise<unknown> {
  const { executionTimeoutMs, runTimeoutMs } = workflowInfo();
  return { executionTimeoutMs, runTimeoutMs };
}

it.each([
  ['those that there are', { workflowExecutionTimeout: '60s' }, { executionTimeoutMs: 60_000 }],
  ['none that is 0', { workflowExecutionTimeout: '0s', workflowRunTimeout: '0s' }, {}],
])('a workflow is told %s of its timeouts', async (_which, started, told) => {
  expect(resultOf(await new Driver(timeouts, { started }).task())).toEqual(told);
});

it('what is logged of a workflow is said by its Worker, what it logs itself by the workflow', async () => {
  const entries: unknown[] = [];
  const logger = makeLogger('DEBUG', (_level, message, { sdkComponent }) =>
    entries.push([message, sdkComponent]),
  );
  const logging = async (): Promise<void> => log.info('here');
  await new Driver(logging, { logger }).task();
  expect(entries).toEqual([
    ['Workflow started', 'worker'],
    ['here', 'workflow'],
    ['Workflow completed', 'worker'],
  ]);
});
