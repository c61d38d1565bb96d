/** `perdure workflow …`: start workflows, look at them, end them. */

import { type Command, InvalidArgumentError } from 'commander';
import { toClientError } from '../client/errors.ts';
import {
  type HistoryEvent,
  nextRunOf,
  readHistory,
  type WorkflowExecutionInfo,
  WorkflowFailedError,
  type WorkflowHandle,
} from '../client/index.ts';
import { type OneOrManyFlags, oneOrBatch, oneOrManyFlags } from './batch.ts';
import {
  addCommand,
  ExitError,
  type Invocation,
  noun,
  positiveInteger,
  type TargetFlags,
  type Terminal,
  targetFlags,
} from './context.ts';
import { addUpdateOptions } from './deployment.ts';
import { addInspectCommands } from './inspect.ts';
import { addMessageCommands } from './messages.ts';
import { addPauseCommands } from './operations.ts';
import { patiently } from './patience.ts';
import { descriptionText, errorLines, eventPrinter, problemLines, table } from './render.ts';
import { addReplayCommand } from './replay.ts';
import { addResetCommand } from './reset.ts';
import { type StartFlags, startFlags, startWorkflow } from './start-flags.ts';
import { addStorageCommands } from './storage.ts';
import { addWithStartCommands } from './with-start.ts';

const MAX_DESCRIBED = 50;

type ShowFlags = TargetFlags & { follow?: boolean; reverse?: boolean };

export function workflowCommand(terminal: Terminal): Command {
  const workflow = noun('workflow', 'start, inspect and control workflows');
  const add = <F>(
    name: string,
    description: string,
    define: (command: Command) => Command,
    action: (invocation: Invocation<F>) => Promise<void>,
  ): void => addCommand(workflow, terminal, [name, description], define, action);

  add<StartFlags>('start', 'start a workflow and return at once', startFlags, start);
  add<StartFlags>('execute', 'start a workflow, show its events, wait for its result', startFlags, execute);
  add<{ query?: string; limit: number }>(
    'list',
    'list workflows: open ones first, the newest before the others; then closed ones, the last closed first',
    listFlags,
    list,
  );
  add<{ query?: string }>('count', 'count workflows', queryFlag, count);
  add<TargetFlags>(
    'describe',
    'what a workflow is doing, and what keeps it from going on',
    targetFlags,
    describe,
  );
  add<ShowFlags>(
    'show',
    "print a workflow's history",
    (c) =>
      targetFlags(c)
        .option('-f, --follow', 'wait for further events until the workflow closes')
        .option('--reverse', 'the newest event first'),
    showHistory,
  );
  add<TargetFlags>('result', "wait for a workflow's result and print it", targetFlags, result);
  addInspectCommands(workflow, terminal);
  addMessageCommands(workflow, terminal);
  addWithStartCommands(workflow, terminal);
  addPauseCommands(workflow, terminal);
  addReplayCommand(workflow, terminal);
  addUpdateOptions(workflow, terminal);
  addResetCommand(workflow, terminal);
  add<OneOrManyFlags>('cancel', 'ask a workflow, or all that match, to cancel', oneOrManyFlags, cancel);
  add<OneOrManyFlags>('terminate', 'close a workflow, or all that match, at once', oneOrManyFlags, terminate);
  addStorageCommands(workflow, terminal);
  return workflow;
}

const queryFlag = (command: Command): Command =>
  command.option('-q, --query <filter>', `for example "ExecutionStatus = 'Running'"`);
const listFlags = (command: Command): Command =>
  queryFlag(command).option('--limit <n>', 'at most this many', positiveInteger, 20);

async function start(invocation: Invocation<StartFlags>): Promise<void> {
  const { workflowId, firstExecutionRunId: runId } = await startWorkflow(invocation);
  const { type, taskQueue, namespace } = invocation.flags;
  const rows = [
    ['Workflow', workflowId],
    ['Run', runId],
    ['Type', type],
    ['Task queue', taskQueue],
  ];
  invocation.show({ workflowId, runId, type, taskQueue, namespace }, table(rows));
}

