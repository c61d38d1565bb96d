/**
 * Plays: `client.ts [--name ada] ACTION…` with actions such as `move:1,0`, `take:sword`, `use:sword`, `fight:dragon`, `leave`.
 * The first action of a player brings it into being. Without an action it shows the player, or has one that is not there do a few.
 */

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
else if (!(await exists())) {
  const walk = ['take:sword', 'move:3,0', 'fight:dragon'];
  console.log(`There is no ${workflowId} yet. It begins with: ${walk.join(' ')}`);
  await play(walk);
}
console.log(await client.workflow.getHandle(workflowId).query(getState));

async function exists(): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

async function play(wishes: string[]): Promise<void> {
  for (const action of wishes) await act(action);
}

async function act(action: string): Promise<void> {
  const [verb, what = ''] = action.split(':');
  const [dx = 0, dy = 0] = what.split(',').map(Number);
  if (verb === 'move') await send(move.name, { dx, dy });
  else if (verb === 'take') await send(inventory.name, { item: what, amount: 1 });
  else if (verb === 'use') await send(inventory.name, { item: what, amount: -1 });
  else if (verb === 'fight') await send(combat.name, { opponent: what });
  else if (verb === 'leave') await send(leave.name);
  else console.error(`What is "${action}"?`);
}
