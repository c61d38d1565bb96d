/** Activities that take long, or that somebody outside answers, hold time back, as they do in Temporal's test server. */

import { activityInfo, CompleteAsyncError, cancellationSignal } from 'perdure/activity';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { CancellationScope, isCancellation, proxyActivities, sleep } from 'perdure/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Activities {
  askSomebody(): Promise<string>;
}
const { askSomebody } = proxyActivities<Activities>({
  startToCloseTimeout: '100 days',
  heartbeatTimeout: '1 hour',
  retry: { maximumAttempts: 1 },
});
const hurried = proxyActivities<Activities>({ startToCloseTimeout: 20, retry: { maximumAttempts: 1 } });

async function asks(): Promise<string> {
  return askSomebody();
}
async function givesUp(): Promise<string> {
  try {
    return await CancellationScope.withTimeout(50, askSomebody);
  } catch (error) {
    return isCancellation(error) ? 'given up' : String(error);
  }
}
async function asksInAHurry(): Promise<string> {
  const told = await hurried.askSomebody().catch((error: Error) => String(error.cause));
  await sleep('30 days');
  return told;
}

describe('an activity that is answered later', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: 0 });
  });
  afterAll(() => env.teardown());

  it('is waited for in real time: no timeout of it is skipped to', async () => {
    const activities: Activities = {
      askSomebody: async () => {
        const { taskToken } = activityInfo();
        setTimeout(() => env.client.activity.complete(taskToken, 'yes'), 30);
        throw new CompleteAsyncError();
      },
    };
    const work = () => env.client.workflow.execute(asks, { taskQueue: 'later', workflowId: 'asks' });
    expect(await env.runUntil({ taskQueue: 'later', workflows: { asks }, activities }, work)).toBe('yes');
    expect(await env.currentTimeMs()).toBeLessThan(3_600_000);
  });

  it('that nobody answers ends by its timeout in real time, and then time skips again', async () => {
    const activities: Activities = {
      askSomebody: async () => {
        throw new CompleteAsyncError();
      },
    };
    const begin = await env.currentTimeMs();
    const work = () => env.client.workflow.execute(asksInAHurry, { taskQueue: 'later', workflowId: 'hurry' });
    const worker = { taskQueue: 'later', workflows: { asksInAHurry }, activities };
    expect(await env.runUntil(worker, work)).toContain('TimeoutFailure');
    expect((await env.currentTimeMs()) - begin).toBeGreaterThan(30 * 86_400_000);
  });

  it('and one that takes long let time pass as the real one does: a timer that is due meanwhile fires', async () => {
    const activities: Activities = {
      askSomebody: () =>
        new Promise((_, reject) => {
          const signal = cancellationSignal();
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    };
    const work = () => env.client.workflow.execute(givesUp, { taskQueue: 'later', workflowId: 'gives up' });
    const worker = { taskQueue: 'later', workflows: { givesUp }, activities };
    expect(await env.runUntil(worker, work)).toBe('given up');
  });

  it('and one that never ends does not keep the test from letting time pass', async () => {
    const activities: Activities = { askSomebody: () => new Promise(() => undefined) };
    await env.runUntil({ taskQueue: 'later', workflows: { asks }, activities }, async () => {
      const handle = await env.client.workflow.start(asks, { taskQueue: 'later', workflowId: 'never' });
      await env.sleep('2 hours');
      await expect(handle.result()).rejects.toThrow();
    });
  });
});
