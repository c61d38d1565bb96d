/** The Durable Object: a shell around `ExecutionObject` that gives it storage, the alarm and the clock. */

import { DurableObject } from 'cloudflare:workers';
import type { Resumed, WorkflowPage } from '../../sdk/common/backup.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import { parseExecutionObjectName } from '../../sdk/common/ids.ts';
import type {
  ActivityTaskRef,
  DescribeWorkflowExecutionReply,
  ExecuteMultiOperationReply,
  ExecuteMultiOperationRequest,
  ExecutionRef,
  ForkWorkflowExecutionReply,
  ForkWorkflowExecutionRequest,
  GetWorkflowExecutionHistoryReply,
  GetWorkflowExecutionHistoryRequest,
  GetWorkflowResultReply,
  ImportWorkflowExecutionReply,
  ImportWorkflowExecutionRequest,
  PollWorkflowExecutionUpdateRequest,
  QueryWorkflowReply,
  QueryWorkflowRequest,
  Replies,
  Request,
  Result,
  ServiceRequests,
  StartAndWaitReply,
  UpdateWorkflowExecutionReply,
  UpdateWorkflowExecutionRequest,
  VisibilityRecord,
} from '../../sdk/common/service.ts';
import type { VersionRoute } from '../../sdk/common/versioning.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import { jsonLogger } from '../observability/log.ts';
import { AlarmRetries } from './alarm-retries.ts';
import { ExecutionObject } from './execution-object.ts';
import type { OperationCounter } from './operation-counter.ts';
import type { ActivityCallOutcome, InternalRequestKind, Outside } from './outside.ts';
import type { FollowRuns } from './reads.ts';
import type { AskRunLimits } from './room.ts';
import { SqlStore } from './sql-store.ts';
import type { TurnSettings } from './turn.ts';

/** What the object is given beside its storage; `src/index.ts` wires it from the environment. */
export interface Connections {
  outside: Outside;
  clockOffset: number;
  settings: TurnSettings & { runLimits?: AskRunLimits };
}

export abstract class WorkflowExecutionObject<E> extends DurableObject<E> {
  readonly #object: ExecutionObject;
  readonly #operations: OperationCounter | undefined;
  readonly #alarmRetries: AlarmRetries;

  constructor(
    ctx: DurableObjectState,
    env: E,
    connect: (ctx: DurableObjectState, namespace: string, workflowId: string) => Connections,
  ) {
    super(ctx, env);
    const { namespace, workflowId } = parseExecutionObjectName(ctx.id.name!);
    const { outside, clockOffset, settings } = connect(ctx, namespace, workflowId);
    this.#operations = outside.operations;
    const store = new SqlStore(ctx.storage, clockOffset);
    this.#alarmRetries = new AlarmRetries(outside.measures);
    this.#object = new ExecutionObject(namespace, workflowId, store, outside, settings);
  }

  request<K extends keyof ServiceRequests>(request: Request<K>): Promise<Result<Replies[K]>> {
    return this.#answered(() => this.#object.request(request));
  }

  internal<K extends InternalRequestKind>(request: Request<K>): Promise<Result<Replies[K]>> {
    return this.#answered(() => this.#object.internal(request));
  }

  update(request: UpdateWorkflowExecutionRequest): Promise<Result<UpdateWorkflowExecutionReply>> {
    return this.#answered(() => this.#object.update(request));
  }

  updateWithStart(request: ExecuteMultiOperationRequest): Promise<Result<ExecuteMultiOperationReply>> {
    return this.#answered(() => this.#object.updateWithStart(request));
  }

  pollUpdate(request: PollWorkflowExecutionUpdateRequest): Promise<Result<UpdateWorkflowExecutionReply>> {
    return this.#answered(() => this.#object.pollUpdate(request));
  }

  describe({ runId }: Partial<ExecutionRef>): Promise<Result<DescribeWorkflowExecutionReply>> {
    return this.#answered(() => this.#object.describe(runId));
  }

  history(request: GetWorkflowExecutionHistoryRequest): Promise<Result<GetWorkflowExecutionHistoryReply>> {
    return this.#answered(() => this.#object.history(request));
  }

