/** Payloads by reference, through the object: what is stored, and what comes out again. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../sdk/common/command.ts';
import { makeCommand } from '../../sdk/common/command.ts';
import { attributesOf, type HistoryEvent } from '../../sdk/common/history.ts';
import { MAX_INLINE_PAYLOAD_BYTES } from '../../sdk/common/limits.ts';
import type { PayloadsJson } from '../../sdk/common/payload.ts';
import type { WorkflowSession, WorkflowTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import { Payloads } from '../../src/execution/payloads.ts';
import { SqlStore } from '../../src/execution/sql-store.ts';
import type { ExecutionStore } from '../../src/execution/store.ts';
import { done, type FakeSession, Rig, WatchedStore } from './rig.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** A payload of so many bytes; `letter` tells two of the same size apart. */
const sized = (bytes: number, letter = 65): PayloadsJson => ({
  payloads: [
    { metadata: { encoding: btoa('binary/plain') }, data: Buffer.alloc(bytes, letter).toString('base64') },
  ],
});
const large = sized(300 * KIB);
const another = sized(300 * KIB, 66);

const schedule = (activityId: string, input: PayloadsJson, more: object = {}): Command =>
  makeCommand('ScheduleActivityTask', {
    activityId,
    activityType: { name: 'charge' },
    taskQueue: { name: 'orders' },
    input,
    startToCloseTimeout: '60s',
    ...more,
  } as never);
const complete = (result?: PayloadsJson): Command =>
  makeCommand('CompleteWorkflowExecution', { ...(result && { result }) });

/** Workflow tasks are answered by these, one after the other; later ones with nothing. */
function answering(rig: Rig, ...answers: WorkflowTaskAnswer[]): void {
  rig.work = async () => answers.shift() ?? done();
}

async function history(rig: Rig, runId = ''): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextPageToken: string | undefined;
  do {
    const page = await rig.object.history({
      namespace: 'default',
      execution: { workflowId: 'order-1', runId },
      ...(nextPageToken && { nextPageToken }),
    });
    events.push(...page.history.events);
    nextPageToken = page.nextPageToken;
  } while (nextPageToken);
  return events;
}

const kept = (rig: Rig): string[] =>
  [...rig.watched.payloads].flatMap(([owner, texts]) => [...texts.keys()].map(() => owner));
const logText = (rig: Rig): string =>
  JSON.stringify([...rig.store.rows(0, Number.MAX_SAFE_INTEGER)].map(({ data }) => data));

