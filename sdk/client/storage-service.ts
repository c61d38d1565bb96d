/** The engine's calls about what is stored of runs: a part of `WorkflowService`. */

import type {
  ForkWorkflowExecutionReply,
  ForkWorkflowExecutionRequest,
  ImportWorkflowExecutionReply,
  ImportWorkflowExecutionRequest,
  OperationRequests,
} from '../common/service.ts';
import type { Caller } from './cluster-service.ts';
import { at } from './path.ts';
import { ScheduleService } from './schedule-service.ts';

export class StorageService extends ScheduleService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    super(caller);
    this.#call = caller;
  }

  /** Terminates a run that is open. All that is stored of it is gone soon after; what others know of it stays theirs. */
  async deleteWorkflowExecution(request: OperationRequests['DeleteWorkflowExecution']): Promise<void> {
    const path = at(request.namespace, 'workflows', request.workflowExecution.workflowId);
    await this.#call({ method: 'DELETE', path, body: request }, {});
  }

  /** Without `requestId` it is given one, so that a retry does not fork twice. */
  forkWorkflowExecution(request: ForkWorkflowExecutionRequest): Promise<ForkWorkflowExecutionReply> {
    const path = at(request.namespace, 'workflows', request.workflowExecution.workflowId, 'fork');
    const body = { ...request, requestId: request.requestId ?? crypto.randomUUID() };
    return this.#call({ method: 'POST', path, body }, {});
  }

  /** The run lands as it was written, closed, to be read, queried and replayed. May be repeated. */
  importWorkflowExecution(request: ImportWorkflowExecutionRequest): Promise<ImportWorkflowExecutionReply> {
    const path = at(request.namespace, 'workflows', request.workflowExecution.workflowId, 'import');
    return this.#call({ method: 'POST', path, body: request }, {});
  }
}
