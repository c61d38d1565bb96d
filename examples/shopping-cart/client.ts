/** Shops: `client.ts [--customer ada] [add tea 2 | remove tea 1 | pay CARD]`; without a command it shows the cart, or, if there is none, fills and pays one. */

import { parseArgs } from 'node:util';
import {
  Client,
  Connection,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { addItem, checkOut, getCart, removeItem, shoppingCart } from './workflows.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { customer: { type: 'string', default: 'ada' } },
});
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const workflowId = `cart-${flags.customer}`;
const cart = client.workflow.getHandle<typeof shoppingCart>(workflowId);

try {
  if (positionals.length > 0) await shop(positionals);
  else console.log(await cart.query(getCart));
} catch (error) {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
  if (positionals.length > 0) console.error(`There is no ${workflowId}: add something first`);
  else await walk();
}

async function walk(): Promise<void> {
  console.log(`There is no ${workflowId} yet.`);
  for (const words of [
    ['add', 'tea', '2'],
    ['add', 'gold'],
    ['pay', '4711'],
  ]) {
    console.log(`> ${words.join(' ')}`);
    await shop(words);
  }
}

async function shop([command, what = '', quantity = '1']: string[]): Promise<void> {
  const line = { product: what, quantity: Number(quantity) };
  try {
    if (command === 'add') console.log(await add(line));
    else if (command === 'remove') console.log(await cart.executeUpdate(removeItem, { args: [line] }));
    else if (command === 'pay') console.log(await cart.executeUpdate(checkOut, { args: [what] }));
    else console.error(`What is "${command}"? There are add, remove and pay`);
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    console.error(error.cause?.message);
  }
}

/** The first thing that is put into it makes the cart. */
function add(line: { product: string; quantity: number }) {
  const startWorkflowOperation = new WithStartWorkflowOperation(shoppingCart, {
    taskQueue: TASK_QUEUE,
    workflowId,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [flags.customer],
  });
  return client.workflow.executeUpdateWithStart(addItem, { startWorkflowOperation, args: [line] });
}
