import { expect, it } from 'vitest';
import { crashEverywhere } from '../../sdk/testing/index.ts';
import * as resetWorkflows from '../histories/workflows-reset.ts';
import { activities, QUEUE, START, shortType } from './engine.ts';
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

it('a parent that is reset, paused and unpaused ends alike wherever the engine dies, and its child runs once', async () => {
  const { result, restarts, boundaries } = await crashEverywhere(
    (env) =>
      env.runUntil({ taskQueue: QUEUE, workflows: resetWorkflows, activities }, async () => {
        const { workflow, workflowService } = env.client;
        const namespace = 'default';
        await workflow.start(resetWorkflows.parent, { taskQueue: QUEUE, workflowId: 'w' });
        await env.sleep('2 minutes');
        await workflowService.resetWorkflowExecution({
          namespace,
          workflowExecution: { workflowId: 'w' },
          options: { lastWorkflowTask: {} },
          reason: 'the engine may die',
        });
        await workflowService.pauseWorkflowExecution({ namespace, workflowId: 'w' });
        await workflow.getHandle('child').signal('go', 'hello');
        await env.sleep('1 minute');
        await workflowService.unpauseWorkflowExecution({ namespace, workflowId: 'w' });
        const told = await workflow.getHandle('w').result();
        const { events } = await workflow.getHandle('w').fetchHistory();
        let runs = 0;
        for await (const info of workflow.list({ query: "WorkflowId = 'child'" })) runs += info.runId ? 1 : 0;
        const resets = events.map(shortType).filter((type) => type === 'WorkflowTaskFailed').length;
        return [told, runs, resets > 0];
      }),
    { startTime: START },
  );
  expect(restarts).toBe(boundaries);
  expect(result).toEqual(['hello to its parent', 1, true]);
});
