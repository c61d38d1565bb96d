import type { WorkflowHandle } from 'perdure/client';
import { crashEverywhere, delay, failFirst, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as activities from './activities.ts';
import { Lock } from './lock.ts';
import { type Player, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { player, move, inventory, combat, leave, getState } = workflows;
const ada: Player = { name: 'Ada', position: { x: 0, y: 0 }, health: 100, inventory: {}, actions: 0 };

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());

const serve = <T>(work: () => Promise<T>): Promise<T> =>
  env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, work);

/** Without the run id: an actor is whichever run has its id. */
async function start(on: TestWorkflowEnvironment, workflowId: string, actionsPerRun?: number) {
  const started = { taskQueue: TASK_QUEUE, workflowId };
  await on.client.workflow.start(player, {
    ...started,
    args: actionsPerRun === undefined ? [ada] : [ada, actionsPerRun],
  });
  return on.client.workflow.getHandle<typeof player>(workflowId);
}

/** Thirty-six actions: a walk to the east, six swords on the way, a fight after each. */
async function play(handle: WorkflowHandle<typeof player>): Promise<void> {
  for (let i = 0; i < 6; i++) {
    for (let step = 0; step < 4; step++) await handle.signal(move, { dx: 1, dy: 0 });
    await handle.signal(inventory, { item: 'sword', amount: 1 });
    await handle.signal(combat, { opponent: 'wolf' });
  }
}
const afterwards: Player = {
  name: 'Ada',
  position: { x: 24, y: 0 },
  health: 94,
  inventory: { sword: 6, gold: 6 },
  actions: 36,
};

describe('a player', () => {
  it('moves, gathers and fights, in the order of the signals', () =>
    serve(async () => {
      const handle = await start(env, 'ordered');
      await play(handle);
      await env.sleep('1 minute');
      expect(await handle.query(getState)).toEqual(afterwards);
      await handle.signal(leave);
      expect(await handle.result()).toEqual(afterwards);
    }));

  it('loses no action over many runs, however slow the world is', async () => {
    const faults = {
      activities: { terrainAt: delay('3 seconds'), fight: [delay('5 seconds'), failFirst(2)] },
    };
    await env.withFaults(faults, () =>
      serve(async () => {
        const handle = await start(env, 'slow', 5);
        // Some of these come while the run before waits for its handlers, and some while the next one begins.
        for (const round of [1, 2, 3]) {
          await play(handle);
          await env.sleep(round === 2 ? '1 hour' : '7 seconds');
        }
        await env.sleep('1 hour');
        const state = await handle.query(getState);
        expect(state).toMatchObject({
          position: { x: 72, y: 0 },
          inventory: { sword: 18, gold: 18 },
          actions: 108,
        });
        await handle.signal(leave);
        expect(await handle.result()).toEqual(state);
        const first = (await handle.fetchHistory()).events[0]!;
        expect(JSON.stringify(first)).toContain('continuedExecutionRunId');
      }),
    );
  });

  it('uses nothing that it does not have, does not walk on water, and does nothing more when it is dead', () =>
    serve(async () => {
      const handle = await start(env, 'mortal');
      await handle.signal(inventory, { item: 'potion', amount: -1 });
      await handle.signal(move, { dx: 200, dy: 200 });
      for (let i = 0; i < 11; i++) await handle.signal(combat, { opponent: 'dragon' });
      await handle.signal(move, { dx: 1, dy: 0 });
      await handle.signal(leave);
      expect(await handle.result()).toEqual({
        ...ada,
        health: 0,
        inventory: { treasure: 9 },
        actions: 14,
      });
    }));
});

it('loses no action and repeats none wherever the engine dies', async () => {
  const { result } = await crashEverywhere(
    (crashing) =>
      crashing.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
        const handle = await start(crashing, 'ada', 3);
        for (let i = 0; i < 5; i++) await handle.signal(move, { dx: 1, dy: 0 });
        await handle.signal(combat, { opponent: 'wolf' });
        await handle.signal(leave);
        return handle.result();
      }),
    { maxRuns: 80 },
  );
  expect(result).toMatchObject({ position: { x: 5, y: 0 }, health: 90, actions: 6 });
});

it('the lock lets one in after the other, also when one fails', async () => {
  const lock = new Lock();
  const log: string[] = [];
  const enter = (name: string, fails = false) =>
    lock.runExclusive(async () => {
      log.push(`${name} in`);
      await Promise.resolve();
      log.push(`${name} out`);
      if (fails) throw new Error(name);
    });
  await Promise.allSettled([enter('a'), enter('b', true), enter('c')]);
  expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
});
