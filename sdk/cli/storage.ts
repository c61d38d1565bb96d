/** `perdure workflow delete`: what is stored of a run, and how it goes. */

import type { Command } from 'commander';
import { toClientError } from '../client/errors.ts';
import { type OneOrManyFlags, oneOrBatch, oneOrManyFlags } from './batch.ts';
import { addCommand, type Invocation, type Terminal } from './context.ts';

export function addStorageCommands(workflow: Command, terminal: Terminal): void {
  addCommand<OneOrManyFlags>(
    workflow,
    terminal,
    ['delete', 'remove a workflow run, or all that match, for good; open ones are terminated first'],
    oneOrManyFlags,
    remove,
  );
}

async function remove(invocation: Invocation<OneOrManyFlags>): Promise<void> {
  const { client, show } = invocation;
  const { namespace, identity, workflowService } = client;
  const one = await oneOrBatch(invocation, { deletionOperation: { identity } });
  if (!one) return;
  const request = { namespace, identity, workflowExecution: one };
  await workflowService.deleteWorkflowExecution(request).catch((error) => {
    throw toClientError(error, `delete workflow ${one.workflowId}`);
  });
  show({ ...one, deleted: true }, 'The run is deleted.');
}
