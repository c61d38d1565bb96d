/** Updates as callers see them: the stages they wait for, repeats, and what becomes of them when their run ends. */

import { describe, expect, it } from 'vitest';
import type { UpdateRequestJson } from '../../sdk/common/history.ts';
import {
  acceptUpdate,
  completeUpdate,
  completeWorkflow,
  continueAsNew,
  failUpdate,
  payloads,
  rejectUpdate,
  SECOND,
  updateRequest,
} from '../core/harness.ts';
import { has, refusal, type Script, signaled, type View, World } from './world.ts';

const STAGE = 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_';
const waitFor = (stage: string) => ({ waitPolicy: { lifecycleStage: `${STAGE}${stage}` } });
const update = (world: World, updateId: string, name: string, stage = 'ACCEPTED', runId?: string) =>
  world.object('order-1').update({ ...updateRequest(updateId, name, runId), ...waitFor(stage) });
const poll = (world: World, updateId: string, stage = 'COMPLETED', runId?: string) =>
  world.object('order-1').pollUpdate({
    namespace: 'default',
    updateRef: { workflowExecution: { workflowId: 'order-1', ...(runId && { runId }) }, updateId },
    ...waitFor(stage),
  });

const answer = ({ meta, input }: UpdateRequestJson) => {
  if (input.name === 'reject') return [rejectUpdate(meta.updateId)];
  if (input.name === 'accept') return [acceptUpdate(meta.updateId)];
  if (input.name === 'ignore') return [];
  if (input.name === 'fail') return [acceptUpdate(meta.updateId), failUpdate(meta.updateId)];
  return [acceptUpdate(meta.updateId), completeUpdate(meta.updateId, 'done')];
};
/** Ids of the updates that history has as accepted and not as completed. */
function accepted({ history }: View): string[] {
  const open = new Set<string>();
  for (const event of history) {
    if ('workflowExecutionUpdateAcceptedEventAttributes' in event)
      open.add(event.workflowExecutionUpdateAcceptedEventAttributes.protocolInstanceId);
    if ('workflowExecutionUpdateCompletedEventAttributes' in event)
      open.delete(event.workflowExecutionUpdateCompletedEventAttributes.meta.updateId);
  }
  return [...open];
}
/** Answers updates by their names; `finish` completes what is accepted, `close` the workflow. */
const script: Script = (view) => [
  ...view.updates.flatMap(answer),
  ...(signaled(view, 'finish') ? accepted(view).map((id) => completeUpdate(id, 'later')) : []),
  ...(signaled(view, 'close') ? [completeWorkflow()] : []),
  ...(signaled(view, 'again') ? [continueAsNew({ workflowType: { name: 'w' } })] : []),
];
async function running(): Promise<World> {
  const world = new World({ w: script });
  await world.start('order-1', 'w');
  return world;
}

