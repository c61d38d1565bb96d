import { describe, expect, it } from 'vitest';
import {
  ApplicationFailure,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '../../sdk/client/index.ts';
import { activities, errorOf, eventTypes, type Features, QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

const { account, close, deposit, depositDouble, journal, note, slowDeposit } = workflows;
const open = ({ client }: Features, workflowId = 'account') =>
  client.workflow.start(account, { taskQueue: QUEUE, workflowId });

describe('an update', () => {
  it('gives what its handler returns and leaves its acceptance and its outcome in history', () =>
    withEngine(async (features) => {
      const handle = await open(features);
      expect(await handle.executeUpdate(deposit, { args: [5] })).toBe(5);
      expect(await handle.executeUpdate(deposit, { args: [7] })).toBe(12);
      await handle.signal(close);
      expect(await handle.result()).toEqual(['deposit 5', 'deposit 7']);
      const types = await eventTypes(features, 'account');
      expect(types.filter((type) => type.includes('Update'))).toEqual([
        'WorkflowExecutionUpdateAccepted',
        'WorkflowExecutionUpdateCompleted',
        'WorkflowExecutionUpdateAccepted',
        'WorkflowExecutionUpdateCompleted',
      ]);
    }));

  it('that its validator refuses leaves history as it was', () =>
    withEngine(async (features) => {
      const handle = await open(features);
      await handle.executeUpdate(deposit, { args: [5] });
      await features.env.sleep(0);
      const before = await handle.fetchHistory();
      for (const amount of [0, -1]) {
        const error = await errorOf(handle.executeUpdate(deposit, { args: [amount] }));
        expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
        expect(error.cause).toBeInstanceOf(ApplicationFailure);
        expect(error.cause).toMatchObject({ type: 'BadAmount', message: `not a deposit: ${amount}` });
      }
      expect(await handle.fetchHistory()).toEqual(before);
      await handle.signal(close);
      expect(await handle.result()).toEqual(['deposit 5']);
    }));

  it('that has no handler, or whose handler fails, fails', () =>
    withEngine(async (features) => {
      const handle = await open(features);
      const missing = await errorOf(handle.executeUpdate('missing'));
      expect(missing.cause?.message).toContain('missing');
      const broken = await errorOf(handle.executeUpdate(workflows.brokenUpdate));
      expect(broken.cause).toMatchObject({ message: 'cannot', type: 'Broken' });
      await handle.signal(close);
      expect(await handle.result()).toEqual([]);
    }));

  it('may run activities and take its time', () =>
    withEngine(async (features) => {
      const { env } = features;
      const handle = await open(features);
      expect(await handle.executeUpdate(depositDouble, { args: [21] })).toBe(42);
      const slow = await handle.startUpdate(slowDeposit, { args: [1, '1 hour'], waitForStage: 'ACCEPTED' });
      expect(await handle.executeUpdate(deposit, { args: [2] })).toBe(44);
      await handle.signal(close);
      await env.sleep('1 hour');
      expect(await slow.result()).toBe(45);
      expect(await handle.result()).toEqual(['begin depositDouble', 'double 42', 'deposit 2', 'slow 1']);
    }));

  it('keeps its place among signals', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const handle = await client.workflow.start(account, { taskQueue: 'nobody', workflowId: 'account' });
      await handle.signal(note, 'before');
      const update = handle.executeUpdate(deposit, { args: [1] });
      await env.sleep(0);
      await handle.signal(note, 'after');
      const stop = env.serve({ taskQueue: 'nobody', workflows, activities });
      expect(await update).toBe(1);
      await handle.signal(note, 'later');
      await handle.executeUpdate(deposit, { args: [2] });
      const entries = await handle.query(journal);
      expect(entries.toSorted()).toEqual([
        'deposit 1',
        'deposit 2',
        'note after',
        'note before',
        'note later',
      ]);
      expect(entries.indexOf('note before')).toBeLessThan(entries.indexOf('note after'));
      expect(entries.slice(-2)).toEqual(['note later', 'deposit 2']);
      await handle.signal(close);
      expect(await handle.result()).toEqual(entries);
      stop();
    }));

  it('that is sent twice with one id happens once', () =>
    withEngine(async (features) => {
      const handle = await open(features);
      const send = () => handle.executeUpdate(deposit, { args: [5], updateId: 'once' });
      expect(await Promise.all([send(), send()])).toEqual([5, 5]);
      expect(await send()).toBe(5);
      expect(await handle.query(journal)).toEqual(['deposit 5']);
      await handle.signal(close);
      await handle.result();
    }));

  it('can be asked after when the workflow has closed, while new ones are refused', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const handle = await open(features);
      await handle.executeUpdate(deposit, { args: [5], updateId: 'u1' });
      await handle.signal(close);
      await handle.result();
      const later = client.workflow.getHandle('account');
      expect(await later.getUpdateHandle('u1').result()).toBe(5);
      expect(await later.executeUpdate(deposit, { args: [5], updateId: 'u1' })).toBe(5);
      expect(await errorOf(later.executeUpdate(deposit, { args: [6] }))).toBeInstanceOf(
        WorkflowNotFoundError,
      );
      expect(await errorOf(later.getUpdateHandle('u2').result())).toBeInstanceOf(WorkflowNotFoundError);
      env.evictAll();
      expect(await later.getUpdateHandle('u1').result()).toBe(5);
    }));

  it('that no Worker takes waits, until its caller gives up or the workflow ends', () =>
    withEngine(async ({ client, env }) => {
      const options = { taskQueue: 'nobody', workflowId: 'w' };
      const handle = await client.workflow.start(account, options);
      const impatient = client.withDeadline(Date.now() + 100, () =>
        handle.executeUpdate(deposit, { args: [1] }),
      );
      expect(await errorOf(impatient)).toBeInstanceOf(WorkflowUpdateRPCTimeoutOrCancelledError);
      const patient = errorOf(handle.executeUpdate(deposit, { args: [2] }));
      await env.sleep('1 day');
      await handle.terminate();
      expect(await patient).toBeInstanceOf(WorkflowNotFoundError);
    }));

  it('of an earlier run in a chain can be asked after', () =>
    withEngine(async ({ client, env }) => {
      const handle = await client.workflow.start(workflows.tour, { taskQueue: QUEUE, workflowId: 'w' });
      expect(await handle.executeUpdate(deposit, { args: [4], updateId: 'u' })).toBe(8);
      await handle.signal(note, 'on');
      await env.sleep('2 days');
      const { runId } = await handle.describe();
      expect(runId).not.toBe(handle.firstExecutionRunId);
      const earlier = { workflowRunId: handle.firstExecutionRunId };
      expect(await handle.getUpdateHandle('u', earlier).result()).toBe(8);
      // Update ids are of a run: in the new one it is another update.
      expect(await handle.executeUpdate(deposit, { args: [5], updateId: 'u' })).toBe(10);
      await handle.terminate();
    }));

  it('that is still in its handler when the workflow closes fails', () =>
    withEngine(async (features) => {
      const { client } = features;
      const options = { taskQueue: QUEUE, workflowId: 'w' };
      const handle = await client.workflow.start(workflows.abandonsUpdate, options);
      const update = await handle.startUpdate(slowDeposit, { args: [1, '1 day'], waitForStage: 'ACCEPTED' });
      await handle.signal(close);
      await handle.result();
      const error = await errorOf(update.result());
      expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
      expect(error.cause).toMatchObject({ type: 'AcceptedUpdateCompletedWorkflow' });
    }));
});

