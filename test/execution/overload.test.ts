import { describe, expect, it } from 'vitest';
import { errorDetailType, type ServiceError } from '../../sdk/common/errors.ts';
import type { Env } from '../../src/env.ts';
import { runLimits } from '../../src/env.ts';
import { MAX_WAITING_REQUESTS, Room, type RunLimits } from '../../src/execution/room.ts';
import type { Turn } from '../../src/execution/turn.ts';
import { scheduleActivity } from '../core/harness.ts';
import { done, Rig } from './rig.ts';

describe('a workflow id that gets more than it can take', () => {
  it('refuses what is beyond the bound, says when to come again, and carries out all the rest', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    const beyond = 50;
    // The first one begins a turn at once; all others wait for it.
    const settled = await Promise.allSettled(
      Array.from({ length: MAX_WAITING_REQUESTS + 1 + beyond }, (_, i) => rig.signal(`s${i}`)),
    );
    const refused = settled
      .filter((one) => one.status === 'rejected')
      .map(({ reason }) => reason as ServiceError);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThanOrEqual(beyond + 1);
    for (const { code, details } of refused) {
      expect(code).toBe('RESOURCE_EXHAUSTED');
      expect(details).toEqual([
        expect.objectContaining({ cause: 'RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW' }),
        { '@type': errorDetailType.retryInfo, retryDelay: '1s' },
      ]);
    }
    const signals = rig.types().filter((type) => type === 'WORKFLOW_EXECUTION_SIGNALED');
    expect(signals).toHaveLength(settled.length - refused.length);
    await rig.signal('later');
    expect(rig.types().filter((type) => type === 'WORKFLOW_EXECUTION_SIGNALED')).toHaveLength(
      signals.length + 1,
    );
  });

  it('refuses no client because of what the object has to tell itself: a Queue that refuses thousands of tasks', async () => {
    const rig = new Rig();
    rig.dispatch = 'queue';
    let refuse: (error: Error) => void = () => undefined;
    const refusal = new Promise<void>((_, reject) => {
      refuse = reject;
    });
    rig.sending = () => refusal;
    const activities = Array.from({ length: 3_000 }, (_, i) => scheduleActivity(`a${i}`));
    rig.work = async ({ signals }) => done(...(signals.length === 0 ? activities : []));
    await rig.start();
    await rig.settled();
    refuse(new Error('Too Many Requests'));
    const signals: Array<Promise<unknown>> = [];
    for (let moment = 0; moment < 100; moment++) {
      signals.push(rig.signal(`s${moment}`));
      await undefined;
    }
    await Promise.all(signals);
    await rig.settled();
    expect((await rig.object.describe(undefined)).pendingActivities).toHaveLength(3_000);
    expect(rig.watched.alarm).toBeLessThan(rig.now + 10_000);
  });

  it('answers those who only look after a few turns, however many requests go on coming', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    let answered = 0;
    let over = false;
    const client = async (name: string): Promise<void> => {
      for (let i = 0; i < 50 && !over; i++) {
        await rig.signal(`${name}-${i}`);
        answered++;
      }
    };
    const clients = Array.from({ length: 1_000 }, (_, i) => client(`c${i}`));
    while (answered === 0) await undefined;
    const before = answered;
    await rig.object.describe(undefined);
    // A turn takes two hundred.
    expect(answered - before).toBeLessThanOrEqual(600);
    over = true;
    await Promise.all(clients);
  });

  it('keeps its bound where all of them waited for the limits of the namespace first', async () => {
    let waiting = 0;
    let known!: (limits: RunLimits) => void;
    const limits = new Promise<RunLimits>((resolve) => {
      known = resolve;
    });
    const run = { status: 'RUNNING', nextEventId: 5, historySizeBytes: 1 };
    const turn = {
      exists: true,
      execution: { run },
      get waiting() {
        return waiting;
      },
    } as unknown as Turn;
    const room = new Room(
      () => turn,
      () => limits,
    );
    const asked = Array.from({ length: MAX_WAITING_REQUESTS + 50 }, () =>
      room.ask('SignalWorkflowExecution', async () => void waiting++),
    );
    known({ historyEvents: 50_000 });
    const settled = await Promise.allSettled(asked);
    expect(waiting).toBe(MAX_WAITING_REQUESTS);
    const refused = settled.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(50);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  });
});

describe('a run with a limit on its history', () => {
  it('takes no signals and updates beyond it, and may be ended; the next run takes them again', async () => {
    const rig = new Rig();
    rig.served = false;
    rig.load(undefined, undefined, Promise.resolve({ historyEvents: 4 }));
    await rig.start();
    await rig.settled();
    // Two events are there: started, and the task that is scheduled.
    for (const name of ['a', 'b']) await rig.signal(name);
    const meta = { updateId: 'u' };
    const update = {
      namespace: 'default',
      workflowExecution: { workflowId: 'order-1' },
      request: { meta, input: { name: 'u' } },
    };
    for (const refused of [rig.signal('c'), rig.object.update(update as never)])
      await expect(refused).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    await expect(rig.signal('c')).rejects.toThrow('4 are the limit');
    expect(rig.types().filter((type) => type === 'WORKFLOW_EXECUTION_SIGNALED')).toHaveLength(2);
    await rig.terminate();
    await rig.start();
    await rig.signal('d');
  });

  it('counts in bytes as well, and what its namespace says now', async () => {
    const rig = new Rig();
    const limits: RunLimits = {};
    rig.load(undefined, undefined, limits);
    await rig.start();
    await rig.signal('a');
    limits.historyBytes = 100;
    await expect(rig.signal('b')).rejects.toThrow(/a history of \d+ bytes, and 100 are the limit/);
    limits.historyBytes = 100_000;
    await rig.signal('b');
  });

  it('has that of its namespace, or that of all others, or none', () => {
    const env = {
      RUN_LIMITS: '{"shop": {"historyEvents": 50}, "*": {"historyEvents": 9, "historyBytes": 1000}}',
    } as Env;
    expect([runLimits(env, 'shop'), runLimits(env, 'other')]).toEqual([
      { historyEvents: 50 },
      { historyEvents: 9, historyBytes: 1000 },
    ]);
    for (const RUN_LIMITS of [
      undefined,
      '',
      '{',
      '[]',
      '{"*": 5}',
      '{"*": {"historyEvents": "5"}}',
      '{"*": {"historyEvents": -1}}',
    ])
      expect(runLimits({ RUN_LIMITS } as Env, 'shop')).toEqual({});
  });
});
