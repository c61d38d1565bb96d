/** What a program's converters and codecs are told, in client, Worker and workflow: what Temporal's are, seen by running both. */

import { expect, it } from 'vitest';
import { activityInfo, heartbeat } from '../../sdk/activity/index.ts';
import { ApplicationFailure } from '../../sdk/common/index.ts';
import { makeLogger } from '../../sdk/common/logger.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { Worker } from '../../sdk/worker/node.ts';
import {
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  startChild,
  upsertMemo,
  workflowInfo,
} from '../../sdk/workflow/index.ts';
import { toldConverter } from '../client/told.ts';

const taskQueue = 'told';
const quiet = <T>(promise: Promise<T>): Promise<T | undefined> => promise.catch(() => undefined);
const failing = (label: string): ApplicationFailure =>
  ApplicationFailure.create({ message: `${label} fails`, details: [`${label} detail`] });

const activities = {
  echo: async (arg: string) => `${arg} result`,
  fail: async (arg: string) => {
    throw failing(arg);
  },
  beat: async (arg: string) => {
    if (activityInfo().attempt > 1) return activityInfo().heartbeatDetails;
    heartbeat(`${arg} beat`);
    throw new Error(`${arg} again`);
  },
};
const options = { startToCloseTimeout: '1 minute', retry: { maximumAttempts: 1 } } as const;
const poke = defineSignal<[string]>('poke');
const ask = defineQuery<string, [string]>('ask');
const change = defineUpdate<string, [string]>('change');

const workflows = {
  async asked(arg: string): Promise<string> {
    let over = false;
    setHandler(poke, () => {
      over = true;
    });
    setHandler(ask, (label) => `${label} result`);
    const validator = (label: string): void => {
      if (label === 'refused') throw failing(label);
    };
    const changed = async (label: string): Promise<string> => {
      if (label === 'bad') throw failing(label);
      return `${label} result`;
    };
    setHandler(change, changed, { validator });
    await condition(() => over);
    upsertMemo({ later: 'later memo' });
    if (arg === 'fail') throw failing('workflow');
    return 'workflow result';
  },

  async acting(): Promise<void> {
    const { echo, fail, beat } = proxyActivities<typeof activities>(options);
    await echo('first');
    await echo.executeWithOptions({ activityId: 'own', summary: 'act summary' }, ['second']);
    await quiet(fail('third'));
    await beat.executeWithOptions({ retry: { maximumAttempts: 2 } }, ['fourth']);
    await CancellationScope.cancellable(async () => {
      const cancelled = quiet(echo('fifth'));
      CancellationScope.current().cancel();
      await cancelled;
    });
    await sleep(1, { summary: 'timer summary' });
  },

  async actingLocally(): Promise<void> {
    const { echo, fail } = proxyLocalActivities<typeof activities>(options);
    await echo.executeWithOptions({ summary: 'local summary' }, ['first']);
    await quiet(fail('second'));
    const retry = { maximumAttempts: 2, initialInterval: 1_000 };
    await quiet(fail.executeWithOptions({ retry, localRetryThreshold: 10 }, ['third']));
  },

  async child(arg: string): Promise<string> {
    if (arg === 'bad') throw failing('child');
    if (arg !== 'waits') return `${arg} result`;
    await new Promise<void>((resolve) => setHandler(poke, () => resolve()));
    return 'poked';
  },

  async parent(): Promise<void> {
    const texts = { staticSummary: 'child summary', staticDetails: 'child details' };
    await executeChild('child', { workflowId: 'c1', args: ['good'], memo: { m: 'child memo' }, ...texts });
    await quiet(executeChild('child', { workflowId: 'c2', args: ['bad'] }));
    const third = await startChild('child', { workflowId: 'c3', args: ['waits'] });
    await third.signal(poke, 'by child');
    await third.result();
    const fourth = await startChild('child', { workflowId: 'c4', args: ['waits'] });
    await getExternalWorkflowHandle('c4').signal(poke, 'by id');
    await fourth.result();
    await quiet(getExternalWorkflowHandle('nobody').signal(poke, 'into the void'));
    await quiet(getExternalWorkflowHandle('nobody').cancel());
    await CancellationScope.cancellable(async () => {
      const started = startChild('child', { workflowId: 'c5', args: ['never'] });
      CancellationScope.current().cancel();
      await started.catch((error) => expect(isCancellation(error)).toBe(true));
    });
  },

  async again(arg: string): Promise<string> {
    if (arg === 'first') await continueAsNew<typeof workflows.again>('second');
    if (workflowInfo().attempt === 1) throw failing('attempt');
    return workflowInfo().lastFailure!.message;
  },

  async broken(): Promise<void> {
    // Its second task comes behind the failure of the first.
    if (workflowInfo().historyLength < 4) throw new Error('of the task');
  },
};

