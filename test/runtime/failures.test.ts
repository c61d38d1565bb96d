import { describe, expect, it } from 'vitest';
import type { LogLevel } from '../../sdk/common/logger.ts';
import { makeLogger } from '../../sdk/common/logger.ts';
import * as wf from '../../sdk/workflow/index.ts';
import { all, Driver, names, resultOf } from './driver.ts';

const { charge } = wf.proxyActivities<{ charge(n: number): Promise<string> }>({ startToCloseTimeout: '1m' });

describe('what a workflow function throws', () => {
  it('fails the workflow when it is a failure, with type, details and cause', async () => {
    async function failing(): Promise<void> {
      const cause = new RangeError('inner');
      throw wf.ApplicationFailure.create({
        message: 'outer',
        type: 'Broke',
        details: [1],
        nonRetryable: true,
        cause,
      });
    }
    const [command] = all(await new Driver(failing).task(), 'FailWorkflowExecution');
    expect(command!.failure).toMatchObject({
      message: 'outer',
      source: 'TypeScriptSDK',
      applicationFailureInfo: {
        type: 'Broke',
        nonRetryable: true,
        details: { payloads: [{ data: btoa('1') }] },
      },
      cause: { message: 'inner', stackTrace: expect.stringMatching(/^RangeError: inner\n/) },
    });
  });

  it('fails the workflow with the activity failure as it was recorded', async () => {
    async function passing(): Promise<void> {
      await charge(1);
    }
    const run = new Driver(passing);
    await run.task();
    run.history.failActivity('1');
    const [command] = all(await run.task(), 'FailWorkflowExecution');
    expect(command!.failure).toMatchObject({
      message: 'Activity task failed',
      activityFailureInfo: {
        activityId: '1',
        activityType: { name: 'charge' },
        scheduledEventId: '5',
        startedEventId: '6',
      },
      cause: { message: 'no luck' },
    });
  });

  it('fails only the task when it is any other error, so that the code can be fixed', async () => {
    async function buggy(): Promise<void> {
      await null;
      (undefined as unknown as () => void)();
    }
    const { cause, failure } = await new Driver(buggy).failingTask();
    expect(cause).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
    expect(failure.stackTrace).toMatch(/^TypeError: /);
    expect(failure.stackTrace).toMatch(/buggy/);
  });

  it('is logged as what it ends: the workflow, or nothing, where it fails only the task', async () => {
    const logged = async (workflow: wf.Workflow, run: (driver: Driver) => Promise<unknown>) => {
      const entries: string[] = [];
      const logger = makeLogger('DEBUG', (level, message) => entries.push(`${level} ${message}`));
      await run(new Driver(workflow, { logger }));
      return entries;
    };
    async function failing(): Promise<void> {
      throw wf.ApplicationFailure.create({ message: 'broken' });
    }
    async function buggy(): Promise<void> {
      throw new TypeError('a bug');
    }
    async function unasked(): Promise<void> {
      throw new wf.CancelledFailure('nobody asked for it');
    }
    const ended = ['DEBUG Workflow started', 'WARN Workflow failed'];
    expect(await logged(failing, (driver) => driver.task())).toEqual(ended);
    expect(await logged(unasked, (driver) => driver.task())).toEqual(ended);
    expect(await logged(buggy, (driver) => driver.failingTask())).toEqual(['DEBUG Workflow started']);
  });

  it('keeps a stack that a program has written itself', async () => {
    const stackOf = async (workflow: wf.Workflow): Promise<string | undefined> =>
      all(await new Driver(workflow).task(), 'FailWorkflowExecution')[0]!.failure.stackTrace;
    async function written(): Promise<void> {
      const failure = wf.ApplicationFailure.nonRetryable('broken');
      failure.stack = 'written by hand';
      throw failure;
    }
    expect(await stackOf(written)).toBe('written by hand');
    async function bare(): Promise<void> {
      const failure = wf.ApplicationFailure.nonRetryable('broken');
      failure.stack = 'ApplicationFailure: broken';
      throw failure;
    }
    expect(await stackOf(bare)).toBe('ApplicationFailure: broken');
  });

  it('fails the task when arguments or results cannot be converted', async () => {
    async function circular(): Promise<unknown> {
      const loop: { self?: unknown } = {};
      loop.self = loop;
      return loop;
    }
    expect((await new Driver(circular).failingTask()).failure.message).toMatch(/convert/);
  });
});

describe('a promise that is rejected and that nobody handles', () => {
  /** Vitest listens too, and would report what the runtime deals with. */
  async function withoutOtherListeners<T>(fn: () => Promise<T>): Promise<T> {
    const others = process
      .listeners('unhandledRejection')
      .filter((listener) => !`${listener}`.includes('failCurrentRun'));
    for (const listener of others) process.off('unhandledRejection', listener);
    try {
      return await fn();
    } finally {
      for (const listener of others) process.on('unhandledRejection', listener);
    }
  }

  it('fails the task of its run, and of no other', async () => {
    async function forgetful(bad: boolean): Promise<string> {
      if (bad) void Promise.reject(new Error('forgotten'));
      await wf.sleep(1);
      return 'fine';
    }
    await withoutOtherListeners(async () => {
      const good = new Driver(forgetful, { args: [false], runId: 'good' });
      const [{ cause, failure }] = await Promise.all([
        new Driver(forgetful, { args: [true], runId: 'bad' }).failingTask(),
        good.task(),
      ]);
      expect(cause).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
      expect(failure.message).toMatch(/^Unhandled Promise rejection: Error: forgotten$/);
      good.history.fireTimer('1');
      expect(resultOf(await good.task())).toBe('fine');
    });
  });

  it('is none while somebody handles it before the task ends', async () => {
    async function late(): Promise<string> {
      const call = Promise.reject(new Error('late'));
      await null;
      await null;
      return call.catch(() => 'handled');
    }
    expect(resultOf(await new Driver(late).task())).toBe('handled');
  });
});

