/**
 * The Visibility object: one shard of a namespace's list of runs. It also looks after the open ones (see sweep.ts) by
 * its own alarm; cron calls `sweep` so that a shard whose alarm was lost comes back too.
 */

import { DurableObject } from 'cloudflare:workers';
import type { EpochMs } from '../../sdk/common/duration.ts';
import { ServiceError, type ServiceErrorData } from '../../sdk/common/errors.ts';
import type { WorkflowExecution } from '../../sdk/common/history.ts';
import { executionObjectName } from '../../sdk/common/ids.ts';
import {
  type ScheduleListEntry,
  type ScheduleRecord,
  scheduleObjectName,
} from '../../sdk/common/schedule.ts';
import type { DescribeWorkflowExecutionReply, Result, VisibilityRecord } from '../../sdk/common/service.ts';
import type { TaskBacklog, TaskKind } from '../../sdk/common/workers.ts';
import { alarmTime } from '../alarm.ts';
import { clockOffset, type Env, now } from '../env.ts';
import { retentionOf } from '../namespace/retention.ts';
import { MetricsAccumulator } from '../observability/accumulator.ts';
import type { Sample } from '../observability/families.ts';
import { jsonLogger } from '../observability/log.ts';
import { MetricsBuffer, type MetricsDelta } from '../observability/measures.ts';
import { searchAttributesOf } from './attributes.ts';
import type { ShardCountRequest, ShardListRequest, VisibilityShard } from './client.ts';
import type { AttributeTypes } from './fields.ts';
import { GroupCommit } from './group-commit.ts';
import { parseListQuery } from './list-filter.ts';
import type { ShardPage } from './merge.ts';
import type { MetricsShard } from './metrics.ts';
import { Moving } from './moving.ts';
import { type CopiedRow, type RowKey, RowTransfer, type StoredRow } from './row-transfer.ts';
import { parseScheduleFilter } from './schedule-filter.ts';
import { ScheduleRows } from './schedule-store.ts';
import type { ScheduleCountRequest, ScheduleListRequest } from './schedules.ts';
import { parseShardName, type ShardMap, shardMap, shardName } from './shard.ts';
import { type ShardPeer, type ShardPlace, ShardRows, type Standing } from './shard-rows.ts';
import { type DueRow, type RowCount, VisibilityStore } from './store.ts';
import { type SweepPorts, sweepDue, sweepExpired } from './sweep.ts';

/** An alarm that could not do its work comes again after this. */
const ALARM_RETRY_MS = 60_000;
/** So long sums of metrics stand in memory alone. */
const WRITE_PAUSE_MS = 2_000;
/** So long rows are gathered, before they are written together. */
const GATHER_MS = 50;

/** What the sweep asks of a WorkflowExecution object. */
interface PokedExecution {
  poke(): Promise<VisibilityRecord | undefined>;
  describe(request: { runId?: string }): Promise<Result<DescribeWorkflowExecutionReply>>;
}

