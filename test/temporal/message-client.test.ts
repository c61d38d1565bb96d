/** What programs that import `@temporalio/client` are given as the engine said it: messages of protobuf, where `perdure/client` has JSON. */

import { join } from 'node:path';
import Long from 'long';
import { activityInfo, getClient as getJsonClient } from 'perdure/activity';
import * as json from 'perdure/client';
import { arrayFromPayloads, defaultPayloadConverter } from 'perdure/common';
import { historyFromJSON, historyToJSON } from 'perdure/common/proto-utils';
import { tsToDate, tsToMs } from 'perdure/common/time';
import { asyncLocalStorage, Context, getClient } from 'perdure/temporal/activity';
import {
  Client,
  type ClientPlugin,
  Connection,
  type ConnectionPlugin,
  type DescribeWorkflowExecutionResponse,
  type HistoryAndWorkflowId,
  ScheduleClient,
  WorkflowClient,
  type WorkflowClientInterceptor,
  type WorkflowHandle,
} from 'perdure/temporal/client';
import { MockActivityEnvironment, TestWorkflowEnvironment } from 'perdure/temporal/testing';
import { historyToText } from 'perdure/testing';
import { Worker } from 'perdure/worker/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as workflows from './message-program/workflows.ts';

const EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED = 26;
const EVENT_TYPE_TIMER_FIRED = 18;
const EVENT_TYPE_ACTIVITY_TASK_COMPLETED = 12;
const workflowsPath = join(import.meta.dirname, 'message-program/workflows.ts');

let env: TestWorkflowEnvironment;
let stop: () => void;
let handle: WorkflowHandle<typeof workflows.payment>;
/** What the activity's clients gave. */
const seen: {
  messages?: unknown;
  json?: unknown;
  sameClient?: boolean;
  context?: object;
  once?: boolean;
  intercepted?: number;
} = {};
/** Of a connection: clients on it have its interceptor. */
const plugin: ClientPlugin & ConnectionPlugin = {
  name: 'counts descriptions',
  configureClient: ({ interceptors, ...options }) => ({
    ...options,
    interceptors: {
      ...interceptors,
      workflow: [
        ...((interceptors?.workflow ?? []) as WorkflowClientInterceptor[]),
        {
          describe(input, next) {
            seen.intercepted = (seen.intercepted ?? 0) + 1;
            return next(input);
          },
        },
      ],
    },
  }),
};

async function pay(amount: number): Promise<string> {
  if (activityInfo().attempt === 1) throw new Error('the bank is closed');
  const client: Client = getClient();
  const { workflowId } = activityInfo().workflowExecution!;
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  seen.messages = raw.workflowExecutionInfo?.status;
  seen.json = (
    await getJsonClient().workflow.getHandle(workflowId).describe()
  ).raw.workflowExecutionInfo.status;
  seen.sameClient = getClient() === client && client instanceof Client;
  seen.intercepted = 0;
  await client.workflow.getHandle(workflowId).describe();
  seen.once = seen.intercepted === 1;
  const context = Context.current();
  const described = await context.client.workflow.getHandle(workflowId).describe();
  seen.context = {
    messages: described.raw.workflowExecutionInfo?.status,
    same: Context.current() === context && context.client === Context.current().client,
    isTheWorkers: asyncLocalStorage.getStore() === context && context instanceof Context,
    attempt: context.info.attempt,
  };
  return `${amount} paid`;
}

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping({ plugins: [plugin] });
  stop = env.serve({ taskQueue: 'payments', workflows, activities: { pay } });
  handle = await env.client.workflow.start(workflows.payment, {
    taskQueue: 'payments',
    workflowId: 'payment-1',
    args: [42],
    memo: { colour: 'red' },
  });
  await handle.signal(workflows.approve, 'Ada');
  expect(await handle.result()).toBe('42 paid, approved by Ada');
});
afterAll(async () => {
  stop();
  await env.teardown();
});

