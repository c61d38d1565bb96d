/** Shops: `client.ts [--customer ada] [add tea 2 | remove tea 1 | pay CARD]`; without a command it shows the cart. */

import { parseArgs } from 'node:util';
import { Client, Connection, WithStartWorkflowOperation, WorkflowUpdateFailedError } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { addItem, checkOut, getCart, removeItem, shoppingCart } from './workflows.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { customer: { type: 'string', default: 'ada' } },
});
const [command, what = '', quantity = '1'] = positionals;
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const workflowId = `cart-${flags.customer}`;
const cart = client.workflow.getHandle<typeof shoppingCart>(workflowId);
const line = { product: what, quantity: Number(quantity) };

try {
  if (command === 'add') {
    // The first thing that is put into it makes the cart.
    const startWorkflowOperation = new WithStartWorkflowOperation(shoppingCart, {
      taskQueue: TASK_QUEUE,
      workflowId,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [flags.customer],
    });
    console.log(
      await client.workflow.executeUpdateWithStart(addItem, { startWorkflowOperation, args: [line] }),
    );
  } else if (command === 'remove') console.log(await cart.executeUpdate(removeItem, { args: [line] }));
  else if (command === 'pay') console.log(await cart.executeUpdate(checkOut, { args: [what] }));
  else console.log(await cart.query(getCart));
} catch (error) {
  if (!(error instanceof WorkflowUpdateFailedError)) throw error;
  console.error(error.cause?.message);
}
