import { describe, expect, it } from 'vitest';
import { type Command, makeCommand } from '../../sdk/common/command.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type { RequestKind, Requests } from '../../sdk/common/service.ts';
import {
  type ActivityTaskAnswer,
  SDK_HEADER,
  type WorkerRpc,
  type WorkflowSession,
  type WorkflowTaskAnswer,
} from '../../sdk/common/worker-protocol.ts';
import { activityWorker } from '../../src/effects/activity-call.ts';
import { workflowWorker } from '../../src/effects/workers.ts';
import { outcomeRequest } from '../../src/execution/activity-task.ts';
import { WorkerDirectory } from '../../src/matching/directory.ts';
import type { WorkerTarget } from '../../src/matching/worker-target.ts';
import * as core from '../core/harness.ts';
import { activityTask } from '../worker/support.ts';

const init = { namespace: 'n', workflowId: 'w', runId: 'r', workflowType: 'order', taskQueue: 'q' };
const headers = { [SDK_HEADER]: 'other/1' };

function directoryOf(target: WorkerTarget): WorkerDirectory {
  return new WorkerDirectory({
    list: async () => ({ workers: [target], deployments: [] }),
    sighted: async () => undefined,
    clock: () => 0,
  });
}

/** Another SDK's Worker, over HTTP. */
function overHttp(respond: () => Response) {
  const target: WorkerTarget = { id: 'other', fetch: async () => respond() };
  const directory = directoryOf(target);
  return {
    open: () => workflowWorker(directory, { worker: target, identity: 'i' }).open(init),
    call: () =>
      activityWorker(directory, { worker: target, identity: 'i' }, async (task) => task.taskToken).call(
        activityTask(),
      ),
  };
}

/** Another SDK's Worker, bound to the engine: it answers objects. */
function overRpc(answer: unknown): Promise<WorkflowSession> {
  const session = {
    feed: async () => undefined,
    runWorkflowTask: async () => answer,
    query: async () => answer,
    [Symbol.dispose]: () => undefined,
  };
  const rpc = {
    openWorkflowSession: () => Object.assign(Promise.resolve({}), session),
  } as unknown as WorkerRpc;
  const target = { id: 'other', fetch: async () => new Response(), rpc };
  return workflowWorker(directoryOf(target), { worker: target, identity: 'i' }).open(init);
}

const both = (answer: unknown): Array<() => Promise<WorkflowSession>> => [
  () => overHttp(() => Response.json(answer, { headers })).open(),
  () => overRpc(structuredClone(answer)),
];

const startTimer = { commandType: 'COMMAND_TYPE_START_TIMER' };
const failureWith = (fields: object) => ({ failed: { failure: { message: 'no', ...fields } } });
let deep: object = { message: 'the first' };
for (let i = 0; i < 600; i++) deep = { message: `${i}`, cause: deep };

