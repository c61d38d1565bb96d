/** `npm run demo`: an engine and a Worker of their own, one transfer, every event as it happens. `--help` says how. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createColors } from 'picocolors';
import { bankOnDisk } from '../examples/money-transfer/bank-node.ts';
import { TASK_QUEUE } from '../examples/money-transfer/shared.ts';
import { moneyTransfer } from '../examples/money-transfer/workflows.ts';
import { eventPrinter, historyTable } from '../sdk/cli/render.ts';
import { Client, Connection, type HistoryEvent, readHistory } from '../sdk/client/index.ts';
import { launchEngine } from './lib/launch.ts';
import { launchNodeWorker } from './lib/node-worker.ts';
import { commandLine } from './lib/options.ts';
import { freePort } from './lib/ports.ts';
import { endGroupsWithThisProcess, type ProcessGroup } from './lib/process-group.ts';

const { values: flags } = commandLine({
  command: 'npm run demo',
  about:
    'An engine and a Worker of their own, one transfer, every event as it happens. Offline; leaves nothing behind.',
  options: { json: { kind: 'flag', about: 'standard output is one JSON document' } },
});
const colors = createColors(Boolean(process.stdout.isTTY) && !process.env.NO_COLOR);
const say = (text: string): void => {
  if (!flags.json) console.log(text);
};

const accounts = ['acct-alice', 'acct-bob'];
const details = {
  amount: 400,
  sourceAccount: accounts[0]!,
  targetAccount: accounts[1]!,
  referenceId: 'demo-1',
};

async function main(dataDir: string, groups: ProcessGroup[]): Promise<void> {
  const bank = bankOnDisk(join(dataDir, 'bank'));
  const showBalances = async (title: string): Promise<void> => {
    const balances = await bank.balances(accounts);
    say(`${title}: ${accounts.map((account) => `${account} ${balances[account]}`).join(', ')}`);
  };

  say('Starting an engine (wrangler dev) and a Worker (Node)…');
  const engine = await launchEngine({ dataDir });
  groups.push(engine.group);
  groups.push(
    await launchNodeWorker({
      outDir: join(dataDir, 'workers'),
      env: {
        PERDURE_ADDRESS: engine.url,
        PORT: String(await freePort()),
        BANK_DIR: join(dataDir, 'bank'),
        BANK_DELAY_MS: '400',
      },
    }),
  );

  const client = new Client({ connection: await Connection.connect({ address: engine.url }) });
  await showBalances('Balances before');
  const handle = await client.workflow.start(moneyTransfer, {
    taskQueue: TASK_QUEUE,
    workflowId: 'transfer-demo-1',
    args: [details],
  });
  const execution = { workflowId: handle.workflowId, runId: handle.firstExecutionRunId };
  say(`\nWorkflow ${execution.workflowId}, events as they happen:`);
  const print = eventPrinter(colors);
  const events: HistoryEvent[] = [];
  for await (const event of readHistory(client.workflowService, {
    namespace: 'default',
    execution,
    follow: true,
  })) {
    events.push(event);
    say(print([event]));
  }
  const result = await handle.result();
  say(`\n${colors.green(result)}`);
  await showBalances('Balances after');
  say(
    `\nThe history, as the engine keeps it:\n${historyTable((await handle.fetchHistory()).events, colors)}`,
  );
  if (flags.json) console.log(JSON.stringify({ ...execution, result, events }));
}

endGroupsWithThisProcess();
const dataDir = await mkdtemp(join(tmpdir(), 'perdure-demo-'));
const groups: ProcessGroup[] = [];
try {
  await main(dataDir, groups);
} catch (error) {
  console.error((error as Error).message);
  for (const group of groups) console.error(group.output.trim());
  process.exitCode = 1;
} finally {
  await Promise.all(groups.map((group) => group.stop()));
  await rm(dataDir, { recursive: true, force: true });
}
