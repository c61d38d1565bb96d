/**
 * What is written to a shard, while the number of shards may grow. A row is taken by its home; another shard passes it on.
 * A run that is new to its home may have a row at a former one: that comes along first, and goes there when the new one
 * stands. What a failure leaves behind at a former home moves by itself (moving.ts).
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { WorkflowExecution } from '../../sdk/common/history.ts';
import type { ScheduleRecord } from '../../sdk/common/schedule.ts';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import type { AttributeTypes } from './fields.ts';
import { type CopiedRow, copied, type RowTransfer, type StoredRow } from './row-transfer.ts';
import type { ScheduleRows } from './schedule-store.ts';
import type { ShardMap } from './shard.ts';
import type { VisibilityStore } from './store.ts';
import { checkTime } from './sweep.ts';

/** What one shard asks of another, over RPC. Each may be asked again. */
export interface ShardPeer {
  /** Writes rows here, whatever home they have. */
  accept(records: VisibilityRecord[]): Promise<void>;
  /** What is known here of a run. */
  standing(run: WorkflowExecution): Promise<Standing>;
  /** Rows that move here. @throws when their home is another: who sends them keeps them */
  receive(rows: StoredRow[]): Promise<void>;
  /** Rows that now stand at their home. */
  drop(rows: CopiedRow[]): Promise<void>;
  /** The run was deleted. */
  discard(run: WorkflowExecution): Promise<void>;
  acceptSchedules(records: ScheduleRecord[]): Promise<number | undefined>;
  schedulesOf(scheduleId: string): Promise<ScheduleRecord[]>;
  /** Schedules and deletions that move here. @throws as {@link receive} */
  receiveSchedules(records: ScheduleRecord[]): Promise<void>;
  dropSchedules(records: ScheduleRecord[]): Promise<void>;
}

export interface Standing {
  row?: StoredRow;
  deleted: boolean;
}

/** One shard among the others. */
export interface ShardPlace {
  number: number;
  map: ShardMap;
  /** A fresh stub on every call. */
  peer(number: number): ShardPeer;
  now(): EpochMs;
  /** Writes rows, and arms the alarm for them, in one go: a crash leaves all of it or nothing. */
  write(work: () => void): Promise<void>;
  /** Told of what another shard, or this one, did not do; it is made good by the moving of rows. */
  failed(peer: number, error: unknown): void;
}

export class ShardRows {
  readonly #place: ShardPlace;
  readonly #store: VisibilityStore;
  readonly #transfer: RowTransfer;
  readonly #schedules: ScheduleRows;

  constructor(place: ShardPlace, store: VisibilityStore, transfer: RowTransfer, schedules: ScheduleRows) {
    this.#place = place;
    this.#store = store;
    this.#transfer = transfer;
    this.#schedules = schedules;
  }

  /** Passes rows on to their home where that is another shard: who sent them does not know yet that there are more. */
  async upsert(records: VisibilityRecord[], custom: () => Promise<AttributeTypes>): Promise<void> {
    const { map, number, peer } = this.#place;
    const home = (record: VisibilityRecord): number =>
      map.grows ? map.home(record.info.execution.workflowId) : number;
    const byHome = Map.groupBy(records, home);
    const own = byHome.get(number) ?? [];
    byHome.delete(number);
    await Promise.all([...byHome].map(([to, rows]) => peer(to).accept(rows)));
    if (own.length > 0) await this.accept(own, await custom());
  }

  async accept(records: VisibilityRecord[], custom: AttributeTypes): Promise<void> {
    await Promise.all(records.map((record) => this.#take(record, custom)));
  }

  async #take(record: VisibilityRecord, custom: AttributeTypes): Promise<void> {
    const { execution } = record.info;
    const formers = this.#formerHomes(execution.workflowId);
    const isNew = formers.length > 0 && !this.#transfer.has(execution);
    const found = isNew ? await this.#ask(formers, (peer) => peer.standing(execution)) : [];
    await this.#place.write(() => {
      const now = this.#place.now();
      if (found.some(({ answer }) => answer.deleted)) this.#store.forget(execution, now);
      this.#transfer.receive(found.flatMap(({ answer }) => (answer.row ? [answer.row] : [])));
      this.#store.upsert(record, checkTime(now, record.nextDeadline, 0), custom);
    });
    const stale = found.flatMap(({ former, answer }) => (answer.row ? [{ former, row: answer.row }] : []));
    await Promise.all(
      stale.map(({ former, row }) => this.#ask([former], (peer) => peer.drop([copied(row)]))),
    );
  }

