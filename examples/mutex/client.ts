/** Starts five prints on one printer at once: `client.ts [--printer p1]`. */

import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { print } from './workflows.ts';

const { values: flags } = parseArgs({ options: { printer: { type: 'string', default: 'p1' } } });
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const mark = crypto.randomUUID().slice(0, 4);
await Promise.all(
  ['a gear', 'a cup', 'a bolt', 'a spoon', 'a ring'].map(async (model, i) => {
    const started = { taskQueue: TASK_QUEUE, workflowId: `print-${mark}-${i}` };
    const printed = await client.workflow.execute(print, { ...started, args: [flags.printer, model] });
    console.log(`${new Date().toISOString()}  ${printed}`);
  }),
);
