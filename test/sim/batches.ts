/**
 * Batch jobs: the real BatchJobs over SQLite, looking runs up in real shards of visibility. Every run that matched all
 * the while a job looked is acted on, once; the others at most once.
 */

import type { StartBatchOperationRequest } from '../../sdk/common/batch.ts';
import type { Request } from '../../sdk/common/service.ts';
import { BatchJobs } from '../../src/batch/jobs.ts';
import { requestFor } from '../../src/batch/perform.ts';
import { BatchStore, type JobRecord, type Target } from '../../src/batch/store.ts';
import type { Api } from './api.ts';
import { checkJob, type Looked } from './batch-check.ts';
import { type Life, MortalWithSql } from './mortal.ts';
import type { Owner } from './objects.ts';
import { overTheWire, type World } from './world.ts';

/** As the Batch object: rings again should it die under way, and lets a second pass between two goes. */
const RETRY_MS = 10_000;
const PAUSE_MS = 1_000;
/** Small, so that a job looks more than once. */
const PAGE = 3;
const ALL_JOBS = 1_000;

export interface BatchWorld {
  world: World;
  api: Api;
  owners(): Iterable<Owner>;
}

export class Batches extends MortalWithSql<BatchJobs> {
  readonly #of: BatchWorld;
  /** By query: what matched when the last look began, and what it found. */
  readonly #looked = new Map<string, Looked>();
  readonly #judged = new Set<string>();

  constructor(of: BatchWorld) {
    super(of.world, 'batch');
    this.#of = of;
  }

  /** No job runs. */
  get quiet(): boolean {
    return this.#stored.running().length === 0;
  }

  /** What is stored, read from outside. */
  get #stored(): BatchStore {
    return new BatchStore(this.sql, (work) => work());
  }

  job(jobId: string): JobRecord | undefined {
    return this.#stored.job(jobId);
  }

  protected make(life: Life): BatchJobs {
    const { world, api } = this.#of;
    const store = new BatchStore(this.sqlOf(life), (work) => {
      this.transaction(life, work);
    });
    return new BatchJobs(store, {
      list: (query, token) => this.living(life, () => this.#list(query, token)),
      newestRun: (workflowId) =>
        this.living(life, async () => {
          const described = await api.call(workflowId, 'describe', (object) => object.describe(undefined));
          return described.workflowExecutionInfo.execution.runId;
        }),
      perform: (request, target, requestId) =>
        this.living(life, async () => {
          await api.request(
            target.workflowId,
            requestFor(request, target, requestId) as Request<'ResetWorkflowExecution'>,
          );
        }),
      wake: () => {
        if (!life.dead) this.store.alarm = world.clock;
      },
      now: () => world.clock,
    });
  }

  /** The Batch object's alarm. */
  protected async ring(jobs: BatchJobs): Promise<void> {
    const { world } = this;
    this.store.alarm = world.clock + RETRY_MS;
    await jobs.work();
    this.store.alarm = jobs.idle ? undefined : world.clock + PAUSE_MS;
  }

  protected override transaction(life: Life, work: () => void): void {
    try {
      super.transaction(life, work);
    } finally {
      this.#judge();
    }
  }

  async #list(query: string, token?: string): Promise<{ targets: Target[]; nextPageToken?: string }> {
    const { world } = this;
    const listed = world.listed!;
    await world.scheduler.wait(world.latency(), 'batch looks runs up');
    if (world.fault('visibilityFails')) throw new Error('visibility was not reached');
    const looked = token ? this.#looked.get(query)! : await this.#lookBegins(query);
    const page = await listed.page(query, PAGE, token);
    const targets = page.executions.map(({ execution }) => overTheWire(execution) as Target);
    for (const { runId } of targets) looked.found.add(runId);
    if (!page.nextPageToken) {
      // What matches no more, or has come meanwhile, may be passed over.
      const still = new Set(await listed.all(query));
      looked.matched = looked.matched.filter((runId) => still.has(runId));
      const missed = looked.matched.filter((runId) => !looked.found.has(runId));
      if (missed.length > 0) world.violate(`I47: ${query}: pages pass over ${missed.join(' ')}`);
    }
    if (world.fault('visibilityFails')) throw new Error('visibility was asked, but its answer was lost');
    return { targets, ...(page.nextPageToken && { nextPageToken: page.nextPageToken }) };
  }

  /** A query is one job's; one that is sent to start it again looks, too, and says nothing of what the job sees. */
  async #lookBegins(query: string): Promise<Looked> {
    const matched = await this.world.listed!.all(query);
    const before = this.#looked.get(query);
    const job = this.#stored.list(ALL_JOBS).find(({ request }) => request.visibilityQuery === query);
    if (before && (job?.nextPageToken || job?.collected)) return { matched: [], found: new Set() };
    const looked = { matched, found: before?.found ?? new Set<string>() };
    this.#looked.set(query, looked);
    return looked;
  }

  /** What a job that has just come to its end says of itself. */
  #judge(): void {
    const { world, owners } = this.#of;
    for (const job of this.#stored.list(ALL_JOBS)) {
      if (job.state === 'RUNNING' || this.#judged.has(job.jobId)) continue;
      this.#judged.add(job.jobId);
      const looked = this.#looked.get(job.request.visibilityQuery ?? '');
      world.coverage.count('batches', job.state);
      if (job.failed > 0) world.coverage.count('batches', 'with failures');
      if (job.state === 'COMPLETED') world.guard(() => checkJob(job, looked, owners()));
    }
  }

  /** Nobody looks after its alarm but the platform, which loses none. */
  override loseAlarm(): void {}

  /** As the API: the same job again changes nothing. */
  start(request: StartBatchOperationRequest): Promise<void> {
    return this.call((jobs) => jobs.start(overTheWire(request)));
  }

  stop(jobId: string): Promise<void> {
    return this.call((jobs) => jobs.stop(jobId, 'the simulator says so'));
  }
}
