/**
 * A namespace's batch jobs, platform-free. A job first looks its runs up and writes them down, page by page, then does
 * its operation to each. Every step is committed before the next, so that a crash repeats at most what was under way:
 * operations carry request ids, and each run is counted once, in the transaction that takes it off the list.
 */

import { createHash } from 'node:crypto';
import {
  type BatchOperation,
  type BatchOperationInfo,
  batchOperationTypes,
  type DescribeBatchOperationReply,
  type ListBatchOperationsReply,
  type StartBatchOperationRequest,
} from '../../sdk/common/batch.ts';
import { type EpochMs, toTimestampJson } from '../../sdk/common/duration.ts';
import { invalidArgument, notFound, ServiceError } from '../../sdk/common/errors.ts';
import type { BatchStore, JobRecord, PendingTarget, Target } from './store.ts';

export interface BatchPorts {
  /** A page of runs that match. @throws ServiceError INVALID_ARGUMENT for a query that is none */
  list(query: string, nextPageToken?: string): Promise<{ targets: Target[]; nextPageToken?: string }>;
  /** @throws ServiceError NOT_FOUND */
  newestRun(workflowId: string): Promise<string>;
  /** @throws ServiceError when the run refuses it */
  perform(request: StartBatchOperationRequest, target: Target, requestId: string): Promise<void>;
  /** Called with the commit of a new job: there is work. */
  wake(): void;
  now(): EpochMs;
}

export const DEFAULT_RATE = 50;
export const MAX_RATE = 500;
export const MAX_RUNNING = 10;
const MAX_JOBS = 1_000;
const MAX_FAILURES = 100;
/** A job is one row, and the platform bounds rows: 2 MB for what was asked and what failed together. */
const MAX_REQUEST_BYTES = 1_500_000;
const MAX_FAILURES_BYTES = 400_000;
const MAX_ATTEMPTS = 5;
const AT_A_TIME = 10;
/** Runs looked up at once. */
export const LIST_PAGE = 1_000;
/** Worth another try; anything else is the run's own answer. */
const PASSING = new Set([
  'UNAVAILABLE',
  'INTERNAL',
  'UNKNOWN',
  'ABORTED',
  'RESOURCE_EXHAUSTED',
  'DEADLINE_EXCEEDED',
]);

export class BatchJobs {
  readonly #store: BatchStore;
  readonly #ports: BatchPorts;

  constructor(store: BatchStore, ports: BatchPorts) {
    this.#store = store;
    this.#ports = ports;
  }

