import { coverageToText, replayCoverage, TestWorkflowEnvironment } from 'perdure/testing';
import type { History } from 'perdure/worker/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as workflows from './fixtures/branches.ts';

const workflowsPath = new URL('./fixtures/branches.ts', import.meta.url).pathname;
const taskQueue = 'test';
let env: TestWorkflowEnvironment;

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env?.teardown());

async function historyOf(amount: number): Promise<{ workflowId: string; history: History }> {
  const workflowId = `amount-${amount}`;
  return env.runUntil({ taskQueue, workflows }, async () => {
    const options = { taskQueue, workflowId, args: [amount] as [number] };
    const handle = await env.client.workflow.start(workflows.branching, options);
    await handle.result();
    return { workflowId, history: await handle.fetchHistory() };
  });
}

it('says which lines and branches of the workflow files the histories reach', async () => {
  const small = await historyOf(1);
  const coverage = await replayCoverage({ workflowsPath }, [small]);
  expect(coverage).toMatchObject({ histories: 1, failed: [] });
  const branches = coverage.files.find(({ file }) => file === workflowsPath)!;
  expect(branches.unreachedLines).toEqual([10, 13, 14, 20, 21]);
  expect(branches.unreachedBranches).toEqual([
    { line: 10, endLine: 10 },
    { line: 13, endLine: 14 },
    { line: 17, endLine: 17 },
    { line: 20, endLine: 21 },
  ]);
  expect(coverage.files.find(({ file }) => file.endsWith('counter.ts'))).toMatchObject({
    unreachedLines: [],
  });
  expect(coverageToText(coverage)).toContain(
    'lines not reached: 10, 13, 14, 20, 21\n  branches not reached: 10, 13-14, 17, 20-21',
  );
});

it('adds up what several histories reach, and begins anew each time', async () => {
  const [small, large] = [await historyOf(2), await historyOf(200)];
  const both = await replayCoverage({ workflowsPath }, [small, large]);
  expect(both.files.find(({ file }) => file === workflowsPath)!.unreachedLines).toEqual([10, 20, 21]);
  const one = await replayCoverage({ workflowsPath }, [large]);
  const reached = one.files.find(({ file }) => file === workflowsPath)!;
  expect(reached.unreachedLines).toEqual([10, 16, 17, 20, 21]);
});
