/** Runs orders from outside. */

import { type Client, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { addItem, approve, order, state } from './workflows.ts';

export async function buy(client: Client): Promise<string[]> {
  const handle = await client.workflow.start(order, {
    taskQueue: 'orders',
    workflowId: 'order-1',
    args: ['a book'],
  });
  const before = await handle.query(state);
  await handle.executeUpdate(addItem, { args: ['a pen'] });
  await handle.signal(approve, 'Ada');
  const after = await handle.query(state);
  return [before, after, ...(await handle.result())];
}

export async function forget(client: Client): Promise<string> {
  try {
    await client.workflow.execute(order, { taskQueue: 'orders', workflowId: 'order-2', args: ['a lamp'] });
    return 'approved';
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return error.cause instanceof ApplicationFailure ? `${error.cause.type}` : 'failed in another way';
  }
}