  /**
   * The same request again changes nothing.
   * @throws ServiceError INVALID_ARGUMENT, ALREADY_EXISTS for another job of that id, RESOURCE_EXHAUSTED
   */
  async start(request: StartBatchOperationRequest): Promise<void> {
    operationOf(request);
    if (!request.visibilityQuery === !request.executions?.length)
      throw invalidArgument('Either visibilityQuery or executions must be set, and not both.');
    const bytes = bytesOf(request);
    if (bytes > MAX_REQUEST_BYTES)
      throw new ServiceError(
        'PAYLOAD_TOO_LARGE',
        `a batch job of ${bytes} bytes is over the limit of ${MAX_REQUEST_BYTES}`,
      );
    // A query that makes no sense is refused here, not later where nobody looks.
    if (request.visibilityQuery) await this.#ports.list(request.visibilityQuery);
    const { jobId, executions = [] } = request;
    const before = this.#store.job(jobId);
    if (before) {
      // One of an engine from before there were digests has all of its request.
      if ((before.digest ?? digestOf(before.request)) !== digestOf(request))
        throw new ServiceError('ALREADY_EXISTS', `Batch job ${jobId} already exists.`);
      // The first time may have failed behind its commit, and nobody works on it.
      if (before.state === 'RUNNING') this.#ports.wake();
      return;
    }
    if (this.#store.running().length >= MAX_RUNNING)
      throw new ServiceError('RESOURCE_EXHAUSTED', `At most ${MAX_RUNNING} batch jobs run at once.`);
    this.#store.transaction(() => {
      let total = 0;
      for (const { workflowId, runId = '' } of executions)
        if (this.#store.addTarget(jobId, { workflowId, runId })) total++;
      this.#store.put({
        jobId,
        request,
        digest: digestOf(request),
        state: 'RUNNING',
        startTime: this.#ports.now(),
        collected: !request.visibilityQuery,
        total,
        completed: 0,
        failed: 0,
        failures: [],
      });
      this.#store.prune(MAX_JOBS);
    });
    this.#ports.wake();
  }

  /** Ends a job as it stands; asked again, it is so already. @throws ServiceError NOT_FOUND when it does not run */
  stop(jobId: string, reason: string): void {
    const job = this.#store.job(jobId);
    const closeReason = reason || 'stopped';
    if (job?.state === 'FAILED' && job.closeReason === closeReason) return;
    if (job?.state !== 'RUNNING') throw notFound(`Batch job ${jobId} is not running.`);
    this.#store.transaction(() => this.#close(jobId, 'FAILED', closeReason));
  }

  describe(jobId: string): DescribeBatchOperationReply {
    const job = this.#store.job(jobId);
    if (!job) throw notFound(`Batch job ${jobId} is not found.`);
    const identity = job.request[operationOf(job.request)]?.identity;
    return {
      ...infoOf(job),
      reason: job.request.reason,
      ...(identity && { identity }),
      ...(job.closeReason && { closeReason: job.closeReason }),
      failures: job.failures.map(({ workflowId, runId, message }) => ({
        execution: { workflowId, ...(runId && { runId }) },
        message,
      })),
    };
  }

  list(pageSize: number, nextPageToken?: string): ListBatchOperationsReply {
    const jobs = this.#store.list(pageSize + 1, nextPageToken ? placeOf(nextPageToken) : undefined);
    const page = jobs.slice(0, pageSize);
    const last = page.at(-1);
    return {
      operationInfo: page.map(infoOf),
      ...(jobs.length > pageSize && last && { nextPageToken: `${last.startTime}/${last.jobId}` }),
    };
  }

  get idle(): boolean {
    return this.#store.running().length === 0;
  }

  /** About a second's work of every job that runs. One that cannot go on keeps none of the others from it. */
  async work(): Promise<void> {
    const problems: unknown[] = [];
    for (const { jobId, collected } of this.#store.running()) {
      try {
        if (!collected) await this.#collect(jobId);
        await this.#perform(jobId);
      } catch (error) {
        problems.push(error);
      }
    }
    if (problems.length > 0) throw problems[0];
  }

  async #collect(jobId: string): Promise<void> {
    const { request, nextPageToken } = this.#store.job(jobId)!;
    let page: Awaited<ReturnType<BatchPorts['list']>>;
    try {
      page = await this.#ports.list(request.visibilityQuery!, nextPageToken);
    } catch (error) {
      if (!(error instanceof ServiceError) || PASSING.has(error.code)) throw error;
      // A search attribute that was removed meanwhile, say.
      this.#store.transaction(() => this.#close(jobId, 'FAILED', error.message));
      return;
    }
    this.#change(jobId, (job) => {
      for (const target of page.targets) if (this.#store.addTarget(jobId, target)) job.total++;
      job.collected = page.nextPageToken === undefined;
      if (page.nextPageToken === undefined) delete job.nextPageToken;
      else job.nextPageToken = page.nextPageToken;
    });
  }

  async #perform(jobId: string): Promise<void> {
    const job = this.#store.job(jobId);
    // Nothing is done before all runs are known: what an operation changes must not change which runs match.
    if (!job?.collected || job.state !== 'RUNNING') return;
    const rate = Math.min(job.request.maxOperationsPerSecond || DEFAULT_RATE, MAX_RATE);
    const targets = this.#store.targets(jobId, Math.max(1, Math.floor(rate)));
    for (let i = 0; i < targets.length; i += AT_A_TIME) {
      if (this.#store.job(jobId)?.state !== 'RUNNING') return;
      await Promise.all(
        targets.slice(i, i + AT_A_TIME).map((target) => this.#performOn(job.request, target)),
      );
    }
    if (this.#store.targets(jobId, 1).length > 0) return;
    this.#store.transaction(() => this.#close(jobId, 'COMPLETED'));
  }

  async #performOn(request: StartBatchOperationRequest, listed: PendingTarget): Promise<void> {
    const { jobId } = request;
    let target = listed;
    let failure: string | undefined;
    try {
      const pinned = await this.#pinned(request, listed);
      if (!pinned) return;
      target = pinned;
      await this.#ports.perform(request, target, `batch/${jobId}/${target.runId}`);
    } catch (error) {
      const refused = error instanceof ServiceError ? error.code : undefined;
      const again = (refused === undefined || PASSING.has(refused)) && target.attempts + 1 < MAX_ATTEMPTS;
      if (again) return this.#store.countAttempt(jobId, target);
      // What should end is at its end already.
      const ends = request.terminationOperation || request.cancellationOperation || request.deletionOperation;
      if (!(refused === 'NOT_FOUND' && ends)) failure = (error as Error).message;
    }
    this.#change(jobId, (job) => {
      if (!this.#store.removeTarget(jobId, target)) return;
      if (failure === undefined) job.completed++;
      else {
        job.failed++;
        const { workflowId, runId } = target;
        const failures = [...job.failures, { workflowId, runId, message: failure.slice(0, 1_000) }];
        if (failures.length <= MAX_FAILURES && bytesOf(failures) <= MAX_FAILURES_BYTES)
          job.failures = failures;
      }
    });
  }

  /**
   * Where a repeat is not known for one, "the newest run" is settled before the first try: after a crash it may be another.
   * @returns `undefined` where the job has that run already
   */
  async #pinned(
    request: StartBatchOperationRequest,
    target: PendingTarget,
  ): Promise<PendingTarget | undefined> {
    const { jobId } = request;
    const repeatable = !request.deletionOperation && !request.updateWorkflowOptionsOperation;
    if (target.runId || repeatable) return target;
    const runId = await this.#ports.newestRun(target.workflowId);
    let another = true;
    this.#change(jobId, (job) => {
      another = this.#store.pin(jobId, target, runId);
      if (!another && this.#store.removeTarget(jobId, target)) job.total--;
    });
    return another ? { ...target, runId } : undefined;
  }

  #change(jobId: string, change: (job: JobRecord) => void): void {
    this.#store.transaction(() => {
      const job = this.#store.job(jobId);
      if (job?.state !== 'RUNNING') return;
      change(job);
      this.#store.put(job);
    });
  }

  #close(jobId: string, state: 'COMPLETED' | 'FAILED', closeReason?: string): void {
    const job = this.#store.job(jobId);
    if (job?.state !== 'RUNNING') return;
    const request = shown(job.request);
    const digest = job.digest ?? digestOf(job.request);
    const closeTime = this.#ports.now();
    this.#store.put({ ...job, request, digest, state, closeTime, ...(closeReason && { closeReason }) });
    this.#store.removeTargets(jobId);
  }
}

