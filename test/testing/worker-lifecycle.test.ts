import { TestWorkflowEnvironment } from 'perdure/testing';
import {
  CombinedWorkerRunError,
  DefaultLogger,
  GracefulShutdownPeriodExpiredError,
  IllegalStateError,
  PromiseCompletionTimeoutError,
  Runtime,
  Worker,
  type WorkerOptions,
} from 'perdure/worker/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as activities from './fixtures/activities.ts';
import { greeting, patient, waiting } from './fixtures/workflows.ts';

const workflowsPath = new URL('./fixtures/workflows.ts', import.meta.url).href;
const taskQueue = 'test';
let env: TestWorkflowEnvironment;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env?.teardown());

const createWorker = (options: Partial<WorkerOptions> = {}): Promise<Worker> =>
  Worker.create({ connection: env.nativeConnection, taskQueue, workflowsPath, activities, ...options });
const started = (name: string) => ({ taskQueue, workflowId: `${name}-${crypto.randomUUID()}` });

/** An activity that knows no cancellation, and how to end it. */
function stubborn() {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise, resolve: end } = Promise.withResolvers<string>();
  const slow = (): Promise<string> => {
    begin();
    return promise;
  };
  return { slow, begun, end: () => end('at last') };
}

describe('Worker', () => {
  it('has a client of its own and the options that it was created with', async () => {
    const worker = await createWorker();
    expect(worker.options).toMatchObject({ taskQueue, namespace: 'default', identity: expect.any(String) });
    expect(worker.client).toBe(worker.client);
    const hello = worker.runUntil(() =>
      worker.client!.workflow.execute(greeting, { ...started('hello'), args: ['client'] }),
    );
    expect(await hello).toBe('Hello, client!');
  });

  it('getStatus says what is going on', async () => {
    const { slow, begun, end } = stubborn();
    const worker = await createWorker({ activities: { slow }, shutdownGraceTime: '10s' });
    expect(worker.getStatus()).toMatchObject({ runState: 'INITIALIZED', workflowPollerState: 'SHUTDOWN' });
    const running = worker.run();
    const waits = await env.client.workflow.start(waiting, started('waiting'));
    const working = await env.client.workflow.start(patient, started('patient'));
    await begun;
    expect(worker.getStatus()).toEqual({
      runState: 'RUNNING',
      workflowPollerState: 'POLLING',
      activityPollerState: 'POLLING',
      hasOutstandingWorkflowPoll: true,
      hasOutstandingActivityPoll: true,
      numInFlightWorkflowActivations: 0,
      numInFlightActivities: 1,
      numInFlightNonLocalActivities: 1,
      numInFlightLocalActivities: 0,
      numCachedWorkflows: 2,
      numHeartbeatingActivities: 0,
    });
    worker.shutdown();
    expect(worker.getState()).toMatch(/STOPPING|DRAINING/);
    end();
    await running;
    expect(worker.getStatus()).toMatchObject({ runState: 'STOPPED', numInFlightActivities: 0 });
    await Promise.all([waits.terminate(), working.terminate()]);
  });

  it('cannot be shut down when it does not run', async () => {
    const worker = await createWorker();
    expect(() => worker.shutdown()).toThrow(IllegalStateError);
    await worker.runUntil(Promise.resolve());
    expect(() => worker.shutdown()).toThrow('STOPPED');
  });

  it('gives up on activities that do not end within shutdownForceTime', async () => {
    const { slow, begun, end } = stubborn();
    const worker = await createWorker({ activities: { slow }, shutdownForceTime: 20 });
    const running = worker.run();
    const handle = await env.client.workflow.start(patient, started('patient'));
    await begun;
    worker.shutdown();
    await expect(running).rejects.toThrow(GracefulShutdownPeriodExpiredError);
    expect(worker.getState()).toBe('FAILED');
    end();
    await handle.terminate();
  });
});

describe('runUntil', () => {
  it('fails when the Worker was stopped before the promise settled', async () => {
    const worker = await createWorker();
    const never = worker.runUntil(new Promise(() => undefined));
    worker.shutdown();
    await expect(never).rejects.toThrow(PromiseCompletionTimeoutError);
  });

  it('waits for the promise as long as promiseCompletionTimeout says', async () => {
    const worker = await createWorker();
    const { promise, resolve } = Promise.withResolvers<string>();
    const late = worker.runUntil(promise, { promiseCompletionTimeout: '10s' });
    worker.shutdown();
    setTimeout(() => resolve('late'), 10);
    expect(await late).toBe('late');
  });

  it('throws what the Worker threw, and both where the promise failed too', async () => {
    for (const fails of [false, true]) {
      const { slow, begun, end } = stubborn();
      const worker = await createWorker({ activities: { slow }, shutdownForceTime: 20 });
      const ran = worker.runUntil(async () => {
        const handle = await env.client.workflow.start(patient, started('patient'));
        await begun;
        if (fails) throw new RangeError('of the test');
        return handle;
      });
      const error = await ran.catch((reason: unknown) => reason);
      if (fails) {
        expect(error).toBeInstanceOf(CombinedWorkerRunError);
        expect((error as CombinedWorkerRunError).cause).toEqual({
          workerError: expect.any(GracefulShutdownPeriodExpiredError),
          innerError: new RangeError('of the test'),
        });
      } else {
        expect(error).toBeInstanceOf(GracefulShutdownPeriodExpiredError);
      }
      end();
    }
  });
});
