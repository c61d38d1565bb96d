/**
 * The Visibility object: one shard of a namespace's list of runs. It also looks after the open ones (see sweep.ts) by
 * its own alarm; cron calls `sweep` so that a shard whose alarm was lost comes back too.
 */

import { DurableObject } from 'cloudflare:workers';
import type { EpochMs } from '../../sdk/common/duration.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { WorkflowExecution } from '../../sdk/common/history.ts';
import { executionObjectName } from '../../sdk/common/ids.ts';
import {
  type ScheduleListEntry,
  type ScheduleRecord,
  scheduleObjectName,
} from '../../sdk/common/schedule.ts';
import type { DescribeWorkflowExecutionReply, Result, VisibilityRecord } from '../../sdk/common/service.ts';
import type { TaskBacklog, TaskKind } from '../../sdk/common/workers.ts';
import { clockOffset, type Env, now } from '../env.ts';
import { retentionOf } from '../namespace/retention.ts';
import { MetricsAccumulator } from '../observability/accumulator.ts';
import type { Sample } from '../observability/families.ts';
import { jsonLogger } from '../observability/log.ts';
import { MetricsBuffer, type MetricsDelta } from '../observability/measures.ts';
import { searchAttributesOf } from './attributes.ts';
import type { ShardCountRequest, ShardListRequest, ShardPage, VisibilityShard } from './client.ts';
import type { AttributeTypes } from './fields.ts';
import { parseListQuery } from './list-filter.ts';
import type { MetricsShard } from './metrics.ts';
import { parseScheduleFilter } from './schedule-filter.ts';
import { ScheduleRows } from './schedule-store.ts';
import type { ScheduleCountRequest, ScheduleListRequest } from './schedules.ts';
import { parseShardName } from './shard.ts';
import { type DueRow, type RowCount, VisibilityStore } from './store.ts';
import { checkTime, type SweepPorts, sweepDue, sweepExpired } from './sweep.ts';

/** An alarm that could not do its work comes again after this. */
const ALARM_RETRY_MS = 60_000;
/** So long sums of metrics stand in memory alone. */
const WRITE_PAUSE_MS = 2_000;

/** What the sweep asks of a WorkflowExecution object. */
interface PokedExecution {
  poke(): Promise<VisibilityRecord | undefined>;
  describe(request: { runId?: string }): Promise<Result<DescribeWorkflowExecutionReply>>;
}

