import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HeartbeatThrottle } from '../../sdk/activity/heartbeat.ts';
import {
  activityInfo,
  CompleteAsyncError,
  Context,
  cancellationSignal,
  cancelled,
  executeActivity,
  heartbeat,
  heartbeatInterval,
  type RecordHeartbeat,
  sleep,
} from '../../sdk/activity/index.ts';
import { ApplicationFailure, CancelledFailure, type Failure } from '../../sdk/common/failure.ts';
import type { ActivityFunction } from '../../sdk/common/types.ts';
import { activityTask, payloads, recordingLogger, values } from './support.ts';

const { logger } = recordingLogger();
const noHeartbeat: RecordHeartbeat = async () => ({});

function execute(
  fn: ActivityFunction,
  fields: Parameters<typeof activityTask>[0] = {},
  recordHeartbeat: RecordHeartbeat = noHeartbeat,
  { shutdownSignal, ...throttle }: { shutdownSignal?: AbortSignal } & HeartbeatThrottle = {},
) {
  const signal = shutdownSignal && { shutdownSignal };
  const options = { identity: 'me', logger, recordHeartbeat, heartbeatThrottle: throttle, ...signal };
  return executeActivity(activityTask(fields), fn, options);
}

describe('an executed activity', () => {
  it('gets its input, and its result is the answer', async () => {
    const answer = await execute(async (a: number, b: number) => ({ sum: a + b }), { input: payloads(2, 3) });
    expect(answer).toEqual({ completed: { result: payloads({ sum: 5 }), identity: 'me' } });
  });

  it('sleeps as long as it says, though no timer of the platform does', async () => {
    vi.useFakeTimers();
    const slept = execute(async () => sleep('60 days'), { startToCloseTimeout: '0s' });
    let over = false;
    void slept.then(() => {
      over = true;
    });
    await vi.advanceTimersByTimeAsync(59 * 86_400_000);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(over).toBe(true);
    vi.useRealTimers();
  });

  it('answers undefined as a payload, as Temporal does', async () => {
    const answer = await execute(async () => undefined);
    expect(answer).toEqual({ completed: { result: payloads(undefined), identity: 'me' } });
  });

  it('finds its info after awaits, and two at once do not mix', async () => {
    const look = async () => {
      await Promise.resolve();
      await new Promise((resolve) => setTimeout(resolve, 1));
      const { activityId, attempt, workflowExecution, heartbeatDetails } = activityInfo();
      return [activityId, attempt, workflowExecution?.workflowId, heartbeatDetails];
    };
    const [one, two] = await Promise.all([
      execute(look, { activityId: 'a', attempt: 3, heartbeatDetails: payloads({ done: 7 }) }),
      execute(look, { activityId: 'b' }),
    ]);
    expect(values((one as { completed: { result: never } }).completed.result)).toEqual([
      ['a', 3, 'transfer-1', { done: 7 }],
    ]);
    expect(values((two as { completed: { result: never } }).completed.result)).toEqual([
      ['b', 1, 'transfer-1', null],
    ]);
  });

  it('has no context outside', () => {
    expect(() => Context.current()).toThrow('Activity context not initialized');
  });

  it('fails with the type and flags of an ApplicationFailure', async () => {
    const answer = await execute(async () => {
      throw ApplicationFailure.nonRetryable('no such account', 'InvalidAccount', 'B-1');
    });
    expect(answer).toMatchObject({
      failed: {
        identity: 'me',
        failure: {
          message: 'no such account',
          applicationFailureInfo: { type: 'InvalidAccount', nonRetryable: true, details: payloads('B-1') },
        },
      },
    });
  });

  it('fails with the name of any other error as its type', async () => {
    const answer = await execute(async () => {
      throw new TypeError('oops');
    });
    expect(answer).toMatchObject({
      failed: {
        failure: { message: 'oops', applicationFailureInfo: { type: 'TypeError', nonRetryable: false } },
      },
    });
  });

  it('fails when its input cannot be decoded, and says so', async () => {
    const answer = await execute(async () => 1, { input: { payloads: [{ data: btoa('1') }] } });
    expect(answer).toMatchObject({ failed: { failure: { message: /the input could not be decoded/ } } });
  });

  it('fails when the heartbeat of the attempt before cannot be decoded, though it does not look at it', async () => {
    const heartbeatDetails = { payloads: [{ metadata: {}, data: 'e30=' }] };
    const answer = await execute(async () => 1, { heartbeatDetails, attempt: 2 });
    expect(answer).toMatchObject({ failed: { failure: { message: 'Got payload without an encoding' } } });
  });

  it('fails when its result cannot be encoded', async () => {
    const answer = await execute(async () => 10n);
    expect(answer).toMatchObject({ failed: { failure: { applicationFailureInfo: { type: 'ValueError' } } } });
  });

  it('fails even when the details of its failure cannot be encoded', async () => {
    const answer = await execute(async () => {
      throw ApplicationFailure.retryable('bad', 'T', 10n);
    });
    expect(answer).toMatchObject({
      failed: { failure: { message: /could not be encoded/, cause: { message: 'bad' } } },
    });
  });

  it('that throws CompleteAsyncError is completed from elsewhere', async () => {
    const answer = await execute(async () => {
      throw new CompleteAsyncError();
    });
    expect(answer).toBe('async');
  });

  it('that throws CancelledFailure by itself has failed', async () => {
    const answer = await execute(async () => {
      throw new CancelledFailure('I give up');
    });
    // Temporal's tell it as a failure of the application: nobody takes it for a cancellation.
    expect(answer).toMatchObject({
      failed: { failure: { message: 'I give up', applicationFailureInfo: { type: 'CancelledFailure' } } },
    });
  });
});

