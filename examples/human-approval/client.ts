/**
 * `client.ts --order 7 --amount 500` makes the webhook and an order, and waits for its outcome. In another terminal,
 * `client.ts --order 7 --approve Carol` or `--reject Carol` plays the approval service: it posts a signed delivery.
 */

import { createHmac, randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { approvalsWebhook, TASK_QUEUE, WEBHOOK_ID } from './shared.ts';
import { approveOrder } from './workflows.ts';

const { values: flags } = parseArgs({
  options: {
    order: { type: 'string', default: '7' },
    amount: { type: 'string', default: '500' },
    approve: { type: 'string' },
    reject: { type: 'string' },
  },
});
const {
  PERDURE_ADDRESS: address = 'http://127.0.0.1:8787',
  // One for playing. Leave it out of createWebhook and the engine makes one, which it shows once.
  APPROVALS_SECRET: secret = `whsec_${Buffer.from('a secret for playing only, 32 b.').toString('base64')}`,
} = process.env;
const by = flags.approve ?? flags.reject;

if (by === undefined) await order();
else await post(flags.order, { approved: flags.approve !== undefined, by });

async function order(): Promise<void> {
  const { order: id, amount } = flags;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const webhook = {
    namespace: 'default',
    webhookId: WEBHOOK_ID,
    webhook: approvalsWebhook,
    secrets: [secret],
  };
  const { webhookService } = connection;
  const { webhooks } = await webhookService.listWebhooks(webhook);
  if (webhooks.some(({ webhookId }) => webhookId === WEBHOOK_ID)) await webhookService.updateWebhook(webhook);
  else await webhookService.createWebhook(webhook);
  const handle = await client.workflow.start(approveOrder, {
    taskQueue: TASK_QUEUE,
    workflowId: `order-${id}`,
    args: [{ id, customer: 'Dora', amount: Number(amount) }],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  console.log(`Workflow ${handle.workflowId} waits. Decide in another terminal:`);
  console.log(`  npx node examples/human-approval/client.ts --order ${id} --approve Carol`);
  console.log(await handle.result());
}

/** As any service does that keeps to Standard Webhooks. */
async function post(orderId: string, decision: object): Promise<void> {
  const body = JSON.stringify({ order_id: orderId, decision });
  const id = `msg_${randomUUID()}`;
  const timestamp = Math.floor(Date.now() / 1_000);
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const response = await fetch(`${address}/webhooks/default/${WEBHOOK_ID}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${signature}`,
    },
    body,
  });
  console.log(response.status, (await response.text()).trim());
}
