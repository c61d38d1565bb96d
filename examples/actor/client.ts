/**
 * Plays: `client.ts [--name ada] ACTION…` with actions such as `move:1,0`, `take:sword`, `use:sword`, `fight:dragon`, `leave`.
 * The first action of a player brings it into being. Without an action it shows the player, or has one that is not there do a few.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection, WorkflowNotFoundError } from 'perdure/client';
import { type Player, TASK_QUEUE } from './shared.ts';
import { combat, getState, inventory, leave, move, player } from './workflows.ts';

const { values: flags, positionals: actions } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string', default: 'ada' } },
});
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const born: Player = { name: flags.name, position: { x: 0, y: 0 }, health: 100, inventory: {}, actions: 0 };
const workflowId = `player-${flags.name}`;
const send = (signal: string, ...signalArgs: unknown[]) =>
  client.workflow.signalWithStart(player, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [born, 20],
    signal,
    signalArgs,
  });

if (actions.length > 0) await play(actions);
else if (!(await stateOf())) {
  const walk = ['take:sword', 'move:3,0', 'fight:dragon'];
  console.log(`There is no ${workflowId} yet. It begins with: ${walk.join(' ')}`);
  await play(walk);
}
console.log(await stateOf());

async function stateOf(): Promise<Player | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).query(getState);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Whoever has left is born anew with the next action. */
async function isAlive(): Promise<boolean> {
  return (
    (await stateOf()) !== undefined &&
    (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING'
  );
}

/** A signal is accepted at once and carried out when its turn comes: waits until the player has done all of them. */
async function play(wishes: string[]): Promise<void> {
  let expected = (await isAlive()) ? (await stateOf())!.actions : 0;
  for (const action of wishes) if (await act(action)) expected++;
  const patience = Date.now() + 20_000;
  while ((await stateOf())!.actions < expected && Date.now() < patience) await sleep(100);
}

/** @returns whether it counts as an action of the player */
async function act(action: string): Promise<boolean> {
  const [verb, what = ''] = action.split(':');
  const [dx = 0, dy = 0] = what.split(',').map(Number);
  if (verb === 'move') await send(move.name, { dx, dy });
  else if (verb === 'take') await send(inventory.name, { item: what, amount: 1 });
  else if (verb === 'use') await send(inventory.name, { item: what, amount: -1 });
  else if (verb === 'fight') await send(combat.name, { opponent: what });
  else if (verb === 'leave') await send(leave.name);
  else console.error(`What is "${action}"?`);
  return ['move', 'take', 'use', 'fight'].includes(verb!);
}
