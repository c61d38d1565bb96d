/**
 * Objects other than those of workflows (objects.ts): what is stored survives, incarnations do not. A lost incarnation is
 * cut off: what it stores is refused, what it asks of the world is never answered, what it answers is not heard.
 */

import { memorySql } from '../../sdk/testing/memory-storage.ts';
import type { Sql } from '../../src/lazy-schema.ts';
import { InjectedFault, Unknown, type World } from './world.ts';

const ALARM_RETRY_MS = 5_000;
const PLATFORM_RETRY_MS = 2_000;

export interface Life {
  dead: boolean;
}

interface Incarnation<O> {
  readonly life: Life;
  readonly object: O;
  readonly callers: Set<(error: Unknown) => void>;
}

export abstract class Mortal<O> {
  readonly name: string;
  readonly store: { alarm: number | undefined } = { alarm: undefined };
  /** The alarm went off and its handler has not come back. */
  alarmRunning = false;
  alarmLost = false;
  protected readonly world: World;
  #incarnation: Incarnation<O> | undefined;

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
  }

  protected abstract make(life: Life): O;
  protected abstract ring(object: O): void | Promise<void>;

  /** Asks the object something; rejects with Unknown when the object is lost meanwhile. */
  call<T>(work: (object: O) => T | Promise<T>): Promise<T> {
    const incarnation = this.#awake();
    return new Promise<T>((resolve, reject) => {
      incarnation.callers.add(reject);
      const settle = (answer: () => void): void => {
        if (incarnation.callers.delete(reject)) answer();
      };
      // As over RPC: what is no refusal says nothing of what became of the request.
      const failed = (error: unknown): void =>
        settle(() => reject(error instanceof InjectedFault ? new Unknown(error.message) : error));
      try {
        Promise.resolve(work(incarnation.object)).then((value) => settle(() => resolve(value)), failed);
      } catch (error) {
        failed(error);
      }
    });
  }

  /** All memory is lost. A handler that was running is called again: the platform promises as much for alarms. */
  crash(why: string): void {
    const incarnation = this.#incarnation;
    if (!incarnation) return;
    const { scheduler, clock } = this.world;
    scheduler.say(`x ${this.name} lost (${why})`);
    incarnation.life.dead = true;
    this.#incarnation = undefined;
    if (this.alarmRunning) {
      this.alarmRunning = false;
      this.store.alarm = Math.min(this.store.alarm ?? clock, clock);
    }
    for (const reject of incarnation.callers) reject(new Unknown('the object was lost'));
    incarnation.callers.clear();
  }

  fireAlarm(): void {
    const { world } = this;
    if (world.fault('alarmThrows')) {
      this.store.alarm = world.clock + PLATFORM_RETRY_MS;
      return;
    }
    this.store.alarm = undefined;
    this.alarmRunning = true;
    const { life } = this.#awake();
    this.call((object) => this.ring(object)).then(
      () => {
        this.alarmRunning = false;
      },
      () => {
        if (life.dead) return;
        this.alarmRunning = false;
        this.store.alarm = Math.min(
          this.store.alarm ?? Number.POSITIVE_INFINITY,
          world.clock + ALARM_RETRY_MS,
        );
      },
    );
  }

  loseAlarm(): void {
    this.world.scheduler.say(`alarm ${this.name} lost`);
    this.alarmLost = true;
    this.store.alarm = undefined;
  }

  #awake(): Incarnation<O> {
    if (this.#incarnation) return this.#incarnation;
    const life = { dead: false };
    this.#incarnation = { life, object: this.make(life), callers: new Set() };
    return this.#incarnation;
  }

  /** What an incarnation asks of the world. */
  protected async living<T>(life: Life, work: () => Promise<T>): Promise<T> {
    const { world } = this;
    const never = new Promise<never>(() => undefined);
    if (life.dead) return never;
    if (world.fault('crashAtCall')) this.crash('crashAtCall');
    const settled = await Promise.allSettled([work()]);
    if (!life.dead && world.fault('crashAtAnswer')) this.crash('crashAtAnswer');
    if (life.dead) return never;
    const [outcome] = settled as [PromiseSettledResult<T>];
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** Stores with `write`; fails before or after it, or takes the object with it. */
  protected commit(life: Life, write: () => void): void {
    const { world } = this;
    const lost = (why: string): never => {
      this.crash(why);
      throw new InjectedFault('this incarnation is lost');
    };
    if (life.dead) throw new InjectedFault('this incarnation is lost');
    if (world.fault('crashBeforeCommit')) lost('before a commit');
    if (world.fault('commitFailsBefore')) throw new InjectedFault('the disk is full');
    write();
    if (world.fault('crashAtCommit')) lost('between commit and effects');
    if (world.fault('commitFailsAfter')) throw new InjectedFault('stored, but the answer was lost');
  }
}

/** Those that keep their state in SQLite. */
export abstract class MortalWithSql<O> extends Mortal<O> {
  readonly sql = memorySql();

  /** Nothing is stored by an incarnation that is lost. */
  protected sqlOf(life: Life): Sql {
    return {
      exec: (query, ...bindings) => {
        if (life.dead) throw new InjectedFault('this incarnation is lost');
        return this.sql.exec(query, ...bindings);
      },
    };
  }

  /**
   * All that `work` writes, the alarm included, or nothing. As on the platform what follows without waiting is stored with
   * it, so that the object can only be lost behind that.
   */
  protected transaction(life: Life, work: () => void): void {
    const { world } = this;
    const { alarm } = this.store;
    const { alarmLost } = this;
    if (life.dead) throw new InjectedFault('this incarnation is lost');
    this.sql.exec('BEGIN');
    try {
      work();
      if (world.fault('commitFailsBefore')) throw new InjectedFault('the disk is full');
    } catch (error) {
      this.sql.exec('ROLLBACK');
      this.store.alarm = alarm;
      this.alarmLost = alarmLost;
      throw error;
    }
    this.sql.exec('COMMIT');
    world.scheduler.say(`= ${this.name} alarm ${this.store.alarm ?? '-'}`);
    if (world.fault('crashAtCommit'))
      queueMicrotask(() => {
        if (!life.dead) this.crash('between commit and effects');
      });
  }
}
