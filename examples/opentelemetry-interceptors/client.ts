/** Orders something and confirms it; the trace begins here. Environment: PERDURE_ADDRESS, OTLP_ADDRESS. */

import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { otlpExporter, startTracing } from './tracing.ts';
import { confirm, order } from './workflows.ts';

const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787', OTLP_ADDRESS } = process.env;
const tracing = startTracing(
  OTLP_ADDRESS ? otlpExporter(OTLP_ADDRESS, 'orders-client') : (span) => console.log(span),
);
const client = new Client({
  connection: await Connection.connect({ address }),
  interceptors: { workflow: [tracing.client] },
});
const handle = await client.workflow.start(order, {
  taskQueue: TASK_QUEUE,
  workflowId: `order-${crypto.randomUUID()}`,
  args: ['a lamp'],
});
await handle.signal(confirm);
console.log(await handle.result());