describe('a history as Temporal’s client gives it', () => {
  it('is filtered by numbers of enums, and its payloads, ids and times are read', async () => {
    const { events } = await handle.fetchHistory();
    const signaled = events.filter(({ eventType }) => eventType === EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED);
    expect(signaled).toHaveLength(1);
    const { input } = signaled[0]!.workflowExecutionSignaledEventAttributes!;
    expect(new TextDecoder().decode(input!.payloads![0]!.data!)).toBe('"Ada"');
    expect(arrayFromPayloads(defaultPayloadConverter, input!.payloads)).toEqual(['Ada']);
    expect(events.map(({ eventId }) => eventId!.toNumber())).toEqual(events.map((_, i) => i + 1));

    const fired = events.find((event) => event.timerFiredEventAttributes)!;
    expect(fired.eventType).toBe(EVENT_TYPE_TIMER_FIRED);
    const started = events[0]!;
    expect(Number(fired.eventTime!.seconds) - started.eventTime!.seconds!.toNumber()).toBe(10);
    expect(tsToMs(fired.eventTime) - tsToMs(started.eventTime)).toBeGreaterThanOrEqual(10_000);
    expect(started.workflowExecutionStartedEventAttributes!.workflowTaskTimeout!.seconds!.toNumber()).toBe(
      10,
    );

    const attempt = events.find((event) => event.activityTaskStartedEventAttributes)!;
    const { lastFailure } = attempt.activityTaskStartedEventAttributes!;
    expect(lastFailure?.message).toBe('the bank is closed');
    expect(attempt.activityTaskCompletedEventAttributes ?? 'none').toBe('none');
  });

  it('replays, is written as JSON that replays, and is shown by the helpers for tests', async () => {
    const history = await handle.fetchHistory();
    await Worker.runReplayHistory({ workflowsPath }, history);
    const text = historyToJSON(history);
    expect(text).toContain('"eventType": "EVENT_TYPE_TIMER_FIRED"');
    await Worker.runReplayHistory({ workflowsPath }, JSON.parse(text));
    expect(historyFromJSON(JSON.parse(text))).toEqual(history);
    expect(historyToText(history)).toContain('ActivityTaskCompleted');
  });

  it('comes from lists, too, and all of them replay', async () => {
    const histories: HistoryAndWorkflowId[] = [];
    for await (const one of env.client.workflow.list().intoHistories()) histories.push(one);
    expect(histories.map(({ history }) => history.events[0]!.eventType)).toEqual([1]);
    const errors: unknown[] = [];
    for await (const { error } of Worker.runReplayHistories({ workflowsPath }, histories)) errors.push(error);
    expect(errors).toEqual([undefined]);
  });
});

