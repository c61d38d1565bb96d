import { describe, expect, it } from 'vitest';
import { activities, errorOf, eventTypes, type Features, QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

/** Runs a workflow of type `parent` that executes one child, and gives what it reports. */
async function reported(
  { client }: Features,
  call: Parameters<typeof workflows.parent>[0],
  workflowId = 'parent',
): Promise<unknown> {
  return client.workflow.execute(workflows.parent, { taskQueue: QUEUE, workflowId, args: [call] });
}

const status = async ({ client }: Features, workflowId: string): Promise<string> =>
  (await client.workflow.getHandle(workflowId).describe()).status.name;

describe('a child workflow', () => {
  it('gives its result to its parent, whose history tells of its start and its end', () =>
    withEngine(async (features) => {
      const call = { type: 'echo', workflowId: 'child', args: ['hi'] };
      expect(await reported(features, call)).toBe('echo hi');
      const types = await eventTypes(features, 'parent');
      const told = types.filter((type) => type.includes('Child'));
      expect(told).toEqual([
        'StartChildWorkflowExecutionInitiated',
        'ChildWorkflowExecutionStarted',
        'ChildWorkflowExecutionCompleted',
      ]);
    }));

  it.each([
    ['failing', ['application'], /^ChildWorkflowFailure failing < ApplicationFailure: no Refused$/],
    ['failing', ['timeout'], /^ChildWorkflowFailure failing < TimeoutFailure: .* START_TO_CLOSE$/],
  ])('of type %s%j fails its parent with the cause', (type, args, report) =>
    withEngine(async (features) => {
      const call = { type, workflowId: 'child', args, workflowRunTimeout: '5 minutes' };
      expect(await reported(features, call)).toMatch(report);
    }),
  );

  it('that somebody terminates or cancels fails its parent with that cause', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const call = (workflowId: string) => ({ type: 'waiter', workflowId });
      const terminated = reported(features, call('a'), 'parent-a');
      await env.sleep(0);
      await client.workflow.getHandle('a').terminate('enough');
      expect(await terminated).toMatch(/^ChildWorkflowFailure waiter < TerminatedFailure/);
      const cancelled = reported(features, call('b'), 'parent-b');
      await env.sleep(0);
      await client.workflow.getHandle('b').cancel();
      expect(await cancelled).toMatch(/^ChildWorkflowFailure waiter < CancelledFailure/);
    }));

  it('whose id is taken is not started, and the parent may go on', () =>
    withEngine(async (features) => {
      const { client } = features;
      const taken = await client.workflow.start(workflows.waiter, { taskQueue: QUEUE, workflowId: 'taken' });
      const report = await reported(features, { type: 'waiter', workflowId: 'taken' });
      expect(report).toContain('WorkflowExecutionAlreadyStartedError');
      expect(await eventTypes(features, 'parent')).toContain('StartChildWorkflowExecutionFailed');
      expect(await taken.query(workflows.stateQuery)).toBe('waiting');
      const args: [string] = ['twin'];
      const twins = { taskQueue: QUEUE, workflowId: 'twins', args };
      const outcome = 'WorkflowExecutionAlreadyStartedError; finished by the parent';
      expect(await client.workflow.execute(workflows.startsTwins, twins)).toBe(outcome);
    }));

  it('runs on another task queue as soon as a Worker serves that', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const call = { type: 'echo', workflowId: 'child', args: ['far'], taskQueue: 'elsewhere' };
      const parent = reported(features, call);
      await env.sleep('1 minute');
      const child = await client.workflow.getHandle('child').describe();
      expect(child.taskQueue).toBe('elsewhere');
      expect(child.raw.problems).toContainEqual(expect.stringContaining('elsewhere'));
      const stop = env.serve({ taskQueue: 'elsewhere', workflows, activities });
      expect(await parent).toBe('echo far');
      stop();
    }));

  it('knows its parent and the root of its family, and can be found by them', () =>
    withEngine(async ({ client, env }) => {
      const options = { taskQueue: QUEUE, workflowId: 'g', args: [2] as [number] };
      const root = await client.workflow.start(workflows.generations, options);
      expect(await root.result()).toEqual([
        { workflowId: 'g' },
        { workflowId: 'g.1', parent: 'g', root: 'g' },
        { workflowId: 'g.1.0', parent: 'g.1', root: 'g' },
      ]);
      const described = await client.workflow.getHandle('g.1.0').describe();
      expect(described.parentExecution?.workflowId).toBe('g.1');
      expect(described.rootExecution).toEqual({ workflowId: 'g', runId: root.firstExecutionRunId });
      await env.sleep(0);
      const listed = async (query: string) => {
        const ids: string[] = [];
        for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
        return ids.sort();
      };
      expect(await listed("ParentWorkflowId = 'g'")).toEqual(['g.1']);
      expect(await listed("RootWorkflowId = 'g'")).toEqual(['g', 'g.1', 'g.1.0']);
    }));

  it('without an id gets one from the seeded random numbers of its parent', () =>
    withEngine(async (features) => {
      const { client } = features;
      const options = { taskQueue: QUEUE, workflowId: 'p', args: [3] as [number] };
      const results = await client.workflow.execute(workflows.unnamedChildren, options);
      expect(results).toEqual(['echo 0', 'echo 1', 'echo 2']);
    }));

  it('is in the description of its parent while it runs', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const parent = reported(features, { type: 'waiter', workflowId: 'child' });
      await env.sleep(0);
      const { raw } = await client.workflow.getHandle('parent').describe();
      expect(raw.pendingChildren).toEqual([
        expect.objectContaining({ workflowId: 'child', workflowTypeName: 'waiter' }),
      ]);
      await client.workflow.getHandle('child').signal(workflows.finish, 'x');
      expect(await parent).toBe('finished x');
    }));
});

