/** `perdure workflow reset`: a new run that goes on from a point of an old one. */

import type { Command } from 'commander';
import { ValueError } from '../client/index.ts';
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
}

const resetFlags = (command: Command): Command =>
  idOrQueryFlags(command)
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
    throw new ValueError('--query: an event id means another place in every history; give --type <point>');
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
    throw new ValueError('Say where to go back to: --event-id <n>, or --type <point>');
  if (type === undefined) return undefined;
  if (type === 'FirstWorkflowTask') return { firstWorkflowTask: {} };
  if (type === 'LastWorkflowTask') return { lastWorkflowTask: {} };
  if (type !== 'BuildId') throw new ValueError(`--type: one of ${POINTS.join(', ')}, not ${type}`);
  if (!buildId) throw new ValueError('--type BuildId: needs --build-id <id>');
  return { buildId };
}

function exclusions(kinds: string[] = []): string[] {
  const wire = kinds.flatMap((kind) => {
    if (kind === 'All') return Object.keys(ResetReapplyExcludeType);
    if (!KINDS.includes(kind))
      throw new ValueError(`--reapply-exclude: one of ${KINDS.join(', ')}, not ${kind}`);
    return kind === 'Cancel' ? ['CANCEL_REQUEST'] : [kind.toUpperCase()];
  });
  return wire.map((name) => `RESET_REAPPLY_EXCLUDE_TYPE_${name}`);
}
