/**
 * Schedules: the real ScheduleObject over a store that survives, in incarnations that do not, as objects.ts does it for
 * workflows. What it commits is judged by schedule-check.ts.
 */

import { ServiceError } from '../../sdk/common/errors.ts';
import type { ScheduledRunClosed } from '../../sdk/common/schedule.ts';
import type { ScheduleOutside, ScheduleStore } from '../../src/schedule/outside.ts';
import { nextActionTime } from '../../src/schedule/policies.ts';
import { ScheduleObject } from '../../src/schedule/schedule-object.ts';
import { Spec } from '../../src/schedule/spec.ts';
import type { ScheduleState } from '../../src/schedule/state.ts';
import { Violation } from '../checker/violation.ts';
import type { Api } from './api.ts';
import { LONGEST_STEP_MS } from './objects.ts';
import type { ScheduleCheck } from './schedule-check.ts';
import { InjectedFault, NAMESPACE, overTheWire, Unknown, type World } from './world.ts';

const ALARM_RETRY_MS = 5_000;
const PLATFORM_RETRY_MS = 2_000;
/** The longest that what is owed waits for another try. */
const LONGEST_RETRY_MS = 300_000;

interface Incarnation {
  dead: boolean;
  object: ScheduleObject;
  readonly callers: Set<(error: Unknown) => void>;
}

export interface ScheduleWorld {
  world: World;
  api: Api;
  check: ScheduleCheck;
}

export class ScheduleOwner {
  readonly scheduleId: string;
  state: ScheduleState | undefined;
  readonly store: { alarm: number | undefined } = { alarm: undefined };
  alarmRunning = false;
  alarmLost = false;
  readonly #of: ScheduleWorld;
  #incarnation: Incarnation | undefined;

  constructor(scheduleId: string, of: ScheduleWorld) {
    this.scheduleId = scheduleId;
    this.#of = of;
  }

  /** Nothing is on its way, nothing is owed, nothing waits. */
  get quiet(): boolean {
    if (!this.state) return true;
    const { deleted, starting, buffer, running, backfills, recordedVersion, visibilityVersion } = this.state;
    const waits = starting.length + buffer.length + running.length + backfills.length;
    return !deleted && waits === 0 && recordedVersion >= visibilityVersion;
  }

  /** Asks the object something; rejects with Unknown when the object is lost meanwhile. */
  call<T>(work: (object: ScheduleObject) => T | Promise<T>): Promise<T> {
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

  crash(why: string): void {
    const incarnation = this.#incarnation;
    if (!incarnation) return;
    const { scheduler, clock } = this.#of.world;
    scheduler.say(`x ${this.scheduleId} lost (${why})`);
    incarnation.dead = true;
    this.#incarnation = undefined;
    if (this.alarmRunning) {
      this.alarmRunning = false;
      this.store.alarm = Math.min(this.store.alarm ?? clock, clock);
    }
    for (const reject of incarnation.callers) reject(new Unknown('the object was lost'));
    incarnation.callers.clear();
  }

  fireAlarm(): void {
    const { world } = this.#of;
    if (world.fault('alarmThrows')) {
      this.store.alarm = world.clock + PLATFORM_RETRY_MS;
      return;
    }
    this.store.alarm = undefined;
    this.alarmRunning = true;
    const incarnation = this.#awake();
    this.call((object) => object.alarm()).then(
      () => {
        this.alarmRunning = false;
      },
      () => {
        if (incarnation.dead) return;
        this.alarmRunning = false;
        this.store.alarm = Math.min(
          this.store.alarm ?? Number.POSITIVE_INFINITY,
          world.clock + ALARM_RETRY_MS,
        );
      },
    );
  }

  loseAlarm(): void {
    this.#of.world.scheduler.say(`alarm ${this.scheduleId} lost`);
    this.alarmLost = true;
    this.store.alarm = undefined;
  }

  /** I17: what time will make due, and what is owed, has an alarm. */
  checkAlarm(): void {
    const { state } = this;
    if (this.alarmLost || this.alarmRunning || !state) return;
    const { clock, settings } = this.#of.world;
    const slack = settings.probability.clockSteps > 0 ? 2 * LONGEST_STEP_MS : 0;
    const times = [nextActionTime(state, new Spec(state.definition.spec)) ?? Number.POSITIVE_INFINITY];
    const ends = state.running.some((run) => run.ending && !run.endingSent);
    if (state.starting.length > 0 || ends || state.recordedVersion < state.visibilityVersion)
      times.push(clock + LONGEST_RETRY_MS);
    const due = Math.min(...times);
    if (due === Number.POSITIVE_INFINITY) return;
    const { alarm } = this.store;
    if (alarm !== undefined && alarm <= Math.max(due, clock + ALARM_RETRY_MS + slack)) return;
    throw new Violation(`I17: schedule ${this.scheduleId} is due at ${due}, its alarm is ${alarm ?? 'none'}`);
  }

  #awake(): Incarnation {
    if (this.#incarnation) return this.#incarnation;
    const incarnation = { dead: false, callers: new Set() } as unknown as Incarnation;
    incarnation.object = new ScheduleObject(
      NAMESPACE,
      this.scheduleId,
      this.#store(incarnation),
      this.#outside(incarnation),
    );
    this.#incarnation = incarnation;
    return incarnation;
  }

  #store(incarnation: Incarnation): ScheduleStore {
    const { world, check } = this.#of;
    const alive = (): void => {
      if (incarnation.dead) throw new InjectedFault('this incarnation is lost');
    };
    const lost = (why: string): never => {
      this.crash(why);
      throw new InjectedFault('this incarnation is lost');
    };
    return {
      load: () => {
        alive();
        return structuredClone(this.state);
      },
      commit: (state, alarm) => {
        alive();
        if (world.fault('crashBeforeCommit')) lost('before a commit');
        if (world.fault('commitFailsBefore')) throw new InjectedFault('the disk is full');
        const before = this.state;
        this.state = overTheWire(state);
        if (alarm !== undefined) {
          this.store.alarm = alarm;
          this.alarmLost = false;
        }
        world.scheduler.say(`= schedule ${this.scheduleId} alarm ${alarm ?? '-'}`);
        world.guard(() => check.committed(this, before));
        if (world.fault('crashAtCommit')) lost('between commit and effects');
        if (world.fault('commitFailsAfter')) throw new InjectedFault('stored, but the answer was lost');
      },
      clear: () => {
        alive();
        this.state = undefined;
        this.store.alarm = undefined;
      },
    };
  }