async function execute(invocation: Invocation<StartFlags>): Promise<void> {
  const handle = await startWorkflow(invocation);
  const runId = handle.firstExecutionRunId;
  const { workflowId } = handle;
  if (invocation.flags.output === 'text') {
    invocation.terminal.print(`Workflow ${workflowId}, run ${runId}`);
    await patiently(invocation, { workflowId }, () => printEvents(invocation, { workflowId, runId }, true));
  }
  await printResult(invocation, handle, runId);
}

async function result(invocation: Invocation<TargetFlags>): Promise<void> {
  const { workflowId, runId } = invocation.flags;
  const handle = invocation.client.workflow.getHandle(workflowId, runId);
  await patiently(invocation, invocation.flags, () => printResult(invocation, handle, runId));
}

/** A workflow that did not complete makes the command fail (exit code 1). */
async function printResult<F>(
  { show, flags, terminal }: Invocation<F>,
  handle: WorkflowHandle,
  runId: string | undefined,
): Promise<void> {
  const { workflowId } = handle;
  try {
    const value: unknown = await handle.result();
    show(
      { workflowId, runId, status: 'COMPLETED', result: value },
      JSON.stringify(value, null, 2) ?? 'no result',
    );
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const lines = errorLines(error);
    if (flags.output !== 'text') show({ workflowId, runId, status: 'FAILED', failure: lines }, '');
    else for (const line of lines) terminal.complain(terminal.colors.red(line));
    throw new ExitError(1);
  }
}

async function showHistory(invocation: Invocation<ShowFlags>): Promise<void> {
  const { workflowId, runId, follow = false, reverse = false, output } = invocation.flags;
  if (reverse && follow)
    throw new InvalidArgumentError('--reverse ends where a run begins: there is nothing to follow.');
  if (reverse) return showReversed(invocation);
  if (output !== 'json') return printEvents(invocation, { workflowId, runId }, follow);
  if (follow) await invocation.client.workflow.getHandle(workflowId, runId).result().catch(onlyIfClosed);
  const history = await invocation.client.workflow.getHandle(workflowId, runId).fetchHistory();
  invocation.show(await invocation.decode(history), '');
}

/** The newest event first. */
async function showReversed(invocation: Invocation<ShowFlags>): Promise<void> {
  const { client, terminal, decode, flags } = invocation;
  const { workflowId, runId, output } = flags;
  const execution = { workflowId, ...(runId && { runId }) };
  const events: HistoryEvent[] = [];
  const print = eventPrinter(terminal.colors);
  let nextPageToken: string | undefined;
  do {
    const page = await client.workflowService
      .getWorkflowExecutionHistoryReverse({
        namespace: client.namespace,
        execution,
        ...(nextPageToken && { nextPageToken }),
      })
      .catch((error) => {
        throw toClientError(error, 'show the workflow', { execution });
      });
    const decoded = await decode(page.history.events);
    if (output === 'text' && decoded.length > 0) terminal.print(print(decoded));
    for (const event of output === 'text' ? [] : decoded) {
      if (output === 'jsonl') terminal.print(JSON.stringify(event));
      else events.push(event);
    }
    nextPageToken = page.nextPageToken;
  } while (nextPageToken);
  if (output === 'json') invocation.show({ events }, '');
}

function onlyIfClosed(error: unknown): void {
  if (!(error instanceof WorkflowFailedError)) throw error;
}

/** Each event as soon as it is there; following, also those of the runs that continue this one. */
async function printEvents(
  invocation: Pick<Invocation<unknown>, 'client' | 'terminal' | 'decode' | 'flags'>,
  { workflowId, runId }: { workflowId: string; runId?: string | undefined },
  follow: boolean,
): Promise<void> {
  const { client, terminal, decode, flags } = invocation;
  const events = readHistory(client.workflowService, {
    namespace: client.namespace,
    execution: { workflowId, ...(runId && { runId }) },
    follow,
    abortSignal: terminal.abortSignal,
  });
  let last: HistoryEvent | undefined;
  const asText = flags.output === 'text';
  const print = eventPrinter(terminal.colors);
  for await (const event of events) {
    last = event;
    const decoded = await decode(event);
    terminal.print(asText ? print([decoded]) : JSON.stringify(decoded));
  }
  const next = last && nextRunOf(last);
  if (!next) return;
  if (asText) terminal.print(`Goes on as run ${next}`);
  if (follow) await printEvents(invocation, { workflowId, runId: next }, follow);
}

