import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Context, getClient } from '../../sdk/activity/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { DefaultLogger, Worker } from '../../sdk/worker/node.ts';
import { createHandler } from '../../sdk/worker/serve.ts';
import * as workflows from './fixtures/activity-client.ts';
import { activityTask, recordingLogger } from './support.ts';

const taskQueue = 'q';
const greet = (own: typeof getClient) => async (name: string) =>
  own().workflow.execute(workflows.greeting, { taskQueue, workflowId: `greet-${name}`, args: [name] });
const activities = {
  viaFunction: greet(getClient),
  viaContext: greet(() => Context.current().client),
  signalsItsOwn: async () => {
    const { workflowExecution } = Context.current().info;
    await getClient()
      .workflow.getHandle(workflowExecution!.workflowId)
      .signal(workflows.told, 'by an activity');
    return getClient().namespace;
  },
};

describe('an activity’s client', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await TestWorkflowEnvironment.createTimeSkipping();
  });
  afterAll(() => env.teardown());

  const outcome = {
    ran: ['Hello, Ada', 'Hello, Bob'],
    said: ['by an activity'],
    namespace: 'default',
    local: 'Hello, Eve',
  };

  it('starts and signals workflows, in local activities too', () =>
    env.runUntil({ taskQueue, workflows, activities }, async () => {
      const options = { taskQueue, workflowId: 'served' };
      expect(await env.client.workflow.execute(workflows.asks, options)).toEqual(outcome);
    }));

  it('is the client of the Worker, where Worker.create made it', async () => {
    const logger = new DefaultLogger('ERROR');
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflows,
      activities: {
        ...activities,
        viaContext: async () => String(Context.current().client === worker.client),
      },
      logger,
    });
    await worker.runUntil(async () => {
      const handle = await env.client.workflow.start(workflows.asks, { taskQueue, workflowId: 'created' });
      expect(await handle.result()).toEqual({ ...outcome, ran: ['Hello, Ada', 'true'] });
    });
  });

  it('of a Worker on Cloudflare is made when getClient asks for it, for the engine that sent the task', async () => {
    const calls: string[] = [];
    const engine = {
      url: 'https://engine.example',
      apiKey: 'key-1',
      fetch: async (url: string, init: RequestInit) => {
        calls.push(`${new URL(url).pathname} ${new Headers(init.headers).get('authorization')}`);
        return Response.json({ runId: 'run-2', started: true });
      },
    };
    const { logger } = recordingLogger();
    const withdraw = async () => {
      const { client } = { client: getClient() };
      expect(getClient()).toBe(client);
      await client.workflow.start('other', { taskQueue, workflowId: 'w' });
      return Context.current().client;
    };
    const handler = createHandler({ taskQueue: 'transfers', activities: { withdraw }, logger });
    const answer = await handler.executeActivity(activityTask({ namespace: 'ours' }), engine);
    expect(calls).toEqual(['/api/v1/namespaces/ours/workflows/w Bearer key-1']);
    expect(answer).toMatchObject({
      failed: { failure: { message: expect.stringContaining('import getClient of perdure/activity') } },
    });
    const nowhere = await handler.executeActivity(activityTask(), {});
    expect(nowhere).toMatchObject({
      failed: { failure: { applicationFailureInfo: { type: 'IllegalStateError' } } },
    });
  });
});
