import { expect, it } from 'vitest';
import { sleep } from '../../sdk/workflow/index.ts';
import { WorkflowRun } from '../../sdk/workflow/runtime/run.ts';
import { Driver } from './driver.ts';

async function waits(): Promise<void> {
  await sleep('1h');
}

it('a session that was told that nobody asks keeps no stacks, and says so when somebody does', async () => {
  const run = new Driver(waits);
  await run.task();
  expect(String(await run.query('__stack_trace'))).toContain('at waits');
  const init = { namespace: 'n', workflowId: 'w', runId: 'r', workflowType: 'waits', taskQueue: 'q' };
  const session = new WorkflowRun({ ...init, keepsStacks: false }, { workflows: { waits } });
  const answer = await session.query(run.history.events, { queryType: '__stack_trace' });
  expect(answer).toMatchObject({ failed: { message: expect.stringMatching(/keeps no stacks/) } });
});
