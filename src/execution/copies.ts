/** Runs that begin with history that is there already: forks of runs of this workflow id, and runs written elsewhere. */

import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { MAX_MESSAGE_BYTES } from '../../sdk/common/limits.ts';
import type {
  ForkWorkflowExecutionReply,
  ForkWorkflowExecutionRequest,
  ImportWorkflowExecutionReply,
  ImportWorkflowExecutionRequest,
} from '../../sdk/common/service-operations.ts';
import { forkOf } from '../core/fork.ts';
import { checkImported } from '../core/import.ts';
import { newExecution } from '../core/state.ts';
import { applyLogged } from '../core/transition.ts';
import { loggedEvents } from './log.ts';
import type { Outside } from './outside.ts';
import type { ExecutionStore } from './store.ts';
import type { Turn } from './turn.ts';

export interface CopiesContext {
  readonly namespace: string;
  readonly workflowId: string;
  readonly store: ExecutionStore;
  readonly outside: Outside;
  turn(): Turn;
}

export class Copies {
  readonly #context: CopiesContext;
  constructor(context: CopiesContext) {
    this.#context = context;
  }

  /** Only read here: the new run is made by the object of its workflow id, which knows the request id. */
  async fork(
    request: ForkWorkflowExecutionRequest & { requestId: string },
  ): Promise<ForkWorkflowExecutionReply> {
    const { namespace, workflowId, store, outside } = this.#context;
    const { newWorkflowId, reason, identity, requestId, resetReapplyType, resetReapplyExcludeTypes } =
      request;
    if (newWorkflowId === workflowId)
      throw invalidArgument('newWorkflowId: must be another id; to go back in the same workflow, reset it');
    const turn = this.#context.turn();
    const fork = await turn.committed((execution) => {
      const log = (runNumber: number) => loggedEvents(store, runNumber);
      return turn.payloads.inline(execution.runNumber, forkOf({ execution, log }, request));
    });
    if (JSON.stringify(fork).length > MAX_MESSAGE_BYTES)
      throw new ServiceError(
        'FAILED_PRECONDITION',
        `the history is too long to be forked: over ${MAX_MESSAGE_BYTES} bytes`,
      );
    const { runId } = await outside.callExecution(namespace, newWorkflowId, {
      kind: 'StartForkedWorkflowExecution',
      requestId,
      ...fork,
      ...(reason && { reason }),
      ...(identity && { identity }),
      ...(resetReapplyType && { resetReapplyType }),
      ...(resetReapplyExcludeTypes && { resetReapplyExcludeTypes }),
    });
    return { workflowId: newWorkflowId, runId };
  }

  async import(request: ImportWorkflowExecutionRequest): Promise<ImportWorkflowExecutionReply> {
    const { events } = request.history;
    const runId = checkImported(events, request.workflowExecution.runId);
    this.#tryOut(runId, events);
    return this.#context.turn().submit({ kind: 'ImportWorkflowExecution', runId, history: { events } });
  }

  /** A history that no run can have is refused here: in a turn it would be a fault of the engine. */
  #tryOut(runId: string, events: HistoryEvent[]): void {
    const { namespace, workflowId } = this.#context;
    try {
      const imported = { transient: 'RunImported' as const, time: 0, attributes: { runId } };
      applyLogged(newExecution(namespace, workflowId), 0, [imported, ...events]);
    } catch (error) {
      throw invalidArgument(`history.events: not the history of a run: ${(error as Error).message}`);
    }
  }
}
