/** For those who operate workflows: going back in a run's history. */

import type { z } from 'zod';
import type { ResetWorkflowExecutionReply } from '../../../sdk/common/service.ts';
import type { Call } from '../call.ts';
import type * as schemas from '../operation-schemas.ts';

type Of<S extends z.ZodType> = z.output<S>;

export async function resetWorkflowExecution(
  request: Of<typeof schemas.reset>,
  call: Call,
): Promise<ResetWorkflowExecutionReply> {
  const { namespace, workflowExecution } = request;
  const reply = await call.request(namespace, workflowExecution.workflowId, {
    kind: 'ResetWorkflowExecution',
    ...request,
    requestId: request.requestId || call.ports.newId(),
  });
  call.recordStart(namespace, workflowExecution.workflowId);
  return reply;
}
