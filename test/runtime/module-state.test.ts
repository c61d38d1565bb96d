import { expect, it } from 'vitest';
import type { Workflow } from '../../sdk/common/types.ts';
import * as wf from '../../sdk/workflow/index.ts';
import { Driver, resultOf } from './driver.ts';

/** What the build makes of a workflow file with `let counter = 0` at its top. */
function moduleFactory(): Record<string, Workflow> {
  let counter = 0;
  const idOfModule = wf.uuid4();
  wf.setHandler(wf.defineQuery<number>('counter'), () => counter);
  return {
    async counting(): Promise<unknown[]> {
      counter += 1;
      await wf.sleep(1);
      counter += 1;
      return [counter, idOfModule];
    },
  };
}
const counting: Workflow = Object.assign(async () => undefined, {
  [Symbol.for('perdure.workflowFactory')]: moduleFactory,
});

async function life(runId: string): Promise<unknown[]> {
  const run = new Driver(counting, { workflowType: 'counting', runId });
  await run.task();
  expect(await run.query('counter')).toBe(1);
  run.history.fireTimer('1');
  return resultOf(await run.task()) as unknown[];
}

it('gives every run a module of its own, so that no run sees the state of another', async () => {
  const runs = await Promise.all(['a', 'b', 'c'].map(life));
  expect(runs.map(([counter]) => counter)).toEqual([2, 2, 2]);
});

it('runs the top level of the module inside the run: deterministic, and able to set handlers', async () => {
  const [, first] = await life('a');
  const [, again] = await life('a');
  const [, other] = await life('b');
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

it('falls back to the default export, and fails the task when there is no function at all', async () => {
  const run = new Driver(async () => 'by default', { workflowType: 'default' });
  const init = { namespace: 'n', workflowId: 'w', runId: 'r', workflowType: 'unknown', taskQueue: 'q' };
  run.history.scheduleTask();
  run.history.startTask();
  const { WorkflowRun } = await import('../../sdk/workflow/runtime/run.ts');
  const byDefault = await new WorkflowRun(init, {
    workflows: { default: async () => 'by default' },
  }).runWorkflowTask(run.history.events);
  expect('completed' in byDefault && resultOf(byDefault.completed.commands)).toBe('by default');
  const none = await new WorkflowRun(init, { workflows: {} }).runWorkflowTask(run.history.events);
  expect('failed' in none && none.failed.failure.message).toBe(
    "Failed to initialize workflow of type 'unknown': no such function is exported by the workflow bundle",
  );
});