describe('a session', () => {
  it('answers the same failure again after a task has failed', async () => {
    async function buggy(): Promise<void> {
      throw new TypeError('bug');
    }
    const run = new Driver(buggy);
    run.history.scheduleTask();
    run.history.startTask();
    const session = run.open();
    const first = await session.runWorkflowTask(run.history.events);
    expect(await session.runWorkflowTask([])).toEqual(first);
    expect(first).toMatchObject({ failed: { failure: { message: 'bug' } } });
  });

  it('refuses work once it is disposed', async () => {
    const session = new Driver(async () => undefined, { workflowType: 'w' }).open();
    session[Symbol.dispose]();
    await expect(session.feed([])).rejects.toThrow(wf.IllegalStateError);
  });

  it('fails when events are missing, or do not end with a task to work on', async () => {
    const run = new Driver(async () => undefined, { workflowType: 'w' });
    run.history.scheduleTask();
    run.history.startTask();
    const missing = await run.open().runWorkflowTask(run.history.events.slice(1));
    expect(missing).toMatchObject({ failed: { failure: { message: expect.stringMatching(/in order/) } } });
    const open = await run.open().runWorkflowTask(run.history.events.slice(0, 2));
    expect(open).toMatchObject({
      failed: { failure: { message: expect.stringMatching(/WorkflowTaskStarted/) } },
    });
  });

  it('runs calls one after the other, in the order they were made', async () => {
    async function counted(): Promise<number> {
      wf.setHandler(wf.defineQuery<string>('state'), () => 'ran');
      await wf.sleep(1);
      return 1;
    }
    const run = new Driver(counted);
    run.history.scheduleTask();
    run.history.startTask();
    const session = run.open();
    const [, answer] = await Promise.all([
      session.runWorkflowTask(run.history.events),
      session.query([], { queryType: 'state' }),
    ]);
    expect(answer).toMatchObject({ result: { payloads: [{ data: btoa('"ran"') }] } });
  });

  it('says in the first completed task, and only there, which flags of the SDK are in use', async () => {
    async function flagged(): Promise<void> {
      await wf.sleep(1);
    }
    const run = new Driver(flagged);
    await run.task();
    run.history.fireTimer('1');
    await run.task();
    const metadata = run.history.events
      .filter((e) => e.eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED')
      .map((e) => e.workflowTaskCompletedEventAttributes.sdkMetadata);
    expect(metadata).toEqual([
      {
        coreUsedFlags: [1, 2, 3],
        langUsedFlags: [1, 2, 3, 4, 5],
        sdkName: 'temporal-typescript',
        sdkVersion: '1.24.0',
      },
      undefined,
    ]);
  });
});

describe('facts and logs', () => {
  it('tell a workflow of its own run', async () => {
    async function informed(): Promise<unknown> {
      const { unsafe, startTime, ...info } = wf.workflowInfo();
      return { ...info, startTime: startTime.getTime(), replaying: unsafe.isReplaying };
    }
    expect(resultOf(await new Driver(informed, { runId: 'r-1' }).task())).toMatchObject({
      workflowId: 'w-informed',
      runId: 'r-1',
      workflowType: 'informed',
      namespace: 'default',
      taskQueue: 'test',
      attempt: 1,
      taskTimeoutMs: 10_000,
      historyLength: 3,
      firstExecutionRunId: 'r-1',
      replaying: false,
    });
  });

  it('write every line of the log once, with the ids of the run, however often history is replayed', async () => {
    const lines: Array<[LogLevel, string, unknown]> = [];
    const logger = makeLogger('INFO', (level, message, { workflowId }) =>
      lines.push([level, message, workflowId]),
    );
    async function logged(): Promise<void> {
      wf.log.info('one');
      await wf.sleep(1);
      wf.log.warn('two', { extra: 1 });
    }
    const run = new Driver(logged, { logger });
    await run.task();
    run.restart();
    run.history.fireTimer('1');
    await run.task();
    run.restart();
    await run.query('__stack_trace');
    expect(lines).toEqual([
      ['INFO', 'one', 'w-logged'],
      ['WARN', 'two', 'w-logged'],
    ]);
  });

  it('warn when a workflow ends while a signal handler runs, unless the handler may be abandoned', async () => {
    const lines: string[] = [];
    const logger = makeLogger('WARN', (_level, message) => lines.push(message));
    async function hasty(): Promise<void> {
      let called = 0;
      const handler = async (): Promise<void> => {
        called += 1;
        await charge(1);
      };
      wf.setHandler(wf.defineSignal('a'), handler);
      wf.setHandler(wf.defineSignal('b'), handler, { unfinishedPolicy: wf.HandlerUnfinishedPolicy.ABANDON });
      await wf.condition(() => called === 1);
    }
    for (const signal of ['a', 'b']) {
      const run = new Driver(hasty, { logger });
      run.history.signal(signal);
      expect(names(await run.task()).at(-1)).toBe('CompleteWorkflowExecution');
    }
    expect(lines).toEqual([expect.stringMatching(/while signal handlers were running/)]);
  });
});
