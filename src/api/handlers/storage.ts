/** What is stored of runs: their deletion, copies of them, and those that the archive has. */

import type { z } from 'zod';
import { ServiceError } from '../../../sdk/common/errors.ts';
import type { HistoryEvent } from '../../../sdk/common/history.ts';
import type {
  ForkWorkflowExecutionReply,
  ImportWorkflowExecutionReply,
} from '../../../sdk/common/service.ts';
import { type Archive, archiveOf } from '../../archive/archive.ts';
import type { Call } from '../call.ts';
import { callDurable } from '../durable-call.ts';
import type * as operationSchemas from '../operation-schemas.ts';
import type { deleteExecution } from '../schemas.ts';

type Of<S extends z.ZodType> = z.output<S>;

/** A run that only the archive has any more is deleted there. */
export async function deleteWorkflowExecution(
  request: Of<typeof deleteExecution>,
  call: Call,
): Promise<object> {
  const { namespace, workflowExecution } = request;
  const { workflowId, runId } = workflowExecution;
  const live = async (): Promise<object> => {
    await call.request(namespace, workflowId, { kind: 'DeleteWorkflowExecution', ...request });
    return {};
  };
  return orArchived(call, namespace, live, async (archive) =>
    runId && (await archive.delete({ workflowId, runId })) ? {} : undefined,
  );
}

export async function forkWorkflowExecution(
  request: Of<typeof operationSchemas.fork>,
  call: Call,
): Promise<ForkWorkflowExecutionReply> {
  const { namespace, workflowExecution, newWorkflowId } = request;
  const fork = call.identified(request);
  const reply = await call.execution(namespace, workflowExecution.workflowId, (stub) => stub.fork(fork));
  call.recordStart(namespace, newWorkflowId);
  return reply;
}

export async function importWorkflowExecution(
  { history, ...request }: Of<typeof operationSchemas.importExecution>,
  call: Call,
): Promise<ImportWorkflowExecutionReply> {
  const { namespace, workflowExecution } = request;
  const events = history.events as unknown as HistoryEvent[];
  return call.execution(namespace, workflowExecution.workflowId, (stub) =>
    stub.import({ ...request, history: { events } }),
  );
}

/** What the engine has; what only the archive has any more; or the engine's refusal. */
export async function orArchived<T>(
  call: Call,
  namespace: string,
  live: () => Promise<T>,
  archived: (archive: Archive) => Promise<T | undefined>,
): Promise<T> {
  try {
    return await live();
  } catch (error) {
    const archive = archiveOf(call.env, namespace);
    if (!archive || !(error instanceof ServiceError) || error.code !== 'NOT_FOUND') throw error;
    const found = await callDurable(call.ports, () => archived(archive), true);
    if (found === undefined) throw error;
    return found;
  }
}