  #outside(incarnation: Incarnation): ScheduleOutside {
    const { world, api } = this.#of;
    const never = new Promise<never>(() => undefined);
    const living = async <T>(work: () => Promise<T>): Promise<T> => {
      if (incarnation.dead) return never;
      if (world.fault('crashAtCall')) this.crash('crashAtCall');
      const settled = await Promise.allSettled([work()]);
      if (!incarnation.dead && world.fault('crashAtAnswer')) this.crash('crashAtAnswer');
      if (incarnation.dead) return never;
      const [outcome] = settled as [PromiseSettledResult<T>];
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    };
    return {
      now: () => world.clock,
      callExecution: (workflowId, request) => living(() => api.between(workflowId, request)),
      result: (workflowId, runId) =>
        living(async () => {
          try {
            return {
              ok: await api.call(workflowId, 'ask', (object) => object.result(runId, 0, 'resets')),
            };
          } catch (error) {
            if (error instanceof ServiceError) return { error: error.toData() };
            throw error;
          }
        }),
      recordVisibility: (record) =>
        living(async () => {
          await world.scheduler.wait(world.latency(), `visibility ${this.scheduleId}`);
          if (world.fault('visibilityFails')) throw new Error('visibility was not reached');
          const known = world.schedules.record(overTheWire(record), world.now);
          if (world.fault('visibilityFails')) throw new Error('visibility has it, but the answer was lost');
          return known;
        }),
      keepAlive: (promise) => void promise.catch(() => undefined),
      log: (message, fields) => {
        if (!incarnation.dead)
          world.scheduler.say(`log ${this.scheduleId} ${message} ${JSON.stringify(fields).slice(0, 300)}`);
      },
    };
  }
}

/** The way from a run to its schedule. */
export async function tellSchedule(
  world: World,
  schedule: ScheduleOwner,
  closed: ScheduledRunClosed,
): Promise<void> {
  const label = `tell ${schedule.scheduleId} of ${closed.workflowId}`;
  const make = (): Promise<void> => schedule.call((object) => object.runClosed(overTheWire(closed)));
  await world.scheduler.wait(world.latency(), label);
  if (world.fault('callLost')) throw new Error(`${label} was lost`);
  if (world.fault('callDoubled'))
    world.scheduler.at(world.random.int(60_000), `again: ${label}`, () => void make().catch(() => undefined));
  await make();
  if (world.fault('callAnswerLost')) throw new Error(`the answer to ${label} was lost`);
}