export class Visibility extends DurableObject<Env> implements VisibilityShard, MetricsShard, ShardPeer {
  readonly #store: VisibilityStore;
  readonly #metrics: MetricsAccumulator;
  /** What the shard itself has seen. */
  readonly #seen = new MetricsBuffer(() => crypto.randomUUID());
  #writing = false;
  /** Nobody waits for a row: those that come within moments of each other are one commit. */
  readonly #writes = new GroupCommit(
    () => new Promise((resolve) => setTimeout(resolve, GATHER_MS)),
    async (work) => {
      const armed = await this.ctx.storage.getAlarm();
      work();
      await this.#arm(armed);
    },
  );
  readonly #schedules: ScheduleRows;
  readonly #rows: ShardRows;
  readonly #moving: Moving;
  readonly #transfer: RowTransfer;
  #map: ShardMap | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new VisibilityStore(ctx.storage.sql);
    this.#schedules = new ScheduleRows(ctx.storage.sql);
    this.#metrics = new MetricsAccumulator(ctx.storage.sql);
    this.#transfer = new RowTransfer(ctx.storage.sql, this.#store);
    const place = this.#placeOf(ctx, env);
    this.#rows = new ShardRows(place, this.#store, this.#transfer, this.#schedules);
    const isEmpty = (): boolean => !this.#store.created && !this.#schedules.created;
    const rows = { transfer: this.#transfer, schedules: this.#schedules, isEmpty };
    this.#moving = new Moving(ctx.storage.sql, place, rows);
  }

  /** Read when it is needed: a variable that is wrong must not keep the object from being made. */
  #placeOf(ctx: DurableObjectState, env: Env): ShardPlace {
    const self = (): { namespace: string; shard: number } => parseShardName(ctx.id.name!);
    const mapOf = (): ShardMap => {
      this.#map ??= shardMap(env);
      return this.#map;
    };
    return {
      get number() {
        return self().shard;
      },
      get map() {
        return mapOf();
      },
      peer: (other) => env.VISIBILITY.getByName(shardName(self().namespace, other)) as unknown as ShardPeer,
      now: () => now(env),
      write: (work) => this.#writes.add(work),
      failed: (other, error) =>
        jsonLogger.error('rows between shards', { ...self(), other, reason: String(error) }),
    };
  }

  /** Stores rows; an older version of a row never replaces a newer one. */
  async upsert(records: VisibilityRecord[], deltas: MetricsDelta[] = []): Promise<void> {
    this.#addMetrics(deltas);
    await this.#rows.upsert(records, () => this.#attributes(records));
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
      { name: 'perdure_visibility_shards_moving', labels: [], value: this.#moving.isOver ? 0 : 1 },
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

  async list({ query, attributes = {}, kind, pageSize, cursor }: ShardListRequest): Promise<ShardPage> {
    const refused = this.#refusal();
    if (refused) return { rows: [], more: false, refused };
    return this.#store.page(parseListQuery(query, attributes, kind), pageSize, cursor);
  }

  /** What the list of an engine that knows of fewer shards than there are would not show. */
  #refusal(): ServiceErrorData | undefined {
    const { shrunkFrom } = this.#moving;
    if (shrunkFrom === undefined) return undefined;
    const message = `VISIBILITY_SHARDS is "${this.env.VISIBILITY_SHARDS ?? ''}", but this namespace has had ${shrunkFrom} shards, and runs are listed in all of them: there are never fewer. Set it to "${shrunkFrom}" or more and deploy; no run is lost.`;
    return { code: 'FAILED_PRECONDITION', message };
  }

  /** Errors of a query that only the rows show cross as data. */
  async count({ query, attributes = {}, kind }: ShardCountRequest): Promise<Result<RowCount>> {
    const refused = this.#refusal();
    if (refused) return { error: refused };
    try {
      return { ok: this.#store.count(parseListQuery(query, attributes, kind)) };
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
    await this.#moving.work();
    const swept = await sweepDue(this.#store, this.#ports);
    await this.#sweepClosed();
    this.#addMetrics(this.#seen.take());
    await this.#pokeOverdueSchedules();
    await this.#arm(await this.ctx.storage.getAlarm());
    return { swept };
  }

  /** Removes the row of a run that was deleted; a late one of it is not taken any more. */
  async forget(run: WorkflowExecution): Promise<void> {
    await this.#rows.forget(run);
  }

  async newer(rows: CopiedRow[]): Promise<RowKey[]> {
    return this.#transfer.newer(rows);
  }

  async isMoving(): Promise<boolean> {
    return !this.#moving.isOver;
  }

  async accept(records: VisibilityRecord[]): Promise<void> {
    await this.#rows.accept(records, await this.#attributes(records));
  }

  async standing(run: WorkflowExecution): Promise<Standing> {
    return this.#rows.standing(run);
  }

  async receive(rows: StoredRow[]): Promise<void> {
    await this.#rows.receive(rows);
  }

  async drop(rows: CopiedRow[]): Promise<void> {
    this.#transfer.drop(rows);
  }

  async discard(run: WorkflowExecution): Promise<void> {
    this.#store.forget(run, now(this.env));
  }

  async acceptSchedules(records: ScheduleRecord[]): Promise<number | undefined> {
    return this.#rows.acceptSchedules(records);
  }

  async schedulesOf(scheduleId: string): Promise<ScheduleRecord[]> {
    return this.#schedules.recordsOf(scheduleId);
  }

  async receiveSchedules(records: ScheduleRecord[]): Promise<void> {
    this.#rows.receiveSchedules(records);
  }

  async dropSchedules(records: ScheduleRecord[]): Promise<void> {
    this.#schedules.drop(records);
  }

  readonly #ports: SweepPorts = {
    poke: (row) => this.#poke(row),
    away: { is: (id) => this.#moving.isAway(id), send: (rows) => this.#moving.sendHome(rows) },
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
    return this.#rows.recordSchedule(record);
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
    const times = [this.#store.nextCheck(), this.#moving.nextStep()].filter((time) => time !== undefined);
    if (times.length === 0) return;
    const next = Math.min(...times);
    // The alarm runs on the platform's clock, the rows on the engine's.
    const time = Math.max(Date.now(), alarmTime(next, clockOffset(this.env)));
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
