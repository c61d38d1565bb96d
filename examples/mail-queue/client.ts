/** Sends a mail: `client.ts [--to ada@example.org] [--subject Receipt]`. */

import { parseArgs } from 'node:util';
import {
  ActivityExecutionAlreadyStartedError,
  ActivityExecutionFailedError,
  Client,
  Connection,
} from 'perdure/client';
import type * as activities from './activities.ts';
import { mailId, TASK_QUEUE } from './shared.ts';

const { values: mail } = parseArgs({
  options: {
    to: { type: 'string', default: 'ada@example.org' },
    subject: { type: 'string', default: 'Receipt' },
  },
});
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });

const id = mailId(mail);
try {
  // Returns once the engine has it on disk: from here on, it is sent whatever dies.
  const handle = await client.activity.typed<typeof activities>().start('sendMail', {
    id,
    taskQueue: TASK_QUEUE,
    args: [mail],
    startToCloseTimeout: '30 seconds',
    retry: { initialInterval: '1 second', maximumAttempts: 10 },
    // While it is under way, or was sent: no second one. After it failed for good: another try.
    idConflictPolicy: 'USE_EXISTING',
    idReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
  });
  console.log(`Activity ${handle.activityId}`);
  console.log(await handle.result());
} catch (error) {
  if (error instanceof ActivityExecutionAlreadyStartedError)
    console.log(`It was sent before (run ${error.runId})`);
  else if (error instanceof ActivityExecutionFailedError) console.log(`Not sent: ${error.cause?.message}`);
  else throw error;
}
