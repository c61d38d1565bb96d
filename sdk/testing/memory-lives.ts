/**
 * Objects of one class in an engine in memory, and their deaths. What is committed stays; an object that died has no
 * effect on anything any more, whatever it was doing, and whoever was asking it asks its successor.
 */

import type { EpochMs } from '../common/duration.ts';
import { ServiceError } from '../common/errors.ts';
import { Hardship, type Hardships, type Struck } from './hardships.ts';
import { setImmediate } from './host-clock.ts';

/** What objects of a class go through (hardships.ts), and what helps them afterwards. */
export interface Hard<O> {
  hardships: Hardships;
  /** The engine is busy until the promise settles. */
  keep(work: Promise<unknown>): void;
  /** The object tries again what it owes, without a pause. */
  mend(object: O): Promise<unknown>;
}

/** A request that is undone so often is at fault itself. */
const MOST_UNDONE = 20;

/** One incarnation of an object. */
export class Life {
  over = false;
  /** What the object is at, and would be kept in memory for. */
  busy = 0;
  readonly #hardships: Hardships | undefined;
  readonly #mend: () => void;
  #end!: () => void;
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  constructor(hardships?: Hardships, mend: () => void = () => undefined) {
    this.#hardships = hardships;
    this.#mend = mend;
  }

  end(): void {
    this.over = true;
    this.#end();
  }

  async busyWith<T>(work: Promise<T>): Promise<T> {
    this.busy++;
    try {
      return await work;
    } finally {
      this.busy--;
    }
  }

  /** A call out of the object, which may go wrong. */
  call<T>(what: string, make: () => Promise<T>): Promise<T> {
    return this.#hardships ? this.#hardships.around(what, make, this.#mend) : make();
  }

  /** How what the object does next goes wrong, if it does: it is mended, too. */
  strike(): Struck {
    const struck = this.#hardships?.strike();
    if (struck) this.#mend();
    return struck;
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
    const struck = this.strike();
    if (struck === 'before') throw new Hardship('nothing was stored');
    write();
    committed();
    if (this.over) throw new Error('the object died behind its commit');
    if (struck === 'after') throw new Hardship('stored, but the answer was lost');
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
  readonly #hard: Hard<O> | undefined;

  constructor(of: MemoryClass<S, O>, hard?: Hard<O>) {
    this.#class = of;
    this.#hard = hard;
  }

  get(name: string): O {
    return this.#owner(name).object;
  }

  all(): O[] {
    return [...this.#owners.values()].map(({ object }) => object);
  }

  /**
   * Asks the object; the next one, should it die before it answers, or the same one again, should a hardship have undone what it
   * was at. Requests have ids: none is carried out twice.
   */
  async ask<T>(name: string, question: (object: O, life: Life) => T | Promise<T>): Promise<T> {
    this.#evictIfIdle(name);
    for (let undone = 0; ; ) {
      const { object, life } = this.#owner(name);
      const answer = (async () => question(object, life))().then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      const outcome = await Promise.race([answer, life.ended]);
      if (!outcome || life.over) continue;
      if (!('error' in outcome)) return outcome.value;
      if (!this.#mayBeUndone(outcome.error) || ++undone > MOST_UNDONE) throw outcome.error;
    }
  }

  #mayBeUndone(error: unknown): boolean {
    if (!this.#hard?.hardships.any) return false;
    return error instanceof Hardship || (error instanceof ServiceError && error.code === 'INTERNAL');
  }

  #evictIfIdle(name: string): void {
    const owner = this.#owners.get(name);
    if (!owner || !this.#hard?.hardships.evicts || owner.life.busy > 0) return;
    owner.life.end();
    this.#owners.set(name, this.#born(name, owner.store));
  }

  #mend(name: string): void {
    const mended = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      const { object, life } = this.#owner(name);
      await life.busyWith(this.#hard!.mend(object));
    };
    this.#hard?.keep(mended());
  }

  /** The earliest armed alarm. */
  nextAlarm(): EpochMs | undefined {
    const alarms = [...this.#owners.values()].flatMap(({ store }) => store.alarm ?? []);
    return alarms.length === 0 ? undefined : Math.min(...alarms);
  }

  /** Takes the alarms that are due; answers with those whom they wake. */
  takeDue(now: EpochMs): Alarmed[] {
    const due = [...this.#owners].filter(([, { store }]) => (store.alarm ?? Number.POSITIVE_INFINITY) <= now);
    for (const [, { store }] of due) store.alarm = undefined;
    const alarm = async (name: string): Promise<void> => {
      this.#evictIfIdle(name);
      const { object, life } = this.#owner(name);
      await life.busyWith(object.alarm());
    };
    return due.map(([name]) => ({ alarm: () => alarm(name) }));
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
    const life = new Life(this.#hard?.hardships, () => this.#mend(name));
    return { store, life, object: this.#class.born(name, store, life) };
  }
}
