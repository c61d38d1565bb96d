import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { CancelledFailure, WorkflowFailedError } from '@temporalio/client';
import { TestWorkflowEnvironment, workflowInterceptorModules } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import * as activities from './activities';
import * as wf from './workflows';

let env: TestWorkflowEnvironment;
let workflowBundle: WorkflowBundleWithSourceMap;
const emails: string[] = [];

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  env = await TestWorkflowEnvironment.createTimeSkipping();
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: require.resolve('./workflows'),
    workflowInterceptorModules: [...workflowInterceptorModules],
    logger: new DefaultLogger('ERROR'),
  });
}, 30_000);
afterAll(() => env?.teardown());

async function withWorker<T>(
  fn: (options: { taskQueue: string; workflowId: string }) => Promise<T>,
): Promise<T> {
  const taskQueue = randomUUID();
  const sendEmail = jest.fn(activities.sendEmail).mockImplementation(async (to, text) => {
    emails.push(to);
    return activities.sendEmail(to, text);
  });
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle,
    activities: { ...activities, sendEmail },
    enableNonLocalActivities: true,
  });
  return await worker.runUntil(fn({ taskQueue, workflowId: `wf-${taskQueue}` }));
}

describe('small programs', () => {
  it('sleeps for days', async () => {
    const sent = await withWorker(async (options) => {
      const handle = await env.client.workflow.start(wf.sleepForDays, options);
      await env.sleep('75 days');
      await handle.signal(wf.complete);
      return await handle.result();
    });
    expect(sent).toBe(3);
  });

  it('keeps state that can be asked for, until it is cancelled', async () => {
    await withWorker(async (options) => {
      const handle = await env.client.workflow.start(wf.state, options);
      await handle.signal(wf.setValue, 'meaning', 42);
      expect(await handle.query(wf.getValue, 'meaning')).toBe(42);
      expect(await handle.query<number | undefined, [string]>('getValue', 'none')).toBeUndefined();
      await handle.cancel();
      await handle.result().catch((err) => expect(err.cause).toBeInstanceOf(CancelledFailure));
    });
  });

  it('continues as new', async () => {
    expect(await withWorker((options) => env.client.workflow.execute(wf.loop, options))).toBe(5);
  });

  it('runs by a cron expression', async () => {
    await withWorker(async (options) => {
      const handle = await env.client.workflow.start(wf.scheduled, {
        ...options,
        cronSchedule: '*/5 * * * *',
      });
      await env.sleep('16 minutes');
      await handle.terminate('enough');
      expect(emails.filter((to) => to === options.workflowId).length).toBeGreaterThanOrEqual(3);
    });
  });

  it('polls seldom', async () => {
    const begin = await env.currentTimeMs();
    expect(await withWorker((options) => env.client.workflow.execute(wf.infrequent, options))).toBe(
      'report after 4',
    );
    expect((await env.currentTimeMs()) - begin).toBeGreaterThanOrEqual(180_000);
  });

  it.each([
    [true, 'paid → e-true'],
    [false, 'e-false rejected'],
    [undefined, 'e-undefined timed out'],
  ])('waits for an approval: %s', async (answer, expected) => {
    const result = await withWorker(async (options) => {
      const handle = await env.client.workflow.start(wf.expense, { ...options, args: [`e-${answer}`] });
      if (answer !== undefined) await handle.signal(wf.approve, answer);
      return await handle.result();
    });
    expect(result).toBe(expected);
  });

  it('tells failures apart', async () => {
    const of = (kind: string) =>
      withWorker((options) => env.client.workflow.execute(wf.failures, { ...options, args: [kind] }));
    expect(await of('plain')).toMatchObject({
      type: 'TypeError',
      message: 'plain error',
      root: 'plain error',
    });
    expect(await of('details')).toMatchObject({
      type: 'CardDeclined',
      details: [{ code: 17 }, 'x'],
      nonRetryable: true,
    });
    expect(await of('other')).toMatchObject({
      type: 'Wrapped',
      message: 'wrapped',
      retryState: 'NON_RETRYABLE_FAILURE',
    });
  });

  it('starts eagerly and has local activities', async () => {
    const result = await withWorker((options) =>
      env.client.workflow.execute(wf.eagerly, { ...options, requestEagerStart: true }),
    );
    expect(result).toEqual(['local → a', 'eager → b', '5']);
  });

  it('has default handlers', async () => {
    const seen = await withWorker(async (options) => {
      const handle = await env.client.workflow.signalWithStart(wf.dynamic, {
        ...options,
        signal: 'one',
        signalArgs: [1],
      });
      expect(await handle.query('anything')).toBe('anything: 1');
      await handle.signal('two', 'x', 'y');
      return await handle.result();
    });
    expect(seen).toEqual(['one(1)', 'two(x,y)']);
  });

  it('has children', async () => {
    await withWorker(async (options) => {
      const result = await env.client.workflow.execute(wf.parent, { ...options, args: [['a', 'b']] });
      expect(result).toEqual([
        `a true ${options.workflowId} {"name":"a"}`,
        `b false ${options.workflowId} {"name":"b"}`,
      ]);
    });
  });

  it('cleans up when it is cancelled', async () => {
    await withWorker(async (options) => {
      const handle = await env.client.workflow.start(wf.cleanUp, options);
      await env.sleep('1 day');
      await handle.cancel();
      await assert.rejects(
        handle.result(),
        (err) => err instanceof WorkflowFailedError && err.cause instanceof CancelledFailure,
      );
      expect(emails).toContain('ops');
    });
  });

  it('replays what it has recorded', async () => {
    const history = await withWorker(async (options) => {
      const handle = await env.client.workflow.start(wf.withPatch, options);
      expect(await handle.result()).toBe('new');
      return await handle.fetchHistory();
    });
    await Worker.runReplayHistory({ workflowBundle }, history);
    const results = Worker.runReplayHistories({ workflowsPath: require.resolve('./workflows') }, [
      { workflowId: 'patch', history },
    ]);
    for await (const { error } of results) expect(error).toBeUndefined();
  });
});