describe('heartbeats', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('go out every 0.8 × heartbeat timeout, every 30 s without one, and at least every 60 s', () => {
    expect(heartbeatInterval(10_000)).toBe(8_000);
    expect(heartbeatInterval(0)).toBe(30_000);
    expect(heartbeatInterval(undefined)).toBe(30_000);
    expect(heartbeatInterval(600_000)).toBe(60_000);
    expect(heartbeatInterval(10_000, { maxHeartbeatThrottleInterval: '1s' })).toBe(1_000);
    expect(heartbeatInterval(10_000, { defaultHeartbeatThrottleInterval: 50 })).toBe(8_000);
    expect(heartbeatInterval(0, { defaultHeartbeatThrottleInterval: 50 })).toBe(50);
  });

  it('go out at once, then throttled, the newest details winning', async () => {
    const sent: Array<[number, unknown]> = [];
    const begin = Date.now();
    const running = execute(
      async () => {
        for (let i = 0; i < 100; i++) {
          heartbeat(i);
          await new Promise((resolve) => setTimeout(resolve, 1_000));
        }
      },
      { heartbeatTimeout: '10s', startToCloseTimeout: '600s' },
      async ({ details, identity, taskToken }) => {
        expect([identity, taskToken]).toEqual(['me', btoa('token-1')]);
        sent.push([Date.now() - begin, values(details)[0]]);
        return {};
      },
    );
    await vi.advanceTimersByTimeAsync(100_000);
    await running;
    expect(sent.slice(0, 4)).toEqual([
      [0, 0],
      [8_000, 7],
      [16_000, 15],
      [24_000, 23],
    ]);
    expect(sent.length).toBe(13);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that could not be sent are sent again after a second', async () => {
    const sent: unknown[] = [];
    let broken = true;
    const running = execute(
      async () => {
        heartbeat('first');
        await new Promise((resolve) => setTimeout(resolve, 5_000));
      },
      { heartbeatTimeout: '10s' },
      async ({ details }) => {
        if (broken) {
          broken = false;
          throw new Error('connection refused');
        }
        sent.push(values(details)[0], Date.now());
        return {};
      },
    );
    const begin = Date.now();
    await vi.advanceTimersByTimeAsync(5_000);
    await running;
    expect(sent).toEqual(['first', begin + 1_000]);
  });

  it('that a busy engine refused are sent again when it wants them, but within the interval', async () => {
    const sent: Array<[number, unknown]> = [];
    const begin = Date.now();
    const busy = [5_000, 60_000];
    const running = execute(
      async () => {
        heartbeat('first');
        await new Promise((resolve) => setTimeout(resolve, 20_000));
      },
      { heartbeatTimeout: '10s', startToCloseTimeout: '600s' },
      async ({ details }) => {
        sent.push([Date.now() - begin, values(details)[0]]);
        const busyForMs = busy.shift();
        return busyForMs === undefined ? {} : { busyForMs };
      },
    );
    await vi.advanceTimersByTimeAsync(20_000);
    await running;
    expect(sent).toEqual([
      [0, 'first'],
      [5_000, 'first'],
      [13_000, 'first'],
    ]);
  });

  it('are not sent again and again where they are not throttled and the engine is away or busy', async () => {
    const sent: number[] = [];
    const begin = Date.now();
    const running = execute(
      async () => {
        heartbeat('first');
        await new Promise((resolve) => setTimeout(resolve, 10_000));
      },
      { heartbeatTimeout: '60s', startToCloseTimeout: '600s' },
      async () => {
        sent.push(Date.now() - begin);
        if (sent.length <= 2) throw new Error('connection refused');
        return { busyForMs: 5_000 };
      },
      { maxHeartbeatThrottleInterval: 0 },
    );
    await vi.advanceTimersByTimeAsync(10_000);
    await running;
    expect(sent).toEqual([0, 1_000, 2_000, 7_000]);
  });

  it('that the engine does not have yet travel with the failure', async () => {
    const answer = await execute(
      async () => {
        heartbeat('one');
        await Promise.resolve();
        heartbeat('two');
        throw new Error('broken');
      },
      { heartbeatTimeout: '10s' },
    );
    expect(answer).toMatchObject({ failed: { lastHeartbeatDetails: payloads('two') } });
  });

  it('that the engine has are not sent again with the failure', async () => {
    const running = execute(
      async () => {
        heartbeat('one');
        await new Promise((resolve) => setTimeout(resolve, 10));
        throw new Error('broken');
      },
      { heartbeatTimeout: '10s' },
    );
    await vi.advanceTimersByTimeAsync(10);
    expect(await running).not.toHaveProperty('failed.lastHeartbeatDetails');
  });

  it('with details that the engine refuses fail the activity for good, saying why', async () => {
    vi.useRealTimers();
    const work = async () => {
      heartbeat('far');
      await Context.current().cancelled;
    };
    const refused = 'details: a payload of 17 bytes is over the limit of 16';
    const answer = await execute(work, { heartbeatTimeout: '10s' }, async () => ({ refused }));
    expect(answer).toMatchObject({
      failed: {
        failure: {
          message: `Heartbeat details were refused: ${refused}`,
          applicationFailureInfo: { type: 'PayloadTooLarge', nonRetryable: true },
        },
      },
    });
  });

  it('with details that cannot be encoded fail the activity', async () => {
    const running = execute(async () => {
      heartbeat(10n);
      await cancelled();
    });
    await vi.advanceTimersByTimeAsync(1);
    expect(await running).toMatchObject({
      failed: { failure: { applicationFailureInfo: { type: 'ValueError' } } },
    });
  });
});

