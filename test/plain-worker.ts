/**
 * A Worker behind nothing but `node:http`: it speaks the protocol through `createHandler`, and does not register itself.
 * Serves the money transfer and the workflows of the tests. Environment: PORT, TASK_QUEUE, BANK_DIR, BANK_DELAY_MS.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHandler } from 'perdure/worker/node';
import { createActivities } from '../examples/money-transfer/activities.ts';
import { bankOnDisk } from '../examples/money-transfer/bank-node.ts';
import * as transfers from '../examples/money-transfer/workflows.ts';
import { activities as counted } from './workerd/activities.ts';
import * as counting from './workerd/workflows.ts';

const { PORT = '0', TASK_QUEUE: taskQueue = 'money-transfer', BANK_DELAY_MS = '0' } = process.env;

const handler = createHandler({
  taskQueue,
  workflows: { ...transfers, ...counting },
  activities: { ...createActivities(bankOnDisk(), Number(BANK_DELAY_MS)), ...counted },
});

const server = createServer(async (incoming, outgoing) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = 'GET', url } = incoming;
  const body = method === 'GET' ? undefined : Buffer.concat(chunks);
  const response = await handler.fetch(new Request(`http://worker${url}`, { method, ...(body && { body }) }));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(await response.text());
});
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`serving http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