describe('a workflow task answered with garbage', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', null, /: it must be an object$/],
    ['a list', [], /: it must be an object$/],
    ['an unknown kind', { done: {} }, /one of completed, failed$/],
    ['no commands', { completed: {} }, /completed\.commands: is required$/],
    ['a text for commands', { completed: { commands: 'none' } }, /completed\.commands: must be a list$/],
    ['a null command', { completed: { commands: [null] } }, /commands\[0\]: must be an object$/],
    [
      'a command without a type',
      { completed: { commands: [{}] } },
      /commands\[0\]\.commandType: must be a text$/,
    ],
    [
      'attributes of a wrong type',
      { completed: { commands: [{ ...startTimer, startTimerCommandAttributes: { timerId: 7 } }] } },
      /commands\[0\]\.startTimerCommandAttributes\.timerId: must be a text$/,
    ],
    [
      'flags that are no list',
      { completed: { commands: [], sdkMetadata: { coreUsedFlags: 1 } } },
      /coreUsedFlags/,
    ],
    [
      'an identity of a wrong type',
      { completed: { commands: [], identity: {} } },
      /identity: must be a text$/,
    ],
    ['a failure that is a text', { failed: { failure: 'no' } }, /failed\.failure: must be an object$/],
    ['a message of a wrong type', failureWith({ message: 5 }), /failure\.message: must be a text$/],
    [
      'a delay that is none',
      failureWith({ applicationFailureInfo: { nextRetryDelay: '1m' } }),
      /nextRetryDelay/,
    ],
    ['a chain of causes without end', { failed: { failure: deep } }, /nested deeper than 500 levels$/],
  ])('fails, and says what was wrong: %s', async (_, answer, reason) => {
    for (const open of both(answer)) {
      const given = await (await open()).runWorkflowTask([]);
      expect(given).toMatchObject({
        failed: {
          cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE',
          failure: { message: expect.stringMatching(/^other gave an answer that cannot be used: /) },
        },
      });
      expect((given as { failed: { failure: Failure } }).failed.failure.message).toMatch(reason);
    }
  });

  it('fails when it is no JSON at all', async () => {
    const session = await overHttp(() => new Response('<html>', { headers })).open();
    expect(await session.runWorkflowTask([])).toMatchObject({
      failed: { failure: { message: expect.stringMatching(/it is not JSON/) } },
    });
  });

  it('fails with PAYLOADS_TOO_LARGE past 32 MiB, and no more is read', async () => {
    let sent = 0;
    const endless = (): Response => {
      const megabyte = new Uint8Array(1024 * 1024).fill(32);
      const pull = (controller: ReadableStreamDefaultController): void => {
        sent++;
        controller.enqueue(megabyte);
      };
      return new Response(new ReadableStream({ pull }), { headers });
    };
    const session = await overHttp(endless).open();
    expect(await session.runWorkflowTask([])).toMatchObject({
      failed: {
        cause: 'PAYLOADS_TOO_LARGE',
        failure: { message: expect.stringMatching(/too large; at most 33554432 bytes/) },
      },
    });
    expect(sent).toBeLessThan(36);
    expect(await session.query([], { queryType: 'q' })).toMatchObject({
      failed: { message: expect.stringMatching(/too large/) },
    });
  });

  it('takes null for absent, and a cause that nobody knows for the general one', async () => {
    const answer = { failed: { cause: 'OUT_OF_TEA', failure: { message: 'no', cause: null } } };
    for (const open of both(answer)) {
      expect(await (await open()).runWorkflowTask([])).toEqual({
        failed: { cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE', failure: { message: 'no' } },
      });
    }
  });

  it('gives the engine no fields but those of an answer', async () => {
    const completed = { commands: [], kind: 'TerminateWorkflowExecution', runId: 'another' };
    for (const open of both({ completed })) {
      expect(await (await open()).runWorkflowTask([])).toEqual({ completed: { commands: [] } });
    }
  });
});

describe('a query answered with garbage', () => {
  it.each([
    ['nothing', null],
    ['a text for the result', { result: 'x' }],
    ['payloads that are no list', { result: { payloads: {} } }],
    ['a text for the failure', { failed: 'no' }],
  ])('fails: %s', async (_, answer) => {
    for (const open of both(answer)) {
      expect(await (await open()).query([], { queryType: 'q' })).toMatchObject({
        failed: { message: expect.stringMatching(/cannot be used: the answer to the query/) },
      });
    }
  });
});

