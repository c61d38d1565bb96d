import { describe, expect, it, vi } from 'vitest';
import { SDK_HEADER, workerPaths } from '../../sdk/common/worker-protocol.ts';
import { createHandler, type HandlerOptions } from '../../sdk/worker/serve.ts';
import * as wf from '../../sdk/workflow/index.ts';
import { activityTask, payloads, recordingLogger, until } from './support.ts';

const add = wf.defineUpdate<number, [number]>('add');
const workflows = {
  async transfer() {
    return 'done';
  },
  limits: { max: 3 },
};

function handlerWith(options: Partial<HandlerOptions> = {}) {
  const { logger, entries } = recordingLogger();
  const activities = { withdraw: async (cents: number) => `withdrew ${cents}` };
  const handler = createHandler({
    taskQueue: 'transfers',
    workflows,
    activities,
    identity: 'w1',
    logger,
    ...options,
  });
  return { handler, entries };
}

function post(path: string, body: unknown): Request {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Request(`http://worker${path}`, { method: 'POST', body: text });
}

const startedHistory = [
  {
    eventId: '1',
    eventTime: '2026-01-02T03:04:05.000Z',
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
    taskId: '1',
    workflowExecutionStartedEventAttributes: {
      workflowType: { name: 'transfer' },
      taskQueue: { name: 'transfers', kind: 'TASK_QUEUE_KIND_NORMAL' },
      workflowTaskTimeout: '10s',
      originalExecutionRunId: 'run-1',
      firstExecutionRunId: 'run-1',
      attempt: 1,
    },
  },
  {
    eventId: '2',
    eventTime: '2026-01-02T03:04:05.000Z',
    eventType: 'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED',
    taskId: '2',
    workflowTaskScheduledEventAttributes: {
      taskQueue: { name: 'transfers', kind: 'TASK_QUEUE_KIND_NORMAL' },
      startToCloseTimeout: '10s',
      attempt: 1,
    },
  },
  {
    eventId: '3',
    eventTime: '2026-01-02T03:04:05.000Z',
    eventType: 'EVENT_TYPE_WORKFLOW_TASK_STARTED',
    taskId: '3',
    workflowTaskStartedEventAttributes: { scheduledEventId: '2', identity: 'engine', requestId: 'r' },
  },
];
const update = (updateId: string) => ({ meta: { updateId }, input: { name: 'add', args: payloads(2) } });
const sessionInit = {
  namespace: 'default',
  workflowId: 'transfer-1',
  runId: 'run-1',
  workflowType: 'transfer',
  taskQueue: 'transfers',
};