describe('when a parent closes', () => {
  const ends = ['complete', 'fail', 'continue', 'terminate', 'time out'] as const;
  const outcomes = [
    ['TERMINATE', 'TERMINATED'],
    ['REQUEST_CANCEL', 'CANCELLED'],
    ['ABANDON', 'RUNNING'],
  ] as const;
  const cases = ends.flatMap((end) => outcomes.map(([policy, child]) => [end, policy, child] as const));

  it.each(cases)('(%s), its child with %s is %s', (end, policy, expected) =>
    withEngine(async (features) => {
      const { client, env } = features;
      const inside = end === 'terminate' || end === 'time out' ? 'wait' : end;
      const parent = await client.workflow.start(workflows.leavesChild, {
        taskQueue: QUEUE,
        workflowId: 'parent',
        args: ['child', policy, inside],
        ...(end === 'time out' && { workflowRunTimeout: '1 minute' }),
      });
      await env.sleep(0);
      if (end === 'terminate') await parent.terminate();
      await parent.result().catch(() => undefined);
      // The cancelled child cleans up for a minute.
      await env.sleep('2 minutes');
      expect(await status(features, 'child')).toBe(expected);
      if (expected !== 'RUNNING') return;
      const child = client.workflow.getHandle<typeof workflows.waiter>('child');
      await child.signal(workflows.finish, 'alone');
      expect(await child.result()).toBe('finished alone');
    }),
  );
});

describe('a child that is cancelled by its scope', () => {
  it.each([
    ['ABANDON', 0, 'RUNNING'],
    ['TRY_CANCEL', 0, 'CANCELLED'],
    // As in Temporal's core, which waits for the outcome in both.
    ['WAIT_CANCELLATION_REQUESTED', 60, 'CANCELLED'],
    ['WAIT_CANCELLATION_COMPLETED', 60, 'CANCELLED'],
  ] as const)('with %s lets its parent go on after %d s', (type, seconds, expected) =>
    withEngine(async (features) => {
      const { client, env } = features;
      const options = {
        taskQueue: QUEUE,
        workflowId: 'parent',
        args: ['child', type] as ['child', typeof type],
      };
      const report = await client.workflow.execute(workflows.cancelsChild, options);
      expect(report).toMatch(/^ChildWorkflowFailure waiter < CancelledFailure/);
      expect(report).toContain(`after ${seconds} s`);
      await env.sleep('2 minutes');
      expect(await status(features, 'child')).toBe(expected);
    }),
  );

  it('before its start was sent is never started', () =>
    withEngine(async (features) => {
      const { client } = features;
      const options = { taskQueue: QUEUE, workflowId: 'parent', args: ['child'] as [string] };
      const report = await client.workflow.execute(workflows.cancelsBeforeStart, options);
      expect(report).toContain('CancelledFailure');
      expect(await eventTypes(features, 'parent')).not.toContain('StartChildWorkflowExecutionInitiated');
      expect((await errorOf(client.workflow.getHandle('child').describe())).name).toBe(
        'WorkflowNotFoundError',
      );
    }));
});