  result({
    runId,
    waitMs,
    followRuns,
  }: {
    runId?: string;
    waitMs: number;
    followRuns?: FollowRuns;
  }): Promise<Result<GetWorkflowResultReply>> {
    return this.#answered(() => this.#object.result(runId, waitMs, followRuns));
  }

  startAndWait(
    request: Request<'StartWorkflowExecution'>,
    waitMs: number,
  ): Promise<Result<StartAndWaitReply>> {
    return this.#answered(() => this.#object.startAndWait(request, waitMs));
  }

  query(request: QueryWorkflowRequest): Promise<Result<QueryWorkflowReply>> {
    return this.#answered(() => this.#object.query(request));
  }

  fork(
    request: ForkWorkflowExecutionRequest & { requestId: string },
  ): Promise<Result<ForkWorkflowExecutionReply>> {
    return this.#answered(() => this.#object.fork(request));
  }

  import(request: ImportWorkflowExecutionRequest): Promise<Result<ImportWorkflowExecutionReply>> {
    return this.#answered(() => this.#object.import(request));
  }

  exportPage(cursor?: string): Promise<Result<WorkflowPage>> {
    return this.#answered(() => this.#object.backup.exportPage(cursor));
  }

  importPage(page: WorkflowPage): Promise<Result<void>> {
    return this.#answered(async () => this.#object.backup.importPage(page));
  }

  resume(): Promise<Result<Resumed>> {
    return this.#answered(() => this.#object.backup.resume());
  }

  poke(runId?: string): Promise<VisibilityRecord | undefined> {
    this.#called();
    return this.#object.poke(runId);
  }

  unwrittenRow(): Promise<Result<VisibilityRecord | undefined>> {
    return this.#answered(() => this.#object.unwrittenRow());
  }

  workerAppeared(): Promise<void> {
    this.#called();
    return this.#object.workerAppeared();
  }

  claimActivityTask(
    task: ActivityTaskRef,
    claimant: string,
    identity: string,
    route?: VersionRoute,
  ): Promise<ActivityTask | undefined> {
    this.#called();
    return this.#object.claimActivityTask(task, claimant, identity, route);
  }

  reportActivityTask(
    task: ActivityTaskRef,
    claimant: string,
    outcome: ActivityCallOutcome,
  ): Promise<Result<void>> {
    return this.#answered(() => this.#object.reportActivityTask(task, claimant, outcome));
  }

  async ringActivityTasks(tasks: ActivityTaskRef[]): Promise<void> {
    this.#called();
    await Promise.all(tasks.map((task) => this.#object.activityTasks.ring(task)));
  }

  activityTaskPermitted(task: ActivityTaskRef, asked: number, granted: number): Promise<boolean> {
    this.#called();
    return this.#object.activityTasks.permitted(task, asked, granted);
  }

  activityTaskWaits(task: ActivityTaskRef, reason: string): void {
    this.#called();
    this.#object.activityTasks.waits(task, reason);
  }

  /** Never throws: an alarm that keeps throwing is dropped for good by the platform after six retries. */
  override async alarm(): Promise<void> {
    this.#called();
    try {
      await this.#object.alarm();
      this.#alarmRetries.succeeded();
    } catch (error) {
      const pause = this.#alarmRetries.failed(error);
      jsonLogger.error('alarm failed; armed again', { reason: String(error), retryInMs: pause });
      try {
        await this.ctx.storage.setAlarm(Date.now() + pause);
      } catch {
        // Storage is gone with this object; the sweeper revives the next one.
      }
    }
  }

  /** The platform counts what comes over RPC and the alarm. */
  #called(): void {
    if (this.#operations) this.#operations.objectRequests++;
  }

  /** Errors cross RPC as data; anything that is not a ServiceError is a fault of ours and says nothing of the inside. */
  async #answered<T>(work: () => Promise<T>): Promise<Result<T>> {
    this.#called();
    try {
      return { ok: await work() };
    } catch (error) {
      if (error instanceof ServiceError) return { error: error.toData() };
      jsonLogger.error('unexpected', { reason: error instanceof Error ? error.stack : String(error) });
      return { error: { code: 'INTERNAL', message: 'The engine failed to carry out the request.' } };
    }
  }
}