describe('a Worker asked over HTTP', () => {
  it('runs nothing for a web page', async () => {
    const { handler, entries } = handlerWith();
    const body = JSON.stringify(activityTask({ activityType: 'withdraw', taskQueue: 'transfers' }));
    const headers = { origin: 'https://example.com' };
    const url = `http://127.0.0.1:9233${workerPaths.activityTask}`;
    const response = await handler.fetch(new Request(url, { method: 'POST', headers, body }));
    expect(response.status).toBe(403);
    expect(entries.map(({ message }) => message)).not.toContain('Activity started');
  });

  it('describes what it serves: functions only', async () => {
    const { handler } = handlerWith({ buildId: 'b7' });
    const response = await handler.fetch(new Request(`http://worker${workerPaths.describe}`));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      identity: 'w1',
      buildId: 'b7',
      sdk: { name: 'perdure-typescript', version: '0.1.0' },
      taskQueues: [{ name: 'transfers', workflowTypes: ['transfer'], activityTypes: ['withdraw'] }],
    });
  });

  it('answers below a base URL that has a path', async () => {
    const { handler } = handlerWith();
    const response = await handler.fetch(new Request(`http://host/bank${workerPaths.describe}`));
    expect(response.status).toBe(200);
  });

  it('runs an activity and logs it with the ids and without the payloads', async () => {
    const { handler, entries } = handlerWith();
    const task = activityTask({ input: payloads(4200) });
    const response = await handler.fetch(post(workerPaths.activityTask, task));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      completed: { result: payloads('withdrew 4200'), identity: 'w1' },
    });
    const ids = {
      ...{ namespace: 'default', workflowId: 'transfer-1', workflowRunId: 'run-1', workflowType: 'transfer' },
      ...{ taskQueue: 'transfers', activityId: '1', activityType: 'withdraw', attempt: 1, isLocal: false },
      sdkComponent: 'worker',
    };
    const activities = entries.filter((entry) => entry.message.startsWith('Activity'));
    expect(activities).toEqual([
      { level: 'DEBUG', message: 'Activity started', meta: ids },
      {
        level: 'DEBUG',
        message: 'Activity completed',
        meta: { ...ids, durationMs: expect.any(Number) },
      },
    ]);
    expect(JSON.stringify(entries)).not.toContain('4200');
  });

  it('logs a failed activity at WARN with its attempt', async () => {
    const activities = {
      withdraw: async () => {
        throw new Error('bank closed');
      },
    };
    const { handler, entries } = handlerWith({ activities });
    const response = await handler.fetch(post(workerPaths.activityTask, activityTask({ attempt: 3 })));
    expect(await response.json()).toMatchObject({ failed: { failure: { message: 'bank closed' } } });
    const failed = entries.filter((entry) => entry.level === 'WARN');
    expect(failed).toMatchObject([
      { message: 'Activity failed', meta: { attempt: 3, error: { message: 'bank closed' } } },
    ]);
  });

  it('runs a workflow task from its whole history', async () => {
    const { handler } = handlerWith();
    const task = { ...sessionInit, attempt: 1, history: startedHistory };
    const response = await handler.fetch(post(workerPaths.workflowTask, task));
    expect(response.status).toBe(200);
    const answer = (await response.json()) as { completed: { commands: unknown[]; identity: string } };
    expect(answer.completed.identity).toBe('w1');
    expect(answer.completed.commands).toMatchObject([
      {
        commandType: 'COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION',
        completeWorkflowExecutionCommandAttributes: { result: payloads('done') },
      },
    ]);
  });

  it('delivers the updates of a workflow task, and answers them among the commands', async () => {
    const transfer = async () => {
      let sum = 40;
      wf.setHandler(add, (n) => (sum += n));
      await wf.condition(() => sum > 100);
    };
    const { handler } = handlerWith({ workflows: { transfer } });
    const task = { ...sessionInit, attempt: 1, history: startedHistory, updates: [update('u1')] };
    const response = await handler.fetch(post(workerPaths.workflowTask, task));
    const { completed } = (await response.json()) as { completed: { commands: unknown[] } };
    const messageOf = (message: object) => ({
      commandType: 'COMMAND_TYPE_PROTOCOL_MESSAGE',
      protocolMessageCommandAttributes: { updateId: 'u1', message },
    });
    expect(completed.commands).toMatchObject([
      messageOf({ acceptance: { acceptedRequestMessageId: 'u1/request' } }),
      messageOf({ response: { outcome: { success: payloads(42) } } }),
    ]);
  });

  describe('with more to say than can be sent', () => {
    const megabytes = (n: number) => 'x'.repeat(n * 1024 * 1024);
    const run = { ...sessionInit, attempt: 1, history: startedHistory };

    it.each([
      [
        'commands',
        async () => megabytes(19),
        /^The commands of this workflow task \(1\) are too large: 2\d{7} bytes/,
      ],
      [
        'a failure',
        async () => {
          throw new Error(megabytes(25));
        },
        /^The failure of this workflow task is too large/,
      ],
    ])('fails the workflow task itself: %s', async (_, transfer, message) => {
      const { handler, entries } = handlerWith({ workflows: { transfer } });
      const response = await handler.fetch(post(workerPaths.workflowTask, run));
      expect(response.status).toBe(200);
      const answer = (await response.json()) as { failed: { failure: { message: string } } };
      expect(answer).toMatchObject({ failed: { cause: 'PAYLOADS_TOO_LARGE', identity: 'w1' } });
      expect(answer.failed.failure.message).toMatch(message);
      expect(answer.failed.failure.message.length).toBeLessThan(200);
      expect(entries).toContainEqual(expect.objectContaining({ message: 'Workflow task failed' }));
    });

    it('counts bytes, and takes what is just within the bound', async () => {
      // Base64 makes four bytes of three.
      const transfer = async () => megabytes(17);
      const { handler } = handlerWith({ workflows: { transfer } });
      const response = await handler.fetch(post(workerPaths.workflowTask, run));
      expect(await response.json()).toHaveProperty('completed');
    });

    it('fails the query, over HTTP and in a session', async () => {
      const transfer = async () => {
        wf.setHandler(wf.defineQuery<string>('all'), () => megabytes(19));
        await wf.condition(() => false);
      };
      const { handler } = handlerWith({ workflows: { transfer } });
      const completed = {
        eventId: '4',
        eventTime: '2026-01-02T03:04:05.000Z',
        eventType: 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED',
        taskId: '4',
        workflowTaskCompletedEventAttributes: { scheduledEventId: '2', startedEventId: '3', identity: 'w1' },
      };
      const history = [...startedHistory, completed];
      const query = { queryType: 'all' };
      const response = await handler.fetch(post(workerPaths.query, { ...sessionInit, history, query }));
      const session = handler.openSession(sessionInit);
      const answers = [await response.json(), await session.query(history as never, query)];
      for (const answer of answers) {
        expect(answer).toMatchObject({
          failed: { message: expect.stringMatching(/^The answer to this query is too large/) },
        });
      }
    });
  });

  it('logs a failed workflow task at ERROR, as the engine only tries again', async () => {
    const transfer = async () => {
      throw new TypeError('details is undefined');
    };
    const { handler, entries } = handlerWith({ workflows: { transfer } });
    const task = { ...sessionInit, attempt: 1, history: startedHistory };
    await handler.fetch(post(workerPaths.workflowTask, task));
    expect(entries.filter((entry) => entry.level === 'ERROR')).toMatchObject([
      {
        message: 'Workflow task failed',
        meta: { workflowId: 'transfer-1', failureType: 'TypeError', error: 'details is undefined' },
      },
    ]);
  });

  it('answers a query about a run', async () => {
    const { handler } = handlerWith();
    const history = [
      ...startedHistory,
      {
        eventId: '4',
        eventTime: '2026-01-02T03:04:05.000Z',
        eventType: 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED',
        taskId: '4',
        workflowTaskCompletedEventAttributes: { scheduledEventId: '2', startedEventId: '3', identity: 'w1' },
      },
      {
        eventId: '5',
        eventTime: '2026-01-02T03:04:05.000Z',
        eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
        taskId: '5',
        workflowExecutionCompletedEventAttributes: {
          result: payloads('done'),
          workflowTaskCompletedEventId: '4',
        },
      },
    ];
    const task = { ...sessionInit, history, query: { queryType: 'nonesuch' } };
    const response = await handler.fetch(post(workerPaths.query, task));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ failed: { message: expect.stringContaining('nonesuch') } });
  });

  it.each([
    [
      'workflow type',
      workerPaths.workflowTask,
      { ...sessionInit, workflowType: 'refund', history: startedHistory },
    ],
    ['task queue', workerPaths.workflowTask, { ...sessionInit, taskQueue: 'other', history: startedHistory }],
    ['activity type', workerPaths.activityTask, activityTask({ activityType: 'deposit' })],
    ['activity type of the prototype', workerPaths.activityTask, activityTask({ activityType: 'toString' })],
    ['task queue of an activity', workerPaths.activityTask, activityTask({ taskQueue: 'other' })],
    [
      'workflow type of a query',
      workerPaths.query,
      { ...sessionInit, workflowType: 'x', history: startedHistory, query: { queryType: 'q' } },
    ],
  ])('says with 404 and its header that it does not serve an unknown %s', async (_, path, body) => {
    const { handler } = handlerWith();
    const response = await handler.fetch(post(path, body));
    expect(response.status).toBe(404);
    expect(response.headers.get(SDK_HEADER)).toMatch(/^typescript\//);
    expect(await response.json()).toMatchObject({ notServed: expect.stringContaining('type "') });
  });

  it.each([
    ['no JSON', workerPaths.activityTask, '{"taskToken":', /not JSON/],
    ['no object', workerPaths.activityTask, '[]', /JSON object/],
    ['an empty body', workerPaths.workflowTask, '', /not JSON/],
    ['no dispatch id', workerPaths.activityTask, activityTask({ dispatchId: '' }), /^dispatchId/],
    ['a bad attempt', workerPaths.activityTask, activityTask({ attempt: 0 }), /^attempt/],
    [
      'a bad duration',
      workerPaths.activityTask,
      activityTask({ startToCloseTimeout: '1m' }),
      /^startToCloseTimeout/,
    ],
    ['bad payloads', workerPaths.activityTask, { ...activityTask(), input: [1] }, /^input/],
    ['no history', workerPaths.workflowTask, { ...sessionInit }, /^history/],
    [
      'updates that are no list',
      workerPaths.workflowTask,
      { ...sessionInit, history: startedHistory, updates: {} },
      /^updates: /,
    ],
    [
      'an update without an id',
      workerPaths.workflowTask,
      { ...sessionInit, history: startedHistory, updates: [update('u1'), { input: { name: 'add' } }] },
      /^updates\[1\]\.meta\.updateId/,
    ],
    [
      'an update that is null',
      workerPaths.workflowTask,
      { ...sessionInit, history: startedHistory, updates: [null] },
      /^updates\[0\]\.meta\.updateId/,
    ],
    [
      'an update without a name',
      workerPaths.workflowTask,
      { ...sessionInit, history: startedHistory, updates: [{ meta: { updateId: 'u1' } }] },
      /^updates\[0\]\.input\.name/,
    ],
    [
      'an update with bad arguments',
      workerPaths.workflowTask,
      {
        ...sessionInit,
        history: startedHistory,
        updates: [{ meta: { updateId: 'u1' }, input: { name: 'add', args: [1] } }],
      },
      /^updates\[0\]\.input\.args/,
    ],
    ['no query', workerPaths.query, { ...sessionInit, history: startedHistory }, /^query.queryType/],
  ])('refuses %s with 400, its header and the reason', async (_, path, body, reason) => {
    const { handler } = handlerWith();
    const response = await handler.fetch(post(path, body));
    expect(response.status).toBe(400);
    expect(response.headers.has(SDK_HEADER)).toBe(true);
    expect(await response.json()).toMatchObject({ code: 3, message: expect.stringMatching(reason) });
  });

  it('refuses a body over the limit with 413, also when its length was not announced, or another one', async () => {
    const { handler } = handlerWith({ maxBodyBytes: 100 });
    const task = JSON.stringify(activityTask());
    const saying = (length: number): Promise<Response> => {
      const request = post(workerPaths.activityTask, task);
      request.headers.set('content-length', String(length));
      return handler.fetch(request);
    };
    const announced = await saying(task.length);
    const announcedWrongly = await saying(5);
    const streamed = await handler.fetch(
      new Request(`http://worker${workerPaths.activityTask}`, {
        method: 'POST',
        body: new Blob([task]).stream(),
        duplex: 'half',
      } as RequestInit),
    );
    for (const response of [announced, announcedWrongly, streamed]) {
      expect(response.status).toBe(413);
      expect(response.headers.has(SDK_HEADER)).toBe(true);
    }
  });

  it('finds its path behind another one, and nothing in what stands behind a question mark', async () => {
    const { handler } = handlerWith();
    const status = async (path: string) => (await handler.fetch(new Request(`http://worker${path}`))).status;
    expect(await status(`/some/base${workerPaths.describe}?a=b`)).toBe(200);
    expect(await status(`/other?${workerPaths.describe}`)).toBe(404);
  });

  it('refuses the wrong method and an unknown path, with its header', async () => {
    const { handler } = handlerWith();
    const method = await handler.fetch(new Request(`http://worker${workerPaths.activityTask}`));
    const path = await handler.fetch(new Request('http://worker/favicon.ico'));
    expect([method.status, path.status]).toEqual([405, 404]);
    expect([method, path].every((response) => response.headers.has(SDK_HEADER))).toBe(true);
  });

  it('answers 202 when an activity takes longer than the call may be held', async () => {
    let finish!: (value: string) => void;
    const activities = { withdraw: () => new Promise<string>((resolve) => (finish = resolve)) };
    const reported: Array<[string, unknown]> = [];
    const engine = {
      url: 'http://engine',
      fetch: async (url: string, init: RequestInit) => {
        reported.push([url, JSON.parse(init.body as string)]);
        return Response.json({});
      },
    };
    const { handler } = handlerWith({ activities, answerWithin: 10, engine });
    const task = activityTask();
    const response = await handler.fetch(post(workerPaths.activityTask, task));
    const again = await handler.fetch(post(workerPaths.activityTask, task));
    expect([response.status, again.status]).toEqual([202, 202]);
    expect(response.headers.has(SDK_HEADER)).toBe(true);
    finish('late');
    await until(() => reported.length > 0);
    expect(reported).toEqual([
      [
        'http://engine/api/v1/namespaces/default/activity-complete?noPayloadShorthand=true',
        { taskToken: task.taskToken, result: payloads('late'), identity: 'w1' },
      ],
    ]);
  });

  it('answers 202 to a task that completes asynchronously, also when it is sent again', async () => {
    const { CompleteAsyncError } = await import('../../sdk/activity/index.ts');
    let executions = 0;
    const activities = {
      withdraw: async () => {
        executions++;
        throw new CompleteAsyncError();
      },
    };
    const { handler } = handlerWith({ activities });
    const first = await handler.fetch(post(workerPaths.activityTask, activityTask()));
    const second = await handler.fetch(post(workerPaths.activityTask, activityTask()));
    expect([first.status, second.status, executions]).toEqual([202, 202, 1]);
  });
});