const digestOf = (request: StartBatchOperationRequest): string =>
  createHash('sha256').update(JSON.stringify(request)).digest('hex');

/** What is told of a job that is over: the list of its runs and its payloads nobody needs any more. */
function shown(request: StartBatchOperationRequest): StartBatchOperationRequest {
  const { namespace, jobId, reason, visibilityQuery } = request;
  const operation = operationOf(request);
  const identity = request[operation]?.identity;
  return {
    namespace,
    jobId,
    reason,
    ...(visibilityQuery && { visibilityQuery }),
    [operation]: { ...(identity && { identity }) },
  };
}

const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;

/** @throws ServiceError INVALID_ARGUMENT unless there is exactly one */
export function operationOf(request: BatchOperation): keyof BatchOperation {
  const names = Object.keys(batchOperationTypes) as Array<keyof BatchOperation>;
  const given = names.filter((name) => request[name] !== undefined);
  if (given.length !== 1)
    throw invalidArgument(
      `Exactly one operation must be set, of ${names.join(', ')}; there are ${given.length}.`,
    );
  return given[0]!;
}

function infoOf(job: JobRecord): BatchOperationInfo {
  const { jobId, state, startTime, closeTime } = job;
  return {
    jobId,
    state: `BATCH_OPERATION_STATE_${state}`,
    startTime: toTimestampJson(startTime),
    ...(closeTime !== undefined && { closeTime: toTimestampJson(closeTime) }),
    operationType: batchOperationTypes[operationOf(job.request)],
    totalOperationCount: String(job.total),
    completeOperationCount: String(job.completed),
    failureOperationCount: String(job.failed),
  };
}

function placeOf(token: string): { startTime: EpochMs; jobId: string } {
  const match = /^(\d{1,15})\/([\s\S]+)$/.exec(token);
  if (!match) throw invalidArgument('nextPageToken: not a paging token of this list');
  return { startTime: Number(match[1]), jobId: match[2]! };
}
