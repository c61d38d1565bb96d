/** Activities that belong to no workflow, by the client, the API and a Worker over the engine in memory. */

import { activityInfo, CompleteAsyncError, cancelled, heartbeat } from 'perdure/activity';
import {
  ActivityClient,
  type ActivityClientInterceptor,
  ActivityExecutionAlreadyStartedError,
  ActivityExecutionFailedError,
  ActivityNotFoundError,
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
} from 'perdure/client';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const taskQueue = 'alone';
let attempts = 0;
const activities = {
  greet: async (name: string): Promise<string> => `Hello ${name}`,
  who: async () => {
    const { inWorkflow, workflowExecution, activityId, activityRunId, attempt } = activityInfo();
    return { inWorkflow, workflowExecution, activityId, activityRunId, attempt };
  },
  fail: async (): Promise<never> => {
    throw ApplicationFailure.nonRetryable('no funds', 'Broke');
  },
  third: async (): Promise<number> => {
    if (++attempts < 3) throw new Error('not yet');
    return attempts;
  },
  untilCancelled: async (): Promise<void> => {
    const timer = setInterval(() => heartbeat('alive'), 5);
    try {
      await cancelled();
    } finally {
      clearInterval(timer);
    }
  },
  later: async (): Promise<never> => {
    throw new CompleteAsyncError();
  },
};
async function hello(): Promise<string> {
  return 'from a workflow';
}