describe('what is raw', () => {
  it('of descriptions and of lists is a message', async () => {
    const description = await handle.describe();
    expect(description.status).toEqual({ code: 2, name: 'COMPLETED' });
    const { workflowExecutionInfo: info, pendingActivities, pendingChildren } = description.raw;
    expect(info!.status).toBe(2);
    expect(info!.historyLength!.toNumber()).toBe(description.historyLength);
    expect(tsToDate(info!.startTime!)).toEqual(description.startTime);
    expect(defaultPayloadConverter.fromPayload(info!.memo!.fields!.colour!)).toBe('red');
    expect([pendingActivities.length, pendingChildren.length]).toEqual([0, 0]);
    for await (const { raw, workflowId } of env.client.workflow.list()) {
      expect(raw.execution!.workflowId).toBe(workflowId);
      expect(raw.closeTime!.seconds!.toNumber()).toBeGreaterThan(0);
    }
  });

  it('of a description is a message to interceptors, and what they make of it counts', async () => {
    const statuses: unknown[] = [];
    const interceptor: WorkflowClientInterceptor = {
      async describe(input, next) {
        const raw = await next(input);
        const { workflowExecutionInfo: info, pendingActivities } =
          raw as unknown as DescribeWorkflowExecutionResponse;
        statuses.push(info!.status, pendingActivities.length);
        info!.status = 3;
        return raw;
      },
    };
    const client = new Client({
      connection: env.connection,
      interceptors: { workflow: [interceptor] },
    });
    const description = await client.workflow.getHandle('payment-1').describe();
    expect(statuses).toEqual([2, 0]);
    expect(description).toMatchObject({ status: { name: 'FAILED' }, memo: { colour: 'red' } });
    expect(description.raw.workflowExecutionInfo!.status).toBe(3);
  });

  it('of schedules is a message, and an update takes it as it is', async () => {
    const schedule = await env.client.schedule.create({
      scheduleId: 'daily',
      spec: { intervals: [{ every: '1 day' }] },
      action: { type: 'startWorkflow', workflowType: 'payment', taskQueue: 'payments', args: [7] },
      policies: { overlap: 'BUFFER_ONE' },
    });
    const { raw } = await schedule.describe();
    expect(raw.schedule!.policies!.overlapPolicy).toBe(2);
    expect(raw.schedule!.spec!.interval![0]!.interval!.seconds!.toNumber()).toBe(86_400);
    await schedule.update((previous) => ({ ...previous, state: { ...previous.state, note: 'rests' } }));
    expect((await schedule.describe()).raw.schedule!.state!.notes).toBe('rests');
    await schedule.delete();
  });

  it('is JSON in perdure/client, on the same connection', async () => {
    const client = new json.Client({ connection: env.connection });
    const { events } = await client.workflow.getHandle('payment-1').fetchHistory();
    expect(events[0]).toMatchObject({ eventId: '1', eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED' });
    const { executions } = await client.workflowService.listWorkflowExecutions({ namespace: 'default' });
    expect(executions?.map(({ status }) => status)).toEqual(['WORKFLOW_EXECUTION_STATUS_COMPLETED']);
  });
});

describe('the services', () => {
  it('answer with messages, page by page, and take their own tokens, numbers and Longs', async () => {
    const { workflowService } = env.connection;
    expect(env.client.workflowService).toBe(workflowService);
    const types: unknown[] = [];
    let nextPageToken: Uint8Array | undefined;
    do {
      const page = await workflowService.getWorkflowExecutionHistory({
        namespace: 'default',
        execution: { workflowId: 'payment-1', runId: null },
        maximumPageSize: 5,
        nextPageToken,
      });
      expect(page.history!.events!.length).toBeLessThanOrEqual(5);
      types.push(...page.history!.events!.map(({ eventType }) => eventType));
      nextPageToken = page.nextPageToken;
    } while (nextPageToken.length > 0);
    expect(types.filter((type) => type === EVENT_TYPE_ACTIVITY_TASK_COMPLETED)).toHaveLength(1);

    const reverse = { namespace: 'default', execution: { workflowId: 'payment-1' }, maximumPageSize: 3 };
    const last = await workflowService.getWorkflowExecutionHistoryReverse(reverse);
    const before = await workflowService.getWorkflowExecutionHistoryReverse({
      ...reverse,
      nextPageToken: last.nextPageToken,
    });
    const ids = [...last.history!.events!, ...before.history!.events!].map(({ eventId }) => Number(eventId));
    expect(ids).toEqual(ids.map((_, i) => types.length - i));
  });

  it('start, signal and query as programs for gRPC ask', async () => {
    const { workflowService } = env.connection;
    const { events } = await handle.fetchHistory();
    const { taskQueue, input } = events[0]!.workflowExecutionStartedEventAttributes!;
    const { runId } = await workflowService.startWorkflowExecution({
      namespace: 'default',
      workflowId: 'payment-2',
      workflowType: { name: 'payment' },
      taskQueue: { name: taskQueue!.name, kind: 1 },
      input,
      workflowExecutionTimeout: { seconds: 3_600, nanos: 0 },
      requestId: 'one',
      memo: null,
    });
    expect(
      await workflowService.signalWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: 'payment-2', runId },
        signalName: 'approve',
        input: { payloads: [defaultPayloadConverter.toPayload('Bo')] },
      }),
    ).toEqual({});
    expect(await env.client.workflow.result('payment-2')).toBe('42 paid, approved by Bo');
    const counted = await workflowService.countWorkflowExecutions({ namespace: 'default' });
    expect(counted.count.toNumber()).toBe(2);
    expect(counted.groups).toEqual([]);
  });

  it('list what is open and what is closed by filters, as before there was a query language', async () => {
    const { workflowService } = env.connection;
    const namespace = 'default';
    await env.client.workflow.start('payment', { taskQueue: 'payments', workflowId: "it's open", args: [1] });
    const ids = ({ executions }: { executions: { execution?: { workflowId?: string | null } | null }[] }) =>
      executions.map(({ execution }) => execution?.workflowId).sort();
    const typeFilter = { name: 'payment' };
    expect(ids(await workflowService.listOpenWorkflowExecutions({ namespace, typeFilter }))).toEqual([
      "it's open",
    ]);
    expect(ids(await workflowService.listClosedWorkflowExecutions({ namespace, typeFilter }))).toEqual([
      'payment-1',
      'payment-2',
    ]);
    const startTimeFilter = {
      earliestTime: { seconds: 0 },
      latestTime: { seconds: Date.now() / 1_000 - 3_600 },
    };
    expect(ids(await workflowService.listClosedWorkflowExecutions({ namespace, startTimeFilter }))).toEqual(
      [],
    );
    const executionFilter = { workflowId: "it's open" };
    expect(ids(await workflowService.listOpenWorkflowExecutions({ namespace, executionFilter }))).toEqual([
      "it's open",
    ]);
    const statusFilter = { status: 3 };
    expect(ids(await workflowService.listClosedWorkflowExecutions({ namespace, statusFilter }))).toEqual([]);
    const scanned = await workflowService.scanWorkflowExecutions({ namespace, query: 'CloseTime IS NULL' });
    expect(ids(scanned)).toEqual(["it's open"]);
    await env.client.workflow.getHandle("it's open").signal('approve', 'Bo');
    await env.client.workflow.result("it's open");
  });

  it('of the operator answer with numbers', async () => {
    const { operatorService } = env.connection;
    await operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: { colour: 2 } });
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace: 'default' });
    expect(customAttributes).toMatchObject({ colour: 2 });
  });
});

