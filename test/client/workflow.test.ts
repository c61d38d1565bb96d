import { describe, expect, it, vi } from 'vitest';
import {
  ApplicationFailure,
  CancelledFailure,
  Client,
  Connection,
  QueryNotRegisteredError,
  QueryRejectedError,
  readHistory,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowContinuedAsNewError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '../../sdk/client/index.ts';
import { defineSearchAttributeKey } from '../../sdk/common/index.ts';
import {
  closed,
  engineOf,
  event,
  FakeEngine,
  payloads,
  refusal,
  settle,
  unreachable,
  useVirtualTime,
} from './fake-engine.ts';

const alreadyStarted =
  'type.googleapis.com/temporal.api.errordetails.v1.WorkflowExecutionAlreadyStartedFailure';
const started = { runId: 'run-1', started: true, status: 'WORKFLOW_EXECUTION_STATUS_RUNNING' };

useVirtualTime();

describe('start', () => {
  it('sends type, task queue, arguments, timeouts and policies in the form of the wire', async () => {
    const { engine, client } = engineOf(started);
    async function transfer(_amount: number, _to: string): Promise<void> {}
    await client.workflow.start(transfer, {
      taskQueue: 'q',
      workflowId: 'a/b',
      args: [400, 'bob'],
      workflowRunTimeout: '1h',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      retry: { maximumAttempts: 3 },
      memo: { note: 'n' },
      searchAttributes: { City: ['Oslo'], Amount: [1] },
      typedSearchAttributes: [{ key: defineSearchAttributeKey('Amount', 'INT'), value: 400 }],
      cronSchedule: '@daily',
      startDelay: '1m',
    });
    const [call] = engine.calls;
    expect(call!.path).toBe('/api/v1/namespaces/default/workflows/a%2Fb');
    expect(call!.body).toMatchObject({
      workflowType: { name: 'transfer' },
      taskQueue: { name: 'q' },
      input: { payloads: [{ data: btoa('400') }, { data: btoa('"bob"') }] },
      workflowRunTimeout: '3600s',
      workflowIdReusePolicy: 'WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE',
      retryPolicy: { maximumAttempts: 3 },
      memo: { fields: { note: { data: btoa('"n"') } } },
      searchAttributes: {
        indexedFields: {
          City: { data: btoa('["Oslo"]') },
          Amount: { data: btoa('400'), metadata: { type: btoa('Int') } },
        },
      },
      cronSchedule: '@daily',
      workflowStartDelay: '60s',
      identity: 'me',
    });
  });

  it('refuses options that cannot be meant before anything is sent', async () => {
    const { engine, client } = engineOf(started);
    await expect(client.workflow.start('t', { taskQueue: '', workflowId: 'w' })).rejects.toThrow('taskQueue');
    await expect(client.workflow.start('t', { taskQueue: 'q', workflowId: '..' })).rejects.toThrow('".."');
    await expect(client.workflow.start('', { taskQueue: 'q', workflowId: 'w' })).rejects.toThrow('type name');
    const urgent = { taskQueue: 'q', workflowId: 'w', priority: { priorityKey: 0.5 } };
    await expect(client.workflow.start('t', urgent)).rejects.toThrow('priorityKey must be an integer');
    const key = defineSearchAttributeKey('Amount', 'INT');
    const mistyped = { taskQueue: 'q', workflowId: 'w', typedSearchAttributes: [{ key, value: 1.5 }] };
    await expect(client.workflow.start('t', mistyped)).rejects.toThrow('Amount');
    expect(engine.calls).toHaveLength(0);
  });

  it('says with an error class of its own that the id is taken', async () => {
    const { client } = engineOf(refusal(409, 6, 'workflow w is running', [{ '@type': alreadyStarted }]));
    const error = await client.workflow.start('t', { taskQueue: 'q', workflowId: 'w' }).catch((e) => e);
    expect(error).toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
    expect([error.workflowId, error.workflowType]).toEqual(['w', 't']);
  });

  it('gives a handle that ends the chain it started, however far it has come, and no later workflow', async () => {
    const { engine, client } = engineOf(started);
    const handle = await client.workflow.start('t', { taskQueue: 'q', workflowId: 'w' });
    await handle.terminate('enough');
    await handle.cancel();
    expect(engine.calls[1]!.body).toEqual({
      namespace: 'default',
      identity: 'me',
      workflowExecution: { workflowId: 'w' },
      firstExecutionRunId: 'run-1',
      reason: 'enough',
    });
    expect(engine.calls[2]!.body).toMatchObject({ firstExecutionRunId: 'run-1' });
  });

  it('starts and signals in one call', async () => {
    const { engine, client } = engineOf(started);
    const handle = await client.workflow.signalWithStart('t', {
      taskQueue: 'q',
      workflowId: 'w',
      signal: 'add',
      signalArgs: [1],
    });
    expect(handle.signaledRunId).toBe('run-1');
    expect(engine.calls[0]!.path).toBe('/api/v1/namespaces/default/workflows/w/signal-with-start/add');
    expect(engine.calls[0]!.body).toMatchObject({ signalInput: { payloads: [{ data: btoa('1') }] } });
  });
});

describe('the result', () => {
  it('is waited for as long as it takes, over an engine that is away for minutes', async () => {
    const completed = closed(event(11, 'WORKFLOW_EXECUTION_COMPLETED', { result: payloads({ ok: true }) }));
    const away = Array.from({ length: 100 }, unreachable);
    const { engine, client } = engineOf({ pending: true, runId: 'run-1' }, ...away, completed);
    await expect(settle(client.workflow.getHandle('w').result())).resolves.toEqual({ ok: true });
    expect(engine.calls).toHaveLength(102);
    expect(engine.calls[0]!.query.get('waitMs')).toBe('20000');
  });

  it('is given up when the caller aborts', async () => {
    const { client } = engineOf(unreachable());
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 3_600_000);
    const waiting = client.withAbortSignal(abort.signal, () => client.workflow.result('w'));
    await expect(settle(waiting)).rejects.toThrow('cancelled');
  });

  it.each([
    ['FAILED', { failure: { message: 'no', applicationFailureInfo: { type: 'T' } } }, ApplicationFailure],
    ['CANCELED', { details: payloads('d') }, CancelledFailure],
    ['TERMINATED', { reason: 'why' }, TerminatedFailure],
    ['TIMED_OUT', { retryState: 'RETRY_STATE_TIMEOUT' }, TimeoutFailure],
  ])(
    'of a workflow that ended as %s is a WorkflowFailedError with its cause',
    async (status, attributes, cause) => {
      const { client } = engineOf(closed(event(9, `WORKFLOW_EXECUTION_${status}`, attributes)));
      const error = await client.workflow.result('w').catch((e) => e);
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect(error.cause).toBeInstanceOf(cause);
    },
  );

  it('is that of the last run in the chain, or of the one run when the caller does not follow', async () => {
    const continued = closed(event(5, 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW', { newExecutionRunId: 'run-2' }));
    const { engine, client } = engineOf(continued);
    const options = { taskQueue: 'q', workflowId: 'w', followRuns: false };
    const errors = await Promise.all([
      client.workflow.result('w', 'run-1', { followRuns: false }).catch((e) => e),
      client.workflow
        .getHandle('w', undefined, { followRuns: false, firstExecutionRunId: 'run-1' })
        .result()
        .catch((e) => e),
      new Client({ connection: Connection.lazy({ address: new FakeEngine(started, continued) }) }).workflow
        .execute('t', options)
        .catch((e) => e),
    ]);
    for (const error of errors) {
      expect(error).toBeInstanceOf(WorkflowContinuedAsNewError);
      expect(error.newExecutionRunId).toBe('run-2');
    }
    expect(engine.calls[0]!.query.get('followRuns')).toBe('false');
    expect(engine.calls[1]!.query.get('execution.runId')).toBe('run-1');
    const follower = engineOf(closed(event(9, 'WORKFLOW_EXECUTION_COMPLETED', { result: payloads(7) })));
    await expect(follower.client.workflow.result('w')).resolves.toBe(7);
    expect(follower.engine.calls[0]!.query.get('followRuns')).toBe('true');
  });

  it.each(['COMPLETED', 'FAILED', 'TIMED_OUT'])(
    'of a run that is %s, and that another one follows as a retry or by cron, is that it continued',
    async (status) => {
      const attributes = { newExecutionRunId: 'run-2', retryState: 'RETRY_STATE_IN_PROGRESS' };
      const { client } = engineOf(closed(event(5, `WORKFLOW_EXECUTION_${status}`, attributes)));
      const error = await client.workflow.result('w', 'run-1', { followRuns: false }).catch((e) => e);
      expect(error).toBeInstanceOf(WorkflowContinuedAsNewError);
      expect(error.newExecutionRunId).toBe('run-2');
    },
  );

  it('of an unknown workflow is a WorkflowNotFoundError', async () => {
    const { client } = engineOf(refusal(404, 5, 'workflow w not found'));
    const error = await client.workflow.result('w').catch((e) => e);
    expect(error).toBeInstanceOf(WorkflowNotFoundError);
    expect(error.workflowId).toBe('w');
  });
});

describe('a query', () => {
  it('gives the value, and sends its arguments', async () => {
    const { engine, client } = engineOf({ queryResult: payloads(['x']) });
    await expect(client.workflow.getHandle('w', 'run-1').query('items', 2)).resolves.toEqual(['x']);
    expect(engine.calls[0]!.body).toMatchObject({
      execution: { workflowId: 'w', runId: 'run-1' },
      query: { queryType: 'items', queryArgs: { payloads: [{ data: btoa('2') }] } },
    });
  });

  it('that has no handler or was rejected has its own error', async () => {
    const unknown = engineOf(refusal(400, 3, 'no query "x"; there are: items'));
    await expect(unknown.client.workflow.getHandle('w').query('x')).rejects.toThrow(QueryNotRegisteredError);
    const rejected = engineOf({ queryRejected: { status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED' } });
    const error = await rejected.client.workflow
      .getHandle('w')
      .query('x')
      .catch((e) => e);
    expect(error).toBeInstanceOf(QueryRejectedError);
    expect((error as QueryRejectedError).status).toBe(2);
  });
});

describe('history', () => {
  const pages = [
    { history: { events: [event(1, 'WORKFLOW_EXECUTION_STARTED')] }, nextPageToken: 'a' },
    { history: { events: [event(2, 'WORKFLOW_TASK_SCHEDULED')] }, nextPageToken: 'b' },
  ];

  it('is read page by page to its present end', async () => {
    const { engine, client } = engineOf(...pages, { history: { events: [] }, nextPageToken: 'b' });
    const { events } = await client.workflow.getHandle('w').fetchHistory();
    expect(events.map((e) => e.eventId)).toEqual(['1', '2']);
    expect(engine.calls.map((call) => call.query.get('nextPageToken'))).toEqual([null, 'a', 'b']);
    expect(engine.calls.map((call) => call.query.get('waitNewEvent'))).toEqual(['false', 'false', 'false']);
  });

  it('is followed over an engine that is away, until the run closes', async () => {
    const last = { history: { events: [event(3, 'WORKFLOW_EXECUTION_TERMINATED')] } };
    const nothingNew = { history: { events: [] }, nextPageToken: 'b' };
    const away = Array.from({ length: 20 }, unreachable);
    const { engine, client } = engineOf(...pages, nothingNew, ...away, last);
    const seen = settle(
      (async () => {
        const ids: string[] = [];
        const execution = { workflowId: 'w' };
        const events = readHistory(client.workflowService, { namespace: 'default', execution, follow: true });
        for await (const { eventId } of events) ids.push(eventId);
        return ids;
      })(),
    );
    await expect(seen).resolves.toEqual(['1', '2', '3']);
    expect(engine.calls).toHaveLength(24);
  });
});

describe('list and describe', () => {
  const info = {
    execution: { workflowId: 'w', runId: 'run-1' },
    type: { name: 't' },
    startTime: '2026-11-21T20:00:00.000Z',
    executionTime: '2026-11-21T20:00:00.000Z',
    status: 'WORKFLOW_EXECUTION_STATUS_CANCELED',
    historyLength: '7',
    taskQueue: 'q',
    memo: { fields: { note: (payloads('n') as { payloads: object[] }).payloads[0] } },
  };

  it('lists all pages and spells CANCELLED as the SDK does', async () => {
    const { engine, client } = engineOf({ executions: [info], nextPageToken: 'p' }, { executions: [info] });
    const found = [];
    for await (const workflow of client.workflow.list({ query: "WorkflowType = 't'" })) found.push(workflow);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatchObject({
      workflowId: 'w',
      status: { code: 4, name: 'CANCELLED' },
      historyLength: 7,
      memo: { note: 'n' },
      startTime: new Date('2026-11-21T20:00:00.000Z'),
    });
    expect(engine.calls[1]!.query.get('nextPageToken')).toBe('p');
  });

  it('reads the histories of what it lists', async () => {
    const { client } = engineOf({ executions: [info] }, { history: { events: [event(1, 'TIMER_FIRED')] } });
    const found = [];
    for await (const item of client.workflow.list().intoHistories()) found.push(item);
    expect(found).toMatchObject([{ workflowId: 'w', history: { events: [{ eventId: '1' }] } }]);
  });

  it('reads a few histories at a time, in the order of the list, and no further ahead', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const executions = ids.map((workflowId) => ({ ...info, execution: { workflowId, runId: 'r' } }));
    const asked: string[] = [];
    const histories = new Map(ids.map((id) => [id, Promise.withResolvers<object>()]));
    const { client } = engineOf({ executions }, ({ path }) => {
      const id = path.split('/').at(-2)!;
      asked.push(id);
      return histories.get(id)!.promise;
    });
    const read = client.workflow.list().intoHistories({ concurrency: 3 })[Symbol.asyncIterator]();
    const first = read.next();
    await vi.waitFor(() => expect(asked).toEqual(['a', 'b', 'c']));
    histories.get('b')!.resolve({ history: { events: [] } });
    histories.get('a')!.resolve({ history: { events: [event(1, 'TIMER_FIRED')] } });
    expect((await first).value).toMatchObject({ workflowId: 'a', history: { events: [{ eventId: '1' }] } });
    expect((await read.next()).value).toMatchObject({ workflowId: 'b', history: { events: [] } });
    await vi.waitFor(() => expect(asked).toEqual(['a', 'b', 'c', 'd']));
    await read.return!();
  });

  it('terminates with details that an interceptor gives', async () => {
    const engine = new FakeEngine({});
    const client = new Client({
      connection: Connection.lazy({ address: engine }),
      interceptors: { workflow: [{ terminate: (input, next) => next({ ...input, details: ['why', 7] }) }] },
    });
    await client.workflow.getHandle('w').terminate('enough');
    expect(engine.calls[0]!.body).toMatchObject({
      reason: 'enough',
      details: { payloads: [{ data: btoa('"why"') }, { data: btoa('7') }] },
    });
  });

  it('describes with problems in raw', async () => {
    const raw = {
      executionConfig: { taskQueue: { name: 'q' }, defaultWorkflowTaskTimeout: '10s' },
      workflowExecutionInfo: info,
      pendingActivities: [],
      problems: ['no Worker serves task queue "q"'],
    };
    const { client } = engineOf(raw);
    const description = await client.workflow.getHandle('w').describe();
    expect(description.type).toBe('t');
    expect(description.raw.problems).toEqual(['no Worker serves task queue "q"']);
  });
});