export class Visibility extends DurableObject<Env> implements VisibilityShard, MetricsShard {
  readonly #store: VisibilityStore;
  readonly #metrics: MetricsAccumulator;
  /** What the shard itself has seen. */
  readonly #seen = new MetricsBuffer(() => crypto.randomUUID());
  #writing = false;
  readonly #schedules: ScheduleRows;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new VisibilityStore(ctx.storage.sql);
    this.#schedules = new ScheduleRows(ctx.storage.sql);
    this.#metrics = new MetricsAccumulator(ctx.storage.sql);
  }

  /** Stores rows; an older version of a row never replaces a newer one. */
  async upsert(records: VisibilityRecord[], deltas: MetricsDelta[] = []): Promise<void> {
    this.#addMetrics(deltas);
    const custom = await this.#attributes(records);
    const armed = await this.ctx.storage.getAlarm();
    const time = now(this.env);
    for (const record of records) this.#store.upsert(record, checkTime(time, record.nextDeadline, 0), custom);
    await this.#arm(armed);
  }

  async addMetrics(deltas: MetricsDelta[]): Promise<void> {
    this.#addMetrics(deltas);
  }

  async metrics(): Promise<Sample[]> {
    this.#metrics.add(this.#seen.take());
    this.#metrics.write();
    const overdue = { labels: [], value: this.#store.countDue(now(this.env)) };
    return [
      ...this.#metrics.read(),
      ...this.#store.counts.samples(),
      { name: 'perdure_workflows_overdue', ...overdue },
    ];
  }

  /** Written a little later, with whatever comes meanwhile. */
  #addMetrics(deltas: MetricsDelta[]): void {
    this.#metrics.add(deltas);
    if (!this.#metrics.dirty || this.#writing) return;
    this.#writing = true;
    const write = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, WRITE_PAUSE_MS));
      this.#writing = false;
      this.#metrics.write();
    };
    this.ctx.waitUntil(write());
  }

  async list({ query, attributes = {}, pageSize, cursor }: ShardListRequest): Promise<ShardPage> {
    return this.#store.page(parseListQuery(query, attributes), pageSize, cursor);
  }

  /** Errors of a query that only the rows show cross as data. */
  async count({ query, attributes = {} }: ShardCountRequest): Promise<Result<RowCount>> {
    try {
      return { ok: this.#store.count(parseListQuery(query, attributes)) };
    } catch (error) {
      if (error instanceof ServiceError) return { error: error.toData() };
      throw error;
    }
  }

  async backlog(kind: TaskKind, taskQueue: string): Promise<TaskBacklog> {
    return this.#store.backlog(kind, taskQueue);
  }

  /** The types of what the rows carry. A row is written also when nobody can say them: it says types itself. */
  async #attributes(records: VisibilityRecord[]): Promise<AttributeTypes> {
    const names = records.flatMap(({ info }) => Object.keys(info.searchAttributes?.indexedFields ?? {}));
    if (names.length === 0) return {};
    const { namespace } = parseShardName(this.ctx.id.name!);
    return searchAttributesOf(this.env, namespace, names).catch(() => ({}));
  }

  /** Looks at the open runs that are due, and arms the alarm for the rest. Answers how many were due. */
  async sweep(): Promise<{ swept: number }> {
    const swept = await sweepDue(this.#store, this.#ports);
    await this.#sweepClosed();
    this.#addMetrics(this.#seen.take());
    await this.#pokeOverdueSchedules();
    await this.#arm(await this.ctx.storage.getAlarm());
    return { swept };
  }

  /** Removes the row of a run that was deleted; a late one of it is not taken any more. */
  async forget(run: WorkflowExecution): Promise<void> {
    this.#store.forget(run, now(this.env));
  }

  readonly #ports: SweepPorts = {
    poke: (row) => this.#poke(row),
    now: () => now(this.env),
    looked: (outcome) => this.#seen.count('perdure_sweeper_looks_total', [outcome]),
    failed: ({ workflowId, runId }, error) =>
      jsonLogger.error('sweep: poke failed', { workflowId, runId, reason: String(error) }),
  };

  async #sweepClosed(): Promise<void> {
    this.#store.pruneDeleted(now(this.env));
    this.#schedules.pruneDeleted(now(this.env));
    const { namespace } = parseShardName(this.ctx.id.name!);
    const retention = retentionOf(this.env, namespace);
    // The run asks again before it goes: what is remembered here will do.
    await retention.renew()?.catch(() => undefined);
    await sweepExpired(this.#store, this.#ports, retention.peek());
  }

  /** For backups: every id that there is, behind `after`. */
  async workflowIds(request: { after: string; limit: number; startedSince?: number }): Promise<string[]> {
    return this.#store.workflowIds(request.after, request.limit, request.startedSince);
  }

  async scheduleIds({ after, limit }: { after: string; limit: number }): Promise<string[]> {
    return this.#schedules.ids(after, limit);
  }

  async recordSchedule(record: ScheduleRecord): Promise<number | undefined> {
    return this.#schedules.record(record, now(this.env));
  }

  async listSchedules({
    query,
    attributes,
    limit,
    after,
  }: ScheduleListRequest): Promise<ScheduleListEntry[]> {
    return this.#schedules.list(parseScheduleFilter(query, attributes), limit, after);
  }

  async countSchedules({ query, attributes }: ScheduleCountRequest): Promise<number> {
    return this.#schedules.count(parseScheduleFilter(query, attributes));
  }

  /** A schedule whose alarm was lost acts when it is poked. */
  async #pokeOverdueSchedules(): Promise<void> {
    const { namespace } = parseShardName(this.ctx.id.name!);
    const poke = async (scheduleId: string): Promise<void> => {
      try {
        const name = scheduleObjectName(namespace, scheduleId);
        await (this.env.SCHEDULE.getByName(name) as unknown as { poke(): Promise<void> }).poke();
      } catch (error) {
        jsonLogger.error('sweep: poke failed', { scheduleId, reason: String(error) });
      }
    };
    await Promise.all(this.#schedules.overdue(now(this.env)).map(poke));
  }

  /** Never throws: an alarm that throws too often is gone for ever. */
  override async alarm(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      jsonLogger.error('sweep: alarm failed', { reason: String(error) });
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS).catch(() => {});
    }
  }

  /** Arms the alarm only if a row is due before the armed one: most upserts write no alarm. */
  async #arm(armed: EpochMs | null): Promise<void> {
    const next = this.#store.nextCheck();
    if (next === undefined) return;
    // The alarm runs on the platform's clock, the rows on the engine's.
    const time = Math.max(Date.now(), next - clockOffset(this.env));
    if (armed === null || time < armed) await this.ctx.storage.setAlarm(time);
  }

  async #poke({ workflowId, runId, version }: DueRow): Promise<VisibilityRecord[]> {
    const { namespace } = parseShardName(this.ctx.id.name!);
    const name = executionObjectName(namespace, workflowId);
    const execution = this.env.WORKFLOW_EXECUTION.getByName(name) as unknown as PokedExecution;
    const newest = await execution.poke();
    if (newest?.info.execution.runId === runId) return [newest];
    const others = newest ? [newest] : [];
    // It is not the newest run, so it is closed, and the row of its close never arrived: made from the run itself.
    const described = await execution.describe({ runId });
    if ('ok' in described) {
      const { workflowExecutionInfo: info } = described.ok;
      return [...others, { namespace, version: version + 1, open: false, info }];
    }
    if (described.error.code === 'NOT_FOUND') return others;
    throw ServiceError.fromData(described.error);
  }
}
