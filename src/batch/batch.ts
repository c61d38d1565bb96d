/** The Batch object: a namespace's batch jobs (see jobs.ts), driven by its alarm. */

import { DurableObject } from 'cloudflare:workers';
import type { TableDump } from '../../sdk/common/backup.ts';
import type {
  DescribeBatchOperationReply,
  ListBatchOperationsReply,
  StartBatchOperationRequest,
} from '../../sdk/common/batch.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import { executionObjectName } from '../../sdk/common/ids.ts';
import type {
  DescribeWorkflowExecutionReply,
  Request,
  Result,
  ServiceRequests,
} from '../../sdk/common/service.ts';
import { type Env, now } from '../env.ts';
import { jsonLogger } from '../observability/log.ts';
import { dumpTables, restoreTables } from '../table-dump.ts';
import { visibilityClient } from '../visibility/client.ts';
import { BatchJobs, LIST_PAGE } from './jobs.ts';
import { requestFor } from './perform.ts';
import { BatchStore } from './store.ts';

/** The rate of a job counts per second: a second lies between two goes. */
const PAUSE_MS = 1_000;
const RETRY_MS = 10_000;

interface PerformingExecution {
  describe(run: { runId?: string }): Promise<Result<DescribeWorkflowExecutionReply>>;
  request(request: Request<keyof ServiceRequests>): Promise<Result<unknown>>;
}

export class Batch extends DurableObject<Env> {
  readonly #jobs: BatchJobs;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const namespace = ctx.id.name!;
    const store = new BatchStore(ctx.storage.sql, (work) => ctx.storage.transactionSync(work));
    const executionOf = (workflowId: string): PerformingExecution =>
      env.WORKFLOW_EXECUTION.getByName(
        executionObjectName(namespace, workflowId),
      ) as unknown as PerformingExecution;
    this.#jobs = new BatchJobs(store, {
      list: async (query, nextPageToken) => {
        const request = { query, pageSize: LIST_PAGE, ...(nextPageToken && { nextPageToken }) };
        const page = await visibilityClient(env, namespace).list(request);
        return {
          targets: page.executions.map(({ execution }) => execution),
          ...(page.nextPageToken && { nextPageToken: page.nextPageToken }),
        };
      },
      newestRun: async (workflowId) => {
        const result = await executionOf(workflowId).describe({});
        if ('error' in result) throw ServiceError.fromData(result.error);
        return result.ok.workflowExecutionInfo.execution.runId;
      },
      perform: async (request, target, requestId) => {
        const execution = executionOf(target.workflowId);
        const result = await execution.request(requestFor(request, target, requestId));
        if ('error' in result) throw ServiceError.fromData(result.error);
      },
      // In the same synchronous block as the commit: the platform stores both or neither.
      wake: () => void ctx.storage.setAlarm(Date.now()),
      now: () => now(env),
    });
  }

  start(request: StartBatchOperationRequest): Promise<Result<void>> {
    return answered(() => this.#jobs.start(request));
  }

  stop({ jobId, reason }: { jobId: string; reason: string }): Promise<Result<void>> {
    return answered(async () => this.#jobs.stop(jobId, reason));
  }

  describe(jobId: string): Promise<Result<DescribeBatchOperationReply>> {
    return answered(async () => this.#jobs.describe(jobId));
  }

  list(request: { pageSize: number; nextPageToken?: string }): Promise<Result<ListBatchOperationsReply>> {
    return answered(async () => this.#jobs.list(request.pageSize, request.nextPageToken));
  }

  async dumpTables(): Promise<TableDump[]> {
    return dumpTables(this.ctx.storage.sql);
  }

  restoreTables(tables: TableDump[]): Promise<Result<void>> {
    const { storage } = this.ctx;
    return answered(async () => storage.transactionSync(() => restoreTables(storage.sql, tables)));
  }

  /** Jobs that were restored go on. */
  async resume(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Never throws: an alarm that throws too often is gone for ever. */
  override async alarm(): Promise<void> {
    // Armed before the work: should the object die under way, it goes on.
    await this.ctx.storage.setAlarm(Date.now() + RETRY_MS);
    try {
      await this.#jobs.work();
      if (this.#jobs.idle) await this.ctx.storage.deleteAlarm();
      else await this.ctx.storage.setAlarm(Date.now() + PAUSE_MS);
    } catch (error) {
      jsonLogger.error('batch: tried again later', { reason: String(error) });
    }
  }
}

async function answered<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: await work() };
  } catch (error) {
    if (error instanceof ServiceError) return { error: error.toData() };
    throw error;
  }
}