describe('an activity that belongs to no workflow', () => {
  let env: TestWorkflowEnvironment;
  let stop: () => void;
  beforeAll(async () => {
    env = await TestWorkflowEnvironment.createLocal();
    stop = env.serve({ taskQueue, activities, workflows: { hello } });
  });
  afterAll(async () => {
    stop();
    await env.teardown();
  });
  const start = (activity: keyof typeof activities | 'nobodys', id: string, more: object = {}) =>
    env.client.activity.start(activity, { id, taskQueue, startToCloseTimeout: '1 minute', ...more });
  const causeOf = async (result: Promise<unknown>): Promise<unknown> => {
    const error = await result.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ActivityExecutionFailedError);
    return (error as Error).cause;
  };

  it('is executed by a Worker, with its arguments, and answers its result', async () => {
    const options = { id: 'greet', taskQueue, args: ['Ada'] as [string], startToCloseTimeout: '1 minute' };
    const typed = env.client.activity.typed<typeof activities>();
    expect(await typed.execute('greet', options)).toBe('Hello Ada');
    expect(await env.client.activity.getHandle('greet').result()).toBe('Hello Ada');
  });

  it('is told that it has no workflow', async () => {
    const handle = await start('who', 'who');
    expect(await handle.result()).toEqual({
      inWorkflow: false,
      activityId: 'who',
      activityRunId: handle.runId,
      attempt: 1,
    });
  });

  it('fails with what its function threw, or is retried until it does not', async () => {
    const cause = await causeOf((await start('fail', 'fail')).result());
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect(cause).toMatchObject({ message: 'no funds', type: 'Broke' });
    const retry = { initialInterval: 1, backoffCoefficient: 1 };
    expect(await (await start('third', 'third', { retry })).result()).toBe(3);
  });

  it('is cancelled by a heartbeat, or at once where no Worker has it', async () => {
    const running = await start('untilCancelled', 'cancel', { heartbeatTimeout: '10s' });
    await running.cancel('enough');
    expect(await causeOf(running.result())).toBeInstanceOf(CancelledFailure);
    const waiting = await start('nobodys', 'waits');
    await waiting.cancel('enough');
    expect(await causeOf(waiting.result())).toBeInstanceOf(CancelledFailure);
    expect(await waiting.describe()).toMatchObject({ status: 'CANCELED', canceledReason: 'enough' });
  });

  it('is terminated with a reason', async () => {
    const handle = await start('later', 'terminate');
    await handle.terminate('no more');
    const cause = await causeOf(handle.result());
    expect(cause).toBeInstanceOf(TerminatedFailure);
    expect(cause).toMatchObject({ message: 'no more' });
    await expect(handle.terminate('again')).rejects.toThrow(ActivityNotFoundError);
  });

  it('times out as all activities do', async () => {
    const retry = { maximumAttempts: 1 };
    const handle = await start('later', 'timeout', { startToCloseTimeout: 30, retry });
    expect(await causeOf(handle.result())).toBeInstanceOf(TimeoutFailure);
    expect((await handle.describe()).status).toBe('TIMED_OUT');
  });

  it('has an id of its own: a second start is refused, or finds the first', async () => {
    const first = await start('later', 'taken');
    const second = start('later', 'taken');
    await expect(second).rejects.toThrow(ActivityExecutionAlreadyStartedError);
    await expect(second).rejects.toMatchObject({ activityId: 'taken', runId: first.runId });
    const found = await start('later', 'taken', { idConflictPolicy: 'USE_EXISTING' });
    expect(found.runId).toBe(first.runId);
    const workflow = { taskQueue, workflowId: 'taken' };
    expect(await env.client.workflow.execute(hello, workflow)).toBe('from a workflow');
    await first.terminate('done');
  });

  it('is completed, and heartbeats, by its id alone', async () => {
    const handle = await start('later', 'by-id');
    await expect.poll(async () => (await handle.describe()).runState).toBe('STARTED');
    await env.client.activity.heartbeat({ activityId: 'by-id' }, 'half');
    const description = await handle.describe({ includeHeartbeatDetails: true });
    expect(await description.getHeartbeatDetails()).toBe('half');
    await env.client.activity.complete({ activityId: 'by-id' }, 'by hand');
    expect(await handle.result()).toBe('by hand');
    await expect(env.client.activity.complete({ activityId: 'by-id' }, 1)).rejects.toThrow(
      ActivityNotFoundError,
    );
  });

  it('is described, with what is asked for', async () => {
    const handle = await start('greet', 'described', { args: ['Bo'], summary: 'a greeting' });
    await handle.result();
    const plain = await handle.describe();
    expect(plain).toMatchObject({
      activityId: 'described',
      activityRunId: handle.runId,
      activityType: 'greet',
      status: 'COMPLETED',
      taskQueue,
      attempt: 1,
      startToCloseTimeoutMs: 60_000,
      hasInput: false,
      hasResult: false,
    });
    const full = await handle.describe({ includeInput: true, includeOutcome: true });
    expect([await full.getInput(), await full.getResult()]).toEqual([['Bo'], 'Hello Bo']);
  });

  it('is in lists of activities, and in none of workflows', async () => {
    await (await start('greet', 'listed', { args: ['Cy'] })).result();
    const ids = async (query: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { activityId } of env.client.activity.list(query)) found.push(activityId);
      return found;
    };
    await expect
      .poll(() => ids("ActivityId = 'listed' AND ExecutionStatus = 'Completed'"))
      .toEqual(['listed']);
    expect(await ids("ActivityType = 'greet'")).toContain('listed');
    expect((await env.client.activity.count("ActivityId = 'listed'")).count).toBe(1);
    const workflows: string[] = [];
    for await (const { workflowId } of env.client.workflow.list()) workflows.push(workflowId);
    expect(workflows.filter((id) => id !== 'taken')).toEqual([]);
    await expect(env.client.activity.count("WorkflowId = 'x'")).rejects.toThrow('WorkflowId');
  });

  it('is paused, given other options and its own again, and goes on, past the interceptors of its client', async () => {
    attempts = 0;
    const retry = { initialInterval: '1 hour' };
    const options = {
      id: 'paused',
      taskQueue,
      startToCloseTimeout: '1 minute',
      heartbeatTimeout: '5s',
      retry,
    };
    const handle = await env.client.activity.start('third', options);
    await expect.poll(async () => (await handle.describe()).attempt).toBe(2);
    await handle.pause({ reason: 'wait' });
    expect((await handle.describe()).runState).toBe('PAUSED');
    const changed = await handle.updateOptions({
      startToCloseTimeout: '2 minutes',
      heartbeatTimeout: null,
      retry: { maximumAttempts: 7, initialInterval: '1 hour' },
    });
    expect(changed).toMatchObject({ taskQueue, startToCloseTimeout: 120_000, retry: { maximumAttempts: 7 } });
    expect(changed).not.toHaveProperty('heartbeatTimeout');
    expect((await handle.describe()).startToCloseTimeoutMs).toBe(120_000);
    expect(await handle.restoreOriginalOptions()).toMatchObject({
      startToCloseTimeout: 60_000,
      heartbeatTimeout: 5_000,
    });
    await expect(handle.updateOptions({ priority: {} } as object)).rejects.toThrow(
      'priority: cannot be changed',
    );
    await handle.unpause();
    expect((await handle.describe()).runState).toBe('SCHEDULED');
    const asked: string[] = [];
    const interceptors: ActivityClientInterceptor[] = [
      {
        pause: (input, next) => {
          asked.push(`${input.activityId} ${input.options.reason}`);
          return next(input);
        },
      },
    ];
    const client = new ActivityClient({ connection: env.connection, interceptors });
    await client.getHandleWithOptions('paused', { runId: handle.runId }).pause({ reason: 'again' });
    expect(asked).toEqual(['paused again']);
    await handle.cancel('enough');
    await expect(handle.result()).rejects.toThrow(ActivityExecutionFailedError);
    await expect(handle.pause()).rejects.toThrow(ActivityNotFoundError);
  });

  it('that nobody started is not there, by its own name', async () => {
    const none = env.client.activity.getHandle('nobody').describe();
    await expect(none).rejects.toThrow('activity execution not found for ID: nobody');
  });
});

it('lets time skip to its next attempt, as a workflow does', async () => {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: 0 });
  try {
    attempts = 0;
    const retry = { initialInterval: '1 day', backoffCoefficient: 1 };
    const options = { id: 'third', taskQueue, startToCloseTimeout: '1 minute', retry };
    const work = () => env.client.activity.execute('third', options);
    expect(await env.runUntil({ taskQueue, activities }, work)).toBe(3);
    expect(await env.currentTimeMs()).toBe(2 * 86_400_000);
  } finally {
    await env.teardown();
  }
});
