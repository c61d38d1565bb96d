/** The schedules of an engine in memory, and their deaths: what is committed stays, a dead object has no effect any more. */

import type { ScheduleOutside, ScheduleStore } from '../../src/schedule/outside.ts';
import { ScheduleObject } from '../../src/schedule/schedule-object.ts';
import type { ScheduleState } from '../../src/schedule/state.ts';
import { parseScheduleFilter } from '../../src/visibility/schedule-filter.ts';
import { ScheduleRows } from '../../src/visibility/schedule-store.ts';
import type { ScheduleListRequest } from '../../src/visibility/schedules.ts';
import type { EpochMs } from '../common/duration.ts';
import {
  type CreateScheduleRequest,
  type ListMatchingTimesRequest,
  type PatchScheduleRequest,
  parseScheduleObjectName,
  type ScheduledRunClosed,
  type ScheduleRecord,
  scheduleObjectName,
  type UpdateScheduleRequest,
} from '../common/schedule.ts';
import { Life } from './memory-objects.ts';
import { answered, memorySql, noBackups } from './memory-storage.ts';

class MemoryScheduleStore implements ScheduleStore {
  alarm: EpochMs | undefined;
  #text: string | undefined;

  load(): ScheduleState | undefined {
    return this.#text === undefined ? undefined : (JSON.parse(this.#text) as ScheduleState);
  }

  commit(state: ScheduleState, alarm: EpochMs | undefined): void {
    this.#text = JSON.stringify(state);
    if (alarm !== undefined) this.alarm = alarm;
  }

  clear(): void {
    this.#text = undefined;
    this.alarm = undefined;
  }
}

interface Owner {
  store: MemoryScheduleStore;
  object: ScheduleObject;
  life: Life;
}

export interface MemorySchedulesPorts {
  outside(namespace: string): Omit<ScheduleOutside, 'recordVisibility'>;
  alarmSet(): void;
  /** Behind each commit, before anybody learns of it. */
  committed(place: () => string): void;
}

export class MemorySchedules {
  readonly #owners = new Map<string, Owner>();
  readonly #ports: MemorySchedulesPorts;
  readonly #rows = new ScheduleRows(memorySql());

  constructor(ports: MemorySchedulesPorts) {
    this.#ports = ports;
  }

  /** What the binding offers under this name. */
  stub = (name: string) => {
    const ask = <T>(question: (object: ScheduleObject) => T) =>
      answered(async () => this.#ask(name, question));
    return {
      ...noBackups,
      create: (request: CreateScheduleRequest) => ask((object) => object.create(request)),
      describe: () => ask((object) => object.describe()),
      update: (request: UpdateScheduleRequest) => ask((object) => object.update(request)),
      patch: (request: PatchScheduleRequest) => ask((object) => object.patch(request)),
      delete: () => ask((object) => object.delete()),
      matchingTimes: (request: ListMatchingTimesRequest) => ask((object) => object.matchingTimes(request)),
    };
  };

  /** What the shard offers for schedules. */
  readonly shard = {
    listSchedules: async ({ query, limit, after }: ScheduleListRequest) =>
      this.#rows.list(parseScheduleFilter(query), limit, after),
    countSchedules: async ({ query }: { query: string }) => this.#rows.count(parseScheduleFilter(query)),
  };

  runClosed = async (namespace: string, scheduleId: string, closed: ScheduledRunClosed): Promise<void> =>
    this.#ask(scheduleObjectName(namespace, scheduleId), (object) => object.runClosed(closed));

  all(): ScheduleObject[] {
    return [...this.#owners.values()].map(({ object }) => object);
  }

  /** The earliest armed alarm, if any. */
  nextAlarm(): EpochMs[] {
    const alarms = [...this.#owners.values()].flatMap(({ store }) => store.alarm ?? []);
    return alarms.length === 0 ? [] : [Math.min(...alarms)];
  }

  /** Takes the alarms that are due; answers with their objects. */
  takeDue(now: EpochMs): ScheduleObject[] {
    const due = [...this.#owners.values()].filter(
      ({ store }) => (store.alarm ?? Number.POSITIVE_INFINITY) <= now,
    );
    for (const { store } of due) store.alarm = undefined;
    return due.map(({ object }) => object);
  }

  /** All objects die, and are there again with what they committed. */
  endAll(): void {
    for (const [name, { store, life }] of this.#owners) {
      life.end();
      this.#owners.set(name, this.#born(name, store));
    }
  }

  /** Asks the object; the next one, should it die before it answers. Requests have ids: none is carried out twice. */
  #ask<T>(name: string, question: (object: ScheduleObject) => T): T {
    const { object, life } = this.#owner(name);
    try {
      const value = question(object);
      if (!life.over) return value;
    } catch (error) {
      if (!life.over) throw error;
    }
    return this.#ask(name, question);
  }

  #owner(name: string): Owner {
    let owner = this.#owners.get(name);
    if (!owner) {
      owner = this.#born(name, new MemoryScheduleStore());
      this.#owners.set(name, owner);
    }
    return owner;
  }

  #born(name: string, store: MemoryScheduleStore): Owner {
    const { namespace, scheduleId } = parseScheduleObjectName(name);
    const life = new Life();
    const outside = this.#ports.outside(namespace);
    const living: ScheduleOutside = {
      ...outside,
      callExecution: (...args) => life.unlessOver(() => outside.callExecution(...args)),
      result: (...args) => life.unlessOver(() => outside.result(...args)),
      recordVisibility: (record: ScheduleRecord) =>
        life.unlessOver(async () => this.#rows.record(record, outside.now())),
      keepAlive: (promise) => {
        if (!life.over) outside.keepAlive(Promise.race([promise, life.ended]));
      },
    };
    return {
      store,
      life,
      object: new ScheduleObject(namespace, scheduleId, this.#fenced(name, store, life), living),
    };
  }

  #fenced(name: string, store: MemoryScheduleStore, life: Life): ScheduleStore {
    return {
      load: () => store.load(),
      clear: () => {
        if (!life.over) store.clear();
      },
      commit: (state, alarm) => {
        if (life.over) throw new Error('the object is dead');
        store.commit(state, alarm);
        if (alarm !== undefined) this.#ports.alarmSet();
        this.#ports.committed(() => `schedule ${parseScheduleObjectName(name).scheduleId}`);
        if (life.over) throw new Error('the object died behind its commit');
      },
    };
  }
}
