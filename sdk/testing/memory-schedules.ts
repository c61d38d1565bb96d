/** The schedules of an engine in memory. */

import type { ScheduleOutside, ScheduleStore } from '../../src/schedule/outside.ts';
import { ScheduleObject } from '../../src/schedule/schedule-object.ts';
import type { ScheduleState } from '../../src/schedule/state.ts';
import { parseScheduleFilter } from '../../src/visibility/schedule-filter.ts';
import { ScheduleRows } from '../../src/visibility/schedule-store.ts';
import type { ScheduleCountRequest, ScheduleListRequest } from '../../src/visibility/schedules.ts';
import type { EpochMs } from '../common/duration.ts';
import { ServiceError } from '../common/errors.ts';
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
import type { MemoryAttributes } from './memory-attributes.ts';
import { type Hard, type Life, type MemoryClass, MemoryLives } from './memory-lives.ts';
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

export interface MemorySchedulesPorts extends Pick<Hard<ScheduleObject>, 'hardships' | 'keep'> {
  attributes: MemoryAttributes;
  outside(namespace: string): Omit<ScheduleOutside, 'recordVisibility'>;
  alarmSet(): void;
  /** Behind each commit, before anybody learns of it. */
  committed(place: () => string): void;
}

export class MemorySchedules extends MemoryLives<MemoryScheduleStore, ScheduleObject> {
  readonly #rows: ScheduleRows;

  constructor(ports: MemorySchedulesPorts) {
    const rows = new ScheduleRows(memorySql());
    const of: MemoryClass<MemoryScheduleStore, ScheduleObject> = {
      store: () => new MemoryScheduleStore(),
      born: (name, store, life) => {
        const { namespace, scheduleId } = parseScheduleObjectName(name);
        const given = ports.outside(namespace);
        const recordVisibility = async (record: ScheduleRecord) => {
          ports.attributes.see(record.entry.searchAttributes);
          return rows.record(record, given.now());
        };
        const outside = livingOutside({ ...given, recordVisibility }, life);
        return new ScheduleObject(namespace, scheduleId, fenced(scheduleId, store, life, ports), outside);
      },
    };
    super(of, { ...ports, mend: (object) => object.alarm() });
    this.#rows = rows;
  }

  /** What the binding offers under this name. */
  stub = (name: string) => {
    const ask = <T>(question: (object: ScheduleObject) => T) => answered(this.ask(name, question));
    return {
      ...noBackups,
      create: (request: CreateScheduleRequest) => ask((object) => object.create(request)),
      describe: () => ask((object) => object.describe()),
      update: (request: UpdateScheduleRequest) => ask((object) => object.update(request)),
      patch: (request: PatchScheduleRequest) => ask((object) => object.patch(request)),
      delete: () => answered(this.#delete(name)),
      matchingTimes: (request: ListMatchingTimesRequest) => ask((object) => object.matchingTimes(request)),
    };
  };

  /** A repeat finds nothing to delete: it was this very request that did it. */
  #delete(name: string): Promise<void> {
    let asked = 0;
    return this.ask(name, (object) => {
      try {
        object.delete();
      } catch (error) {
        const gone = error instanceof ServiceError && error.code === 'NOT_FOUND';
        if (!gone || asked === 0) throw error;
      } finally {
        asked++;
      }
    });
  }

  /** What the shard offers for schedules. */
  readonly shard = {
    listSchedules: async ({ query, attributes, limit, after }: ScheduleListRequest) =>
      this.#rows.list(parseScheduleFilter(query, attributes), limit, after),
    countSchedules: async ({ query, attributes }: ScheduleCountRequest) =>
      this.#rows.count(parseScheduleFilter(query, attributes)),
  };

  runClosed = (namespace: string, scheduleId: string, closed: ScheduledRunClosed): Promise<void> =>
    this.ask(scheduleObjectName(namespace, scheduleId), (object) => object.runClosed(closed));
}

/** The world as long as the schedule's object lives. */
function livingOutside(outside: ScheduleOutside, life: Life): ScheduleOutside {
  return {
    ...outside,
    callExecution: (...args) =>
      life.unlessOver(() => life.call('a call to a workflow', () => outside.callExecution(...args))),
    result: (...args) =>
      life.unlessOver(() => life.call('a question to a workflow', () => outside.result(...args))),
    recordVisibility: (record) =>
      life.unlessOver(() => life.call('a row of the list', () => outside.recordVisibility(record))),
    keepAlive: (promise) => {
      if (!life.over) outside.keepAlive(Promise.race([life.busyWith(promise), life.ended]));
    },
  };
}

function fenced(
  scheduleId: string,
  store: MemoryScheduleStore,
  life: Life,
  { alarmSet, committed }: MemorySchedulesPorts,
): ScheduleStore {
  return {
    load: () => store.load(),
    clear: () => {
      if (!life.over) store.clear();
    },
    commit: (state, alarm) =>
      life.commit(
        () => store.commit(state, alarm),
        () => {
          if (alarm !== undefined) alarmSet();
          committed(() => `schedule ${scheduleId}`);
        },
      ),
  };
}