describe('update with start', () => {
  const operation = (workflowIdConflictPolicy: 'USE_EXISTING' | 'FAIL' | 'TERMINATE_EXISTING') =>
    new WithStartWorkflowOperation(account, {
      taskQueue: QUEUE,
      workflowId: 'account',
      workflowIdConflictPolicy,
      args: [100],
    });

  it('starts the workflow, or uses the one that runs', () =>
    withEngine(async ({ client }) => {
      const first = operation('USE_EXISTING');
      const options = { args: [1] as [number], startWorkflowOperation: first };
      expect(await client.workflow.executeUpdateWithStart(deposit, options)).toBe(101);
      const second = operation('USE_EXISTING');
      const update = await client.workflow.startUpdateWithStart(deposit, {
        args: [2] as [number],
        startWorkflowOperation: second,
        waitForStage: 'ACCEPTED',
      });
      expect(await update.result()).toBe(103);
      const handle = await first.workflowHandle();
      const again = await second.workflowHandle();
      expect((await again.describe()).runId).toBe((await handle.describe()).runId);
      await again.signal(close);
      expect(await handle.result()).toEqual(['deposit 1', 'deposit 2']);
    }));

  it('with FAIL neither starts nor updates when the workflow runs', () =>
    withEngine(async (features) => {
      const { client } = features;
      const running = await open(features);
      const startWorkflowOperation = operation('FAIL');
      const update = client.workflow.executeUpdateWithStart(deposit, { args: [1], startWorkflowOperation });
      expect(await errorOf(update)).toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
      await running.signal(close);
      expect(await running.result()).toEqual([]);
      const free = operation('FAIL');
      expect(
        await client.workflow.executeUpdateWithStart(deposit, { args: [1], startWorkflowOperation: free }),
      ).toBe(101);
    }));

  it('with TERMINATE_EXISTING takes the place of the workflow that runs', () =>
    withEngine(async (features) => {
      const { client } = features;
      const running = await open(features);
      const startWorkflowOperation = operation('TERMINATE_EXISTING');
      const options = { args: [1] as [number], startWorkflowOperation };
      expect(await client.workflow.executeUpdateWithStart(deposit, options)).toBe(101);
      expect((await errorOf(running.result())).cause?.name).toBe('TerminatedFailure');
      expect(await errorOf(running.executeUpdate(deposit, { args: [1] }))).toBeInstanceOf(
        WorkflowNotFoundError,
      );
      const handle = await startWorkflowOperation.workflowHandle();
      await handle.signal(close);
      expect(await handle.result()).toEqual(['deposit 1']);
    }));

  it('that is refused has started the workflow all the same', () =>
    withEngine(async ({ client }) => {
      const startWorkflowOperation = operation('USE_EXISTING');
      const options = { args: [-1] as [number], startWorkflowOperation };
      const error = await errorOf(client.workflow.executeUpdateWithStart(deposit, options));
      expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
      const handle = await startWorkflowOperation.workflowHandle();
      expect(await handle.executeUpdate(deposit, { args: [1] })).toBe(101);
    }));
});
