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
import { type Life, Mortal } from './mortal.ts';
import { LONGEST_STEP_MS } from './objects.ts';
import type { ScheduleCheck } from './schedule-check.ts';
import { InjectedFault, NAMESPACE, overTheWire, type World } from './world.ts';

const ALARM_RETRY_MS = 5_000;
/** The longest that what is owed waits for another try. */
const LONGEST_RETRY_MS = 300_000;

export interface ScheduleWorld {
  world: World;
  api: Api;
  check: ScheduleCheck;
}

export class ScheduleOwner extends Mortal<ScheduleObject> {
  state: ScheduleState | undefined;
  readonly #of: ScheduleWorld;

  constructor(scheduleId: string, of: ScheduleWorld) {
    super(of.world, scheduleId);
    this.#of = of;
  }

  /** Nothing is on its way, nothing is owed, nothing waits. */
  get quiet(): boolean {
    if (!this.state) return true;
    const { deleted, starting, buffer, running, backfills, recordedVersion, visibilityVersion } = this.state;
    const waits = starting.length + buffer.length + running.length + backfills.length;
    return !deleted && waits === 0 && recordedVersion >= visibilityVersion;
  }

  /** I17: what time will make due, and what is owed, has an alarm. */
  checkAlarm(): void {
    const { state } = this;
    if (this.alarmLost || this.alarmRunning || !state) return;
    const { clock, settings } = this.world;
    const slack = settings.probability.clockSteps > 0 ? 2 * LONGEST_STEP_MS : 0;
    const times = [nextActionTime(state, new Spec(state.definition.spec)) ?? Number.POSITIVE_INFINITY];
    const ends = state.running.some((run) => run.ending && !run.endingSent);
    if (state.starting.length > 0 || ends || state.recordedVersion < state.visibilityVersion)
      times.push(clock + LONGEST_RETRY_MS);
    const due = Math.min(...times);
    if (due === Number.POSITIVE_INFINITY) return;
    const { alarm } = this.store;
    if (alarm !== undefined && alarm <= Math.max(due, clock + ALARM_RETRY_MS + slack)) return;
    throw new Violation(`I17: schedule ${this.name} is due at ${due}, its alarm is ${alarm ?? 'none'}`);
  }

  protected make(life: Life): ScheduleObject {
    return new ScheduleObject(NAMESPACE, this.name, this.#store(life), this.#outside(life));
  }

  protected ring(object: ScheduleObject): Promise<void> {
    return object.alarm();
  }

  #store(life: Life): ScheduleStore {
    const { world } = this;
    const alive = (): void => {
      if (life.dead) throw new InjectedFault('this incarnation is lost');
    };
    return {
      load: () => {
        alive();
        return structuredClone(this.state);
      },
      commit: (state, alarm) =>
        this.commit(life, () => {
          const before = this.state;
          this.state = overTheWire(state);
          if (alarm !== undefined) {
            this.store.alarm = alarm;
            this.alarmLost = false;
          }
          world.scheduler.say(`= schedule ${this.name} alarm ${alarm ?? '-'}`);
          world.guard(() => this.#of.check.committed(this, before));
        }),
      clear: () => {
        alive();
        this.state = undefined;
        this.store.alarm = undefined;
      },
    };
  }

  #outside(life: Life): ScheduleOutside {
    const { world, api } = this.#of;
    const living = <T>(work: () => Promise<T>): Promise<T> => this.living(life, work);
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
          await world.scheduler.wait(world.latency(), `visibility ${this.name}`);
          if (world.fault('visibilityFails')) throw new Error('visibility was not reached');
          const known = world.schedules.record(overTheWire(record), world.now);
          if (world.fault('visibilityFails')) throw new Error('visibility has it, but the answer was lost');
          return known;
        }),
      keepAlive: (promise) => void promise.catch(() => undefined),
      log: (message, fields) => {
        if (!life.dead)
          world.scheduler.say(`log ${this.name} ${message} ${JSON.stringify(fields).slice(0, 300)}`);
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
  const label = `tell ${schedule.name} of ${closed.workflowId}`;
  const make = (): Promise<void> => schedule.call((object) => object.runClosed(overTheWire(closed)));
  await world.scheduler.wait(world.latency(), label);
  if (world.fault('callLost')) throw new Error(`${label} was lost`);
  if (world.fault('callDoubled'))
    world.scheduler.at(world.random.int(60_000), `again: ${label}`, () => void make().catch(() => undefined));
  await make();
  if (world.fault('callAnswerLost')) throw new Error(`the answer to ${label} was lost`);
}
