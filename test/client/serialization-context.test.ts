import { describe, expect, it } from 'vitest';
import { Client, Connection, WithStartWorkflowOperation } from '../../sdk/client/index.ts';
import { ApplicationFailure } from '../../sdk/common/index.ts';
import type { PayloadsJson } from '../../sdk/common/payload.ts';
import { type Answer, closed, event, FakeEngine, payloads } from './fake-engine.ts';
import { toldConverter } from './told.ts';

function clientOf(...answers: Answer[]) {
  const engine = new FakeEngine(...answers);
  const { dataConverter, told } = toldConverter();
  const client = new Client({ connection: Connection.lazy({ address: engine }), dataConverter });
  return { client, told, engine };
}

const out = (label: string, of: string): string[] => [`encode ${label}: ${of}`, `to ${label}: ${of}`];
const back = (label: string, of: string): string[] => [`decode ${label}: ${of}`, `from ${label}: ${of}`];
const one = (label: string) => (payloads(label) as PayloadsJson).payloads[0];
const start = { taskQueue: 'q', workflowId: 'w', args: ['arg'], memo: { m: 'memo' } };
const completed = closed(event(5, 'WORKFLOW_EXECUTION_COMPLETED', { result: payloads('result') }));
const failure = (label: string) => ({
  message: 'no',
  applicationFailureInfo: { details: payloads(label) },
});

describe('converters and codecs of a client are told the workflow', () => {
  it('by a start: of arguments, memo and texts', async () => {
    const { client, told } = clientOf({ runId: 'r', started: true }, completed);
    const texts = { staticSummary: 'summary', staticDetails: 'details' };
    const handle = await client.workflow.start('any', { ...start, ...texts });
    expect(told()).toEqual(['arg', 'memo', 'summary', 'details'].flatMap((at) => out(at, 'wf w')).sort());
    expect(await handle.result()).toBe('result');
    expect(told()).toEqual(back('result', 'wf w'));
  });

  it('by signal-with-start, signals and the details of a termination', async () => {
    const { client, told } = clientOf({ runId: 'r' });
    const { memo: _, ...options } = start;
    await client.workflow.signalWithStart('any', { ...options, signal: 's', signalArgs: ['signal'] });
    expect(told()).toEqual([...out('arg', 'wf w'), ...out('signal', 'wf w')].sort());
    await client.workflow.getHandle('other').signal('s', 'again');
    expect(told()).toEqual(out('again', 'wf other'));
  });

  it('by the failure of a workflow, causes included', async () => {
    const failed = { ...failure('detail'), cause: { message: 'why' } };
    const { client, told } = clientOf(closed(event(5, 'WORKFLOW_EXECUTION_FAILED', { failure: failed })));
    await expect(client.workflow.result('w')).rejects.toThrow('failed');
    expect(told()).toEqual(['caught no: wf w', 'caught why: wf w', ...back('detail', 'wf w')].sort());
  });

  it('by a query and its answer', async () => {
    const { client, told } = clientOf({ queryResult: payloads('answer') });
    expect(await client.workflow.getHandle('w').query('q', 'ask')).toBe('answer');
    expect(told()).toEqual([...out('ask', 'wf w'), ...back('answer', 'wf w')].sort());
  });

  it('by an update, its result and its failure, with a start or without', async () => {
    const updateRef = { workflowExecution: { workflowId: 'w', runId: 'r' }, updateId: 'u' };
    const stage = 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED';
    const succeeded = { updateRef, stage, outcome: { success: payloads('result') } };
    const failed = { updateRef, stage, outcome: { failure: failure('detail') } };
    const both = { startWorkflow: { runId: 'r', started: true }, updateWorkflow: succeeded };
    const { client, told } = clientOf(succeeded, failed, { outcome: { success: payloads('polled') } }, both);
    const handle = client.workflow.getHandle('w');
    await handle.executeUpdate('up', { args: ['change'] });
    expect(told()).toEqual([...out('change', 'wf w'), ...back('result', 'wf w')].sort());
    await expect(handle.executeUpdate('up')).rejects.toThrow('failed');
    expect(told()).toEqual(['caught no: wf w', ...back('detail', 'wf w')].sort());
    await handle.getUpdateHandle('u').result();
    expect(told()).toEqual(back('polled', 'wf w'));
    const startWorkflowOperation = new WithStartWorkflowOperation('any', {
      ...start,
      workflowIdConflictPolicy: 'FAIL',
    });
    await client.workflow.executeUpdateWithStart('up', { args: ['change'], startWorkflowOperation });
    const sent = ['arg', 'memo', 'change'].flatMap((at) => out(at, 'wf w'));
    expect(told()).toEqual([...sent, ...back('result', 'wf w')].sort());
  });

  it('by descriptions and lists', async () => {
    const workflowExecutionInfo = {
      ...{ type: { name: 'any' }, execution: { workflowId: 'w', runId: 'r' }, taskQueue: 'q' },
      ...{ status: 'WORKFLOW_EXECUTION_STATUS_RUNNING', startTime: '2026-01-01T00:00:00Z' },
      memo: { fields: { m: one('memo') } },
    };
    const userMetadata = { summary: one('summary'), details: one('details') };
    const { client, told } = clientOf(
      { workflowExecutionInfo, executionConfig: { userMetadata } },
      { executions: [workflowExecutionInfo] },
    );
    const description = await client.workflow.getHandle('w').describe();
    expect([await description.staticSummary(), await description.staticDetails()]).toEqual([
      'summary',
      'details',
    ]);
    expect(told()).toEqual(['memo', 'summary', 'details'].flatMap((at) => back(at, 'wf w')).sort());
    for await (const { memo } of client.workflow.list()) expect(memo).toEqual({ m: 'memo' });
    expect(told()).toEqual(back('memo', 'wf w'));
  });
});