describe('a large payload', () => {
  it('stands in no log row and in no state, and comes out of every read as it went in', async () => {
    const rig = new Rig();
    let given: unknown;
    rig.call = async (task) => {
      given = task.input;
      return { answer: { completed: { result: another } } };
    };
    answering(rig, done(schedule('1', large)), done(complete(another)));
    await rig.start({ input: large, memo: { fields: { note: large.payloads[0]! } } });
    await rig.settled();
    expect(rig.types().at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
    expect(given).toEqual(large);
    // One text for input, memo and the activity's input, one for both results.
    expect(kept(rig)).toEqual(['run/0', 'run/0']);
    expect(logText(rig).length).toBeLessThan(20_000);
    // An engine that does not know references refuses such rows.
    const [first] = rig.store.rows(0, 1);
    expect(first!.data).toMatch(/^\{"v":2,/);
    const events = await history(rig);
    expect(events[0]).toMatchObject({ workflowExecutionStartedEventAttributes: { input: large } });
    expect(events.find(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_COMPLETED')).toMatchObject({
      activityTaskCompletedEventAttributes: { result: another },
    });
    const { closeEvent } = (await rig.object.result(undefined, 0)) as { closeEvent: HistoryEvent };
    expect(closeEvent).toMatchObject({ workflowExecutionCompletedEventAttributes: { result: another } });
    const { workflowExecutionInfo } = await rig.object.describe(undefined);
    expect(workflowExecutionInfo.memo).toEqual({ fields: { note: large.payloads[0] } });
    expect(rig.recorded.at(-1)!.info.memo).toEqual({ fields: { note: large.payloads[0] } });
  });

  it('is given to the Worker whole, in the warm session, in a replay and in a query', async () => {
    const rig = new Rig();
    await rig.start({ input: large });
    await rig.settled();
    await rig.object.request({
      kind: 'SignalWorkflowExecution',
      namespace: 'default',
      workflowExecution: { workflowId: 'order-1' },
      signalName: 'add',
      input: another,
    });
    await rig.settled();
    const whole = (session: FakeSession): void => {
      expect(JSON.stringify(session.events)).not.toContain('$stored');
      expect(session.events[0]).toMatchObject({ workflowExecutionStartedEventAttributes: { input: large } });
      const signaled = session.events.find(({ eventType }) => eventType.endsWith('SIGNALED'));
      expect(signaled).toMatchObject({ workflowExecutionSignaledEventAttributes: { input: another } });
    };
    expect(rig.sessions).toHaveLength(1);
    whole(rig.sessions[0]!);
    rig.load();
    const query = { queryType: 'signals' };
    await rig.object.query({ namespace: 'default', execution: { workflowId: 'order-1' }, query });
    whole(rig.sessions.at(-1)!);
  });

  it('is fed in pages that a message can carry when much comes at once, and what follows waits its turn', async () => {
    const rig = new Rig();
    const sizes: number[] = [];
    await rig.start();
    await rig.settled();
    const session = rig.sessions[0]!;
    const feed = session.feed.bind(session);
    session.feed = async (events) => {
      sizes.push(JSON.stringify(events).length);
      await new Promise((resolve) => setImmediate(resolve));
      return feed(events);
    };
    const signal = (n: number) => ({
      kind: 'SignalWorkflowExecution' as const,
      namespace: 'default',
      workflowExecution: { workflowId: 'order-1' },
      signalName: `s${n}`,
      input: sized(2 * KIB * KIB, n),
    });
    await Promise.all([1, 2, 3, 4, 5].map((n) => rig.object.request(signal(n))));
    for (let i = 0; i < 5; i++) await rig.settled();
    expect(rig.sessions).toHaveLength(1);
    expect(session.signals).toEqual(['s1', 's2', 's3', 's4', 's5']);
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThan(7_000_000);
    expect(rig.types().at(-1)).toBe('WORKFLOW_TASK_COMPLETED');
  });

  it('of an update goes with the start of its task alone when events have enough themselves', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    const session: WorkflowSession = rig.sessions[0]!;
    const messages: Array<[events: number, length: number]> = [];
    session.runWorkflowTask = async (events, updates) => {
      rig.sessions[0]!.events.push(...events);
      messages.push([events.length, JSON.stringify([events, updates]).length]);
      return done();
    };
    const workflowExecution = { workflowId: 'order-1' };
    const input = sized(3 * KIB * KIB);
    const signal = { namespace: 'default', workflowExecution, signalName: 'add', input };
    await Promise.all([
      // While its turn is being made, the others wait for the next one.
      rig.signal('first'),
      rig.object.request({ kind: 'SignalWorkflowExecution', ...signal }),
      rig.object.update({
        namespace: 'default',
        workflowExecution,
        waitPolicy: { lifecycleStage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED' },
        request: { meta: { updateId: 'u1' }, input: { name: 'set', args: sized(3 * KIB * KIB, 66) } },
      }),
    ]);
    expect(messages.map(([events]) => events)).toEqual([expect.any(Number), 1]);
    expect(messages[1]![1]).toBeLessThan(5_000_000);
    expect(rig.sessions[0]!.signals).toEqual(['first', 'add']);
    const ids = rig.sessions[0]!.events.map(({ eventId }) => Number(eventId));
    expect(ids).toEqual(ids.map((_, i) => i + 1));
  });

  it('is stored once for ten activities that get it, and counted ten times', async () => {
    const rig = new Rig();
    const mebibyte = sized(KIB * KIB);
    const commands = Array.from({ length: 10 }, (_, i) => schedule(String(i), mebibyte));
    answering(rig, done(...commands));
    await rig.start();
    await rig.settled();
    expect(kept(rig)).toEqual(['run/0']);
    const { length } = mebibyte.payloads[0]!.data!;
    const size = async () =>
      Number((await rig.object.describe(undefined)).workflowExecutionInfo.historySizeBytes);
    const counted = await size();
    expect(counted).toBeGreaterThan(10 * length);
    expect(counted).toBeLessThan(10 * length + 20_000);
    rig.load();
    expect(await size()).toBe(counted);
    await rig.signal('more');
    await rig.settled();
    const started = (await history(rig)).findLast(({ eventType }) => eventType.endsWith('TASK_STARTED'));
    expect(started).toMatchObject({
      workflowTaskStartedEventAttributes: { suggestContinueAsNew: true },
    });
  });

  it('in history makes pages end early', async () => {
    const rig = new Rig();
    const commands = Array.from({ length: 6 }, (_, i) => schedule(String(i), sized(2 * KIB * KIB, i)));
    answering(rig, done(...commands));
    await rig.start();
    await rig.settled();
    const page = await rig.object.history({ namespace: 'default', execution: { workflowId: 'order-1' } });
    expect(page.nextPageToken).toBeDefined();
    expect(JSON.stringify(page).length).toBeLessThan(9_000_000);
    const events = await history(rig);
    expect(events.map(({ eventId }) => Number(eventId))).toEqual(events.map((_, i) => i + 1));
  });

  it('of a request that is refused leaves nothing', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.terminate();
    await rig.settled();
    const signal = {
      namespace: 'default',
      workflowExecution: { workflowId: 'order-1' },
      signalName: 'late',
      input: large,
    };
    const refused = rig.object.request({ kind: 'SignalWorkflowExecution', ...signal });
    await expect(refused).rejects.toThrow('already completed');
    expect(kept(rig)).toEqual([]);
  });

  it('over the setting is refused, and nothing is stored', async () => {
    const rig = new Rig();
    const object = rig.load(undefined, 200 * KIB);
    const start = {
      kind: 'StartWorkflowExecution' as const,
      namespace: 'default',
      workflowId: 'order-1',
      workflowType: { name: 'order' },
      taskQueue: { name: 'orders' },
    };
    await expect(object.request({ ...start, input: large })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: 'input: a payload of 307200 bytes is over the limit of 204800',
    });
    expect(rig.store.lastSeq()).toBeUndefined();
    await object.request({ ...start, input: sized(200 * KIB) });
    expect(kept(rig)).toEqual(['run/0']);
  });

  it('as a search attribute is refused', async () => {
    const rig = new Rig();
    const searchAttributes = { indexedFields: { Text: large.payloads[0]! } };
    await expect(rig.start({ searchAttributes })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: 'searchAttributes.Text: a payload of 307200 bytes is over the limit of 131072',
    });
  });

  it('is the next run’s own when the workflow continues as new', async () => {
    const rig = new Rig();
    answering(
      rig,
      done(
        makeCommand('ContinueAsNewWorkflowExecution', {
          workflowType: { name: 'order' },
          taskQueue: { name: 'orders' },
          input: large,
        } as never),
      ),
      done(complete()),
    );
    await rig.start({ memo: { fields: { note: another.payloads[0]! } } });
    await rig.settled();
    expect(rig.types(1).at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
    expect(kept(rig).sort()).toEqual(['run/0', 'run/0', 'run/1', 'run/1']);
    rig.load();
    // The runs do not need each other: the first one may be deleted.
    rig.watched.payloads.delete('run/0');
    const [started] = await history(rig, 'run-2');
    expect(started).toMatchObject({
      workflowExecutionStartedEventAttributes: {
        input: large,
        memo: { fields: { note: another.payloads[0] } },
      },
    });
  });

  it.each<[string, object, () => Command, RegExp]>([
    [
      'continues as new beside a large memo',
      { memo: { fields: { note: sized(10 * MIB, 66).payloads[0]! } } },
      () =>
        makeCommand('ContinueAsNewWorkflowExecution', {
          workflowType: { name: 'order' },
          taskQueue: { name: 'orders' },
          input: sized(10 * MIB),
        } as never),
      /^ContinueAsNewWorkflowExecution: the first event of the next run .*\(in base64: input 1398\d+, memo 1398\d+\); at most 25165824/,
    ],
    [
      'comes by cron with its input and result',
      { cronSchedule: '@daily', input: sized(10 * MIB, 66) },
      () => complete(sized(10 * MIB)),
      /^CompleteWorkflowExecution: .*input 1398\d+, lastCompletionResult 1398\d+/,
    ],
    [
      'is retried with its input and failure',
      { retryPolicy: { initialInterval: '1s' }, input: sized(10 * MIB, 66) },
      () =>
        makeCommand('FailWorkflowExecution', {
          failure: { message: 'no', applicationFailureInfo: { type: 'No', details: sized(10 * MIB) } },
        }),
      /^FailWorkflowExecution: .*input 1398\d+, continuedFailure 1398\d+/,
    ],
  ])(
    'too much for one event with others, when the workflow %s, fails the task and loses nothing',
    async (_, start, ending, message) => {
      const rig = new Rig();
      // Code that does without goes on.
      answering(rig, done(ending()), done(complete(sized(1))));
      await rig.start(start);
      // Cron lets the first task wait.
      await rig.advance(24 * 60 * 60_000);
      const events = await history(rig, 'run-1');
      const failed = events.find(({ eventType }) => eventType.endsWith('WORKFLOW_TASK_FAILED'))!;
      expect(attributesOf(failed, 'WorkflowTaskFailed')).toMatchObject({
        cause: 'WORKFLOW_TASK_FAILED_CAUSE_PAYLOADS_TOO_LARGE',
        failure: { message: expect.stringMatching(message) },
      });
      expect(events.at(-1)!.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
    },
  );

  it('too much for a next run does not matter to one that has none: its last attempt may fail', async () => {
    const rig = new Rig();
    const details = sized(10 * MIB);
    const failure = { message: 'no', applicationFailureInfo: { type: 'No', details } };
    answering(rig, done(makeCommand('FailWorkflowExecution', { failure })));
    const retryPolicy = { initialInterval: '1s', maximumAttempts: 1 };
    await rig.start({ retryPolicy, input: sized(10 * MIB, 66) });
    await rig.settled();
    const last = (await history(rig, 'run-1')).at(-1)!;
    expect(last.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_FAILED');
    expect(attributesOf(last, 'WorkflowExecutionFailed').retryState).toBe(
      'RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED',
    );
  });

  it('is the next run’s own when the workflow is retried', async () => {
    const rig = new Rig();
    const failure = { message: 'no', applicationFailureInfo: { type: 'No' } };
    answering(rig, done(makeCommand('FailWorkflowExecution', { failure })), done(complete()));
    await rig.start({ input: large, retryPolicy: { initialInterval: '1s', maximumAttempts: 2 } });
    await rig.settled();
    rig.load();
    await rig.advance(60_000);
    expect(rig.types(1)[0]).toBe('WORKFLOW_EXECUTION_STARTED');
    expect(kept(rig)).toEqual(['run/0', 'run/1']);
  });

  it('of an update comes back to its caller, accepted or rejected', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    const delivered: unknown[] = [];
    const failure = { message: 'no', applicationFailureInfo: { type: 'No', details: another } };
    const answers = [
      (updateId: string) =>
        done(
          makeCommand('ProtocolMessage', {
            updateId,
            message: { acceptance: { acceptedRequestMessageId: `${updateId}/request` } },
          } as never),
          makeCommand('ProtocolMessage', {
            updateId,
            message: { response: { outcome: { success: another } } },
          } as never),
        ),
      (updateId: string) =>
        done(makeCommand('ProtocolMessage', { updateId, message: { rejection: { failure } } } as never)),
    ];
    const update = async (updateId: string) => {
      const session = rig.sessions.at(-1)!;
      (session as WorkflowSession).runWorkflowTask = async (events, updates) => {
        session.events.push(...events);
        delivered.push(updates?.[0]?.input.args);
        return answers.shift()!(updateId);
      };
      return rig.object.update({
        namespace: 'default',
        workflowExecution: { workflowId: 'order-1' },
        waitPolicy: { lifecycleStage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED' },
        request: { meta: { updateId }, input: { name: 'set', args: large } },
      });
    };
    expect(await update('u1')).toMatchObject({ outcome: { success: another } });
    expect(await update('u2')).toMatchObject({ outcome: { failure } });
    expect(delivered).toEqual([large, large]);
  });
});

describe('details of a heartbeat', () => {
  const beat = (rig: Rig, details: PayloadsJson) =>
    rig.object.request({
      kind: 'RecordActivityTaskHeartbeat',
      task: { namespace: 'default', workflowId: 'order-1', runId: 'run-1', activityId: '1' },
      details,
    } as never);

  const running = async (store?: WatchedStore): Promise<Rig> => {
    const rig = new Rig(store);
    answering(
      rig,
      done(schedule('1', { payloads: [] }, { heartbeatTimeout: '5s', retryPolicy: { maximumAttempts: 2 } })),
    );
    await rig.start();
    await rig.settled();
    return rig;
  };

  it('are stored with their row, replaced with it, and reach the next attempt', async () => {
    const rig = await running();
    await beat(rig, large);
    expect(kept(rig)).toEqual(['progress/5']);
    await beat(rig, another);
    expect(kept(rig)).toEqual(['progress/5']);
    const { pendingActivities } = await rig.object.describe(undefined);
    expect(pendingActivities[0]!.heartbeatDetails).toEqual(another);
    rig.load();
    let given: unknown;
    rig.call = async (task) => {
      given = task.heartbeatDetails;
      return { answer: { completed: {} } };
    };
    await rig.advance(6_000);
    await rig.advance(6_000);
    expect(given).toEqual(another);
    expect(kept(rig).filter((owner) => owner.startsWith('progress'))).toEqual([]);
  });

  it('outlive their row in the failure that names them last', async () => {
    const rig = await running();
    await beat(rig, large);
    await rig.advance(6_000);
    await rig.advance(6_000);
    await rig.advance(6_000);
    const timedOut = (await history(rig)).find(({ eventType }) =>
      eventType.endsWith('ACTIVITY_TASK_TIMED_OUT'),
    );
    expect(timedOut).toMatchObject({
      activityTaskTimedOutEventAttributes: {
        failure: { timeoutFailureInfo: { lastHeartbeatDetails: large } },
      },
    });
    expect(kept(rig)).toEqual(['run/0']);
  });
});

describe('a reference', () => {
  const forged = { sha256: 'a'.repeat(64), length: 4, bytes: 3 };
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.constant(forged),
      fc.string(),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(
        fc.oneof(
          fc.constantFrom('$stored', '$$stored', '$$$stored', 'data', 'metadata', '__proto__'),
          fc.string(),
        ),
        tie('any'),
        { maxKeys: 4 },
      ),
      fc.record({ data: fc.constantFrom('A'.repeat(200_000), `${'B'.repeat(199_999)}=`) }),
    ),
  })).any;

  it('cannot be forged: whatever is sent comes back as it was, and only our own are followed', () => {
    fc.assert(
      fc.property(value, (sent) => {
        const payloads = new Payloads(new MemoryStore());
        const before = JSON.stringify(sent);
        const outlined = payloads.outline(sent);
        expect(JSON.stringify(payloads.inline(0, outlined))).toBe(before);
        expect(JSON.stringify(sent)).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  it('that a client sends is a field like any other', async () => {
    const rig = new Rig();
    const input = { payloads: [{ metadata: { $stored: 'eA==' }, $stored: forged }] };
    await rig.start({ input: input as never });
    await rig.settled();
    expect(kept(rig)).toEqual([]);
    expect((await history(rig))[0]).toMatchObject({ workflowExecutionStartedEventAttributes: { input } });
    rig.load();
    expect((await history(rig))[0]).toMatchObject({ workflowExecutionStartedEventAttributes: { input } });
  });

  it('is looked for only where there may be one, and from then on for good', () => {
    const sent = { $stored: forged, data: 'small' };
    const small = sized(10);
    const fresh = new Payloads(new MemoryStore());
    expect(fresh.refers).toBe(true);
    fresh.loaded(false);
    expect(fresh.refers).toBe(false);
    expect(fresh.outline(small)).toBe(small);
    expect(fresh.refers).toBe(false);

    const outlined = fresh.outline(sent);
    expect(outlined).not.toEqual(sent);
    // The object is emptied, and its id used anew, while that is on its way out.
    fresh.loaded(false);
    expect(fresh.inline(0, outlined)).toEqual(sent);

    const stored = new Payloads(new MemoryStore());
    stored.loaded(true);
    stored.loaded(false);
    expect(stored.inline(0, outlined)).toEqual(sent);
  });

  it('stands for what has more than 128 KiB, by the bytes of the payload', () => {
    const outline = (bytes: number) =>
      new Payloads(new MemoryStore()).outline(sized(bytes)).payloads[0] as { data?: string };
    expect(outline(MAX_INLINE_PAYLOAD_BYTES).data).toBeDefined();
    expect(outline(MAX_INLINE_PAYLOAD_BYTES + 1).data).toBeUndefined();
  });
});

describe.each<[string, () => ExecutionStore]>([
  ['MemoryStore', () => new WatchedStore()],
  ['SqlStore', () => new SqlStore(new SqliteStorage() as unknown as DurableObjectStorage, 0)],
])('payloads of any size over a %s', (_, makeStore) => {
  const size = fc.oneof(
    fc.nat(200),
    fc.integer({ min: MAX_INLINE_PAYLOAD_BYTES - 2, max: MAX_INLINE_PAYLOAD_BYTES + 2 }),
    fc.constantFrom(449_999, 450_000, 450_001, 1_000_000),
  );
  const step = fc.record({ bytes: size, letter: fc.constantFrom(65, 66), evict: fc.boolean() });

  it('come back as they were, whatever is evicted between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 6 }),
        fc.nat(4),
        async (steps, snapshots) => {
          const store = makeStore();
          const rig = new Rig(store);
          rig.load(snapshots + 1);
          rig.served = false;
          await rig.start({ input: sized(steps[0]!.bytes, steps[0]!.letter) });
          for (const { bytes, letter, evict } of steps) {
            await rig.object.request({
              kind: 'SignalWorkflowExecution',
              namespace: 'default',
              workflowExecution: { workflowId: 'order-1' },
              signalName: 'add',
              input: sized(bytes, letter),
            });
            if (evict) rig.load(snapshots + 1);
          }
          rig.load();
          const inputs = (await history(rig)).flatMap((event) =>
            event.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED'
              ? [event.workflowExecutionSignaledEventAttributes.input]
              : [],
          );
          expect(inputs).toEqual(steps.map(({ bytes, letter }) => sized(bytes, letter)));
          for (const { data } of rig.store.rows(0, Number.MAX_SAFE_INTEGER))
            expect(data.length).toBeLessThan(MAX_INLINE_PAYLOAD_BYTES * 2);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('a commit that fails', () => {
  it.each(['before', 'after'] as const)(
    '(%s it was stored) never leaves a reference without its text',
    async (when) => {
      const rig = new Rig();
      await rig.start();
      await rig.settled();
      rig.watched.fail = when;
      const signal = () =>
        rig.object.request({
          kind: 'SignalWorkflowExecution',
          namespace: 'default',
          workflowExecution: { workflowId: 'order-1' },
          signalName: 'add',
          input: large,
          requestId: 'r1',
        });
      await expect(signal()).rejects.toThrow();
      expect(kept(rig)).toEqual(when === 'after' ? ['run/0'] : []);
      rig.watched.fail = undefined;
      await signal();
      await rig.settled();
      const signals = (await history(rig)).filter(({ eventType }) => eventType.endsWith('_SIGNALED'));
      expect(signals).toHaveLength(1);
      expect(signals[0]).toMatchObject({ workflowExecutionSignaledEventAttributes: { input: large } });
      expect(kept(rig)).toEqual(['run/0']);
    },
  );
});

describe('what is small', () => {
  it('is neither copied nor hashed, and reads and writes no row more', async () => {
    const store = new SqliteStorage();
    const queries: string[] = [];
    const { exec } = store.sql;
    store.sql.exec = (query, ...bindings) => {
      queries.push(query);
      return exec(query, ...bindings);
    };
    const rig = new Rig(new SqlStore(store as unknown as DurableObjectStorage, 0));
    rig.served = false;
    const input = sized(100 * KIB);
    const request = { kind: 'SignalWorkflowExecution', input };
    expect(new Payloads(rig.store).outline(request)).toBe(request);
    await rig.start({ input });
    queries.length = 0;
    await rig.object.request({
      kind: 'SignalWorkflowExecution',
      namespace: 'default',
      workflowExecution: { workflowId: 'order-1' },
      signalName: 'add',
      input,
    });
    expect(queries.filter((query) => /pieces/.test(query))).toEqual([]);
    expect(queries.filter((query) => /^INSERT/.test(query))).toEqual([
      'INSERT INTO log (seq, data) VALUES (?, ?)',
    ]);
    expect(store.tables).not.toContain('pieces');
  });
});
