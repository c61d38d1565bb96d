/** The Durable Object of one schedule: a shell around `ScheduleObject` that gives it storage, the alarm and the clock. */

import { DurableObject } from 'cloudflare:workers';
import type { TableDump } from '../../sdk/common/backup.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import {
  type CreateScheduleReply,
  type CreateScheduleRequest,
  type DescribeScheduleReply,
  type ListMatchingTimesReply,
  type ListMatchingTimesRequest,
  type PatchScheduleRequest,
  parseScheduleObjectName,
  type ScheduledRunClosed,
  type UpdateScheduleRequest,
} from '../../sdk/common/schedule.ts';
import type { Result } from '../../sdk/common/service.ts';
import { alarmTime } from '../alarm.ts';
import { jsonLogger } from '../observability/log.ts';
import { dumpTables, restoreTables } from '../table-dump.ts';
import type { ScheduleOutside } from './outside.ts';
import { ScheduleObject } from './schedule-object.ts';
import { SqlScheduleStore } from './store.ts';

/** After an alarm that failed the object tries again by itself: the platform would give up. */
const ALARM_RETRY_MS = 5_000;

/** What the object is given beside its storage; `src/index.ts` wires it from the environment. */
export interface ScheduleConnections {
  outside: ScheduleOutside;
  clockOffset: number;
}

export abstract class ScheduleDurableObject<E> extends DurableObject<E> {
  readonly #object: ScheduleObject;

  constructor(
    ctx: DurableObjectState,
    env: E,
    connect: (ctx: DurableObjectState, namespace: string, scheduleId: string) => ScheduleConnections,
  ) {
    super(ctx, env);
    const { namespace, scheduleId } = parseScheduleObjectName(ctx.id.name!);
    const { outside, clockOffset } = connect(ctx, namespace, scheduleId);
    const { storage } = ctx;
    const store = new SqlScheduleStore({
      sql: storage.sql,
      transaction: (work) => storage.transactionSync(work),
      setAlarm: (time) => void storage.setAlarm(alarmTime(time, clockOffset)),
      deleteAll: () => {
        void storage.deleteAlarm();
        void storage.deleteAll();
      },
    });
    this.#object = new ScheduleObject(namespace, scheduleId, store, outside);
  }

  create(request: CreateScheduleRequest): Result<CreateScheduleReply> {
    return this.#answered(() => this.#object.create(request));
  }

  describe(): Result<DescribeScheduleReply> {
    return this.#answered(() => this.#object.describe());
  }

  update(request: UpdateScheduleRequest): Result<void> {
    return this.#answered(() => this.#object.update(request));
  }

  patch(request: PatchScheduleRequest): Result<void> {
    return this.#answered(() => this.#object.patch(request));
  }

  delete(): Result<void> {
    return this.#answered(() => this.#object.delete());
  }

  matchingTimes(request: ListMatchingTimesRequest): Result<ListMatchingTimesReply> {
    return this.#answered(() => this.#object.matchingTimes(request));
  }

  runClosed(closed: ScheduledRunClosed): Result<void> {
    return this.#answered(() => this.#object.runClosed(closed));
  }

  async dumpTables(): Promise<TableDump[]> {
    return dumpTables(this.ctx.storage.sql);
  }

  restoreTables(tables: TableDump[]): Result<void> {
    const { storage } = this.ctx;
    return this.#answered(() => storage.transactionSync(() => restoreTables(storage.sql, tables)));
  }

  resume(): Promise<void> {
    return this.#object.resume();
  }

  poke(): Promise<void> {
    return this.#object.alarm();
  }

  /** Never throws: an alarm that keeps throwing is dropped for good by the platform after six retries. */
  override async alarm(): Promise<void> {
    try {
      await this.#object.alarm();
    } catch (error) {
      jsonLogger.error('schedule: alarm failed; armed again', { reason: String(error) });
      await this.#armAgain();
    }
  }

  /** Errors cross RPC as data; anything that is not a ServiceError is a fault of ours and says nothing of the inside. */
  #answered<T>(work: () => T): Result<T> {
    try {
      return { ok: work() };
    } catch (error) {
      if (error instanceof ServiceError) return { error: error.toData() };
      jsonLogger.error('unexpected', { reason: error instanceof Error ? error.stack : String(error) });
      // It may be stored all the same, without an alarm, and nobody need ask again.
      this.ctx.waitUntil(this.#armAgain());
      return { error: { code: 'INTERNAL', message: 'The engine failed to carry out the request.' } };
    }
  }

  async #armAgain(): Promise<void> {
    try {
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
    } catch {
      // Storage is gone with this object; the sweep wakes the next one.
    }
  }
}
