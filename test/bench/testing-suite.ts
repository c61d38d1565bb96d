/** A suite of workflow tests as an application has it: an environment and a Worker for each, some days of timers in between. */

import { join } from 'node:path';
import { createActivities } from '../../examples/money-transfer/activities.ts';
import { Ledger, openBank } from '../../examples/money-transfer/bank.ts';
import { TASK_QUEUE } from '../../examples/money-transfer/shared.ts';
import { failFirst, TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { Worker } from '../../sdk/worker/node.ts';
import { silent } from './in-process.ts';

const workflowsPath = join(import.meta.dirname, '../../examples/money-transfer/workflows.ts');
const details = {
  amount: 400,
  sourceAccount: 'acct-alice',
  targetAccount: 'acct-bob',
  referenceId: 'ref-1',
};

type Test = (env: TestWorkflowEnvironment) => Promise<unknown>;
const options = { taskQueue: TASK_QUEUE, workflowId: 'transfer', args: [details] };

/** What the tests do, in turn. */
const tests: Test[] = [
  ({ client }) => client.workflow.execute('moneyTransfer', options),
  (env) =>
    env.withFaults({ activities: { deposit: failFirst(3) } }, () =>
      env.client.workflow.execute('moneyTransfer', options),
    ),
  async ({ client }) => {
    const handle = await client.workflow.start('approvedTransfer', options);
    await handle.signal('approve', 'Carol');
    return handle.result();
  },
  // Nobody approves for a day.
  ({ client }) => client.workflow.execute('approvedTransfer', options).catch(() => 'not approved'),
];

export async function runSuite(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const ledger = new Ledger();
    const activities = createActivities(
      openBank({
        record: async (entry) => ledger.apply(entry),
        balances: async (names) => Object.fromEntries(names.map((name) => [name, ledger.balance(name)])),
      }),
    );
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    const { nativeConnection: connection } = env;
    const worker = await Worker.create({
      connection,
      taskQueue: TASK_QUEUE,
      workflowsPath,
      activities,
      logger: silent,
      shutdownSignals: [],
    });
    await worker.runUntil(() => tests[n % tests.length]!(env));
    await env.teardown();
  }
}
