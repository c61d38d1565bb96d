/**
 * Updates as callers see them: taken in, then waited for until the stage they want, for at most 20 s. What is answered
 * was committed: waiting callers are looked after in the commit itself, before anything new can happen in memory.
 */

import { fromWire, type WorkflowUpdateStage } from '../../sdk/common/enums.ts';
import { notFound, ServiceError } from '../../sdk/common/errors.ts';
import { attributesOf, type UpdateOutcomeJson } from '../../sdk/common/history.ts';
import type {
  ExecuteMultiOperationReply,
  ExecuteMultiOperationRequest,
  PollWorkflowExecutionUpdateRequest,
  UpdateWorkflowExecutionReply,
  UpdateWorkflowExecutionRequest,
} from '../../sdk/common/service.ts';
import { type Execution, findRun, type RunState } from '../core/state.ts';
import { type UpdateProgress, updateProgress, updateReply } from '../core/update.ts';
import { readEvent } from './log.ts';
import type { Outside } from './outside.ts';
import type { Reads } from './reads.ts';
import type { ExecutionStore } from './store.ts';
import type { Turn } from './turn.ts';

/** Temporal's server answers after 20 s at the latest. */
const LONGEST_WAIT_MS = 20_000;

const stages: Record<WorkflowUpdateStage, number> = { ADMITTED: 1, ACCEPTED: 2, COMPLETED: 3 };

export interface UpdatesContext {
  readonly store: ExecutionStore;
  readonly outside: Outside;
  readonly reads: Reads;
  turn(): Turn;
}

/** One caller. */
interface Watch {
  readonly updateId: string;
  readonly wanted: number;
  /** Known once the update was found: its run, and the chain that it may move along while it is admitted. */
  runId: string | undefined;
  firstExecutionRunId: string | undefined;
  /** What is known of the update. */
  reply: UpdateWorkflowExecutionReply | undefined;
  readonly reached: Promise<void>;
  done(error?: ServiceError): void;
}

export class Updates {
  readonly #context: UpdatesContext;
  readonly #watches = new Set<Watch>();

  constructor(context: UpdatesContext) {
    this.#context = context;
  }

  async update(request: UpdateWorkflowExecutionRequest): Promise<UpdateWorkflowExecutionReply> {
    const { runId } = request.workflowExecution;
    const watch = this.#watch(request.request?.meta?.updateId, request.waitPolicy, 'ACCEPTED', runId);
    try {
      await this.#submit({ kind: 'UpdateWorkflowExecution', ...request });
    } catch (error) {
      watch.done();
      const known = isNotFound(error) && runId ? this.#ofOlderRun(runId, watch.updateId) : undefined;
      if (known) return known;
      throw error;
    }
    return this.#waited(watch);
  }

  async updateWithStart(request: ExecuteMultiOperationRequest): Promise<ExecuteMultiOperationReply> {
    const { updateWorkflow } = request;
    const updateId = updateWorkflow.request?.meta?.updateId;
    const watch = this.#watch(updateId, updateWorkflow.waitPolicy, 'ACCEPTED');
    try {
      const reply = await this.#submit({ kind: 'ExecuteMultiOperation', ...request });
      return { ...reply, updateWorkflow: await this.#waited(watch) };
    } finally {
      watch.done();
    }
  }

  /** Without a stage to wait for, answers at once. */
  async poll(request: PollWorkflowExecutionUpdateRequest): Promise<UpdateWorkflowExecutionReply> {
    const { updateId, workflowExecution } = request.updateRef;
    const { run, newest } = await this.#context.turn().committed((execution) => {
      const asked = this.#context.reads.execution(workflowExecution.runId).run!;
      return { run: asked, newest: asked.runId === execution.run?.runId };
    });
    if (!newest) {
      const known = this.#ofOlderRun(run.runId, updateId);
      if (!known) throw unknown(updateId);
      return known;
    }
    const watch = this.#watch(updateId, request.waitPolicy, 'ADMITTED', run.runId);
    // A commit, even of nothing, looks after all who wait.
    await this.#submit({ kind: 'Tick' });
    if (!watch.reply) {
      watch.done();
      throw unknown(updateId);
    }
    return this.#waited(watch);
  }

  /** Called in each commit. */
  committed(execution: Execution): void {
    for (const watch of this.#watches) this.#look(watch, execution);
  }

  #submit: Turn['submit'] = (request) => {
    const reply = this.#context.turn().submit(request);
    this.#context.outside.keepAlive(reply.catch(() => undefined));
    return reply;
  };

  #watch(
    updateId: string,
    waitPolicy: { lifecycleStage?: string } | undefined,
    otherwise: WorkflowUpdateStage,
    runId?: string,
  ): Watch {
    const stage = fromWire<WorkflowUpdateStage>('updateStage', waitPolicy?.lifecycleStage) ?? otherwise;
    let settle: (error?: ServiceError) => void = () => undefined;
    const reached = new Promise<void>((resolve, reject) => {
      settle = (error) => (error ? reject(error) : resolve());
    });
    // Whoever gave up waiting does not hear of it.
    reached.catch(() => undefined);
    const cancel = this.#context.outside.after(LONGEST_WAIT_MS, () => watch.done());
    const watch: Watch = {
      updateId,
      wanted: stages[stage] ?? stages.ACCEPTED,
      runId: runId || undefined,
      firstExecutionRunId: undefined,
      reply: undefined,
      reached,
      done: (error) => {
        this.#watches.delete(watch);
        cancel();
        settle(error);
      },
    };
    this.#watches.add(watch);
    return watch;
  }

  async #waited(watch: Watch): Promise<UpdateWorkflowExecutionReply> {
    await watch.reached;
    if (!watch.reply) throw unknown(watch.updateId);
    return watch.reply;
  }

  #look(watch: Watch, execution: Execution): void {
    const { updateId } = watch;
    let run = watch.runId ? findRun(execution, watch.runId) : execution.run;
    let progress = run && updateProgress(run, updateId);
    const newest = execution.run;
    if (!progress && newest && newest.firstExecutionRunId === watch.firstExecutionRunId) {
      // It was not accepted when its run ended, and went on to the next one.
      run = newest;
      progress = updateProgress(newest, updateId);
    }
    if (!run || !progress) {
      if (watch.reply) watch.done(notFound('workflow execution already completed'));
      return;
    }
    watch.runId = run.runId;
    watch.firstExecutionRunId = run.firstExecutionRunId;
    watch.reply = this.#reply(run, updateId, progress);
    if (stages[progress.stage] >= watch.wanted) watch.done();
  }

  #reply(run: RunState, updateId: string, progress: UpdateProgress): UpdateWorkflowExecutionReply {
    const { payloads } = this.#context.turn();
    if (!('completedEventId' in progress))
      return payloads.inline(run.runNumber, updateReply(run, updateId, progress));
    const event = readEvent(this.#context.store, run.runNumber, progress.completedEventId)!;
    const { outcome }: { outcome: UpdateOutcomeJson } = attributesOf(
      event,
      'WorkflowExecutionUpdateCompleted',
    );
    return payloads.inline(run.runNumber, updateReply(run, updateId, { stage: 'COMPLETED', outcome }));
  }

  /** Older runs change no more: what their log says is the answer. */
  #ofOlderRun(runId: string, updateId: string): UpdateWorkflowExecutionReply | undefined {
    const run = this.#context.reads.execution(runId).run!;
    const progress = updateProgress(run, updateId);
    return progress && this.#reply(run, updateId, progress);
  }
}

const unknown = (updateId: string): ServiceError => notFound(`update ${updateId} not found`);

function isNotFound(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'NOT_FOUND';
}