describe('clients', () => {
  it('of an activity are those of the package that getClient is imported from', () => {
    expect(seen).toMatchObject({ messages: 1, json: 'WORKFLOW_EXECUTION_STATUS_RUNNING', sameClient: true });
  });

  it('of an activity’s context are so, too, and the context is the one that interceptors are given', () => {
    expect(seen.context).toEqual({ messages: 1, same: true, isTheWorkers: true, attempt: 2 });
  });

  it('that a mock environment is given are those that the activity has', async () => {
    const own = async () => [getClient(), Context.current().client];
    const mock = { workflow: { start: () => 'mocked' } } as unknown as Client;
    expect(await new MockActivityEnvironment({}, { client: mock }).run(own)).toEqual([mock, mock]);
    expect(await new MockActivityEnvironment({}, { client: env.client }).run(own)).toEqual([
      env.client,
      env.client,
    ]);
    const factory = (context: Context) => ({
      inbound: { execute: async () => context === Context.current() },
    });
    expect(await new MockActivityEnvironment({}, { interceptors: [factory] }).run(own)).toBe(true);
  });

  it('that are made of others have been through the plugins of their connection', () => {
    expect(seen.once).toBe(true);
  });

  it('that the environment made are of the classes that programs import', () => {
    expect(env).toBeInstanceOf(TestWorkflowEnvironment);
    expect(env.client).toBeInstanceOf(Client);
    expect(env.client.workflow).toBeInstanceOf(WorkflowClient);
    expect(env.client.schedule).toBeInstanceOf(ScheduleClient);
    expect(env.connection).toBeInstanceOf(Connection);
    class Own extends Client {}
    expect(env.client).not.toBeInstanceOf(Own);
    expect(new Own()).toBeInstanceOf(Client);
  });

  it('have what a test puts on the prototype of their class', async () => {
    const start = vi.spyOn(WorkflowClient.prototype, 'start').mockResolvedValue({ workflowId: 'w' } as never);
    const pause = vi
      .spyOn(ScheduleClient.prototype, 'getHandle')
      .mockReturnValue({ pause: 'paused' } as never);
    const own = new Client({ connection: {} as Connection });
    expect(await own.workflow.start('any', { taskQueue: 'q', workflowId: 'w' })).toEqual({ workflowId: 'w' });
    expect(own.schedule.getHandle('s')).toEqual({ pause: 'paused' });
    for (const spy of [start, pause]) spy.mockRestore();
    const connect = vi.spyOn(Connection, 'connect').mockResolvedValue(env.connection);
    expect(await Connection.connect()).toBe(env.connection);
    connect.mockRestore();
  });

  it('without a connection have one of their own, and stay themselves within a deadline', async () => {
    expect(new Client().connection).toBeInstanceOf(Connection);
    expect(new WorkflowClient().connection.workflowService).not.toBeInstanceOf(Array);
    const within = await env.client.withDeadline(Date.now() + 60_000, (client) =>
      client.workflow.getHandle('payment-1').fetchHistory(),
    );
    expect(within.events[0]!.eventType).toBe(1);
  });

  it('on a Worker’s connection, which is in JSON, give messages all the same', async () => {
    const client = new Client({ connection: env.nativeConnection });
    const { events } = await client.workflow.getHandle('payment-1').fetchHistory();
    expect(events[0]!.eventType).toBe(1);
    const listed = await client.workflowService.listWorkflowExecutions({ namespace: 'default' });
    expect(listed.executions[0]!.status).toBe(2);
  });
});

