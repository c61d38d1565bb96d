import { expect, it } from 'vitest';
import { workflowInfo } from '../../sdk/workflow/index.ts';
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