describe('an activity task answered with garbage', () => {
  it.each<[string, unknown]>([
    ['nothing', null],
    ['an unknown kind', { done: {} }],
    ['a text', { completed: 'yes' }],
    ['a result that is a text', { completed: { result: 'yes' } }],
    ['a payload that is a number', { completed: { result: { payloads: [5] } } }],
    ['data that is a list', { completed: { result: { payloads: [{ data: [1, 2] }] } } }],
    ['a failure that is missing', { failed: {} }],
    ['a failure type that is a number', failureWith({ applicationFailureInfo: { type: 5 } })],
    ['details that are a list', { canceled: { details: [] } }],
    ['a heartbeat that is a text', { failed: { failure: {}, lastHeartbeatDetails: 'x' } }],
  ])('fails and is not tried again: %s', async (_, answer) => {
    expect(await overHttp(() => Response.json(answer, { headers })).call()).toMatchObject({
      answer: {
        failed: { failure: { applicationFailureInfo: { type: 'InvalidAnswer', nonRetryable: true } } },
      },
    });
  });

  it('fails and is not tried again when it has more than 24 MiB', async () => {
    const body = JSON.stringify({ completed: { result: 'x'.repeat(24 * 1024 * 1024) } });
    expect(await overHttp(() => new Response(body, { headers })).call()).toMatchObject({
      answer: {
        failed: { failure: { applicationFailureInfo: { type: 'PayloadTooLarge', nonRetryable: true } } },
      },
    });
  });

  it('gives the engine no fields but those of an answer', async () => {
    const completed = { identity: 'i', kind: 'TerminateWorkflowExecution', task: {} };
    const outcome = await overHttp(() => Response.json({ completed }, { headers })).call();
    expect(outcome).toEqual({ answer: { completed: { identity: 'i' } } });
  });

  it('goes back when the Worker does not serve it, in whatever words', async () => {
    const call = (body: string) => overHttp(() => new Response(body, { status: 404, headers })).call();
    expect(await call('{"notServed":"activity type \\"pay\\""}')).toEqual({
      released: 'other does not serve activity type "pay"',
    });
    expect(await call('gone')).toEqual({ released: 'other does not serve this activity: gone' });
  });
});

/** Every place in a value, as a function that makes a copy with something else there. */
function* places(
  value: unknown,
  replace: (part: unknown) => unknown = (part) => part,
): Generator<typeof replace> {
  yield replace;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    const copy = (other: unknown): unknown =>
      Array.isArray(value)
        ? value.map((element, i) => (String(i) === key ? other : element))
        : { ...value, [key]: other };
    yield* places(part, (other) => replace(copy(other)));
  }
}
const garbage = [
  null,
  5,
  -1,
  '',
  'x',
  true,
  [],
  [null],
  ['x'],
  {},
  { payloads: 5 },
  { payloads: [null] },
  { name: 5 },
];

