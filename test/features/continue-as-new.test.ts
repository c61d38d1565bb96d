import { describe, expect, it } from 'vitest';
import { WorkflowContinuedAsNewError, WorkflowNotFoundError } from '../../sdk/client/index.ts';
import { chainOf, errorOf, eventTypes, QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

describe('continue as new', () => {
  it('a hundred times loses no signal of those that arrive all the while, and keeps their order', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const total = 300;
      const handle = await client.workflow.start(workflows.collects, {
        taskQueue: QUEUE,
        workflowId: 'loop',
        args: [100, total],
        memo: { kept: true },
      });
      for (let n = 0; n < total; n++) {
        // Sometimes before time moves, sometimes while it does.
        const moves = n % 3 === 0 ? env.sleep('1 second') : undefined;
        await handle.signal(workflows.add, n);
        await moves;
      }
      expect(await handle.result()).toEqual(Array.from({ length: total }, (_, n) => n));
      const chain = await chainOf(features, 'loop', handle.firstExecutionRunId);
      expect(chain).toHaveLength(100);
      const starts = chain
        .map(({ events }) => events[0]!)
        .map((event) => {
          if (event.eventType !== 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED') throw new Error(event.eventType);
          return event.workflowExecutionStartedEventAttributes;
        });
      expect(new Set(starts.map((start) => start.firstExecutionRunId))).toEqual(
        new Set([handle.firstExecutionRunId]),
      );
      expect(starts.slice(1).map((start) => start.continuedExecutionRunId)).toEqual(
        chain.slice(0, -1).map(({ runId }) => runId),
      );
      expect(new Set(starts.slice(1).map((start) => start.initiator))).toEqual(
        new Set(['CONTINUE_AS_NEW_INITIATOR_WORKFLOW']),
      );
      expect((await handle.describe()).memo).toEqual({ kept: true });
      const { count } = await client.workflow.count("ExecutionStatus = 'ContinuedAsNew'");
      expect(count).toBe(99);
    }));

  it('may go on as another type on another task queue with another memo', () =>
    withEngine(async ({ client, env }) => {
      const stop = env.serve({ taskQueue: 'elsewhere', workflows });
      const handle = await client.workflow.start(workflows.movesOn, {
        taskQueue: QUEUE,
        workflowId: 'w',
        args: ['elsewhere'],
        memo: { where: QUEUE, other: 1 },
      });
      expect(await handle.result()).toBe('echo moved');
      const described = await handle.describe();
      expect(described).toMatchObject({ type: 'echo', taskQueue: 'elsewhere' });
      expect(described.memo).toEqual({ where: 'elsewhere' });
      expect(described.searchAttributes.City).toEqual(['Oslo']);
      stop();
    }));

  it('ends the run, which a caller who does not follow is told', () =>
    withEngine(async ({ client }) => {
      const options = { taskQueue: QUEUE, workflowId: 'loop', args: [2, 0] as [number, number] };
      const handle = await client.workflow.start(workflows.collects, { ...options, followRuns: false });
      const error = await errorOf(handle.result());
      expect(error).toBeInstanceOf(WorkflowContinuedAsNewError);
      const { newExecutionRunId } = error as WorkflowContinuedAsNewError;
      expect(await client.workflow.getHandle('loop', newExecutionRunId).result()).toEqual([]);
      const first = await client.workflow.getHandle('loop', handle.firstExecutionRunId).describe();
      expect(first.status.name).toBe('CONTINUED_AS_NEW');
    }));

  it('of a child concerns its parent only at the end of the chain', () =>
    withEngine(async (features) => {
      const options = { taskQueue: QUEUE, workflowId: 'parent', args: ['child'] as [string] };
      expect(await features.client.workflow.execute(workflows.parentOfLoop, options)).toEqual([7]);
      const types = await eventTypes(features, 'parent');
      expect(types.filter((type) => type.startsWith('ChildWorkflowExecution'))).toEqual([
        'ChildWorkflowExecutionStarted',
        'ChildWorkflowExecutionCompleted',
      ]);
    }));

  it('leaves the chain in the reach of the handle that started it, and later workflows out of it', () =>
    withEngine(async ({ client, env }) => {
      const options = { taskQueue: QUEUE, workflowId: 'loop', args: [3, 9] as [number, number] };
      const handle = await client.workflow.start(workflows.collects, options);
      await env.sleep('5 seconds');
      await handle.cancel();
      expect((await errorOf(handle.result())).cause?.name).toBe('CancelledFailure');
      const later = await client.workflow.start(workflows.collects, options);
      expect(await errorOf(handle.terminate())).toBeInstanceOf(WorkflowNotFoundError);
      expect(await errorOf(handle.cancel())).toBeInstanceOf(WorkflowNotFoundError);
      await env.sleep('5 seconds');
      expect((await later.describe()).status.name).toBe('RUNNING');
      await later.terminate('enough');
      expect((await later.describe()).status.name).toBe('TERMINATED');
    }));
});
