/** `perdure batch …`, and `perdure workflow cancel|terminate|signal --query …`: one operation on many workflows. */

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { toClientError } from '../client/errors.ts';
import type { BatchOperation, DescribeBatchOperationReply } from '../common/batch.ts';
import { messageCodec } from '../common/payload-codec.ts';
import { addCommand, ExitError, type Invocation, noun, positiveInteger, type Terminal } from './context.ts';
import { table } from './render.ts';

interface JobFlags {
  jobId: string;
}

/** One workflow by id, or all that match a filter. */
export interface OneOrManyFlags {
  workflowId?: string;
  runId?: string;
  query?: string;
  yes?: boolean;
  reason?: string;
  rps?: number;
}
export const oneOrManyFlags = (command: Command): Command =>
  idOrQueryFlags(command).option('--reason <text>', 'why; recorded');
export const idOrQueryFlags = (command: Command): Command =>
  command
    .option('-w, --workflow-id <id>', 'the workflow')
    .option('-r, --run-id <id>', 'the run; default: the newest')
    .option('-q, --query <filter>', 'instead of an id: all workflows that match, as a batch job')
    .option('-y, --yes', 'with --query: do not ask before it begins')
    .option('--rps <n>', 'of a batch: operations per second, default 50', positiveInteger);

export function batchCommand(terminal: Terminal): Command {
  const batch = noun('batch', 'batch jobs: one operation on many workflows');
  const jobFlag = (command: Command): Command => command.requiredOption('--job-id <id>', 'the job');
  addCommand<{ limit: number }>(
    batch,
    terminal,
    ['list', 'list batch jobs, newest first'],
    (command) => command.option('--limit <n>', 'at most this many', positiveInteger, 20),
    list,
  );
  addCommand<JobFlags>(batch, terminal, ['describe', 'how far a batch job has come'], jobFlag, describe);
  addCommand<JobFlags & { reason?: string }>(
    batch,
    terminal,
    ['terminate', 'stop a batch job; what it has done stays done'],
    (command) => jobFlag(command).option('--reason <text>', 'why; recorded'),
    terminate,
  );
  return batch;
}

/** The workflow that the flags name; or, where they have a query, `undefined` after the batch job was started. */
export async function oneOrBatch<F extends OneOrManyFlags>(
  invocation: Invocation<F>,
  operation: BatchOperation,
): Promise<{ workflowId: string; runId?: string } | undefined> {
  const { client, flags, show } = invocation;
  const { workflowId, runId, query, reason, rps } = flags;
  if ((workflowId === undefined) === (query === undefined))
    throw new InvalidArgumentError('Give either --workflow-id or --query.');
  if (workflowId !== undefined) return { workflowId, ...(runId && { runId }) };
  const { namespace, workflowService } = client;
  const { count } = await client.workflow.count(query);
  if (count === 0) {
    show({ matched: 0 }, 'No workflow matches: no batch job was started.');
    return undefined;
  }
  await confirmBatch(invocation, count);
  const coded = workflowService.through(messageCodec(client.dataConverter.payloadCodecs));
  const jobId = crypto.randomUUID();
  const request = {
    namespace,
    jobId,
    visibilityQuery: query!,
    reason: reason ?? 'asked for on the command line',
    ...(rps !== undefined && { maxOperationsPerSecond: rps }),
    ...operation,
  };
  await coded.startBatchOperation(request).catch((error) => {
    throw toClientError(error, 'start the batch job');
  });
  const workflows = count === 1 ? 'the one workflow that matches' : `the ${count} workflows that match`;
  show(
    { jobId, matched: count },
    `Started batch job ${jobId} for ${workflows}. perdure batch describe --job-id ${jobId} shows its progress.`,
  );
  return undefined;
}

/** @throws when whoever asked for the batch does not want it, or is not there to be asked */
async function confirmBatch({ flags, terminal }: Invocation<OneOrManyFlags>, count: number): Promise<void> {
  if (flags.yes) return;
  if (!terminal.confirm || flags.output !== 'text')
    throw new InvalidArgumentError(
      `${count} workflow(s) match. Nobody can be asked whether that is meant: give --yes.`,
    );
  if (await terminal.confirm(`Start batch against approximately ${count} workflow(s)? y/N `)) return;
  terminal.complain('No batch job was started.');
  throw new ExitError(1);
}

const operationOf = (type: string): string =>
  type.replace('BATCH_OPERATION_TYPE_', '').toLowerCase().replaceAll('_', ' ');
const stateOf = (state: string): string => state.replace('BATCH_OPERATION_STATE_', '').toLowerCase();

async function list({ client, flags, show }: Invocation<{ limit: number }>): Promise<void> {
  const { namespace, workflowService } = client;
  const request = { namespace, pageSize: flags.limit };
  const { operationInfo } = await workflowService.listBatchOperations(request).catch((error) => {
    throw toClientError(error, 'list batch jobs');
  });
  const rows = operationInfo.map((job) => [
    stateOf(job.state),
    job.jobId,
    operationOf(job.operationType),
    `${job.completeOperationCount} of ${job.totalOperationCount}`,
    job.failureOperationCount,
    job.startTime,
    job.closeTime ?? '',
  ]);
  const heading = ['State', 'Job', 'Operation', 'Completed', 'Failed', 'Started', 'Closed'];
  show(operationInfo, rows.length > 0 ? table([heading, ...rows]) : 'No batch jobs.');
}

async function describe({ client, flags, show }: Invocation<JobFlags>): Promise<void> {
  const { namespace, workflowService } = client;
  const job = await workflowService
    .describeBatchOperation({ namespace, jobId: flags.jobId })
    .catch((error) => {
      throw toClientError(error, `describe batch job ${flags.jobId}`);
    });
  show(job, jobText(job));
}

function jobText(job: DescribeBatchOperationReply): string {
  const rows = [
    ['Job', job.jobId],
    ['Operation', operationOf(job.operationType)],
    ['State', stateOf(job.state)],
    ['Reason', job.reason],
    ['Started', job.startTime],
    ...(job.closeTime ? [['Closed', job.closeTime]] : []),
    ...(job.closeReason ? [['Closed for', job.closeReason]] : []),
    ['Workflows', job.totalOperationCount],
    ['Completed', job.completeOperationCount],
    ['Failed', job.failureOperationCount],
    ...job.failures.map(({ execution, message }) => [`  ${execution.workflowId}`, message]),
  ];
  return table(rows);
}

async function terminate({ client, flags, show }: Invocation<JobFlags & { reason?: string }>): Promise<void> {
  const { namespace, workflowService } = client;
  const { jobId, reason } = flags;
  await workflowService.stopBatchOperation({ namespace, jobId, ...(reason && { reason }) }).catch((error) => {
    throw toClientError(error, `terminate batch job ${jobId}`);
  });
  show({ jobId, stopped: true }, `Batch job ${jobId} is stopped.`);
}
