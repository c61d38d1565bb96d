/** Runs a pipeline: `client.ts [--id ID] [--rows 1,2,oops]`; mends one that has stopped: `client.ts --id ID --retry [--tolerant]`. */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { getStages, pipeline, retryStage } from './workflows.ts';

const { values: flags } = parseArgs({
  options: {
    id: { type: 'string', default: `pipeline-${crypto.randomUUID().slice(0, 8)}` },
    rows: { type: 'string', default: '3,5,8' },
    retry: { type: 'boolean' },
    tolerant: { type: 'boolean', default: false },
  },
});
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const handle = client.workflow.getHandle<typeof pipeline>(flags.id);
if (flags.retry) await handle.signal(retryStage, { tolerant: flags.tolerant });
else {
  await client.workflow.start(pipeline, {
    taskQueue: TASK_QUEUE,
    workflowId: flags.id,
    args: [{ day: new Date().toISOString().slice(0, 10), rows: flags.rows.split(',') }],
  });
}
console.log(`Workflow ${flags.id}`);
let stages = await handle.query(getStages);
while (stages.some(({ state }) => state === 'running' || state === 'waiting')) {
  if (stages.some(({ state }) => state === 'stopped')) break;
  await sleep(500);
  stages = await handle.query(getStages);
}
for (const { stage, state, reason = '' } of stages) console.log(`${stage}: ${state} ${reason}`);
if (stages.some(({ state }) => state === 'stopped'))
  console.log(`To go on without the bad rows: client.ts --id ${flags.id} --retry --tolerant`);
else console.log(await handle.result());
