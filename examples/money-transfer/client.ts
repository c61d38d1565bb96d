/**
 * Starts a transfer and watches it: balances before, each event and attempt as it happens, the result, balances after.
 * Its flags: see USAGE.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  ActivityFailure,
  Client,
  Connection,
  type HistoryEvent,
  readHistory,
  WorkflowFailedError,
} from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { accountBalances, moneyTransfer } from './workflows.ts';

const USAGE =
  'npm run client -- [--amount 400] [--from acct-alice] [--to acct-bob] [--reference REF] [--address URL]';
const flags = readFlags();

const connection = await Connection.connect({ address: flags.address, connectTimeout: '5s' }).catch(
  (error) => {
    console.error(
      `${error.message}\nStart an engine with: npm run engine; or name another with --address URL`,
    );
    process.exit(1);
  },
);
const client = new Client({ connection });

await printBalances('Balances before');
const details = {
  amount: Number(flags.amount),
  sourceAccount: flags.from,
  targetAccount: flags.to,
  referenceId: flags.reference,
};
const handle = await client.workflow
  .start(moneyTransfer, {
    taskQueue: TASK_QUEUE,
    workflowId: `transfer-${flags.reference}`,
    args: [details],
    // Run again while the transfer is under way, this program watches it instead of starting another.
    workflowIdConflictPolicy: 'USE_EXISTING',
  })
  .catch((error: Error) => {
    console.error(
      `${error.message}\nRun it again with --reference ${flags.reference}: the money moves once.`,
    );
    process.exit(1);
  });
console.log(`Transfer of ${flags.amount} from ${flags.from} to ${flags.to}: workflow ${handle.workflowId}`);

const ENGINE_AWAY = '  ! the engine does not answer; waiting for it';
const watching = new AbortController();
const attempts = printAttempts(watching.signal);
await printEvents();
watching.abort();
await attempts;

try {
  console.log(await handle.result());
} catch (error) {
  if (!(error instanceof WorkflowFailedError)) throw error;
  process.exitCode = 1;
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof ActivityFailure)) console.error(cause.message);
  }
}
await printBalances('Balances after');

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        amount: { type: 'string', default: '400' },
        from: { type: 'string', default: 'acct-alice' },
        to: { type: 'string', default: 'acct-bob' },
        reference: { type: 'string', default: `ref-${crypto.randomUUID().slice(0, 8)}` },
        address: { type: 'string', default: process.env.PERDURE_ADDRESS ?? 'http://127.0.0.1:8787' },
      },
    });
    if (Number.isNaN(Number(values.amount))) throw new Error(`"${values.amount}" is not an amount`);
    return values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(1);
  }
}

/** Read by a workflow too, so that it works wherever the Worker keeps its bank. */
async function printBalances(title: string): Promise<void> {
  const hint = setTimeout(
    () => console.log(`(waiting for a Worker on ${TASK_QUEUE}: npm run worker)`),
    3_000,
  );
  const balances = await client.workflow
    .execute(accountBalances, {
      taskQueue: TASK_QUEUE,
      workflowId: `balances-${crypto.randomUUID()}`,
      args: [[flags.from, flags.to]],
    })
    .finally(() => clearTimeout(hint))
    .then((found) => Object.entries(found).map(([account, balance]) => `${account} ${balance}`))
    .catch((error) => [`not known (${error.cause?.cause?.message ?? error.message})`]);
  console.log(`${title}: ${balances.join(', ')}`);
}

async function printEvents(): Promise<void> {
  const { workflowId, firstExecutionRunId: runId } = handle;
  const events = readHistory(client.workflowService, {
    namespace: client.namespace,
    execution: { workflowId, runId },
    follow: true,
  });
  for await (const event of events) console.log(eventLine(event));
}

function eventLine(event: HistoryEvent): string {
  const type = event.eventType.replace('EVENT_TYPE_', '').toLowerCase().replaceAll('_', ' ');
  const activity =
    'activityTaskScheduledEventAttributes' in event && event.activityTaskScheduledEventAttributes;
  return `${event.eventTime}  ${event.eventId.padStart(3)} ${type}${activity ? `: ${activity.activityType.name}` : ''}`;
}

/** Attempts are not events: they are asked for, once a second, and printed when they change. */
async function printAttempts(signal: AbortSignal): Promise<void> {
  let last = '';
  while (!signal.aborted) {
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
    const text = await client.withAbortSignal(signal, describeAttempt).catch(() => ENGINE_AWAY);
    if (text !== last && text !== '' && !signal.aborted) console.log(text);
    last = text;
  }
}

async function describeAttempt(): Promise<string> {
  const { raw } = await client.withDeadline(Date.now() + 3_000, () => handle.describe());
  const lines = raw.pendingActivities
    .filter((activity) => activity.attempt > 1 || activity.lastFailure)
    .map(({ activityType, attempt, lastFailure, nextAttemptScheduleTime, waitingReason }) => {
      const next = nextAttemptScheduleTime ? `, next at ${nextAttemptScheduleTime}` : '';
      const reason = waitingReason ?? `last failure: ${lastFailure?.message ?? 'none'}`;
      return `  ${activityType.name}: attempt ${attempt}${next}; ${reason}`;
    });
  return (lines.length > 0 ? lines : raw.problems.map((problem) => `  ! ${problem}`)).join('\n');
}