  standing(run: WorkflowExecution): Standing {
    const { rows } = this.#transfer.has(run)
      ? this.#transfer.copy([{ workflowId: run.workflowId, runId: run.runId! }])
      : { rows: [] };
    return { ...(rows[0] && { row: rows[0] }), deleted: this.#store.isDeleted(run.runId ?? '') };
  }

  /** Rows that move here. */
  async receive(rows: StoredRow[]): Promise<void> {
    this.#refuseStrangers(rows.map((row) => row.workflow_id as string));
    await this.#place.write(() => this.#transfer.receive(rows));
  }

  /** Schedules and deletions that move here. */
  receiveSchedules(records: ScheduleRecord[]): void {
    this.#refuseStrangers(records.map(({ entry }) => entry.scheduleId));
    this.#recordSchedules(records);
  }

  /**
   * During a deployment two shards may each take the other for the home of a row. If both took it from the other, each would
   * find the row in its place, and both would delete theirs.
   */
  #refuseStrangers(ids: string[]): void {
    const { map, number } = this.#place;
    const stranger = ids.find((id) => map.home(id) !== number);
    if (stranger === undefined) return;
    throw new Error(`the home of "${stranger}" is shard ${map.home(stranger)} here, of ${map.size}`);
  }

  /** The run was deleted: nowhere is a row of it taken any more. */
  async forget(run: WorkflowExecution): Promise<void> {
    const { map, number, peer, now } = this.#place;
    this.#store.forget(run, now());
    if (!map.grows) return;
    const others = map
      .wavesOf(run.workflowId)
      .flat()
      .filter((other) => other !== number);
    await Promise.all(others.map((other) => peer(other).discard(run)));
  }

  /** Answers as {@link ScheduleRows.record}. */
  async recordSchedule(record: ScheduleRecord): Promise<number | undefined> {
    const { map, number, peer } = this.#place;
    const home = map.home(record.entry.scheduleId);
    return map.grows && home !== number
      ? peer(home).acceptSchedules([record])
      : this.acceptSchedules([record]);
  }

  /** Answers for the last one. */
  async acceptSchedules(records: ScheduleRecord[]): Promise<number | undefined> {
    let refusedBy: number | undefined;
    for (const record of records) refusedBy = await this.#takeSchedule(record);
    return refusedBy;
  }

  async #takeSchedule(record: ScheduleRecord): Promise<number | undefined> {
    const { scheduleId } = record.entry;
    const formers = this.#formerHomes(scheduleId);
    const isNew = formers.length > 0 && this.#schedules.recordsOf(scheduleId).length === 0;
    const found = isNew ? await this.#ask(formers, (peer) => peer.schedulesOf(scheduleId)) : [];
    for (const { answer } of found) this.#recordSchedules(answer);
    const refusedBy = this.#schedules.record(record, this.#place.now());
    const stale = found.filter(({ answer }) => answer.length > 0);
    await Promise.all(
      stale.map(({ former, answer }) => this.#ask([former], (peer) => peer.dropSchedules(answer))),
    );
    return refusedBy;
  }

  #recordSchedules(records: ScheduleRecord[]): void {
    for (const record of records) this.#schedules.record(record, this.#place.now());
  }

  #formerHomes(id: string): number[] {
    return this.#place.map.formerHomes(id).filter((former) => former !== this.#place.number);
  }

  /** Answers of those that gave one. */
  async #ask<T>(
    formers: number[],
    ask: (peer: ShardPeer) => Promise<T>,
  ): Promise<Array<{ former: number; answer: T }>> {
    const asked = formers.map(async (former) => {
      try {
        return [{ former, answer: await ask(this.#place.peer(former)) }];
      } catch (error) {
        this.#place.failed(former, error);
        return [];
      }
    });
    return (await Promise.all(asked)).flat();
  }
}
