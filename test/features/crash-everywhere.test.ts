import { expect, it } from 'vitest';
import { crashEverywhere } from '../../sdk/testing/index.ts';
import { activities, QUEUE, START } from './engine.ts';
import * as workflows from './workflows.ts';

it('a tour of children, activities, updates, signals, queries and three runs ends alike wherever the engine dies', async () => {
  const { result, restarts, boundaries } = await crashEverywhere(
    (env) =>
      env.runUntil({ taskQueue: QUEUE, workflows, activities }, async () => {
        const handle = await env.client.workflow.start(workflows.tour, {
          taskQueue: QUEUE,
          workflowId: 'tour',
        });
        const seen: unknown[] = [];
        for (let round = 1; round <= 3; round++) {
          const update = { args: [round * 10] as [number], updateId: `u${round}` };
          seen.push(await handle.executeUpdate(workflows.deposit, update));
          await env.sleep(0);
          seen.push(await handle.query(workflows.stateQuery));
          await handle.signal(workflows.note, `n${round}`);
          await env.sleep('1 day');
        }
        return [...seen, await handle.result()];
      }),
    { startTime: START, restart: 'engine and workers' },
  );
  expect(restarts).toBe(boundaries);
  expect(result).toHaveLength(7);
});
