/** A workflow that is reset asks its children what it may have missed: several objects, and runs that are gone. */

import { describe, expect, it } from 'vitest';
import { completeWorkflow, continueAsNew, startChild } from '../core/harness.ts';
import { first, has, type Script, signaled, World } from './world.ts';

/** Closes when it is told to, its child goes on; once it is reset, it waits. */
const parent: Script = (view) =>
  first(view)
    ? [startChild('c', { parentClosePolicy: 'PARENT_CLOSE_POLICY_ABANDON' })]
    : signaled(view, 'close') && !has(view, 'WorkflowTaskFailed')
      ? [completeWorkflow()]
      : [];
const child: Script = (view) =>
  signaled(view, 'next')
    ? [continueAsNew({ workflowType: { name: 'child' } })]
    : signaled(view, 'complete')
      ? [completeWorkflow('from the child')]
      : [];

async function family(): Promise<{ world: World; childRunId: string }> {
  const world = new World({ parent, child });
  await world.start('p', 'parent');
  const { workflowExecution } = await world.last('p', 'ChildWorkflowExecutionStarted');
  return { world, childRunId: workflowExecution.runId };
}

async function remove(world: World, workflowId: string, runId: string): Promise<void> {
  const which = { namespace: 'default', workflowExecution: { workflowId, runId } };
  await world.object(workflowId).request({ kind: 'DeleteWorkflowExecution', ...which });
  await world.settled();
}

/** To the workflow task in which it closed. */
async function resetClosed(world: World, workflowId: string): Promise<void> {
  await world.signal(workflowId, 'close');
  await reset(world, workflowId, 'r');
}

/** To its last workflow task. */
async function reset(world: World, workflowId: string, requestId: string): Promise<void> {
  const tasks = (await world.history(workflowId)).filter(
    ({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED',
  );
  await world.object(workflowId).request({
    kind: 'ResetWorkflowExecution',
    namespace: 'default',
    workflowExecution: { workflowId },
    workflowTaskFinishEventId: Number(tasks.at(-1)!.eventId),
    resetReapplyType: 'RESET_REAPPLY_TYPE_NONE',
    requestId,
    reason: '',
  });
  await world.settled();
}

describe('a child that began before its parent was reset', () => {
  it('is asked once: when it has said that it goes on, no load asks it again, and its end still arrives', async () => {
    const { world } = await family();
    const child = world.object('c');
    const result = child.result.bind(child);
    let asked = 0;
    child.result = (...args) => {
      asked++;
      return result(...args);
    };
    await resetClosed(world, 'p');
    expect(asked).toBe(1);
    for (let load = 0; load < 3; load++) {
      world.lose('p');
      await world.signal('p', `after load ${load}`);
    }
    expect(asked).toBe(1);
    await world.signal('c', 'complete');
    expect(await world.names('p')).toContain('ChildWorkflowExecutionCompleted');
  });

  it('is asked again by a load that comes before its answer', async () => {
    const { world } = await family();
    const child = world.object('c');
    const result = child.result.bind(child);
    child.result = () => Promise.reject(new Error('it was not reached'));
    await world.signal('p', 'close');
    await world.signal('c', 'complete');
    await reset(world, 'p', 'r');
    expect(await world.names('p')).not.toContain('ChildWorkflowExecutionCompleted');
    child.result = result;
    world.lose('p');
    await world.signal('p', 'go');
    expect(await world.names('p')).toContain('ChildWorkflowExecutionCompleted');
  });

  it('is asked by the next reset, too, which may have missed its end', async () => {
    const { world } = await family();
    await resetClosed(world, 'p');
    await world.object('p').request({
      kind: 'TerminateWorkflowExecution',
      namespace: 'default',
      workflowExecution: { workflowId: 'p' },
    });
    await world.settled();
    await world.signal('c', 'complete');
    await reset(world, 'p', 'again');
    expect(await world.names('p')).toContain('ChildWorkflowExecutionCompleted');
  });
});

describe('a chain of which a run was deleted', () => {
  it('goes on for the parent that asks after it, until its last run has closed', async () => {
    const { world, childRunId } = await family();
    await world.signal('c', 'next');
    await remove(world, 'c', childRunId);
    await resetClosed(world, 'p');
    expect(await world.names('p')).not.toContain('ChildWorkflowExecutionTerminated');
    await world.signal('c', 'complete');
    expect((await world.names('p')).at(-1)).toBe('ChildWorkflowExecutionCompleted');
  });

  it('is answered for by its newest run, whichever is gone', async () => {
    for (const gone of [0, 1]) {
      const { world, childRunId } = await family();
      const runIds = [childRunId];
      for (let round = 0; round < 2; round++) {
        await world.signal('c', 'next');
        const { workflowExecutionInfo } = await world.object('c').describe(undefined);
        runIds.push(workflowExecutionInfo.execution.runId);
      }
      await remove(world, 'c', runIds[gone]!);
      const answer = { pending: true, runId: runIds[2] };
      expect(await world.object('c').result(childRunId, 0, 'resets')).toEqual(answer);
      await expect(world.object('c').result(runIds[gone], 0, false)).rejects.toThrow('not found');
    }
  });

  it('is over when the id is another chain’s', async () => {
    const { world, childRunId } = await family();
    await world.signal('c', 'complete');
    await remove(world, 'c', childRunId);
    await world.start('c', 'child');
    await expect(world.object('c').result(childRunId, 0, 'resets')).rejects.toThrow('not found');
  });
});