describe('converters and codecs of a client', () => {
  it('are told the workflow that a schedule starts, and nothing of the schedule’s own memo', async () => {
    const schedule = {
      spec: {},
      action: {
        startWorkflow: {
          ...{ workflowId: 'w', workflowType: { name: 'any' }, taskQueue: { name: 'q' } },
          ...{ input: payloads('arg'), memo: { fields: { m: one('memo') } } },
          userMetadata: { summary: one('summary') },
        },
      },
    };
    const memo = { fields: { m: one('own') } };
    const info = { recentActions: [], futureActionTimes: [], runningWorkflows: [] };
    const { client, told } = clientOf({ conflictToken: 'c' }, { schedule, info, memo });
    await client.schedule.create({
      scheduleId: 's',
      spec: { intervals: [{ every: '1 hour' }] },
      memo: { m: 'own' },
      action: { type: 'startWorkflow', workflowType: 'any', ...start, staticSummary: 'summary' },
    });
    const ofStart = ['arg', 'memo', 'summary'];
    expect(told()).toEqual([...ofStart.flatMap((at) => out(at, 'wf w')), ...out('own', '-')].sort());
    await client.schedule.getHandle('s').describe();
    expect(told()).toEqual([...ofStart.flatMap((at) => back(at, 'wf w')), ...back('own', '-')].sort());
  });

  it('are told the activity that is named by ids', async () => {
    const { client, told } = clientOf({});
    const ids = { workflowId: 'w', activityId: '5' };
    await client.activity.heartbeat(ids, 'beat');
    await client.activity.complete(ids, 'result');
    await client.activity.reportCancellation(ids, 'details');
    expect(told()).toEqual(['beat', 'result', 'details'].flatMap((at) => out(at, 'act w/5')).sort());
    await client.activity.fail(ids, ApplicationFailure.create({ message: 'no', details: ['detail'] }));
    expect(told()).toEqual([...out('detail', 'act w/5'), 'thrown no: act w/5'].sort());
  });

  it('are told of an activity that is named by token what the caller says of it', async () => {
    const { client, told } = clientOf({});
    const token = new TextEncoder().encode('token');
    await client.activity.complete(token, 'result');
    expect(told()).toEqual(out('result', '-'));
    const serializationContext = {
      ...({ type: 'activity', namespace: 'default' } as const),
      ...{ workflowId: 'given', activityId: 'a', isLocal: false },
    };
    await client.activity.heartbeat(token, 'beat', { serializationContext });
    await client.activity.complete(token, 'result', { serializationContext });
    await client.activity.reportCancellation(token, 'details', { serializationContext });
    const given = ['beat', 'result', 'details'].flatMap((at) => out(at, 'act given/a'));
    expect(told()).toEqual(given.sort());
    await client.activity.fail(token, new Error('no'), { serializationContext });
    expect(told()).toEqual(['thrown no: act given/a']);
  });
});