type Lines = Record<string, string[]>;
interface Told {
  client: TestWorkflowEnvironment['client'];
  /** Labels by context: of what was made a payload, what a codec encoded, and what was made a failure or an error. */
  told(): { to: Lines; encode: Lines; failures: Lines; strange: string[] };
  replay(workflowId: string): Promise<void>;
}

async function withTold(test: (told: Told) => Promise<void>): Promise<void> {
  const { dataConverter, told } = toldConverter();
  const env = await TestWorkflowEnvironment.createTimeSkipping({ client: { dataConverter } });
  try {
    const logger = makeLogger('ERROR', () => undefined);
    const own = { workflows, logger, dataConverter };
    const worker = await Worker.create({ connection: env.nativeConnection, taskQueue, activities, ...own });
    const { client } = env;
    const replay = async (workflowId: string): Promise<void> => {
      const history = await client.workflow.getHandle(workflowId).fetchHistory();
      await Worker.runReplayHistory(own, history, workflowId);
    };
    await worker.runUntil(() => test({ client, told: () => sorted(told()), replay }));
  } finally {
    await env.teardown();
  }
}

function sorted(lines: string[]): ReturnType<Told['told']> {
  const all = lines.map((line) => /^(?<kind>\w+) (?<label>.*): (?<context>.*)$/.exec(line)!.groups!);
  const of = (...kinds: string[]): Lines => {
    const chosen = all.filter(({ kind }) => kinds.includes(kind!));
    return Object.fromEntries(
      Object.entries(Object.groupBy(chosen, ({ context }) => context!)).map(([context, found]) => [
        context,
        [...new Set(found!.map(({ label }) => label!))].sort(),
      ]),
    );
  };
  const to = of('to');
  // What is read must have been written for the same.
  const strange = Object.entries(of('from', 'decode', 'encode')).flatMap(([context, labels]) =>
    labels.filter((label) => !to[context]?.includes(label)).map((label) => `${label}: ${context}`),
  );
  return { to, encode: of('encode'), failures: of('thrown', 'caught'), strange };
}

it('a workflow: of all that it is asked, answers and keeps', () =>
  withTold(async ({ client, told, replay }) => {
    const start = { taskQueue, memo: { m: 'memo' }, staticSummary: 'summary' };
    const handle = await client.workflow.start(workflows.asked, { ...start, workflowId: 'w', args: ['arg'] });
    await handle.query(ask, 'query');
    await handle.executeUpdate(change, { args: ['update'] });
    await quiet(handle.executeUpdate(change, { args: ['bad'] }));
    await quiet(handle.executeUpdate(change, { args: ['refused'] }));
    await handle.signal(poke, 'signal');
    await handle.result();
    const asked = ['arg', 'memo', 'summary', 'query', 'update', 'bad', 'refused', 'signal'];
    const answered = ['query result', 'update result', 'bad detail', 'refused detail', 'workflow result'];
    const all = { 'wf w': [...asked, ...answered, 'later memo'].sort() };
    const failures = { 'wf w': ['bad fails', 'refused fails'] };
    expect(told()).toEqual({ to: all, encode: all, failures, strange: [] });

    const other = await client.workflow.start(workflows.asked, {
      taskQueue,
      workflowId: 'f',
      args: ['fail'],
    });
    await other.signal(poke, 'signal');
    await expect(other.result()).rejects.toThrow();
    const failed = { 'wf f': ['fail', 'later memo', 'signal', 'workflow detail'] };
    const { strange, ...seen } = told();
    expect(seen).toEqual({ to: failed, encode: failed, failures: { 'wf f': ['workflow fails'] } });
    expect(strange).toEqual([]);

    await replay('w');
    const replayed = { 'wf w': ['bad detail', 'later memo', 'update result', 'workflow result'] };
    expect(told().to).toEqual(replayed);
  }));

it('activities: which one it is, by the id that the workflow or the SDK gave it', () =>
  withTold(async ({ client, told }) => {
    await client.workflow.execute(workflows.acting, { taskQueue, workflowId: 'w' });
    const { to, encode, failures, strange } = told();
    const sent = {
      'act w/1': ['first', 'first result'],
      'act w/own': ['act summary', 'second', 'second result'],
      'act w/3': ['third', 'third detail'],
      'act w/4': ['fourth', 'fourth beat'],
      'wf w': ['', 'timer summary'],
    };
    expect(to).toEqual({ ...sent, 'act w/5': ['fifth'] });
    expect(encode).toEqual(sent);
    expect(strange).toEqual([]);
    expect(failures).toEqual({
      'act w/3': ['Activity task failed', 'third fails'],
      'act w/4': ['fourth again'],
      'act w/5': ['Activity cancelled', 'undefined'],
    });
  }));

