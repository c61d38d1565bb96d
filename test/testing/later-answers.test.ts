/** An activity that somebody outside answers later holds time back, as it does in Temporal's test server. */

import { activityInfo, CompleteAsyncError } from 'perdure/activity';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { proxyActivities, sleep } from 'perdure/workflow';
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
});
