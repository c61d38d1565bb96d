/**
 * Objects of one class in an engine in memory, and their deaths. What is committed stays; an object that died has no
 * effect on anything any more, whatever it was doing, and whoever was asking it asks its successor.
 */

import type { EpochMs } from '../common/duration.ts';

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

  /** What commits is refused once it is over, and not heard of when `committed` ends it. */
  commit(write: () => void, committed: () => void): void {
    if (this.over) throw new Error('the object is dead');
    write();
    committed();
    if (this.over) throw new Error('the object died behind its commit');
  }
}

interface Owner<S, O> {
  store: S;
  object: O;
  life: Life;
}

export interface MemoryClass<S, O> {
  /** What survives. */
  store(): S;
  /** A new incarnation over what has survived. */
  born(name: string, store: S, life: Life): O;
}

interface Alarmed {
  alarm(): Promise<unknown>;
}

/** What has alarms, and may die. */
export interface Living {
  nextAlarm(): EpochMs | undefined;
  takeDue(now: EpochMs): Alarmed[];
  all(): Alarmed[];
  endAll(): void;
}

export class MemoryLives<S extends { alarm: EpochMs | undefined }, O extends Alarmed> implements Living {
  readonly #owners = new Map<string, Owner<S, O>>();
  readonly #class: MemoryClass<S, O>;

  constructor(of: MemoryClass<S, O>) {
    this.#class = of;
  }

  get(name: string): O {
    return this.#owner(name).object;
  }

  all(): O[] {
    return [...this.#owners.values()].map(({ object }) => object);
  }

  /** Asks the object; the next one, should it die before it answers. Requests have ids: none is carried out twice. */
  async ask<T>(name: string, question: (object: O) => T | Promise<T>): Promise<T> {
    for (;;) {
      const { object, life } = this.#owner(name);
      const answer = (async () => question(object))().then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      const outcome = await Promise.race([answer, life.ended]);
      if (!outcome || life.over) continue;
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    }
  }

  /** The earliest armed alarm. */
  nextAlarm(): EpochMs | undefined {
    const alarms = [...this.#owners.values()].flatMap(({ store }) => store.alarm ?? []);
    return alarms.length === 0 ? undefined : Math.min(...alarms);
  }

  /** Takes the alarms that are due; answers with their objects. */
  takeDue(now: EpochMs): O[] {
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

  #owner(name: string): Owner<S, O> {
    let owner = this.#owners.get(name);
    if (!owner) {
      owner = this.#born(name, this.#class.store());
      this.#owners.set(name, owner);
    }
    return owner;
  }

  #born(name: string, store: S): Owner<S, O> {
    const life = new Life();
    return { store, life, object: this.#class.born(name, store, life) };
  }
}
