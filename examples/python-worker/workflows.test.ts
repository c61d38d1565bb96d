/** The workflow, with activities in the place of those in Python: these run in test/e2e/python-worker.test.ts. */

import { ApplicationFailure } from 'perdure/common';
import { crashEverywhere, TestWorkflowEnvironment } from 'perdure/testing';
import { expect, it } from 'vitest';
import type { Activities } from './activities.ts';
import { PYTHON_TASK_QUEUE, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const inPython: Activities = {
  summarize: async ({ length }) => {
    if (length < 2) throw ApplicationFailure.nonRetryable('a summary needs two numbers', 'TooFewNumbers');
    return { mean: 2, deviation: 1 };
  },
  simulate: async ({ mean }, rounds) => ({ rounds, mean, begunAt: 0 }),
  approve: async () => 'approved',
};
const started = { taskQueue: TASK_QUEUE, workflowId: 'report' };

it('goes from summary to simulation to approval, wherever the engine dies', async () => {
  const { result } = await crashEverywhere((env) => {
    const stop = env.serve({ taskQueue: PYTHON_TASK_QUEUE, activities: inPython });
    const args: [{ numbers: number[]; rounds: number }] = [{ numbers: [1, 3], rounds: 10 }];
    return env
      .runUntil({ taskQueue: TASK_QUEUE, workflows }, () =>
        env.client.workflow.execute(workflows.report, { ...started, args }),
      )
      .finally(stop);
  });
  expect(result).toEqual({
    summary: { mean: 2, deviation: 1 },
    simulation: { rounds: 10, mean: 2, begunAt: 0 },
    approval: 'approved',
  });
});

it('waits for a Worker in Python, and fails by what its activity says cannot be retried', async () => {
  const env = await TestWorkflowEnvironment.createLocal();
  try {
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows }, async () => {
      const handle = await env.client.workflow.start(workflows.report, {
        ...started,
        args: [{ numbers: [], rounds: 1 }],
      });
      const stop = env.serve({ taskQueue: PYTHON_TASK_QUEUE, activities: inPython });
      await expect(handle.result()).rejects.toMatchObject({
        cause: { cause: { message: 'a summary needs two numbers', type: 'TooFewNumbers' } },
      });
      stop();
    });
  } finally {
    await env.teardown();
  }
});
