/** `perdure workflow delete|export|import|fork`: what is stored of runs, and copies of it. */

import { readFile, writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { toClientError } from '../client/errors.ts';
import type { HistoryEvent } from '../common/history.ts';
import type { ExecutionRef } from '../common/service.ts';
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
  addCommand<ExportFlags>(
    workflow,
    terminal,
    ['export', 'write the history of a run as JSON, for `workflow import` and `workflow replay`'],
    (command) =>
      command
        .requiredOption('-w, --workflow-id <id>', 'the workflow')
        .option('-r, --run-id <id>', 'the run; default: the newest')
        .option('-f, --file <path>', 'default: standard output'),
    exportRun,
  );
  addCommand<ImportFlags>(
    workflow,
    terminal,
    ['import', 'take in a run that was exported: closed, to be read, queried and replayed'],
    (command) =>
      command
        .requiredOption('-f, --file <path>', 'what `workflow export` or `workflow show -o json` wrote')
        .option('-w, --workflow-id <id>', 'default: as it was exported')
        .option('-r, --run-id <id>', 'default: as it was exported'),
    importRun,
  );
}

interface ExportFlags {
  workflowId: string;
  runId?: string;
  file?: string;
}

/** As it is stored: payloads stay encoded. */
async function exportRun({ client, terminal, flags, show }: Invocation<ExportFlags>): Promise<void> {
  const { workflowId } = flags;
  const { runId } = await client.workflow.getHandle(workflowId, flags.runId).describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const text = JSON.stringify({ workflowExecution: { workflowId, runId }, events }, null, 1);
  if (flags.file === undefined) return terminal.print(text);
  await writeFile(flags.file, text);
  show(
    { workflowId, runId, file: flags.file, events: events.length },
    `${events.length} events are written.`,
  );
}

interface ImportFlags {
  file: string;
  workflowId?: string;
  runId?: string;
}
interface Exported {
  workflowExecution?: ExecutionRef;
  events?: HistoryEvent[];
  history?: { events: HistoryEvent[] };
}

async function importRun({ client, flags, show }: Invocation<ImportFlags>): Promise<void> {
  const { namespace, workflowService } = client;
  const exported = JSON.parse(await readFile(flags.file, 'utf8')) as Exported;
  const events = exported.events ?? exported.history?.events;
  const workflowId = flags.workflowId ?? exported.workflowExecution?.workflowId;
  if (!events) throw new InvalidArgumentError(`${flags.file} has no events`);
  if (!workflowId) throw new InvalidArgumentError('The file names no workflow id: give --workflow-id');
  const given = flags.runId ?? exported.workflowExecution?.runId;
  const workflowExecution = { workflowId, ...(given && { runId: given }) };
  const request = { namespace, workflowExecution, history: { events } };
  const { runId } = await workflowService.importWorkflowExecution(request).catch((error) => {
    throw toClientError(error, `import workflow ${workflowId}`);
  });
  show({ workflowId, runId }, `Run ${runId} of workflow ${workflowId} is here to be read.`);
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
