import { describe, expect, it } from 'vitest';
import { attributesOf } from '../../sdk/common/history.ts';
import { chainOf, QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

const KIB = 1024;

describe('a large value', () => {
  it('goes to a child and back, by start, signal, result and failure, and into the next run', () =>
    withEngine(async (features) => {
      const { client, env } = features;
      const value = 'é'.repeat(150 * KIB);
      const handle = await client.workflow.start(workflows.relay, {
        taskQueue: QUEUE,
        workflowId: 'relay',
        args: [value],
      });
      expect(await handle.result()).toBe(value.length + 1);
      env.evictAll();
      const chain = await chainOf(features, 'relay', handle.firstExecutionRunId);
      expect(chain).toHaveLength(2);
      for (const { runId, events } of chain) {
        expect(JSON.stringify(events)).not.toContain('$stored');
        const { memo, historySize } = await client.workflow.getHandle('relay', runId).describe();
        expect(memo).toEqual({ note: value });
        // Start, child's start and the signal to it, at least, in base64.
        expect(historySize).toBeGreaterThan(3 * 400 * KIB);
      }
    }));

  it('of more than 4 MiB suggests to continue as new', () =>
    withEngine(async ({ client }) => {
      const handle = await client.workflow.start(workflows.relayed, {
        taskQueue: QUEUE,
        workflowId: 'suggested',
        args: ['x'.repeat(4 * KIB * KIB)],
      });
      await handle.signal(workflows.hand, 'y');
      await expect(handle.result()).rejects.toThrow();
      const { events } = await handle.fetchHistory();
      const started = events.findLast(({ eventType }) => eventType.endsWith('WORKFLOW_TASK_STARTED'))!;
      expect(attributesOf(started, 'WorkflowTaskStarted').suggestContinueAsNew).toBe(true);
    }));
});
