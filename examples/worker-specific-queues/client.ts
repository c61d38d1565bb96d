/** Has four files counted, and says by which host: `client.ts`. */

import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { processFile } from './workflows.ts';

const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const mark = crypto.randomUUID().slice(0, 4);
await Promise.all(
  ['moby dick', 'emma', 'the trial', 'ulysses'].map(async (book, i) => {
    const started = { taskQueue: TASK_QUEUE, workflowId: `count-${mark}-${i}` };
    const { host, words } = await client.workflow.execute(processFile, { ...started, args: [book] });
    console.log(`${host} counted ${words} words in ${book}`);
  }),
);
