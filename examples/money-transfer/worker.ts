/** The Worker on Cloudflare. */

import { createWorker } from 'perdure/worker';
import { createActivities } from './activities.ts';
import { type BankLedger, bankInDurableObject } from './bank-durable-object.ts';
import { TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

export { BankLedger } from './bank-durable-object.ts';

interface Env {
  BANK: DurableObjectNamespace<BankLedger>;
  BANK_DELAY_MS?: string;
}

export default createWorker<Env>({
  taskQueue: TASK_QUEUE,
  workflows,
  activities: (env) => createActivities(bankInDurableObject(env.BANK), Number(env.BANK_DELAY_MS ?? 0)),
});
