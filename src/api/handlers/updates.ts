/** Updates: sent, sent with a start, and asked after. The object waits for the stage; each call waits at most 20 s. */

import type { z } from 'zod';
import type { UpdateRequestJson } from '../../../sdk/common/history.ts';
import type {
  ExecuteMultiOperationReply,
  UpdateWorkflowExecutionReply,
} from '../../../sdk/common/service.ts';
import type { Call } from '../call.ts';
import type * as schemas from '../schemas.ts';

/** With an update id the request may be sent again without acting twice; clients that gave none get one. */
function identified(
  { meta, input }: z.output<typeof schemas.updateWorkflowExecution>['request'],
  call: Call,
): UpdateRequestJson {
  return { meta: { ...meta, updateId: meta?.updateId ?? call.ports.newId() }, input };
}

export function updateWorkflowExecution(
  { request, ...rest }: z.output<typeof schemas.updateWorkflowExecution>,
  call: Call,
): Promise<UpdateWorkflowExecutionReply> {
  const update = { ...rest, request: identified(request, call) };
  return call.execution(rest.namespace, rest.workflowExecution.workflowId, (stub) => stub.update(update));
}

export function pollWorkflowExecutionUpdate(
  { identity: _, ...request }: z.output<typeof schemas.pollUpdate>,
  call: Call,
): Promise<UpdateWorkflowExecutionReply> {
  const { workflowId } = request.updateRef.workflowExecution;
  return call.execution(request.namespace, workflowId, (stub) => stub.pollUpdate(request));
}

export async function updateWithStart(
  { namespace, startWorkflow, updateWorkflow }: z.output<typeof schemas.updateWithStart>,
  call: Call,
): Promise<ExecuteMultiOperationReply> {
  const { workflowId } = startWorkflow;
  const request = {
    namespace,
    startWorkflow: await call.typed({ ...call.identified(startWorkflow), namespace }),
    updateWorkflow: {
      ...updateWorkflow,
      namespace,
      workflowExecution: { workflowId },
      request: identified(updateWorkflow.request, call),
    },
  };
  const reply = await call.execution(namespace, workflowId, (stub) => stub.updateWithStart(request));
  if (reply.startWorkflow.started) call.recordStart(namespace, workflowId);
  return reply;
}
