import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Context, heartbeat, log, sleep } from '../../sdk/activity/index.ts';
import type { ActivityOutboundCallsInterceptor } from '../../sdk/activity/interceptors.ts';
import { ApplicationFailure, type Failure } from '../../sdk/common/failure.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import { ActivityTasks, type TaskCaller } from '../../sdk/worker/activity-tasks.ts';
import { AnswerStore } from '../../sdk/worker/answers.ts';
import { activityTask, gate, payloads, recordingLogger, until } from './support.ts';

interface Call {
  path: string;
  body: Record<string, unknown>;
  at: number;
}

/** An engine that answers with the given statuses, then 200; 0 stands for "not reached". Busy ones say for how long. */
function fakeEngine(...answers: Array<number | { status: 429 | 503; retryAfter: string }>) {
  const calls: Call[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    calls.push({ path: new URL(url).pathname, body: JSON.parse(init.body as string), at: Date.now() });
    const given = answers.shift() ?? 200;
    if (typeof given === 'object') {
      const { status, retryAfter } = given;
      return Response.json({ code: 8, message: 'busy' }, { status, headers: { 'retry-after': retryAfter } });
    }
    const status = given;
    if (status === 0) throw new TypeError('fetch failed');
    const bodies: Record<number, object> = {
      400: { code: 3, message: 'T: too long' },
      404: { code: 5, message: 'gone' },
    };
    return Response.json(bodies[status] ?? {}, { status });
  };
  return { calls, address: { url: 'http://engine', fetch } };
}

function tasksWith(options: Partial<ConstructorParameters<typeof ActivityTasks>[0]> = {}) {
  const { logger, entries } = recordingLogger();
  return { tasks: new ActivityTasks({ identity: 'w1', logger, requestScoped: false, ...options }), entries };
}

function callerOf(engine: ReturnType<typeof fakeEngine>, abort = new AbortController()): TaskCaller {
  return { signal: abort.signal, engine: engine.address };
}

const completed = (value: unknown) => ({ completed: { result: payloads(value), identity: 'w1' } });

describe('a failure that is expected', () => {
  it.each([
    ['BENIGN', 'DEBUG'],
    [undefined, 'WARN'],
  ] as const)('of category %s is told at level %s', async (category, level) => {
    const { tasks, entries } = tasksWith();
    const fn = async () => {
      throw ApplicationFailure.create({ message: 'as always', category });
    };
    await tasks.run(activityTask(), fn, callerOf(fakeEngine()));
    expect(entries.filter(({ message }) => message === 'Activity failed')).toMatchObject([{ level }]);
  });
});

describe('what is logged of an activity', () => {
  const task = activityTask({ activityType: 'charge', workflowType: 'order', taskQueue: 'orders' });
  const fields = { activityType: 'charge', workflowType: 'order', taskQueue: 'orders', isLocal: false };

  it('has the fields of Temporal, and who says it', async () => {
    const { tasks, entries } = tasksWith();
    await tasks.run(task, async () => log.info('charging'), callerOf(fakeEngine()));
    expect(entries).toMatchObject([
      { level: 'DEBUG', message: 'Activity started', meta: { ...fields, sdkComponent: 'worker' } },
      { level: 'INFO', message: 'charging', meta: { ...fields, sdkComponent: 'activity' } },
      { message: 'Activity completed', meta: { ...fields, durationMs: expect.any(Number) } },
    ]);
    for (const { meta } of entries) expect(meta).toHaveProperty('workflowRunId');
  });

  it('is what the interceptors of the attempt add, in each entry', async () => {
    const outbound: ActivityOutboundCallsInterceptor = {
      getLogAttributes: (input, next) => ({ ...next(input), tenant: 'a' }),
    };
    const { tasks, entries } = tasksWith({ interceptors: [() => ({ outbound })] });
    await tasks.run(task, async () => log.info('charging'), callerOf(fakeEngine()));
    expect(entries.map(({ message, meta }) => [message, meta?.tenant])).toEqual([
      ['Activity started', 'a'],
      ['charging', 'a'],
      ['Activity completed', 'a'],
    ]);
  });

  it('is the error itself, with its stack', async () => {
    const { tasks, entries } = tasksWith();
    const error = new TypeError('no such card');
    await tasks.run(task, () => Promise.reject(error), callerOf(fakeEngine()));
    expect(entries.at(-1)).toMatchObject({ level: 'WARN', message: 'Activity failed' });
    expect(entries.at(-1)!.meta!.error).toBe(error);
  });

  it('is no failure when nobody waits for the attempt any more', async () => {
    const { tasks, entries } = tasksWith();
    const engine = fakeEngine(404);
    const untilStopped = () => {
      heartbeat();
      return Context.current().cancelled;
    };
    await tasks.run(task, untilStopped, callerOf(engine));
    expect(entries.at(-1)).toMatchObject({ level: 'DEBUG', message: 'Activity completed as cancelled' });
  });
});

