import { crashEverywhere, TestWorkflowEnvironment } from 'perdure/testing';
import { describe, expect, it } from 'vitest';
import { createActivities, type ReadLines } from './activities.ts';
import { type File, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { processFile } = workflows;
const file: File = { name: 'sales.csv', lines: 10_000 };
const total = { line: 10_000, sum: (9_999 * 10_000) / 2 };
const started = { taskQueue: TASK_QUEUE, args: [file] as [File] };

/** Reads without waiting, and remembers where each attempt began. */
function reading(at5000: (attempt: number) => Promise<void> = async () => {}) {
  const begun: number[] = [];
  const readLines: ReadLines = async function* ({ lines }, from) {
    const attempt = begun.push(from);
    for (let line = from; line < lines; line++) {
      if (line === 5_000) await at5000(attempt);
      yield line;
    }
  };
  return { begun, activities: createActivities(readLines) };
}

describe('a long file', () => {
  it('whose Worker dies at line 5,000 goes on from there', async () => {
    // In real time, like heartbeats: a Worker that is gone is noticed by its silence, after two seconds.
    const env = await TestWorkflowEnvironment.createLocal();
    const { begun, activities } = reading(async (attempt) => {
      if (attempt === 1) await new Promise(() => undefined);
    });
    try {
      await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
        const handle = await env.client.workflow.start(processFile, { ...started, workflowId: 'import' });
        expect(await handle.result()).toEqual(total);
        const types = (await handle.fetchHistory()).events.map(({ eventType }) => eventType);
        expect(types.filter((type) => type === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED')).toHaveLength(1);
      });
    } finally {
      await env.teardown();
    }
    expect(begun).toEqual([0, 5_000]);
  });

  it('that cannot be read at line 5,000 for a while goes on from there too', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    const { begun, activities } = reading(async (attempt) => {
      if (attempt < 4) throw new Error('the disk is away');
    });
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
      const result = env.client.workflow.execute(processFile, { ...started, workflowId: 'import' });
      expect(await result).toEqual(total);
    });
    await env.teardown();
    expect(begun).toEqual([0, 5_000, 5_000, 5_000]);
  });

  it('has the same total wherever engine and Worker die', async () => {
    const { result } = await crashEverywhere(
      (crashing) => {
        const { activities } = reading();
        return crashing.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, () =>
          crashing.client.workflow.execute(processFile, { ...started, workflowId: 'import' }),
        );
      },
      { restart: 'engine and workers' },
    );
    expect(result).toEqual(total);
  });
});