it('local activities: that they are local; what stays with the workflow passes no codec', () =>
  withTold(async ({ client, told }) => {
    await client.workflow.execute(workflows.actingLocally, { taskQueue, workflowId: 'w' });
    const { to, encode, failures, strange } = told();
    const results = {
      'local w/1': ['first result', 'local summary'],
      'local w/2': ['second detail'],
      'local w/3': ['third detail'],
      'local w/4': ['third detail'],
      'wf w': [''],
    };
    expect(encode).toEqual(results);
    expect(to).toEqual({
      ...results,
      'local w/1': ['first', 'first result', 'local summary'],
      'local w/2': ['second', 'second detail'],
      'local w/3': ['third', 'third detail'],
      'local w/4': ['third', 'third detail'],
    });
    expect(strange).toEqual([]);
    expect(failures).toEqual({
      'local w/2': ['second fails'],
      'local w/3': ['third fails'],
      'local w/4': ['third fails'],
    });
  }));

it('children and other workflows: the workflow that is started, signalled or cancelled', () =>
  withTold(async ({ client, told, replay }) => {
    await client.workflow.execute(workflows.parent, { taskQueue, workflowId: 'w' });
    const { to, encode, failures, strange } = told();
    const sent = {
      'wf c1': ['child details', 'child memo', 'child summary', 'good', 'good result'],
      'wf c2': ['bad', 'child detail'],
      'wf c3': ['by child', 'poked', 'waits'],
      'wf c4': ['by id', 'poked', 'waits'],
      'wf nobody': ['into the void'],
      'wf w': [''],
    };
    expect(to).toEqual({ ...sent, 'wf c5': ['never'] });
    expect(encode).toEqual(sent);
    expect(strange).toEqual([]);
    expect(failures).toEqual({
      'wf c2': ['Child Workflow execution failed', 'child fails'],
      'wf c5': ['Child Workflow execution failed', 'undefined'],
      'wf nobody': [
        'Unable to cancel external workflow because not found',
        'Unable to signal external workflow because it was not found',
      ],
    });

    await replay('w');
    expect(Object.keys(told().failures)).toEqual(['wf c2', 'wf c5', 'wf nobody']);
  }));

it('runs that follow one another: the workflow that they are of', () =>
  withTold(async ({ client, told }) => {
    const retry = { maximumAttempts: 2 };
    const start = { taskQueue, workflowId: 'w', args: ['first'] as [string], retry };
    expect(await client.workflow.execute(workflows.again, start)).toBe('attempt fails');
    expect(told()).toEqual({
      to: { 'wf w': ['attempt detail', 'attempt fails', 'first', 'second'] },
      encode: { 'wf w': ['attempt detail', 'attempt fails', 'first', 'second'] },
      failures: { 'wf w': ['attempt fails'] },
      strange: [],
    });
  }));

it('an error that fails a workflow task: the workflow', () =>
  withTold(async ({ client, told }) => {
    await client.workflow.execute(workflows.broken, { taskQueue, workflowId: 'w' });
    expect(told().failures).toEqual({ 'wf w': ['of the task'] });
  }));

it('activities that belong to no workflow: the activity, and no workflow', () =>
  withTold(async ({ client, told }) => {
    const start = { taskQueue, ...options };
    await client.activity.execute('echo', { ...start, id: 'a1', args: ['first'], summary: 'summary' });
    await quiet(client.activity.execute('fail', { ...start, id: 'a2', args: ['second'] }));
    const beating = { ...start, id: 'a3', args: ['third'], retry: { maximumAttempts: 2 } };
    await client.activity.execute('beat', beating);
    const described = await client.activity
      .getHandle('a2')
      .describe({ includeInput: true, includeOutcome: true });
    await described.getInput();
    await described.getOutcomeFailure();
    const sent = {
      'act undefined/a1': ['first', 'first result', 'summary'],
      'act undefined/a2': ['second', 'second detail'],
      'act undefined/a3': ['third', 'third beat'],
    };
    const failures = { 'act undefined/a2': ['second fails'], 'act undefined/a3': ['third again'] };
    expect(told()).toEqual({ to: sent, encode: sent, failures, strange: [] });
  }));
