/** What a Worker's log says of a workflow task that failed. */

import { type Failure, messageOf } from '../common/failure.ts';
import { messageCodec } from '../common/payload-codec.ts';
import { type SerializationContext, workflowContext } from '../common/serialization-context.ts';
import type { WorkflowSessionInit, WorkflowTaskAnswer } from '../common/worker-protocol.ts';
import type { CheckedOptions } from './options.ts';

/** The engine tries the task again and again: whoever looks at the Worker must see why nothing goes on. */
export async function logTaskFailure(
  options: CheckedOptions,
  { namespace, workflowId, runId, workflowType }: WorkflowSessionInit,
  { cause, failure }: Extract<WorkflowTaskAnswer, { failed: unknown }>['failed'],
): Promise<void> {
  options.logger.error('Workflow task failed', {
    namespace,
    workflowId,
    runId,
    workflowType,
    cause: cause.replace('WORKFLOW_TASK_FAILED_CAUSE_', ''),
    failureType: failure.applicationFailureInfo?.type ?? classOf(failure),
    error: failure.encodedAttributes
      ? await readableMessage(options, failure, workflowContext(namespace, workflowId))
      : failure.message,
  });
}

/** The class of a plain error stands at the beginning of its stack. */
const classOf = ({ stackTrace }: Failure): string | undefined => /^(\w+)(?::|$)/m.exec(stackTrace ?? '')?.[1];

/** Who has the Worker's log and its keys may read what the engine cannot. */
async function readableMessage(
  { dataConverter }: CheckedOptions,
  failure: Failure,
  context: SerializationContext,
): Promise<string> {
  const { payloadCodecs, payloadConverter, failureConverter } = dataConverter;
  try {
    const decoded = await messageCodec(payloadCodecs, context).decode(failure);
    return failureConverter.failureToError(decoded, payloadConverter, context).message;
  } catch (error) {
    return `${failure.message} (not readable: ${messageOf(error)})`;
  }
}