describe('an update', () => {
  it('is answered in the turn that takes it in, when the workflow is at hand', async () => {
    const world = await running();
    await expect(update(world, 'u', 'set', 'COMPLETED')).resolves.toEqual({
      updateRef: { workflowExecution: { workflowId: 'order-1', runId: 'run-0' }, updateId: 'u' },
      stage: `${STAGE}COMPLETED`,
      outcome: { success: payloads('done') },
    });
  });

  it('that fails is completed with its failure', async () => {
    const world = await running();
    const reply = await update(world, 'u', 'fail', 'COMPLETED');
    expect(reply.outcome).toMatchObject({ failure: { message: 'too late' } });
  });

  it('that is rejected says why, leaves no trace in history, and stays rejected', async () => {
    const world = await running();
    const before = await world.history('order-1');
    for (let i = 0; i < 2; i++) {
      const reply = await update(world, 'u', 'reject');
      expect(reply.stage).toBe(`${STAGE}COMPLETED`);
      expect(reply.outcome).toMatchObject({ failure: { message: 'no such thing' } });
    }
    expect(await world.history('order-1')).toEqual(before);
    // The session that had the rejected task is gone with it: the run goes on all the same.
    expect((await update(world, 'v', 'set', 'COMPLETED')).outcome).toEqual({ success: payloads('done') });
    await world.signal('order-1', 'close');
    expect(await world.status('order-1')).toBe('COMPLETED');
  });

  it('that the Worker says nothing about is rejected', async () => {
    const world = await running();
    const reply = await update(world, 'u', 'ignore');
    expect(reply.outcome).toMatchObject({
      failure: { applicationFailureInfo: { type: 'UnprocessedUpdate' } },
    });
  });

  it('is waited for from stage to stage', async () => {
    const world = await running();
    expect((await update(world, 'u', 'accept')).stage).toBe(`${STAGE}ACCEPTED`);
    const completed = poll(world, 'u');
    await world.signal('order-1', 'finish');
    expect((await completed).outcome).toEqual({ success: payloads('later') });
  });

  it('is answered with the stage it has when the wait is over', async () => {
    const world = await running();
    const reply = update(world, 'u', 'accept', 'COMPLETED');
    await world.settled();
    await world.advance(20 * SECOND);
    expect((await reply).stage).toBe(`${STAGE}ACCEPTED`);
  });

  it('with the id of another is that other', async () => {
    const world = await running();
    const replies = await Promise.all([update(world, 'u', 'accept'), update(world, 'u', 'accept')]);
    expect(replies[0]).toEqual(replies[1]);
    await world.signal('order-1', 'finish');
    expect((await update(world, 'u', 'reject', 'COMPLETED')).outcome).toEqual({ success: payloads('later') });
    const names = await world.names('order-1');
    expect(names.filter((name) => name === 'WorkflowExecutionUpdateAccepted')).toHaveLength(1);
  });

  it('outlives the object', async () => {
    const world = await running();
    await update(world, 'u', 'accept');
    world.lose('order-1');
    const completed = poll(world, 'u');
    await world.signal('order-1', 'finish');
    expect((await completed).stage).toBe(`${STAGE}COMPLETED`);
  });

  it('is known after its run has closed, and after another one has taken the id', async () => {
    const world = await running();
    await update(world, 'u', 'set');
    await world.signal('order-1', 'close');
    for (let i = 0; i < 2; i++) {
      expect((await poll(world, 'u', 'COMPLETED', 'run-0')).outcome).toEqual({ success: payloads('done') });
      expect((await update(world, 'u', 'set', 'COMPLETED', 'run-0')).outcome).toEqual({
        success: payloads('done'),
      });
      if (i === 0) await world.start('order-1', 'w');
      world.lose('order-1');
    }
  });

  it('that was accepted fails when the workflow closes before it is completed', async () => {
    const world = await running();
    await update(world, 'u', 'accept');
    const completed = poll(world, 'u');
    await world.signal('order-1', 'close');
    expect((await completed).outcome).toMatchObject({
      failure: { applicationFailureInfo: { type: 'AcceptedUpdateCompletedWorkflow', nonRetryable: true } },
    });
  });

  it('to a workflow that has closed, or never was, is not found', async () => {
    const world = await running();
    await world.signal('order-1', 'close');
    expect((await refusal(update(world, 'u', 'set'))).code).toBe('NOT_FOUND');
    expect((await refusal(poll(world, 'u'))).code).toBe('NOT_FOUND');
    expect((await refusal(update(world, 'u', 'set', 'ACCEPTED', 'run-9'))).code).toBe('NOT_FOUND');
    const nobody = new World({});
    expect((await refusal(update(nobody, 'u', 'set'))).code).toBe('NOT_FOUND');
  });

  it.each([
    [{ request: { meta: { updateId: '' }, input: { name: 'set' } } }, 'updateId'],
    [{ request: { meta: { updateId: 'u' }, input: { name: '' } } }, 'input.name'],
  ])('without what it needs is refused: %j', async (change, field) => {
    const world = await running();
    const refused = await refusal(world.object('order-1').update({ ...updateRequest('u'), ...change }));
    expect(refused.code).toBe('INVALID_ARGUMENT');
    expect(refused.message).toContain(field);
  });
});

describe('an update that no task has answered yet', () => {
  /** No Worker answers the first task of the run: the update is admitted. */
  async function admitted(): Promise<{ world: World; reply: Promise<unknown> }> {
    const world = new World({
      w: () => {
        throw new Error('the Worker is gone');
      },
    });
    await world.object('order-1').request({
      kind: 'StartWorkflowExecution',
      namespace: 'default',
      workflowId: 'order-1',
      workflowType: { name: 'w' },
      taskQueue: { name: 'main' },
    });
    const reply = update(world, 'u', 'set', 'COMPLETED');
    await world.settled();
    return { world, reply };
  }

  it('is answered with what it has: the caller asks again', async () => {
    const { world, reply } = await admitted();
    await world.advance(20 * SECOND);
    expect(await reply).toMatchObject({ stage: `${STAGE}ADMITTED` });
  });

  it('is refused when the workflow closes without it', async () => {
    const { world, reply } = await admitted();
    const refused = refusal(reply);
    const workflowExecution = { workflowId: 'order-1' };
    await world
      .object('order-1')
      .request({ kind: 'TerminateWorkflowExecution', namespace: 'default', workflowExecution });
    expect((await refused).code).toBe('NOT_FOUND');
    expect((await refused).message).toContain('already completed');
  });

  it('moves to the run that follows a timeout, and its caller with it', async () => {
    const world = new World({ w: script });
    const { object } = { object: world.object('order-1') };
    await object.request({
      kind: 'StartWorkflowExecution',
      namespace: 'default',
      workflowId: 'order-1',
      workflowType: { name: 'w' },
      taskQueue: { name: 'main' },
      workflowStartDelay: '5s',
      workflowRunTimeout: '1s',
      retryPolicy: { initialInterval: '1s' },
    });
    world.scripts.w = () => {
      throw new Error('the Worker is gone');
    };
    const reply = update(world, 'u', 'set', 'COMPLETED');
    await world.settled();
    await world.advance(6 * SECOND);
    world.scripts.w = script;
    await world.advance(10 * SECOND);
    expect(await reply).toMatchObject({
      updateRef: { workflowExecution: { runId: 'run-1' } },
      outcome: { success: payloads('done') },
    });
    expect(await world.status('order-1', 'run-0')).toBe('TIMED_OUT');
  });
});