describe('requests for gRPC', () => {
  it('take masks, numbers of enums deep inside, copies of messages, and messages that say only that they are there', async () => {
    const { workflowService } = env.connection;
    const { events } = await handle.fetchHistory();
    const { taskQueue, input } = events[0]!.workflowExecutionStartedEventAttributes!;
    const workflowExecution = { workflowId: 'payment-3' };
    await workflowService.startWorkflowExecution({
      namespace: 'default',
      ...workflowExecution,
      workflowType: { name: 'payment' },
      taskQueue: { name: taskQueue!.name },
      input: { payloads: input!.payloads!.map((payload) => ({ ...payload })) },
      requestId: 'three',
    });
    const { workflowExecutionOptions: options } = await workflowService.updateWorkflowExecutionOptions({
      namespace: 'default',
      workflowExecution,
      workflowExecutionOptions: {
        versioningOverride: { pinned: { behavior: 1, version: { deploymentName: 'd', buildId: 'b' } } },
      },
      updateMask: { paths: ['versioning_override'] },
    });
    expect(options!.versioningOverride!.pinned!.behavior).toBe(1);
    await expect(
      workflowService.updateWorkflowExecutionOptions({
        namespace: 'default',
        workflowExecution,
        workflowExecutionOptions: {},
        updateMask: { paths: ['priority'] },
      }),
    ).rejects.toThrow('must be one of versioningOverride');
    const { runId } = await workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: 'payment-1' },
      workflowTaskFinishEventId: Long.fromNumber(4),
      requestId: 'reset',
      resetReapplyType: 3,
      resetReapplyExcludeTypes: [1],
    });
    expect(await env.client.workflow.getHandle('payment-1', runId).describe()).toMatchObject({
      status: { name: 'RUNNING' },
    });
    await workflowService.terminateWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: 'payment-1', runId },
    });
    // As protobufjs makes it: by what it inherits, messages are told from maps.
    const stop = Object.assign(Object.create({ terminationOperation: null }) as object, {
      namespace: 'default',
      jobId: 'stop',
      reason: 'over',
      executions: [workflowExecution],
      terminationOperation: {},
    });
    await workflowService.startBatchOperation(stop);
    await expect(env.client.workflow.result('payment-3')).rejects.toThrow('over');
  });
});
