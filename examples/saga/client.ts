/** Books a trip: `client.ts [--flight NAME] [--hotel NAME] [--car NAME] [--wait]`, or answers for somebody: `client.ts --resolve retry|skip|escalate --id ID`. */

import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { type Resolution, TASK_QUEUE } from './shared.ts';
import { bookTrip, manualResolution } from './workflows.ts';

const { values: flags } = parseArgs({
  options: {
    id: { type: 'string', default: `trip-${crypto.randomUUID().slice(0, 8)}` },
    flight: { type: 'string', default: 'LH 400' },
    hotel: { type: 'string', default: 'Sea View' },
    car: { type: 'string', default: 'Mini' },
    wait: { type: 'boolean', default: false },
    resolve: { type: 'string' },
  },
});
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });

if (flags.resolve) {
  await client.workflow.getHandle(flags.id).signal(manualResolution, flags.resolve as Resolution);
} else {
  const { id, flight, hotel, car } = flags;
  const handle = await client.workflow.start(bookTrip, {
    taskQueue: TASK_QUEUE,
    workflowId: id,
    args: [{ id, flight, hotel, car }, flags.wait ? 'wait' : 'freeze'],
  });
  console.log(`Workflow ${handle.workflowId}`);
  console.log(
    await handle.result().catch((error) => `${error.cause.message}: ${error.cause.cause?.cause?.message}`),
  );
}