describe('the options of a Worker', () => {
  it('must name a task queue and give objects of functions', () => {
    expect(() => createHandler({ taskQueue: '' })).toThrow(/^taskQueue/);
    expect(() => createHandler({ taskQueue: '__temporal_q' })).toThrow(
      new TypeError("Cannot use task queue name: '__temporal_q', with reserved prefix: '__temporal_'"),
    );
    const activities = { __stack_trace: () => undefined };
    expect(() => createHandler({ taskQueue: 'q', activities })).toThrow(
      new TypeError("Cannot use activity name: '__stack_trace', which is a reserved name"),
    );
    expect(() => createHandler({ taskQueue: 'q', sinks: { __temporal_s: {} } })).toThrow(
      /^Cannot use sink name/,
    );
    expect(() => createHandler({ taskQueue: 'q', sinks: { __temporal_langsmith: {} } })).not.toThrow();
    expect(() => createHandler({ taskQueue: 'q', workflows: './workflows.ts' as never })).toThrow(
      /^workflows/,
    );
  });

  it('leave classes out of the types, and a default export that is no function', () => {
    class Account {}
    const activities = { Account, default: { pay: async () => 1 }, pay: async () => 1 };
    const { handler } = handlerWith({ activities });
    expect(handler.describe().taskQueues[0]?.activityTypes).toEqual(['pay']);
  });

  it('warn once of module-level state when workflows were imported without the build', async () => {
    vi.resetModules();
    const fresh = await import('../../sdk/worker/serve.ts');
    const { logger, entries } = recordingLogger();
    fresh.createHandler({ taskQueue: 'q', workflows, logger });
    fresh.createHandler({ taskQueue: 'q', workflows, logger });
    expect(entries).toMatchObject([{ level: 'WARN', meta: { workflowTypes: ['transfer'] } }]);
  });

  it('do not warn of workflows that came through the build', async () => {
    vi.resetModules();
    const fresh = await import('../../sdk/worker/serve.ts');
    const { defineWorkflows } = await import('../../sdk/worker/workflow-module.ts');
    const { logger, entries } = recordingLogger();
    const built = defineWorkflows((_require, _module, exports) => {
      exports.transfer = async () => 'done';
    }, {});
    fresh.createHandler({ taskQueue: 'q', workflows: built, logger });
    expect(entries).toEqual([]);
  });
});