async function describe(invocation: Invocation<TargetFlags>): Promise<void> {
  const { client, flags, show, terminal, decode } = invocation;
  const description = await client.workflow.getHandle(flags.workflowId, flags.runId).describe();
  const { workflowId, runId, closeTime } = description;
  const asked = closeTime && flags.output === 'text';
  const outcome = asked ? await outcomeOf(client.workflow.getHandle(workflowId, runId)) : undefined;
  const raw = await decode(description.raw);
  const [summary, details] = [await description.staticSummary(), await description.staticDetails()];
  show(raw, descriptionText({ ...description, raw }, { summary, details, outcome }, terminal.colors));
}

/** How a closed run ended, as a row of a table. */
async function outcomeOf(handle: WorkflowHandle): Promise<[title: string, text: string] | undefined> {
  try {
    return ['Result', JSON.stringify(await handle.result()) ?? 'none'];
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return error.cause && ['Failure', errorLines(error.cause).join(' ← ')];
  }
}

async function list(invocation: Invocation<{ query?: string; limit: number }>): Promise<void> {
  const { client, flags, show, terminal, decode } = invocation;
  const found: WorkflowExecutionInfo[] = [];
  for await (const info of client.workflow.list({ query: flags.query, pageSize: flags.limit })) {
    found.push(info);
    if (found.length >= flags.limit) break;
  }
  const rows = found.map((w) => [
    w.status.name,
    w.workflowId,
    w.runId,
    w.type,
    w.taskQueue,
    w.startTime.toISOString(),
  ]);
  const heading = ['Status', 'Workflow', 'Run', 'Type', 'Task queue', 'Started'];
  show(await decode(found.map((w) => w.raw)), rows.length > 0 ? table([heading, ...rows]) : 'No workflows.');
  if (flags.output === 'text') for (const line of await problemsOf(invocation, found)) terminal.print(line);
}

/** What keeps the listed open runs from going on; each distinct problem once. */
async function problemsOf<F>(
  { client, terminal }: Invocation<F>,
  found: WorkflowExecutionInfo[],
): Promise<string[]> {
  const open = found.filter((w) => w.status.name === 'RUNNING').slice(0, MAX_DESCRIBED);
  const problems = await Promise.all(
    open.map(async ({ workflowId, runId }) => {
      const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
      return (raw.problems ?? []).map((problem) => ({ workflowId, problem }));
    }),
  );
  const byProblem = Map.groupBy(problems.flat(), ({ problem }) => problem);
  return [...byProblem].flatMap(([problem, runs]) => {
    const more = runs.length > 1 ? ` and ${runs.length - 1} more` : '';
    return problemLines([`${runs[0]!.workflowId}${more}: ${problem}`], terminal.colors);
  });
}

async function count({ client, flags, show }: Invocation<{ query?: string }>): Promise<void> {
  const { count, groups } = await client.workflow.count(flags.query);
  const rows = groups.map((group) => [group.groupValues.map(String).join(', '), String(group.count)]);
  const text = rows.length > 0 ? table([...rows, ['Total', String(count)]]) : String(count);
  show({ count, ...(groups.length > 0 && { groups }) }, text);
}

async function cancel(invocation: Invocation<OneOrManyFlags>): Promise<void> {
  const { client, show } = invocation;
  const { identity } = client;
  const one = await oneOrBatch(invocation, { cancellationOperation: { identity } });
  if (!one) return;
  await client.workflow.getHandle(one.workflowId, one.runId).cancel();
  show({ workflowId: one.workflowId, cancelRequested: true }, 'The request to cancel is recorded.');
}

async function terminate(invocation: Invocation<OneOrManyFlags>): Promise<void> {
  const { client, show, flags } = invocation;
  const { identity } = client;
  const one = await oneOrBatch(invocation, { terminationOperation: { identity } });
  if (!one) return;
  await client.workflow.getHandle(one.workflowId, one.runId).terminate(flags.reason);
  show({ workflowId: one.workflowId, terminated: true }, 'The workflow is terminated.');
}