describe('a dispatch that comes again', () => {
  it('joins the running execution', async () => {
    const { tasks } = tasksWith();
    const engine = fakeEngine();
    const finish = gate<string>();
    const fn = vi.fn(() => finish.promise);
    const first = tasks.run(activityTask(), fn, callerOf(engine));
    const second = tasks.run(activityTask(), fn, callerOf(engine));
    finish.open('once');
    expect(await Promise.all([first, second])).toEqual([completed('once'), completed('once')]);
    expect(fn).toHaveBeenCalledTimes(1);
    expect(engine.calls).toEqual([]);
  });

  it('gets the stored answer of a finished one, failures too', async () => {
    const { tasks } = tasksWith();
    const fn = vi.fn(async () => {
      throw new Error('no money');
    });
    const first = await tasks.run(activityTask(), fn, callerOf(fakeEngine()));
    const second = await tasks.run(activityTask(), fn, callerOf(fakeEngine()));
    expect(second).toEqual(first);
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('is executed when it is another attempt', async () => {
    const { tasks } = tasksWith();
    const fn = vi.fn(async () => 1);
    await tasks.run(activityTask(), fn, callerOf(fakeEngine()));
    await tasks.run(activityTask({ attempt: 2, dispatchId: 'run-1/5/2' }), fn, callerOf(fakeEngine()));
    expect(fn).toHaveBeenCalledTimes(2);
  });
});

describe('an answer that the caller cannot receive', () => {
  it('is reported when an engine that is busy wants to be asked again, and not before', async () => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
    try {
      const { tasks } = tasksWith();
      const inTenSeconds = new Date(1_800_000_010_000 + 15_000).toUTCString();
      const engine = fakeEngine(
        { status: 429, retryAfter: '7' },
        { status: 503, retryAfter: inTenSeconds },
        503,
      );
      const abort = new AbortController();
      abort.abort();
      await tasks.run(activityTask(), async () => 'kept', callerOf(engine, abort));
      await vi.advanceTimersByTimeAsync(60_000);
      await tasks.idle();
      const [first, second, third, fourth] = engine.calls.map(({ at }) => at - 1_800_000_000_000);
      expect(second! - first!).toBeGreaterThanOrEqual(7_000);
      expect(second! - first!).toBeLessThanOrEqual(7_000 * 1.2);
      expect(third).toBeGreaterThanOrEqual(25_000);
      expect(fourth! - third!).toBeLessThanOrEqual(1_000);
      expect(engine.calls).toHaveLength(4);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is reported by task token, again and again until the engine has it', async () => {
    vi.useFakeTimers();
    try {
      const { tasks } = tasksWith();
      const engine = fakeEngine(0, 503, 0);
      const abort = new AbortController();
      const finish = gate<string>();
      const answered = tasks.run(activityTask(), () => finish.promise, callerOf(engine, abort));
      abort.abort();
      finish.open('kept');
      await answered;
      await vi.advanceTimersByTimeAsync(10_000);
      expect(engine.calls.length).toBe(4);
      expect(new Set(engine.calls.map((call) => call.path))).toEqual(
        new Set(['/api/v1/namespaces/default/activity-complete']),
      );
      expect(engine.calls[3]?.body).toEqual({
        taskToken: activityTask().taskToken,
        result: payloads('kept'),
        identity: 'w1',
      });
      await tasks.idle();
    } finally {
      vi.useRealTimers();
    }
  });

  it('is reported when the connection breaks after the answer was handed over', async () => {
    const { tasks } = tasksWith();
    const engine = fakeEngine();
    const abort = new AbortController();
    await tasks.run(activityTask(), async () => 'sent', callerOf(engine, abort));
    abort.abort();
    await until(() => engine.calls.length === 1);
  });

  it('is not reported while another caller waits for it', async () => {
    const { tasks } = tasksWith();
    const engine = fakeEngine();
    const abort = new AbortController();
    const finish = gate<string>();
    const first = tasks.run(activityTask(), () => finish.promise, callerOf(engine, abort));
    const second = tasks.run(activityTask(), () => finish.promise, callerOf(engine));
    abort.abort();
    finish.open('joined');
    expect(await second).toEqual(completed('joined'));
    await first;
    await tasks.idle();
    expect(engine.calls).toEqual([]);
  });

  it('is given up when the engine does not want it any more', async () => {
    const { tasks, entries } = tasksWith();
    const engine = fakeEngine(404);
    const abort = new AbortController();
    abort.abort();
    await tasks.run(activityTask(), async () => 'stale', callerOf(engine, abort));
    await tasks.idle();
    expect(engine.calls.length).toBe(1);
    expect(entries.some(({ message }) => message.startsWith('Activity result is not wanted any more:'))).toBe(
      true,
    );
  });

  it('is given up with an ERROR when the engine refuses what takes its place as well', async () => {
    const { tasks, entries } = tasksWith();
    const engine = fakeEngine(400, 400);
    const abort = new AbortController();
    abort.abort();
    await tasks.run(activityTask(), async () => 'odd', callerOf(engine, abort));
    await tasks.idle();
    expect(engine.calls.length).toBe(2);
    expect(entries.filter((entry) => entry.level === 'ERROR')).toMatchObject([
      { meta: { status: 400, attempt: 1 } },
    ]);
  });

  it('becomes a smaller failure that is not retried when the engine refuses the failure itself', async () => {
    const { tasks } = tasksWith();
    const engine = fakeEngine(400);
    const abort = new AbortController();
    abort.abort();
    const fail = async () => {
      const type = 'T'.repeat(20_000);
      throw ApplicationFailure.create({ message: `no money ${'!'.repeat(5_000)}`, type });
    };
    await tasks.run(activityTask(), fail, callerOf(engine, abort));
    await tasks.idle();
    expect(engine.calls.map((call) => call.path.split('/').at(-1))).toEqual([
      'activity-fail',
      'activity-fail',
    ]);
    const [first, second] = engine.calls.map(({ body }) => body.failure as Failure);
    expect(first?.applicationFailureInfo?.type).toHaveLength(20_000);
    expect(second).toMatchObject({
      message: expect.stringMatching(/refused: T: too long\. The activity had failed: no money !/),
      applicationFailureInfo: { type: 'InvalidAnswer', nonRetryable: true },
    });
    expect(JSON.stringify(second).length).toBeLessThan(2_000);
  });

  it('becomes a failure that is not retried when it is too large for the engine', async () => {
    const { tasks } = tasksWith();
    const engine = fakeEngine(413);
    const abort = new AbortController();
    abort.abort();
    await tasks.run(activityTask(), async () => 'big', callerOf(engine, abort));
    await tasks.idle();
    expect(engine.calls.map((call) => call.path.split('/').at(-1))).toEqual([
      'activity-complete',
      'activity-fail',
    ]);
    expect(engine.calls[1]?.body).toMatchObject({
      failure: { applicationFailureInfo: { type: 'PayloadTooLarge', nonRetryable: true } },
    });
  });

  it('goes on being worked on while the engine may send the dispatch again', async () => {
    vi.useFakeTimers();
    try {
      const { tasks } = tasksWith();
      const abort = new AbortController();
      const fetch = async () => Response.json({ code: 5, message: 'not claimed' }, { status: 404 });
      const caller = { signal: abort.signal, engine: { url: 'http://engine', fetch } };
      const fn = async () => {
        for (let i = 0; i < 30; i++) {
          heartbeat(i);
          await sleep(1_000);
        }
        return 'whole';
      };
      const lost = tasks.run(activityTask({ heartbeatTimeout: '5s' }), fn, caller);
      abort.abort();
      await vi.advanceTimersByTimeAsync(20_000);
      const again = tasks.run(activityTask({ heartbeatTimeout: '5s' }), fn, callerOf(fakeEngine()));
      // Connected again and still unknown to the engine: now it is over.
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await again).toMatchObject({
        failed: { failure: { applicationFailureInfo: { type: 'AttemptOver' } } },
      });
      await lost;
    } finally {
      vi.useRealTimers();
    }
  });

  it('is reported by the verb of its kind', async () => {
    const { tasks } = tasksWith();
    const engine = fakeEngine();
    const abort = new AbortController();
    abort.abort();
    const fail = async () => {
      throw new Error('no');
    };
    await tasks.run(activityTask(), fail, callerOf(engine, abort));
    await tasks.idle();
    expect(engine.calls).toMatchObject([
      {
        path: '/api/v1/namespaces/default/activity-fail',
        body: { failure: { message: 'no' }, identity: 'w1' },
      },
    ]);
  });

  it('was perhaps lost with an engine that went away just after: it is reported when the engine is back', async () => {
    vi.useFakeTimers({ now: 1_000_000 });
    try {
      const { tasks } = tasksWith();
      const engine = fakeEngine();
      const at = async (time: number, fields: Partial<ActivityTask>) => {
        vi.setSystemTime(time);
        await tasks.run(activityTask(fields), async () => time, callerOf(engine));
      };
      await at(1_000_000, { dispatchId: 'early' });
      await at(1_020_000, { dispatchId: 'late', taskToken: 'bGF0ZQ==' });
      await tasks.reportSince(1_020_500, engine.address);
      expect(engine.calls.map((call) => call.body.taskToken)).toEqual(['bGF0ZQ==']);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('where an execution can end with its request', () => {
  it('a second request looks for the outcome instead of awaiting the first one', async () => {
    const { tasks } = tasksWith({ requestScoped: true });
    const finish = gate<string>();
    const fn = vi.fn(() => finish.promise);
    const first = tasks.run(activityTask(), fn, callerOf(fakeEngine()));
    const second = tasks.run(activityTask(), fn, callerOf(fakeEngine()));
    finish.open('once');
    expect(await Promise.all([first, second])).toEqual([completed('once'), completed('once')]);
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('an execution whose request was ended by the platform is begun again', async () => {
    vi.useFakeTimers();
    const clear = vi.spyOn(globalThis, 'setTimeout').mockReturnValueOnce(0 as never);
    try {
      const { tasks } = tasksWith({ requestScoped: true });
      // The first request is gone: its timers do not fire and its promise is never settled.
      void tasks.run(activityTask(), () => new Promise(() => undefined), callerOf(fakeEngine()));
      const second = tasks.run(activityTask(), async () => 'again', callerOf(fakeEngine()));
      await vi.advanceTimersByTimeAsync(4_900);
      expect(tasks.runningCount).toBe(1);
      await vi.advanceTimersByTimeAsync(300);
      expect(await second).toEqual(completed('again'));
    } finally {
      clear.mockRestore();
      vi.useRealTimers();
    }
  });
});

describe('stored answers', () => {
  const add = (store: AnswerStore, id: string, now: number, size = 1) =>
    store.add(activityTask({ dispatchId: id }), { completed: { identity: 'x'.repeat(size) } }, now);

  it('are kept for ten minutes', () => {
    const store = new AnswerStore();
    add(store, 'a', 0);
    expect(store.get('a', 600_000)).toBeDefined();
    expect(store.get('a', 600_001)).toBeUndefined();
  });

  it('are at most a thousand', () => {
    const store = new AnswerStore();
    for (let i = 0; i <= 1_000; i++) add(store, `id-${i}`, 0);
    expect(store.get('id-0', 0)).toBeUndefined();
    expect(store.get('id-1', 0)).toBeDefined();
    expect(store.get('id-1000', 0)).toBeDefined();
  });

  it('take at most 64 MiB together', () => {
    const store = new AnswerStore();
    add(store, 'a', 0, 40 * 1024 * 1024);
    add(store, 'b', 0, 40 * 1024 * 1024);
    expect(store.get('a', 0)).toBeUndefined();
    expect(store.get('b', 0)).toBeDefined();
  });

  it('do not keep the input', () => {
    const store = new AnswerStore();
    const kept = store.add(activityTask({ input: payloads('secret') }), 'async', 0);
    expect(kept.task).not.toHaveProperty('input');
  });
});

describe('a long activity', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const HOUR = 3_600_000;
  const task = activityTask({ startToCloseTimeout: '28800s', heartbeatTimeout: '60s' });

  it('of six hours is accepted, sends heartbeats, and is reported until the engine is back', async () => {
    const { tasks } = tasksWith({ answerWithinMs: 300_000 });
    const engine = fakeEngine();
    let away = false;
    const fetch = async (url: string, init: RequestInit) => {
      if (away) throw new TypeError('fetch failed');
      return engine.address.fetch(url, init);
    };
    const caller = { signal: new AbortController().signal, engine: { url: 'http://engine', fetch } };
    let executions = 0;
    const work = async (): Promise<string> => {
      executions++;
      for (let minute = 0; minute < 360; minute++) {
        heartbeat(minute);
        await sleep(60_000);
      }
      return 'finished';
    };
    const answer = tasks.run(task, work, caller);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await answer).toBe('accepted');
    await vi.advanceTimersByTimeAsync(5 * HOUR);
    const beats = engine.calls.filter(({ path }) => path.endsWith('/activity-heartbeat'));
    expect(beats.length).toBeGreaterThan(300);
    // The engine is away for two hours; in the middle of it the activity ends.
    away = true;
    await vi.advanceTimersByTimeAsync(2 * HOUR);
    // A dispatch that comes again before the report was heard is not executed again.
    expect(await tasks.run(task, work, caller)).toEqual(completed('finished'));
    away = false;
    await vi.advanceTimersByTimeAsync(10_000);
    const reports = engine.calls.filter(({ path }) => path.endsWith('/activity-complete'));
    expect(reports.map(({ body }) => body.result)).toEqual([payloads('finished')]);
    expect(executions).toBe(1);
  });

  it('fails in a call that can be held no longer, and is told to stop', async () => {
    const { tasks } = tasksWith({ requestScoped: true, holdLimitMs: 14 * 60_000 });
    let stopped = false;
    const endless = async (): Promise<void> => {
      await sleep(HOUR).finally(() => {
        stopped = true;
      });
    };
    const answer = tasks.run(task, endless, callerOf(fakeEngine()));
    await vi.advanceTimersByTimeAsync(14 * 60_000);
    expect(await answer).toMatchObject({
      failed: {
        failure: {
          message: expect.stringMatching(/^The activity ran for 14 minutes; .* bind it as ACTIVITY_HOST/),
          applicationFailureInfo: { type: 'ActivityTooLongForHost', nonRetryable: true },
        },
      },
    });
    expect(stopped).toBe(true);
  });

  it('that ends in time leaves no timer behind', async () => {
    const { tasks } = tasksWith({ requestScoped: true, holdLimitMs: 14 * 60_000 });
    expect(await tasks.run(task, async () => 1, callerOf(fakeEngine()))).toEqual(completed(1));
    expect(vi.getTimerCount()).toBe(0);
  });
});
