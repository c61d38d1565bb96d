/**
 * Queries: answered from a session that stands at the committed state, with no workflow task pending, so that every
 * request acknowledged before the query has been seen by the workflow. They write nothing.
 */

import { errorDetailType, ServiceError } from '../../sdk/common/errors.ts';
import type { QueryWorkflowReply, QueryWorkflowRequest } from '../../sdk/common/service.ts';
import { stackTraceQueries, type WorkflowQueryAnswer } from '../../sdk/common/worker-protocol.ts';
import { workflowExecutionInfo } from '../core/describe.ts';
import { type Execution, isOpen, type RunState } from '../core/state.ts';
import { routeOf } from '../core/versioning.ts';
import { MAX_PAGE_LENGTH, readHistory } from './log.ts';
import { type Outside, versionOf, type WorkflowWorker } from './outside.ts';
import type { Reads } from './reads.ts';
import type { ExecutionStore } from './store.ts';
import type { Turn } from './turn.ts';
import type { Waiters } from './waiters.ts';
import { WarmSession } from './warm-session.ts';
import type { WorkflowTasks } from './workflow-tasks.ts';

const LONGEST_WAIT_MS = 10_000;
/** Temporal's: so long a query waits for the first workflow task of its run. */
const FIRST_TASK_WAIT_MS = 1_000;
const ATTEMPTS = 3;
const HISTORY_PAGE = 1_000;

export interface QueriesContext {
  readonly namespace: string;
  readonly workflowId: string;
  readonly store: ExecutionStore;
  readonly outside: Outside;
  readonly waiters: Waiters;
  readonly reads: Reads;
  readonly workflowTasks: WorkflowTasks;
  turn(): Turn;
}

export class Queries {
  readonly #context: QueriesContext;
  constructor(context: QueriesContext) {
    this.#context = context;
  }

  async query(request: QueryWorkflowRequest): Promise<QueryWorkflowReply> {
    const { runId, rejected } = await this.#context.turn().committed(() => {
      const { run } = this.#context.reads.execution(request.execution.runId);
      return { runId: run!.runId, rejected: rejection(run!, request.queryRejectCondition) };
    });
    if (rejected) return { queryRejected: { status: rejected } };
    const answer = await this.#answer(runId, request);
    if ('failed' in answer) {
      const message = answer.failed.message ?? 'the query failed';
      const detail = { '@type': errorDetailType.queryFailed, failure: answer.failed };
      throw new ServiceError('INVALID_ARGUMENT', message, [detail]);
    }
    return answer.result ? { queryResult: answer.result } : {};
  }

  async #answer(runId: string, request: QueryWorkflowRequest): Promise<WorkflowQueryAnswer> {
    let reason = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      await this.#begun(runId);
      await this.#settled(runId);
      const { execution, live } = await this.#context.turn().committed((newest) => {
        const asked = this.#context.reads.execution(runId);
        return { execution: asked, live: asked === newest && isOpen(asked.run) };
      });
      // The session that runs tasks keeps no stacks.
      const kept = live && !stackTraceQueries.has(request.query.queryType);
      const worker = await this.#worker(execution.run!);
      let session: WarmSession | undefined;
      try {
        session = kept
          ? await this.#context.workflowTasks.sessionForQuery(runId, worker)
          : await this.#replayed(execution, worker);
        // A task may have begun while the session was being opened: then it is not at the committed state any more.
        if (!session || (live && this.#taskPending(runId))) continue;
        return await session.query(request.query);
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        // A session that was given up here, for a task, says nothing of its Worker.
        if (!session?.disposed) worker.failed(reason);
        session?.dispose();
      } finally {
        if (!kept) session?.dispose();
      }
    }
    throw new ServiceError(
      'UNAVAILABLE',
      `The query could not be carried out: ${reason || 'the run is too busy'}`,
    );
  }

  /** A run that is delayed has nothing to be asked: unless it begins at once, the query is refused. */
  async #begun(runId: string): Promise<void> {
    const wait = (): number => {
      const { run } = this.#context.turn().execution;
      const delayed = run?.runId === runId && isOpen(run) && run.inBackoff;
      return delayed ? Math.max(run.executionTime - this.#context.outside.now(), 1) : 0;
    };
    const begun = await this.#context.waiters.until(
      wait() > FIRST_TASK_WAIT_MS ? 0 : FIRST_TASK_WAIT_MS,
      () => {
        const done = wait() === 0;
        return { done, value: done };
      },
    );
    if (!begun) throw new ServiceError('FAILED_PRECONDITION', 'Workflow task is not scheduled yet.');
  }

  /** Asked of the state as it is now: a reload makes a new one. */
  #taskPending(runId: string): boolean {
    const { run } = this.#context.turn().execution;
    return run?.runId === runId && isOpen(run) && run.workflowTask !== undefined;
  }

  async #settled(runId: string): Promise<void> {
    const settled = await this.#context.waiters.until(LONGEST_WAIT_MS, () => {
      const done = !this.#taskPending(runId);
      return { done, value: done };
    });
    if (settled) return;
    const { problems } = await this.#context.reads.describe(runId);
    const because = problems.length > 0 ? `: ${problems.join('; ')}` : '';
    throw new ServiceError(
      'DEADLINE_EXCEEDED',
      `The query waits for a workflow task that is not done${because}`,
    );
  }

  async #worker(run: RunState): Promise<WorkflowWorker> {
    const { taskQueue, workflowType } = run;
    const { outside } = this.#context;
    const worker = await outside.findWorkflowWorker(taskQueue, workflowType, routeOf(run), true);
    if ('waitingReason' in worker)
      throw new ServiceError(
        'FAILED_PRECONDITION',
        `Cannot query: ${worker.waitingReason}; start one and query again (perdure worker list says who serves what)`,
      );
    return worker;
  }

  /** Replayed for this query alone: a closed run, or one that is asked where it waits. */
  async #replayed(execution: Execution, worker: WorkflowWorker): Promise<WarmSession> {
    const { namespace, workflowId, store } = this.#context;
    const { runId, workflowType, taskQueue } = execution.run!;
    const session = await worker.open({
      namespace,
      workflowId,
      runId,
      workflowType,
      taskQueue,
      ...versionOf(worker),
    });
    const replayed = new WarmSession(
      runId,
      execution.runNumber,
      worker,
      session,
      this.#context.turn().payloads,
      this.#context.outside,
    );
    try {
      for (let last = false; !last; ) {
        const { position } = replayed;
        const page = readHistory(store, execution.runNumber, position, HISTORY_PAGE, MAX_PAGE_LENGTH);
        await replayed.feed(page);
        last = page.last;
      }
    } catch (error) {
      replayed.dispose();
      throw error;
    }
    return replayed;
  }
}

/** Temporal's QueryRejectCondition; the status of the run when the query must be refused. */
function rejection(run: RunState, condition: string | undefined): string | undefined {
  const { status } = workflowExecutionInfo(run);
  const running = status === 'WORKFLOW_EXECUTION_STATUS_RUNNING';
  const clean = running || status === 'WORKFLOW_EXECUTION_STATUS_COMPLETED';
  if (condition === 'QUERY_REJECT_CONDITION_NOT_OPEN' && !running) return status;
  if (condition === 'QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY' && !clean) return status;
  return undefined;
}
