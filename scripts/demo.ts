/** `npm run demo`: an engine and a Worker of their own, one transfer, every event as it happens. `--help` says how. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createColors } from 'picocolors';
import { bankOnDisk } from '../examples/money-transfer/bank-node.ts';
import { TASK_QUEUE } from '../examples/money-transfer/shared.ts';
import { moneyTransfer } from '../examples/money-transfer/workflows.ts';
import { eventPrinter, historyTable } from '../sdk/cli/render.ts';
import { Client, Connection, type HistoryEvent, readHistory } from '../sdk/client/index.ts';
import { attributesOf } from '../sdk/common/history.ts';
import { launchEngine } from './lib/launch.ts';
import { launchNodeWorker } from './lib/node-worker.ts';
import { commandLine } from './lib/options.ts';
import { freePort } from './lib/ports.ts';
import { endGroupsWithThisProcess, type ProcessGroup } from './lib/process-group.ts';

const { values: flags } = commandLine({
  command: 'npm run demo',
  about:
    'An engine and a Worker of their own, one transfer, every event as it happens. Offline; leaves nothing behind.',
  options: {
    kill: {
      kind: 'flag',
      about:
        'ends both with kill -9 while the money is on its way, and starts them again: it arrives, and only once',
    },
    json: { kind: 'flag', about: 'standard output is one JSON document' },
  },
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
/** What the bank takes for each booking. */
const BANK_DELAY_MS = 400;

/** An engine and a Worker that can be started again over the same data. */
class World {
  readonly groups: ProcessGroup[] = [];
  readonly #dataDir: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  get bankDir(): string {
    return join(this.#dataDir, 'bank');
  }

  async start(): Promise<Client> {
    const engine = await launchEngine({ dataDir: this.#dataDir });
    this.groups.push(engine.group);
    const env = {
      PERDURE_ADDRESS: engine.url,
      PORT: String(await freePort()),
      BANK_DIR: this.bankDir,
      BANK_DELAY_MS: String(BANK_DELAY_MS),
    };
    this.groups.push(await launchNodeWorker({ outDir: join(this.#dataDir, 'workers'), env }));
    return new Client({ connection: await Connection.connect({ address: engine.url }) });
  }

  /** With SIGKILL. */
  async kill(): Promise<void> {
    await Promise.all(this.groups.splice(0).map((group) => group.stop()));
  }
}

type Execution = { workflowId: string; runId: string };

/** Prints events as they happen, those that are new. @returns when the run has ended, or behind the first that `until` takes */
async function follow(
  { workflowService }: Client,
  execution: Execution,
  events: HistoryEvent[],
  print: (events: HistoryEvent[]) => string,
  until: (event: HistoryEvent) => boolean = () => false,
): Promise<void> {
  const known = events.length;
  let seen = 0;
  for await (const event of readHistory(workflowService, { namespace: 'default', execution, follow: true })) {
    if (++seen <= known) continue;
    events.push(event);
    say(print([event]));
    if (until(event)) return;
  }
}

const isDepositScheduled = (event: HistoryEvent): boolean =>
  event.eventType === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED' &&
  attributesOf(event, 'ActivityTaskScheduled').activityType.name === 'deposit';

async function main(world: World): Promise<void> {
  const bank = bankOnDisk(world.bankDir);
  const showBalances = async (title: string): Promise<void> => {
    const balances = await bank.balances(accounts);
    say(`${title}: ${accounts.map((account) => `${account} ${balances[account]}`).join(', ')}`);
  };

  say('Starting an engine (wrangler dev) and a Worker (Node)…');
  let client = await world.start();
  await showBalances('Balances before');
  const { workflowId, firstExecutionRunId: runId } = await client.workflow.start(moneyTransfer, {
    taskQueue: TASK_QUEUE,
    workflowId: 'transfer-demo-1',
    args: [details],
  });
  const execution = { workflowId, runId };
  say(`\nWorkflow ${workflowId}, events as they happen:`);
  const print = eventPrinter(colors);
  const events: HistoryEvent[] = [];
  if (flags.kill) {
    await follow(client, execution, events, print, isDepositScheduled);
    // In the middle of the call of the bank.
    await sleep(BANK_DELAY_MS / 2);
    await world.kill();
    say(`\n${colors.red('kill -9: the engine and the Worker are gone.')}`);
    await showBalances('Balances now');
    say('Starting both again, over the same data…\n');
    client = await world.start();
  }
  await follow(client, execution, events, print);
  const handle = client.workflow.getHandle<typeof moneyTransfer>(workflowId, runId);
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
const world = new World(dataDir);
try {
  await main(world);
} catch (error) {
  console.error((error as Error).message);
  for (const group of world.groups) console.error(group.output.trim());
  process.exitCode = 1;
} finally {
  await world.kill();
  await rm(dataDir, { recursive: true, force: true });
}
