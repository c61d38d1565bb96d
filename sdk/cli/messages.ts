/** `perdure workflow query|signal|update …`: talking to workflows. */

import { type Command, InvalidArgumentError } from 'commander';
import { toClientError } from '../client/errors.ts';
import type { WorkflowUpdateHandle } from '../client/index.ts';
import { toWire } from '../common/enums.ts';
import type { UpdateOutcomeJson } from '../common/history.ts';
import { toPayloadsJson } from '../common/payload.ts';
import { type OneOrManyFlags, oneOrBatch, oneOrManyFlags } from './batch.ts';
import {
  addCommand,
  type Invocation,
  noun,
  type TargetFlags,
  type Terminal,
  targetFlags,
} from './context.ts';
import { inputFlags } from './input.ts';
import { patiently } from './patience.ts';
import { showFailure, showPayloads, table } from './render.ts';

type MessageFlags = TargetFlags & { name: string; input?: unknown[] };
type SignalFlags = OneOrManyFlags & { name: string; input?: unknown[] };
type UpdateFlags = MessageFlags & { updateId?: string; firstExecutionRunId?: string };
type UpdateIdFlags = TargetFlags & { updateId: string };

export function addMessageCommands(workflow: Command, terminal: Terminal): void {
  addCommand<MessageFlags>(workflow, terminal, ['query', 'ask a workflow'], messageFlags, query);
  addCommand<SignalFlags>(
    workflow,
    terminal,
    ['signal', 'send a signal to a workflow, or to all that match'],
    (command) => handlerFlags(oneOrManyFlags(command)),
    signal,
  );
  const update = noun('update', 'change a workflow and learn what came of it');
  workflow.addCommand(update);
  addCommand<UpdateFlags>(
    update,
    terminal,
    ['execute', 'send an update and print what its handler returned'],
    updateFlags,
    executeUpdate,
  );
  addCommand<UpdateFlags & { waitForStage: string }>(
    update,
    terminal,
    ['start', 'send an update and return once the workflow has accepted or refused it'],
    (command) =>
      updateFlags(command).requiredOption('--wait-for-stage <stage>', 'always: accepted', accepted),
    startUpdate,
  );
  addCommand<UpdateIdFlags>(
    update,
    terminal,
    ['describe', 'how far an update has come'],
    updateIdFlags,
    describeUpdate,
  );
  addCommand<UpdateIdFlags>(
    update,
    terminal,
    ['result', 'wait for what the handler of an update returns'],
    updateIdFlags,
    updateResult,
  );
}

const messageFlags = (command: Command): Command => handlerFlags(targetFlags(command));
const handlerFlags = (command: Command): Command =>
  inputFlags(command.requiredOption('--name <name>', 'name of the handler'))
    .option('--type <name>', 'another name of --name')
    .on('option:type', (name: string) => command.setOptionValue('name', name));
const updateFlags = (command: Command): Command =>
  messageFlags(command)
    .option('--update-id <id>', 'names the update, so that sending it again changes nothing')
    .option('--first-execution-run-id <id>', 'only a run of the chain that began with this one');
const updateIdFlags = (command: Command): Command =>
  targetFlags(command).requiredOption('--update-id <id>', 'the update');

export function accepted(stage: string): string {
  if (stage.toLowerCase() === 'accepted') return stage;
  throw new InvalidArgumentError('Only the stage "accepted" can be waited for.');
}

/** The engine itself waits 10 s for a Worker; its answer says what is missing. */
const QUERY_PATIENCE = 11_000;

async function query({ client, flags, terminal }: Invocation<MessageFlags>): Promise<void> {
  const handle = client.workflow.getHandle(flags.workflowId, flags.runId);
  const answer: unknown = await client.withDeadline(Date.now() + QUERY_PATIENCE, () =>
    handle.query(flags.name, ...(flags.input ?? [])),
  );
  terminal.print(JSON.stringify(answer, null, 2) ?? 'undefined');
}

async function signal(invocation: Invocation<SignalFlags>): Promise<void> {
  const { client, flags, show } = invocation;
  const { name, input: values = [] } = flags;
  const input = toPayloadsJson(client.dataConverter.payloadConverter, ...values);
  const { identity } = client;
  const one = await oneOrBatch(invocation, {
    signalOperation: { signal: name, identity, ...(input && { input }) },
  });
  if (!one) return;
  await client.workflow.getHandle(one.workflowId, one.runId).signal(name, ...values);
  show({ workflowId: one.workflowId, signal: name }, `Signal ${name} is recorded.`);
}

function sendUpdate(invocation: Invocation<UpdateFlags>): Promise<WorkflowUpdateHandle<unknown>> {
  const { client, flags } = invocation;
  const { workflowId, runId, firstExecutionRunId, name, input, updateId } = flags;
  const handle = client.workflow.getHandle(workflowId, runId, {
    ...(firstExecutionRunId && { firstExecutionRunId }),
  });
  return patiently(invocation, flags, () =>
    handle.startUpdate<unknown, [unknown, ...unknown[]]>(name, {
      args: (input ?? []) as [unknown, ...unknown[]],
      waitForStage: 'ACCEPTED',
      ...(updateId && { updateId }),
    }),
  );
}

async function executeUpdate(invocation: Invocation<UpdateFlags>): Promise<void> {
  await printOutcome(invocation, await sendUpdate(invocation));
}

async function startUpdate(invocation: Invocation<UpdateFlags>): Promise<void> {
  const { updateId, workflowId, workflowRunId: runId } = await sendUpdate(invocation);
  const rows = [
    ['Update', updateId],
    ['Workflow', workflowId],
    ['Run', runId ?? ''],
  ];
  invocation.show({ updateId, workflowId, runId, name: invocation.flags.name }, table(rows));
}

async function updateResult(invocation: Invocation<UpdateIdFlags>): Promise<void> {
  const { client, flags } = invocation;
  const handle = client.workflow.getHandle(flags.workflowId, flags.runId);
  await printOutcome(invocation, handle.getUpdateHandle(flags.updateId));
}

/** An update that failed makes the command fail: its reasons are on standard error. */
export async function printOutcome<F>(
  invocation: Invocation<F>,
  update: WorkflowUpdateHandle<unknown>,
): Promise<void> {
  const { updateId, workflowId, workflowRunId: runId } = update;
  const result = await patiently(invocation, { workflowId, runId }, () => update.result());
  invocation.show({ updateId, workflowId, runId, result }, JSON.stringify(result, null, 2) ?? 'no result');
}

async function describeUpdate({ client, flags, show }: Invocation<UpdateIdFlags>): Promise<void> {
  const { workflowId, runId, updateId } = flags;
  const { namespace } = client;
  const execution = { workflowId, ...(runId && { runId }) };
  const reply = await client
    .codedService(client.workflowSerializationContext(workflowId))
    .pollWorkflowExecutionUpdate({ namespace, updateRef: { workflowExecution: execution, updateId } })
    .catch((error) => {
      throw toClientError(error, 'describe the update', { execution });
    });
  const { stage, outcome, updateRef } = reply;
  const rows = [
    ['Update', updateId],
    ['Workflow', workflowId],
    ['Run', updateRef.workflowExecution.runId],
    ['Stage', stage.replace(toWire('updateStage', ''), '')],
    ...(outcome ? [['Outcome', outcomeText(outcome)]] : []),
  ];
  show(reply, table(rows));
}

function outcomeText(outcome: UpdateOutcomeJson): string {
  return 'failure' in outcome ? showFailure(outcome.failure) : showPayloads(outcome.success);
}
