/** Converts a video: `client.ts [--video NAME] [--seconds 90]`. */

import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { convert } from './workflows.ts';

const { values: flags } = parseArgs({
  options: {
    video: { type: 'string', default: 'holidays' },
    seconds: { type: 'string', default: '90' },
  },
});
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const handle = await client.workflow.start(convert, {
  taskQueue: TASK_QUEUE,
  workflowId: `conversion-${crypto.randomUUID().slice(0, 8)}`,
  args: [{ video: flags.video, seconds: Number(flags.seconds) }],
});
console.log(`Workflow ${handle.workflowId}; asked once a minute, so this takes a while`);
console.log(await handle.result().catch((error) => `Failed: ${error.cause?.cause?.message}`));
console.log('Events:', (await handle.fetchHistory()).events.length);