const retryPolicy = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '9s',
  maximumAttempts: 3,
  nonRetryableErrorTypes: ['A'],
};
const payload = { metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'MQ==' };
const input = { payloads: [payload] };
const fields = { fields: { a: payload } };
const failure = {
  message: 'no',
  source: 's',
  stackTrace: 'at',
  applicationFailureInfo: { type: 'A', nonRetryable: false, details: input, nextRetryDelay: '5s' },
  cause: { message: 'late', timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_HEARTBEAT' } },
};
const common = {
  workflowType: { name: 'child' },
  taskQueue: { name: 'money' },
  input,
  workflowRunTimeout: '60s',
  workflowTaskTimeout: '10s',
  retryPolicy,
  header: fields,
  memo: fields,
  searchAttributes: { indexedFields: { a: payload } },
};
const updates = ['accepted', 'rejected', 'completed'];
const acceptance = { acceptedRequestMessageId: 'm', acceptedRequestSequencingEventId: '1' };
const commands: Command[][] = [
  [
    core.scheduleActivity('a', {
      input,
      retryPolicy,
      header: fields,
      heartbeatTimeout: '5s',
      taskQueue: { name: 'q' },
    }),
  ],
  [core.requestCancelActivity(5)],
  [core.startTimer('t2', '5s')],
  [core.cancelTimer('t')],
  [makeCommand('RecordMarker', { markerName: 'm', details: { a: input }, header: fields, failure })],
  [makeCommand('UpsertWorkflowSearchAttributes', { searchAttributes: common.searchAttributes })],
  [makeCommand('ModifyWorkflowProperties', { upsertedMemo: fields }, { summary: payload })],
  [
    core.startChild('c', {
      ...common,
      namespace: 'default',
      parentClosePolicy: 'PARENT_CLOSE_POLICY_ABANDON',
      workflowIdReusePolicy: 'WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE',
      cronSchedule: '* * * * *',
    }),
  ],
  [core.signalExternal('c', { namespace: 'default', input, childWorkflowOnly: true, header: fields })],
  [core.cancelExternal('c', { namespace: 'default', runId: 'r', reason: 'why' })],
  [
    makeCommand('ProtocolMessage', { messageId: 'm', updateId: 'accepted', message: { acceptance } }),
    makeCommand('ProtocolMessage', {
      messageId: 'm',
      updateId: 'rejected',
      message: { rejection: { failure } },
    }),
  ],
  ...[{ success: input }, { failure }].map((outcome) => [
    makeCommand('ProtocolMessage', { messageId: 'm', updateId: 'completed', message: { acceptance } }),
    makeCommand('ProtocolMessage', {
      messageId: 'm',
      updateId: 'completed',
      message: { response: { outcome } },
    }),
  ]),
  [makeCommand('CompleteWorkflowExecution', { result: input })],
  [makeCommand('FailWorkflowExecution', { failure })],
  [makeCommand('CancelWorkflowExecution', { details: input })],
  [makeCommand('ContinueAsNewWorkflowExecution', { ...common, backoffStartInterval: '5s' })],
];

/** What an object does with a request: a refusal is an answer, everything else that is thrown is an error of ours. */
function send<K extends RequestKind>(driver: core.Driver, kind: K, body: Requests[K]): void {
  try {
    driver.send(kind, body);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
  }
}

describe('the core', () => {
  it.each(commands.map((list) => [list.at(-1)!.commandType, list] as const))(
    'takes whatever stands anywhere in an answer with %s',
    async (_, list) => {
      const answer = { completed: { commands: list, sdkMetadata: { coreUsedFlags: [1] }, identity: 'i' } };
      let taken = 0;
      for (const place of places(answer)) {
        for (const other of [undefined, ...garbage]) {
          const given = other === undefined ? answer : place(other);
          const session = await overRpc(structuredClone(given));
          const checked = (await session.runWorkflowTask([])) as WorkflowTaskAnswer;
          const driver = core.running(core.scheduleActivity('first'), core.startTimer('t', '3600s'));
          for (const id of updates) driver.update(id);
          const { runId, attempt, startedEventId } = driver.startTask();
          const task = { runId, attempt, startedEventId };
          if ('completed' in checked) {
            send(driver, 'RespondWorkflowTaskCompleted', { ...task, ...checked.completed });
            taken++;
          } else {
            send(driver, 'RespondWorkflowTaskFailed', { ...task, ...checked.failed });
          }
          driver.walk(core.MINUTE);
          driver.reload();
          driver.effects();
        }
      }
      expect(taken).toBeGreaterThan(10);
    },
  );

  it.each<[string, ActivityTaskAnswer]>([
    ['completed', { completed: { result: input, identity: 'i' } }],
    ['failed', { failed: { failure, lastHeartbeatDetails: input, identity: 'i' } }],
    ['canceled', { canceled: { details: input, identity: 'i' } }],
  ])('takes whatever stands anywhere in the answer of an activity: %s', async (_, answer) => {
    for (const place of places(answer)) {
      for (const other of garbage) {
        const driver = core.running(core.scheduleActivity('a', { retryPolicy }));
        driver.claim('a', 'object');
        const outcome = await overHttp(() => Response.json(place(other), { headers })).call();
        const { kind, ...body } = outcomeRequest(driver.task('a'), 'object', outcome);
        send(driver, kind, body as never);
        driver.walk(core.MINUTE);
        driver.reload();
        driver.effects();
      }
    }
  });
});
