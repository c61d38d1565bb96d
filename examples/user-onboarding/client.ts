/**
 * A user signs up: `client.ts --id ada [--day MILLISECONDS]` (default: a day takes ten seconds). Later:
 * `client.ts --id ada --verified`, `--active`, `--stage`.
 */

import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { active, getStage, onboard, verified } from './workflows.ts';

const { values: flags } = parseArgs({
  options: {
    id: { type: 'string', default: 'ada' },
    day: { type: 'string', default: '10000' },
    verified: { type: 'boolean' },
    active: { type: 'boolean' },
    stage: { type: 'boolean' },
  },
});
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const workflowId = `onboarding-${flags.id}`;
const handle = client.workflow.getHandle(workflowId);

if (flags.verified) await handle.signal(verified);
else if (flags.active) await handle.signal(active);
else if (flags.stage) console.log(await handle.query(getStage));
else {
  const user = { id: flags.id, email: `${flags.id}@example.com` };
  const args: [typeof user, number] = [user, Number(flags.day)];
  const started = await client.workflow.start(onboard, { taskQueue: TASK_QUEUE, workflowId, args });
  console.log(
    `Workflow ${workflowId}; without a sign of life it takes ${(Number(flags.day) * 14) / 1_000} s`,
  );
  console.log(await started.result());
}
