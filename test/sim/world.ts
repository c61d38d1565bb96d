/** What all parts of a simulated world share: its seed, its clock, its faults, and where violations are reported. */

import {
  ApplicationFailure,
  type ApplicationFailureOptions,
  type Failure,
} from '../../sdk/common/failure.ts';
import { errorToFailure } from '../../sdk/common/failure-converter.ts';
import { defaultPayloadConverter } from '../../sdk/common/payload.ts';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import { memorySql } from '../../sdk/testing/memory-storage.ts';
import { ScheduleRows } from '../../src/visibility/schedule-store.ts';
import { Violation } from '../checker/violation.ts';
import { Coverage } from './coverage.ts';
import { Listed } from './listed.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { drawSettings, type Fault, faultNames, type Settings } from './settings.ts';

export const NAMESPACE = 'default';
const START_TIME = Date.UTC(2030, 0, 1);

/** A fault of ours, so that the engine's complaint about it is not taken for its own. */
export class InjectedFault extends Error {
  override readonly name = 'InjectedFault';
}

/** The object was lost before it answered: the caller cannot know what became of its request. */
export class Unknown extends Error {
  override readonly name = 'Unknown';
}

export class World {
  readonly seed: number;
  readonly random: Random;
  readonly settings: Settings;
  readonly scheduler: Scheduler;
  readonly coverage = new Coverage();
  readonly violations: string[] = [];
  /** Newest row per run, as visibility keeps it. */
  readonly visibility = new Map<string, VisibilityRecord>();
  /** Runs of which it takes no row any more. */
  readonly forgotten = new Set<string>();
  /** As the shard of visibility keeps them. */
  readonly schedules = new ScheduleRows(memorySql());
  /** As real shards of visibility list them, where somebody asks. */
  readonly listed: Listed | undefined;
  faultsOn = true;
  /** Since when nothing goes wrong any more (or never did). */
  quietSince: number | undefined;
  /** How far the objects' clock is off. */
  clockOffset = 0;
  queueDownUntil = 0;
  readonly #without: ReadonlySet<string>;

  /** @param without faults that do not happen after all: everything else stays as the seed says, as far as it can */
  constructor(seed: number, live: boolean, without: readonly string[] = []) {
    this.seed = seed;
    this.#without = new Set(without);
    this.random = new Random(seed);
    this.settings = drawSettings(this.random, seed);
    this.scheduler = new Scheduler(this.random, START_TIME, live);
    const { probability, batches, builds } = this.settings;
    if (batches > 0 || builds > 0) this.listed = new Listed();
    if (faultNames.every((name) => probability[name] === 0)) this.quietSince = START_TIME;
  }

  get now(): number {
    return this.scheduler.now;
  }

  /** What the objects' clock shows. */
  get clock(): number {
    return this.now + this.clockOffset;
  }

  /** Does it happen this time? */
  fault(name: Fault): boolean {
    if (!this.faultsOn || !this.random.chance(this.settings.probability[name])) return false;
    if (this.#without.has(name)) return false;
    this.coverage.count('faults', name);
    this.scheduler.say(`! ${name}`);
    return true;
  }

  /** Violations are noted, not thrown: the engine would take them for its own errors. */
  guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.violate(error instanceof Violation ? error.message : `a check broke: ${(error as Error).stack}`);
    }
  }

  violate(message: string): void {
    this.violations.push(message);
    this.scheduler.say(`VIOLATION ${message}`);
  }

  /** Between almost nothing and much, as networks and Workers take. */
  latency(most = 40): number {
    return this.random.chance(0.5) ? this.random.int(3) : this.random.int(most);
  }
}

export function failure(message: string, options: ApplicationFailureOptions = {}): Failure {
  return errorToFailure(ApplicationFailure.create({ message, ...options }), defaultPayloadConverter);
}

/** As data looks on the other side of a wire. */
export function overTheWire<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
