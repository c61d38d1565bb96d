/**
 * An actor: a player who lives as long as somebody plays. Actions are signals; their handlers await activities, so a lock lets
 * one act at a time. The state is a query. Now and then the player continues as new, with the state and without losing an action.
 */

import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from 'perdure/workflow';
import type * as activities from './activities.ts';
import { Lock } from './lock.ts';
import type { Combat, InventoryChange, Move, Player } from './shared.ts';

const { terrainAt, fight } = proxyActivities<typeof activities>({ startToCloseTimeout: '10 seconds' });

export const move = defineSignal<[Move]>('MOVE');
export const inventory = defineSignal<[InventoryChange]>('INVENTORY');
export const combat = defineSignal<[Combat]>('COMBAT');
export const leave = defineSignal('LEAVE');
export const getState = defineQuery<Player>('state');

/** @param actionsPerRun how many actions a run carries out before the next takes over; beside what the engine suggests. */
export async function player(state: Player, actionsPerRun = 1_000): Promise<Player> {
  const lock = new Lock();
  let begun = 0;
  let leaving = false;
  const act = (work: () => Promise<void>): Promise<void> => {
    begun++;
    return lock.runExclusive(async () => {
      if (state.health > 0) await work();
      state.actions++;
    });
  };

  setHandler(getState, () => state);
  setHandler(leave, () => {
    leaving = true;
  });
  setHandler(move, ({ dx, dy }) =>
    act(async () => {
      const to = { x: state.position.x + dx, y: state.position.y + dy };
      if ((await terrainAt(to)) !== 'water') state.position = to;
    }),
  );
  setHandler(inventory, ({ item, amount }) =>
    act(async () => {
      const left = (state.inventory[item] ?? 0) + amount;
      if (left >= 0) state.inventory[item] = left;
    }),
  );
  setHandler(combat, ({ opponent }) =>
    act(async () => {
      const { damage, loot } = await fight(opponent, state.inventory.sword ?? 0);
      state.health = Math.max(0, state.health - damage);
      if (state.health > 0) state.inventory[loot] = (state.inventory[loot] ?? 0) + 1;
    }),
  );

  const enough = (): boolean => begun >= actionsPerRun || workflowInfo().continueAsNewSuggested;
  await condition(() => leaving || enough());
  // A handler that still waits for an activity would be cut off by the end of the run.
  await condition(allHandlersFinished);
  if (leaving) return state;
  return continueAsNew<typeof player>(state, actionsPerRun);
}