describe('update-with-start', () => {
  const request = (updateId: string, policy = 'USE_EXISTING', requestId = 'first') => ({
    namespace: 'default',
    startWorkflow: {
      namespace: 'default',
      workflowId: 'order-1',
      workflowType: { name: 'w' },
      taskQueue: { name: 'main' },
      requestId,
      workflowIdConflictPolicy: `WORKFLOW_ID_CONFLICT_POLICY_${policy}`,
    },
    updateWorkflow: { ...updateRequest(updateId), ...waitFor('COMPLETED') },
  });

  it('starts, then updates the run that it finds', async () => {
    const world = new World({ w: script });
    const replies = [];
    for (const [updateId, requestId] of [
      ['u', 'first'],
      ['v', 'second'],
    ] as const) {
      replies.push(
        await world.object('order-1').updateWithStart(request(updateId, 'USE_EXISTING', requestId)),
      );
    }
    expect(replies.map(({ startWorkflow }) => startWorkflow.started)).toEqual([true, false]);
    for (const { startWorkflow, updateWorkflow } of replies) {
      expect(startWorkflow.runId).toBe('run-0');
      expect(updateWorkflow.outcome).toEqual({ success: payloads('done') });
    }
  });

  it('that is sent again is answered as before, also after the workflow has closed', async () => {
    const world = new World({ w: script });
    const reply = await world.object('order-1').updateWithStart(request('u'));
    expect(await world.object('order-1').updateWithStart(request('u'))).toMatchObject({
      updateWorkflow: reply.updateWorkflow,
    });
    await world.signal('order-1', 'close');
    expect(await world.object('order-1').updateWithStart(request('u'))).toMatchObject({
      startWorkflow: { runId: 'run-0', started: false },
      updateWorkflow: reply.updateWorkflow,
    });
  });

  it('does nothing at all when the start is refused', async () => {
    const world = await running();
    const before = await world.history('order-1');
    const refused = await refusal(world.object('order-1').updateWithStart(request('u', 'FAIL')));
    expect(refused.code).toBe('ALREADY_EXISTS');
    expect(await world.history('order-1')).toEqual(before);
    expect((await refusal(poll(world, 'u'))).code).toBe('NOT_FOUND');
  });

  it('does not start when the update cannot be taken in', async () => {
    const world = new World({ w: script });
    const bad = request('u');
    bad.updateWorkflow.request.input.name = '';
    expect((await refusal(world.object('order-1').updateWithStart(bad))).code).toBe('INVALID_ARGUMENT');
    expect((await refusal(world.object('order-1').describe(undefined))).code).toBe('NOT_FOUND');
  });

  it('must say what to do with a run that is there', async () => {
    const world = new World({ w: script });
    const { workflowIdConflictPolicy: _, ...startWorkflow } = request('u').startWorkflow;
    const refused = await refusal(
      world.object('order-1').updateWithStart({ ...request('u'), startWorkflow }),
    );
    expect(refused.message).toContain('workflowIdConflictPolicy');
  });
});

describe('the result', () => {
  const chain: Script = (view) => {
    if (signaled(view, 'close')) return [completeWorkflow('end')];
    if (signaled(view, 'again')) return [continueAsNew({ workflowType: { name: 'w' } })];
    return has(view, 'WorkflowExecutionStarted') ? [] : [];
  };

  it('of a run is that of the last one in its chain, unless asked otherwise', async () => {
    const world = new World({ w: chain });
    await world.start('order-1', 'w');
    const waiting = world.object('order-1').result('run-0', 20 * SECOND);
    await world.signal('order-1', 'again');
    await world.signal('order-1', 'again');
    expect(await world.object('order-1').result('run-0', 0)).toEqual({ pending: true, runId: 'run-2' });
    await world.signal('order-1', 'close');
    expect(await waiting).toMatchObject({
      pending: false,
      runId: 'run-2',
      status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED',
    });
    expect(await world.object('order-1').result('run-0', 0, false)).toMatchObject({
      runId: 'run-0',
      status: 'WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW',
    });
  });
});
