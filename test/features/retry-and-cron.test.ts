import { describe, expect, it } from 'vitest';
import { type HistoryEvent, WorkflowFailedError } from '../../sdk/client/index.ts';
import { attributesOf, historyEventName } from '../../sdk/common/history.ts';
import { defaultPayloadConverter, fromFirstPayloadJson } from '../../sdk/common/payload.ts';
import { chainOf, errorOf, QUEUE, START, shortType, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

const startOf = (events: HistoryEvent[]) => attributesOf(events[0]!, 'WorkflowExecutionStarted');

describe('a workflow with a retry policy', () => {
  const retry = { initialInterval: '10 seconds', backoffCoefficient: 2 };

  it('runs again after each failure, later each time, and knows why', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const options = { taskQueue: QUEUE, workflowId: 'w', retry };
      const handle = await client.workflow.start(workflows.flaky, options);
      expect(await handle.result()).toBe('attempt 3 after: attempt 2 failed');
      expect(Math.round(((await env.currentTimeMs()) - START) / 1_000)).toBe(30);
      const chain = await chainOf(features, 'w', handle.firstExecutionRunId);
      expect(chain.map(({ events }) => shortType(events.at(-1)!))).toEqual([
        'WorkflowExecutionFailed',
        'WorkflowExecutionFailed',
        'WorkflowExecutionCompleted',
      ]);
      const starts = chain.map(({ events }) => startOf(events));
      expect(starts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      expect(starts.map((start) => start.firstWorkflowTaskBackoff ?? '0s')).toEqual(['0s', '10s', '20s']);
      expect(starts.map(({ initiator }) => initiator)).toEqual([
        undefined,
        'CONTINUE_AS_NEW_INITIATOR_RETRY',
        'CONTINUE_AS_NEW_INITIATOR_RETRY',
      ]);
    }));

  it.each([
    [{ maximumAttempts: 2 }, 'MAXIMUM_ATTEMPTS_REACHED', 'attempt 2 failed'],
    [{ nonRetryableErrorTypes: ['Flaky'] }, 'NON_RETRYABLE_FAILURE', 'attempt 1 failed'],
  ])('%j fails for good with %s', (bound, retryState, message) =>
    withEngine(async ({ client }) => {
      const options = { taskQueue: QUEUE, workflowId: 'w', retry: { ...retry, ...bound } };
      const error = await errorOf(client.workflow.execute(workflows.flaky, options));
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect(error).toMatchObject({ retryState, cause: { message } });
    }),
  );

  it('runs again after it has timed out', () =>
    withEngine(async ({ client }) => {
      const options = { taskQueue: QUEUE, workflowId: 'w', retry, workflowRunTimeout: '1 minute' };
      expect(await client.workflow.execute(workflows.slowAtFirst, options)).toBe('attempt 2');
    }));

  it('is not woken before its time by a signal', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const options = { taskQueue: QUEUE, workflowId: 'w', retry: { initialInterval: '1 hour' } };
      const handle = await client.workflow.start(workflows.flaky, options);
      await env.sleep('1 minute');
      await handle.signal('anything');
      await env.sleep('1 minute');
      expect((await handle.describe()).raw.workflowExecutionInfo.status).toContain('RUNNING');
      const chain = await chainOf(features, 'w', handle.firstExecutionRunId);
      expect(chain).toHaveLength(2);
      expect(chain[1]!.events.map(shortType)).not.toContain('WorkflowTaskStarted');
      expect(await handle.result()).toContain('attempt 3');
    }));
});

describe('a workflow with a cron schedule', () => {
  it('runs at its times, with the result of the run before, until it is terminated', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const options = { taskQueue: QUEUE, workflowId: 'cron', cronSchedule: '*/10 * * * *' };
      const handle = await client.workflow.start(workflows.ticks, options);
      await env.sleep('35 minutes');
      const chain = await chainOf(features, 'cron', handle.firstExecutionRunId);
      const closed = chain.filter(({ events }) => shortType(events.at(-1)!) === 'WorkflowExecutionCompleted');
      const results = closed.map(({ events }) => {
        const last = events.at(-1)!;
        const name = historyEventName(last.eventType);
        if (name !== 'WorkflowExecutionCompleted') throw new Error(name);
        return fromFirstPayloadJson<number>(defaultPayloadConverter, attributesOf(last, name).result);
      });
      expect(results).toEqual([1, 2, 3]);
      const minutes = closed.map(({ events }) => new Date(events.at(-1)!.eventTime).getUTCMinutes());
      expect(minutes).toEqual([10, 20, 30]);
      expect(chain).toHaveLength(4);
      await handle.terminate('enough');
      expect((await handle.describe()).status.name).toBe('TERMINATED');
      await env.sleep('1 hour');
      expect((await client.workflow.count()).count).toBe(4);
    }));

  it('that makes no sense is refused', () =>
    withEngine(async ({ client }) => {
      const options = { taskQueue: QUEUE, workflowId: 'cron', cronSchedule: 'now and then' };
      const error = await errorOf(client.workflow.start(workflows.ticks, options));
      expect(error.message).toMatch(/cron/i);
    }));
});

describe('a workflow with a start delay', () => {
  it('begins when the delay is over', () =>
    withEngine(async ({ client, env }) => {
      const options = { taskQueue: QUEUE, workflowId: 'w', args: ['hi'] as [string], startDelay: '1 hour' };
      expect(await client.workflow.execute(workflows.echo, options)).toBe('echo hi');
      expect((await env.currentTimeMs()) - START).toBe(3_600_000);
    }));

  it('begins with the first signal', () =>
    withEngine(async ({ client, env }) => {
      const options = { taskQueue: QUEUE, workflowId: 'w', startDelay: '1 hour' };
      const handle = await client.workflow.start(workflows.waiter, options);
      await env.sleep('1 minute');
      await handle.signal(workflows.finish, 'early');
      expect(await handle.result()).toBe('finished early');
      expect((await env.currentTimeMs()) - START).toBe(60_000);
    }));
});
