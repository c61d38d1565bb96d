import { ActivityExecutionFailedError, type ActivityOptions } from 'perdure/client';
import { crashEverywhere, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as activities from './activities.ts';
import { type Mail, mailId, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());

const options = (mail: Mail): ActivityOptions & { args: [Mail] } => ({
  id: mailId(mail),
  taskQueue: TASK_QUEUE,
  args: [mail],
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumAttempts: 10 },
  idReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
});
const worker = { taskQueue: TASK_QUEUE, workflows, activities };
const send = (mail: Mail) =>
  env.runUntil(worker, () => env.client.activity.execute('sendMail', options(mail)));

describe('a mail', () => {
  it('is sent, and not sent again', async () => {
    const mail = { to: 'ada@example.org', subject: 'Receipt' };
    expect(await send(mail)).toMatch(/^250 .* key Receipt to ada@example.org$/);
    await expect(send(mail)).rejects.toThrow('already started');
  });

  it('to a server that is busy is tried again, under the same key', async () => {
    const sent = await send({ to: 'busy@example.org', subject: 'Receipt' });
    expect(sent).toMatch(/at attempt 3, key Receipt to busy@example.org/);
  });

  it('to no mailbox is given up at once, and may be asked for again', async () => {
    const mail = { to: 'nobody', subject: 'Receipt' };
    for (let asked = 0; asked < 2; asked++) {
      const error = await send(mail).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(ActivityExecutionFailedError);
      expect(error).toMatchObject({ cause: { type: 'NoMailbox' } });
    }
  });

  it('is a step of a workflow just as well', async () => {
    const started = {
      taskQueue: TASK_QUEUE,
      workflowId: 'welcome-ada',
      args: ['ada@example.org'] as [string],
    };
    const sent = await env.runUntil(worker, () => env.client.workflow.execute(workflows.welcome, started));
    expect(sent).toEqual([expect.stringContaining('"Welcome"'), expect.stringContaining('"Still there?"')]);
  });
});

it('is sent wherever the engine dies', async () => {
  const mail = { to: 'busy@example.org', subject: 'Receipt' };
  const { result } = await crashEverywhere((crashing) =>
    crashing.runUntil(worker, () => crashing.client.activity.execute('sendMail', options(mail))),
  );
  expect(result).toMatch(/key Receipt to busy@example.org/);
});
