/** `perdure workflow signal-with-start|execute-update-with-start|start-update-with-start`: a message, and a start where need be. */

import type { Command } from 'commander';
import { WithStartWorkflowOperation } from '../client/index.ts';
import { addCommand, type Invocation, type Terminal } from './context.ts';
import { inputFlags } from './input.ts';
import { accepted, printOutcome } from './messages.ts';
import { patiently } from './patience.ts';
import { table } from './render.ts';
import { type StartFlags, startFlags, startOptions } from './start-flags.ts';

type SignalFlags = StartFlags & { signalName: string; signalInput?: unknown[] };
type UpdateFlags = StartFlags & { updateName: string; updateInput?: unknown[]; updateId?: string };

export function addWithStartCommands(workflow: Command, terminal: Terminal): void {
  addCommand<SignalFlags>(
    workflow,
    terminal,
    ['signal-with-start', 'send a signal, to a workflow that is started if none runs'],
    (command) =>
      inputFlags(
        startFlags(command).requiredOption('--signal-name <name>', 'the signal'),
        'argument of the signal',
        'signal-',
      ),
    signalWithStart,
  );
  const updateFlags = (command: Command): Command =>
    inputFlags(
      startFlags(command).requiredOption('--update-name <name>', 'the update'),
      'argument of the update',
      'update-',
    ).option('--update-id <id>', 'names the update, so that sending it again changes nothing');
  addCommand<UpdateFlags>(
    workflow,
    terminal,
    [
      'execute-update-with-start',
      'send an update, to a workflow that is started if none runs, and print what came of it',
    ],
    updateFlags,
    async (invocation) => {
      await printOutcome(invocation, await sendUpdate(invocation));
    },
  );
  addCommand<UpdateFlags>(
    workflow,
    terminal,
    [
      'start-update-with-start',
      'as execute-update-with-start, but return once the update is accepted or refused',
    ],
    (command) => updateFlags(command).option('--update-wait-for-stage <stage>', 'always: accepted', accepted),
    startUpdateWithStart,
  );
}

async function signalWithStart({ client, flags, show }: Invocation<SignalFlags>): Promise<void> {
  const { signalName: signal, signalInput: signalArgs = [] } = flags;
  const options = { ...startOptions(flags), signal, signalArgs };
  const { workflowId, signaledRunId: runId } = await client.workflow.signalWithStart(flags.type, options);
  const rows = [
    ['Workflow', workflowId],
    ['Run', runId],
    ['Signal', signal],
  ];
  show({ workflowId, runId, signal }, table(rows));
}

/** Temporal's command uses a workflow that runs, unless it is told otherwise. */
function sendUpdate(invocation: Invocation<UpdateFlags>) {
  const { client, flags } = invocation;
  const { updateName, updateInput = [], updateId } = flags;
  const started = startOptions(flags);
  const startWorkflowOperation = new WithStartWorkflowOperation(flags.type, {
    ...started,
    workflowIdConflictPolicy: flags.idConflictPolicy ?? 'USE_EXISTING',
  });
  const args = updateInput as [unknown, ...unknown[]];
  const options = { args, startWorkflowOperation, ...(updateId && { updateId }) };
  return patiently(invocation, started, () =>
    client.workflow.startUpdateWithStart(updateName, { ...options, waitForStage: 'ACCEPTED' }),
  );
}

async function startUpdateWithStart(invocation: Invocation<UpdateFlags>): Promise<void> {
  const { updateId, workflowId, workflowRunId: runId = '' } = await sendUpdate(invocation);
  const rows = [
    ['Update', updateId],
    ['Workflow', workflowId],
    ['Run', runId],
  ];
  const { updateName: name } = invocation.flags;
  invocation.show({ updateId, workflowId, runId, name }, table(rows));
}
