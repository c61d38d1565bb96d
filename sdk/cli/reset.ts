/** `perdure workflow reset` and `fork`: a new run that goes on from a point of an old one. */

import { type Command, InvalidArgumentError } from 'commander';
import { toClientError } from '../client/errors.ts';
import { ResetReapplyExcludeType } from '../common/enums.ts';
import type { ResetOptionsJson } from '../common/service.ts';
import { idOrQueryFlags, type OneOrManyFlags, oneOrBatch } from './batch.ts';
import { addCommand, type Invocation, positiveInteger, type Terminal } from './context.ts';

interface ResetFlags extends OneOrManyFlags {
  eventId?: number;
  type?: string;
  buildId?: string;
  reason: string;
  reapplyExclude?: string[];
}

const POINTS = ['FirstWorkflowTask', 'LastWorkflowTask', 'BuildId'];
const KINDS = ['All', 'Signal', 'Update', 'Cancel'];

export function addResetCommand(workflow: Command, terminal: Terminal): void {
  addCommand<ResetFlags>(
    workflow,
    terminal,
    ['reset', 'go back in history and on from there, as a new run'],
    resetFlags,
    reset,
  );
  addCommand<ForkFlags>(
    workflow,
    terminal,
    [
      'fork',
      'go back in history and on from there under another workflow id; the workflow itself is not touched',
    ],
    (command) =>
      pointFlags(
        command
          .requiredOption('-w, --workflow-id <id>', 'the workflow')
          .option('-r, --run-id <id>', 'the run; default: the newest')
          .requiredOption('--new-workflow-id <id>', 'what the copy is called'),
      ),
    fork,
  );
}

interface ForkFlags extends ResetFlags {
  workflowId: string;
  newWorkflowId: string;
}

async function fork({ client, flags, show }: Invocation<ForkFlags>): Promise<void> {
  const { namespace, identity, workflowService } = client;
  const { workflowId, runId, newWorkflowId, eventId, reason } = flags;
  const options = pointOf(flags);
  const request = {
    namespace,
    identity,
    workflowExecution: { workflowId, ...(runId && { runId }) },
    newWorkflowId,
    reason,
    ...(eventId !== undefined ? { workflowTaskFinishEventId: eventId } : { options: options! }),
    resetReapplyExcludeTypes: exclusions(flags.reapplyExclude),
  };
  const reply = await workflowService.forkWorkflowExecution(request).catch((error) => {
    throw toClientError(error, `fork workflow ${workflowId}`);
  });
  show(reply, `Workflow ${newWorkflowId} goes on from there as run ${reply.runId}.`);
}

const resetFlags = (command: Command): Command => pointFlags(idOrQueryFlags(command));
const pointFlags = (command: Command): Command =>
  command
    .option('-e, --event-id <n>', 'the workflow task event to go back to', positiveInteger)
    .option('--type <point>', `instead of an event: ${POINTS.join(', ')}`)
    .option('--build-id <id>', 'with --type BuildId: before the first workflow task of this build')
    .requiredOption('--reason <text>', 'why; recorded in history')
    .option('--reapply-exclude <kinds...>', `do not send these again: ${KINDS.join(', ')}`);

async function reset(invocation: Invocation<ResetFlags>): Promise<void> {
  const { client, flags, show } = invocation;
  const { namespace, identity, workflowService } = client;
  const { eventId, reason } = flags;
  const options = pointOf(flags);
  if (flags.query !== undefined && !options)
    throw new InvalidArgumentError(
      '--query: an event id means another place in every history; give --type <point>',
    );
  const resetReapplyExcludeTypes = exclusions(flags.reapplyExclude);
  const one = await oneOrBatch(invocation, {
    resetOperation: { identity, ...(options && { options }), resetReapplyExcludeTypes },
  });
  if (!one) return;
  const { workflowId, runId } = one;
  const reply = await workflowService.resetWorkflowExecution({
    namespace,
    identity,
    workflowExecution: { workflowId, ...(runId && { runId }) },
    reason,
    ...(eventId !== undefined ? { workflowTaskFinishEventId: eventId } : { options: options! }),
    resetReapplyExcludeTypes,
  });
  show({ workflowId, ...reply }, `The workflow goes on as run ${reply.runId}.`);
}

function pointOf({ eventId, type, buildId }: ResetFlags): ResetOptionsJson | undefined {
  if ((eventId === undefined) === (type === undefined))
    throw new InvalidArgumentError('Say where to go back to: --event-id <n>, or --type <point>');
  if (type === undefined) return undefined;
  if (type === 'FirstWorkflowTask') return { firstWorkflowTask: {} };
  if (type === 'LastWorkflowTask') return { lastWorkflowTask: {} };
  if (type !== 'BuildId') throw new InvalidArgumentError(`--type: one of ${POINTS.join(', ')}, not ${type}`);
  if (!buildId) throw new InvalidArgumentError('--type BuildId: needs --build-id <id>');
  return { buildId };
}

function exclusions(kinds: string[] = []): string[] {
  const wire = kinds.flatMap((kind) => {
    if (kind === 'All') return Object.keys(ResetReapplyExcludeType);
    if (!KINDS.includes(kind))
      throw new InvalidArgumentError(`--reapply-exclude: one of ${KINDS.join(', ')}, not ${kind}`);
    return kind === 'Cancel' ? ['CANCEL_REQUEST'] : [kind.toUpperCase()];
  });
  return wire.map((name) => `RESET_REAPPLY_EXCLUDE_TYPE_${name}`);
}
