/**
 * The objects of an engine in memory, and their deaths. What is committed stays; an object that died has no effect on
 * anything any more, whatever it was doing, and whoever was asking it asks its successor.
 */

import { ExecutionObject } from '../../src/execution/execution-object.ts';
import { decodeRow, historyEvents } from '../../src/execution/log.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import type { Outside } from '../../src/execution/outside.ts';
import type { Commit, ExecutionStore } from '../../src/execution/store.ts';
import type { EpochMs } from '../common/duration.ts';
import { ServiceError } from '../common/errors.ts';
import { historyEventName } from '../common/history.ts';
import { parseExecutionObjectName } from '../common/ids.ts';
import type { Replies, Request, ServiceRequests } from '../common/service.ts';

/** Requests without an id that end something. */
const ENDING = /^(?:(?:Terminate|Delete)WorkflowExecution|RespondActivityTask)/;

/** One incarnation of an object. */
export class Life {
  over = false;
  #end!: () => void;
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  end(): void {
    this.over = true;
    this.#end();
  }

  /** Never settles once the life is over: nobody is there to go on. */
  unlessOver<T>(work: () => Promise<T>): Promise<T> {
    const never = new Promise<T>(() => undefined);
    if (this.over) return never;
    return work().then(
      (value) => (this.over ? never : value),
      (error) => (this.over ? never : Promise.reject(error)),
    );
  }
}

interface Owner {
  store: MemoryStore;
  object: ExecutionObject;
  life: Life;
}

export interface MemoryObjectsPorts {
  outside(namespace: string): Outside;
  alarmSet(): void;
  /** Behind each commit of an object, before anybody learns of it. */
  committed(name: string, commit: Commit): void;
}

export class MemoryObjects {
  readonly #owners = new Map<string, Owner>();
  readonly #ports: MemoryObjectsPorts;

  constructor(ports: MemoryObjectsPorts) {
    this.#ports = ports;
  }

  get(name: string): ExecutionObject {
    return this.#owner(name).object;
  }

  all(): ExecutionObject[] {
    return [...this.#owners.values()].map(({ object }) => object);
  }

  /** Asks the object; the next one, should it die before it answers. Requests have ids: none is carried out twice. */
  async ask<T>(name: string, question: (object: ExecutionObject) => Promise<T>): Promise<T> {
    for (;;) {
      const { object, life } = this.#owner(name);
      const answer = question(object).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      const outcome = await Promise.race([answer, life.ended]);
      if (!outcome || life.over) continue;
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    }
  }

  /**
   * A request that changes the object. One without an id that was carried out before the object died is refused when it
   * is repeated, because what it wanted to end has ended: it was this very request that did it.
   */
  async request<K extends keyof ServiceRequests>(name: string, request: Request<K>): Promise<Replies[K]> {
    let sent = 0;
    return this.ask(name, async (object) => {
      sent++;
      try {
        return await object.request(request);
      } catch (error) {
        const done = sent > 1 && ENDING.test(request.kind) && error instanceof ServiceError;
        if (done && error.code === 'NOT_FOUND') return {} as Replies[K];
        throw error;
      }
    });
  }

  /** The earliest armed alarm. */
  nextAlarm(): EpochMs | undefined {
    const alarms = [...this.#owners.values()].flatMap(({ store }) => store.alarm ?? []);
    return alarms.length === 0 ? undefined : Math.min(...alarms);
  }

  /** Takes the alarms that are due; answers with their objects. */
  takeDue(now: EpochMs): ExecutionObject[] {
    const due = [...this.#owners.values()].filter(
      ({ store }) => (store.alarm ?? Number.POSITIVE_INFINITY) <= now,
    );
    for (const { store } of due) store.alarm = undefined;
    return due.map(({ object }) => object);
  }

  /** All of them lose their memory, as by a crash or an eviction. */
  endAll(): void {
    for (const [name, { store, life }] of this.#owners) {
      life.end();
      this.#owners.set(name, this.#born(name, store));
    }
  }

  #owner(name: string): Owner {
    let owner = this.#owners.get(name);
    if (!owner) {
      owner = this.#born(name, new MemoryStore());
      this.#owners.set(name, owner);
    }
    return owner;
  }

  #born(name: string, store: MemoryStore): Owner {
    const { namespace, workflowId } = parseExecutionObjectName(name);
    const life = new Life();
    const outside = livingOutside(this.#ports.outside(namespace), life);
    const fenced = this.#fenced(name, store, life);
    return { store, life, object: new ExecutionObject(namespace, workflowId, fenced, outside) };
  }

  #fenced(name: string, store: MemoryStore, life: Life): ExecutionStore {
    return {
      lastSeq: (runNumber) => store.lastSeq(runNumber),
      rows: (from, to) => store.rows(from, to),
      snapshot: () => store.snapshot(),
      progress: () => store.progress(),
      hasPayload: (...args) => store.hasPayload(...args),
      payload: (...args) => store.payload(...args),
      commit: (commit) => {
        if (life.over) throw new Error('the object is dead');
        store.commit(commit);
        if (commit.alarm !== undefined) this.#ports.alarmSet();
        this.#ports.committed(name, commit);
        if (life.over) throw new Error('the object died behind its commit');
      },
    };
  }
}

/** The world as long as the object lives. */
function livingOutside(outside: Outside, life: Life): Outside {
  return {
    ...outside,
    peekWorkflowWorker: (...args) => (life.over ? undefined : outside.peekWorkflowWorker(...args)),
    peekActivityWorker: (...args) => (life.over ? undefined : outside.peekActivityWorker(...args)),
    findWorkflowWorker: (...args) => life.unlessOver(() => outside.findWorkflowWorker(...args)),
    findActivityWorker: (...args) => life.unlessOver(() => outside.findActivityWorker(...args)),
    recordVisibility: (record) => life.unlessOver(() => outside.recordVisibility(record)),
    removeVisibility: (run) => life.unlessOver(() => outside.removeVisibility(run)),
    chainResult: (...args) => life.unlessOver(() => outside.chainResult(...args)),
    callExecution: (...args) => life.unlessOver(() => outside.callExecution(...args)),
    keepAlive: (promise) => {
      if (!life.over) outside.keepAlive(Promise.race([promise, life.ended]));
    },
  };
}

/** What a commit is about, for people. */
export function placeOfCommit(objectName: string, { rows }: Commit): string {
  const { workflowId } = parseExecutionObjectName(objectName);
  const last = historyEvents(rows.flatMap(decodeRow)).at(-1);
  const event = last ? `event ${last.eventId}, ${historyEventName(last.eventType)}` : 'no new event';
  return `workflow ${workflowId}, ${event}`;
}