describe('cancellation', () => {
  it('comes with the reply to a heartbeat: signal aborted, `cancelled` rejects, the answer is canceled', async () => {
    const seen: unknown[] = [];
    const answer = await execute(
      async () => {
        const { signal } = { signal: cancellationSignal() };
        heartbeat();
        try {
          await sleep('1 hour');
        } catch (error) {
          seen.push(signal.aborted, error instanceof CancelledFailure, (error as Error).message);
          seen.push(Context.current().cancellationDetails);
          throw error;
        }
      },
      {},
      async () => ({ cancelRequested: true }),
    );
    expect(answer).toEqual({ canceled: { identity: 'me' } });
    expect(seen.slice(0, 3)).toEqual([true, true, 'CANCELLED']);
    expect(seen[3]).toMatchObject({ cancelRequested: true, notFound: false });
  });

  it('is there for who looks only after it has come', async () => {
    const answer = await execute(
      async () => {
        heartbeat();
        await vi.waitUntil(() => Context.current().cancellationDetails);
        const { aborted, reason } = cancellationSignal();
        expect([aborted, (reason as Error).message]).toEqual([true, 'CANCELLED']);
        expect(cancellationSignal()).toBe(cancellationSignal());
        await cancelled();
      },
      {},
      async () => ({ cancelRequested: true }),
    );
    expect(answer).toEqual({ canceled: { identity: 'me' } });
  });

  it('comes when the engine does not know the attempt any more', async () => {
    const answer = await execute(
      async () => {
        heartbeat();
        await cancelled();
      },
      {},
      async () => ({ notFound: true }),
    );
    expect(answer).toMatchObject({
      failed: { failure: { applicationFailureInfo: { type: 'AttemptOver' } } },
    });
  });

  it('counts when it surfaces as the AbortError of something that was given the signal', async () => {
    const answer = await execute(
      async () => {
        heartbeat();
        await new Promise((_, reject) => {
          cancellationSignal().addEventListener('abort', () =>
            reject(new DOMException('stop', 'AbortError')),
          );
        });
      },
      {},
      async () => ({ cancelRequested: true }),
    );
    expect(answer).toEqual({ canceled: { identity: 'me' } });
  });

  it('may be ignored: the result counts', async () => {
    const answer = await execute(
      async () => {
        heartbeat();
        await cancelled().catch(() => undefined);
        return 'cleaned up';
      },
      {},
      async () => ({ cancelRequested: true }),
    );
    expect(answer).toEqual({ completed: { result: payloads('cleaned up'), identity: 'me' } });
  });

  it.each([
    ['activityPaused', 'paused', 'ActivityPause'],
    ['activityReset', 'reset', 'ActivityReset'],
  ])('by %s ends the attempt so that it is retried', async (reply, detail, type) => {
    const details: unknown[] = [];
    const answer = await execute(
      async () => {
        heartbeat();
        await cancelled().catch((error: unknown) => {
          details.push(Context.current().cancellationDetails);
          throw error;
        });
      },
      {},
      async () => ({ [reply]: true }),
    );
    expect(details).toMatchObject([{ [detail]: true, cancelRequested: false }]);
    expect(answer).toMatchObject({
      failed: { failure: { applicationFailureInfo: { type, nonRetryable: false } } },
    });
  });

  it('by the end of the process fails the attempt so that it is retried', async () => {
    const shutdown = new AbortController();
    const running = execute(() => cancelled(), {}, noHeartbeat, { shutdownSignal: shutdown.signal });
    shutdown.abort();
    expect(await running).toMatchObject({
      failed: { failure: { applicationFailureInfo: { type: 'WorkerShutdown', nonRetryable: false } } },
    });
  });

  it('comes five seconds after the start-to-close timeout, when the engine has given the attempt up', async () => {
    vi.useFakeTimers();
    try {
      const running = execute(() => cancelled(), { startToCloseTimeout: '10s' });
      await vi.advanceTimersByTimeAsync(15_000);
      expect(await running).toMatchObject({
        failed: { failure: { applicationFailureInfo: { type: 'AttemptOver', nonRetryable: false } } },
      });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the type of what an activity throws', () => {
  class Declined extends Error {}
  class Named extends TypeError {
    override name = 'Chosen';
  }
  const typeOf = async (thrown: unknown): Promise<string | null | undefined> => {
    const outcome = await execute(async () => {
      throw thrown;
    });
    return (outcome as { failed: { failure: Failure } }).failed.failure.applicationFailureInfo?.type;
  };

  it('is the name of its class, whatever it calls itself: what nonRetryableErrorTypes names', async () => {
    expect(await typeOf(new Declined('no'))).toBe('Declined');
    expect(await typeOf(new (class extends Declined {})('no'))).toBeUndefined();
    expect(await typeOf(new Named('no'))).toBe('Named');
    expect(await typeOf(new RangeError('no'))).toBe('RangeError');
    expect(await typeOf({ constructor: undefined, name: 'Plain' })).toBe('Plain');
    expect(await typeOf('no error')).toBeUndefined();
  });
});
