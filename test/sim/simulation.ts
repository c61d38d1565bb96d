/**
 * One seed. First safety: faults on, clients at work, checks after every few operations. Then liveness: faults off,
 * Workers up; within bounded time everything is finished, and every history replays.
 */

import type { HistoryEvent } from '../../sdk/common/history.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import { snapshot } from '../../src/core/transition.ts';
import { difference, plain } from '../checker/storage.ts';
import { ActivityExecutions } from './activities.ts';
import { unpauseActivities } from './activity-operators.ts';
import { Api } from './api.ts';
import { SimClient } from './clients.ts';
import type { Coverage } from './coverage.ts';
import { checkDeleted, isDeleted } from './deletions.ts';
import { Families } from './families.ts';
import { Ledger } from './ledger.ts';
import type { Mortal } from './mortal.ts';
import { NamespaceObjects } from './namespace-objects.ts';
import { Nemesis } from './nemesis.ts';
import { Owner } from './objects.ts';
import { type Around, connect } from './outside.ts';
import { checkPromptness } from './promptness.ts';
import { Queue } from './queue.ts';
import { ScheduleCheck } from './schedule-check.ts';
import type { Action } from './scheduler.ts';
import { ScheduleOwner } from './schedules.ts';
import { checkStandalone, isStandalone } from './standalone.ts';
import { checkBuilds } from './versions.ts';
import { silent, Workers } from './workers.ts';
import { workflows } from './workflows.ts';
import { NAMESPACE, World } from './world.ts';

/** Liveness: so much virtual time after the last fault, and so many actions. */
const PATIENCE_MS = 6 * 3_600_000;
const PATIENCE_ACTIONS = 20_000;
const SWEEP_MS = 600_000;

export interface SimulationOptions {
  seed: number;
  /** Operations of the safety phase. */
  ops: number;
  live?: boolean;
  /** Faults that are left out. */
  without?: readonly string[];
}

export interface SimulationReport {
  seed: number;
  violations: string[];
  /** Operations: what a client began, what was due, what broke, and steps of time; of both phases. */
  steps: number;
  trace: string[];
  /** The same for the same seed, if nothing but the seed decides. */
  traceHash: number;
  coverage: Coverage;
  /** Each run's history as `id Type` lines. */
  histories: string[];
  settings: unknown;
}

export class Simulation {
  readonly world: World;
  readonly owners = new Map<string, Owner>();
  readonly schedules = new Map<string, ScheduleOwner>();
  readonly #namespace: NamespaceObjects;
  readonly #ops: number;
  readonly #workers: Workers;
  readonly #queue: Queue;
  readonly #executions: ActivityExecutions;
  readonly #ledger: Ledger;
  readonly #families: Families;
  readonly #scheduleCheck: ScheduleCheck;
  readonly #api: Api;
  readonly #clients: SimClient[];
  readonly #nemesis: Nemesis;
  #steps = 0;

  constructor(options: SimulationOptions) {
    const world = new World(options.seed, options.live ?? false, options.without);
    this.world = world;
    this.#ops = options.ops;
    const owner = (workflowId: string): Owner => this.#owner(workflowId);
    const api = new Api(world, owner);
    this.#api = api;
    this.#families = new Families(owner);
    const schedule = (scheduleId: string): ScheduleOwner => this.#schedule(scheduleId);
    this.#scheduleCheck = new ScheduleCheck(world, owner, schedule);
    this.#executions = new ActivityExecutions(world, api, owner);
    const objects = new NamespaceObjects(world, api, () => [...this.owners.values()]);
    this.#namespace = objects;
    this.#workers = new Workers(world, this.#executions, (workers) => objects.directoriesOf(workers));
    this.#nemesis = new Nemesis(world, this.#workers, objects);
    this.#queue = new Queue(world, api);
    this.#queue.serve(this.#workers);
    this.#ledger = new Ledger(owner, (message) => world.violate(message));
    const workflowIds = Array.from({ length: world.settings.workflowIds }, (_, n) => `wf-${n}`);
    const known = (): string[] => [...this.owners.keys()];
    const ports = {
      world,
      api,
      ledger: this.#ledger,
      executions: this.#executions,
      workflowIds,
      owner,
      known,
      schedule,
      batches: objects.batches,
      namespace: objects.namespace,
      taskQueue: objects.taskQueue,
    };
    this.#clients = Array.from({ length: world.settings.clients }, (_, n) => new SimClient(`c${n}`, ports));
  }

  async run(): Promise<SimulationReport> {
    await this.safety();
    if (this.world.violations.length === 0) await this.#liveness();
    if (this.world.violations.length === 0) await this.#finally();
    const { seed, violations, scheduler, coverage, settings } = this.world;
    const { trace, traceHash } = scheduler;
    return {
      seed,
      violations,
      steps: this.#steps,
      trace,
      traceHash,
      coverage,
      histories: this.#histories(),
      settings,
    };
  }

  /** The first phase alone leaves a world in the middle of its work. */
  async safety(): Promise<void> {
    const { world } = this;
    const { random, scheduler, settings } = world;
    for (let op = 0; op < this.#ops && world.violations.length === 0; op++) {
      let first = true;
      do {
        this.#something(first);
        first = false;
      } while (random.chance(settings.bursts));
      await scheduler.settle();
      await this.#check(op % 8 === 0);
    }
  }

  /** A client begins something, something that is due happens, time moves, or something breaks. */
  #something(first: boolean): void {
    this.#steps++;
    const { random, scheduler } = this.world;
    this.#nemesis.strike([...this.owners.values()], this.#others);
    const idle = this.#clients.filter((client) => !client.busy);
    const due = this.#due();
    if (idle.length > 0 && random.chance(0.15)) random.pick(idle).act();
    else if (due.length > 0) scheduler.start(random.pick(due));
    // Time that passes in the middle of something is a fault, too.
    else if (first || this.world.quietSince === undefined) this.#advance();
  }

  /** What the sweeper does. */
  #poke(owner: Owner): void {
    this.world.scheduler.say(`poke ${owner.workflowId}`);
    const { alarmsLost } = owner;
    owner
      .call((object) => object.poke())
      .then(
        () => {
          if (owner.alarmsLost === alarmsLost) owner.alarmLost = false;
        },
        () => undefined,
      );
  }

  get #others(): Mortal<unknown>[] {
    return [...this.schedules.values(), ...this.#namespace.all];
  }

  get #objects(): Array<Owner | Mortal<unknown>> {
    return [...this.owners.values(), ...this.#others];
  }

  #due(): Action[] {
    const { clock, clockOffset } = this.world;
    const alarms = this.#objects.filter(
      ({ store, alarmRunning }) => !alarmRunning && store.alarm !== undefined && store.alarm <= clock,
    );
    return [
      ...this.world.scheduler.due(),
      ...alarms.map((owner) => ({
        time: owner.store.alarm! - clockOffset,
        label: `alarm ${owner.name}`,
        run: () => owner.fireAlarm(),
      })),
    ];
  }

  /** @returns false when nothing will ever happen by itself */
  #advance(limit = Number.POSITIVE_INFINITY): boolean {
    const { scheduler } = this.world;
    const times = this.#objects.flatMap(({ store, alarmRunning }) =>
      alarmRunning || store.alarm === undefined ? [] : [store.alarm - this.world.clockOffset],
    );
    const next = Math.min(...times, scheduler.nextTime() ?? Number.POSITIVE_INFINITY, limit);
    if (next === Number.POSITIVE_INFINITY) return false;
    scheduler.now = Math.max(scheduler.now, next);
    return true;
  }

  async #liveness(): Promise<void> {
    const { world } = this;
    const { scheduler, random } = world;
    scheduler.say('faults off');
    this.#nemesis.rest();
    const end = world.now + PATIENCE_MS;
    let sweep = world.now;
    for (let actions = 0; world.violations.length === 0; actions++) {
      await scheduler.settle();
      this.#steps++;
      await this.#check(actions % 16 === 0);
      for (const owner of this.owners.values()) {
        if (owner.open && owner.shadow.run?.pause) this.#unpause(owner);
        unpauseActivities(world, owner);
      }
      for (const schedule of this.schedules.values()) this.#pauseSchedule(schedule);
      if (this.#finished()) return;
      if (actions > PATIENCE_ACTIONS || world.now > end) return world.violate(this.#stuck());
      if (world.now >= sweep) {
        // Only those that lost their alarm: nothing else may need the sweeper.
        for (const owner of this.owners.values()) if (owner.alarmLost) this.#poke(owner);
        for (const schedule of this.schedules.values()) if (schedule.alarmLost) schedule.fireAlarm();
        sweep = world.now + SWEEP_MS;
      }
      const due = this.#due();
      if (due.length > 0) scheduler.start(random.pick(due));
      else this.#advance(sweep);
    }
  }

  /** Nobody leaves it paused. */
  #unpause(owner: Owner): void {
    const { workflowId } = owner;
    const requestId = `unpause-${owner.shadow.run!.nextEventId}`;
    const request = {
      kind: 'UnpauseWorkflowExecution' as const,
      namespace: NAMESPACE,
      workflowId,
      requestId,
    };
    owner.call((object) => object.request(request)).catch(() => undefined);
  }

  /** Or there would be no end. */
  #pauseSchedule({ state, name: scheduleId }: ScheduleOwner): void {
    if (!state || state.deleted || state.definition.state.paused) return;
    const request = { namespace: NAMESPACE, scheduleId, requestId: `end-${state.revision}` };
    const patch = { pause: 'the end' };
    this.#schedule(scheduleId)
      .call((object) => object.patch({ ...request, patch }))
      .catch(() => undefined);
  }

  #finished(): boolean {
    const owners = [...this.owners.values()];
    const quiet = owners.every((owner) => !owner.open && owner.owed.length === 0);
    if ([...this.schedules.values()].some((schedule) => !schedule.quiet)) return false;
    return quiet && this.#namespace.quiet && this.#clients.every((client) => !client.busy);
  }

  #stuck(): string {
    const left = [...this.owners.values()].filter(({ open, owed }) => open || owed.length > 0);
    const lines = left.map(({ workflowId, shadow, store, alarmRunning, owed }) => {
      const state = plain(snapshot(shadow));
      const alarm = `${store.alarm} ${alarmRunning ? '(running)' : ''}`;
      return `${workflowId}: alarm ${alarm} owed ${owed.join(' ')}\n  ${state}`;
    });
    for (const { quiet, name, state, store } of this.schedules.values())
      if (!quiet) lines.push(`schedule ${name}: alarm ${store.alarm}\n  ${JSON.stringify(state)}`);
    lines.push(...this.#namespace.stuck);
    const busy = this.#clients.filter((client) => client.busy).length;
    return `I54: not everything finished; ${busy} clients wait\n${lines.join('\n')}\n${this.world.scheduler.waiting.join('\n')}`;
  }

  async #check(thorough: boolean): Promise<void> {
    const { world } = this;
    for (const schedule of this.schedules.values()) world.guard(() => schedule.checkAlarm());
    for (const owner of this.owners.values()) {
      world.guard(() => owner.checkAlarm());
      if (thorough) world.guard(() => this.#ledger.check(owner));
      if (thorough) world.guard(() => checkPromptness(world, owner));
    }
    await this.#namespace.check(thorough);
  }

  /** When all is over: loads give what was live, outcomes fit, histories replay, visibility knows. */
  async #finally(): Promise<void> {
    const { world } = this;
    world.guard(() => this.#families.finally(this.owners.values()));
    world.guard(() => this.#scheduleCheck.finally(this.schedules.values()));
    for (const owner of this.owners.values()) {
      world.guard(() => this.#ledger.check(owner));
      world.guard(() => checkDeleted(world, owner));
      const folded = plain(snapshot(owner.loaded()));
      const live = plain(snapshot(owner.shadow));
      if (folded !== live)
        world.violate(`I15: a load of ${owner.workflowId} differs: ${difference(folded, live)}`);
      for (const { events, closed, runId } of owner.runs) {
        if (!closed) world.violate(`I1: a run of ${owner.workflowId} is neither newest nor closed`);
        world.guard(() => this.#ledger.checkOutcome(events, this.#executions));
        if (isStandalone(owner)) checkStandalone(world, events);
        else await this.#checkReplay(runId, events);
        const row = world.visibility.get(runId);
        if (row?.open !== false && !owner.deletedRuns.has(runId)) {
          const known = row ? `open, version ${row.version}` : 'nothing';
          world.violate(`I45: ${owner.workflowId}, run ${runId} is closed, visibility knows ${known}`);
        }
      }
    }
    await this.#namespace.finally();
  }

  async #checkReplay(runId: string, events: HistoryEvent[]): Promise<void> {
    const { world } = this;
    const report = await replayHistory(events, workflows, { logger: silent, runId });
    const { ok, divergence, error, openTask } = report;
    const left = openTask.map(({ commandType }) => commandType).join(', ');
    const ended = /(COMPLETED|FAILED|CANCELED|CONTINUED_AS_NEW)$/.test(events.at(-1)!.eventType);
    if (!ok) world.violate(`I19: ${runId} does not replay: ${divergence?.message ?? (error as Error).stack}`);
    else if (ended && left !== '') world.violate(`I19: replay of ${runId} leaves ${left}`);
  }

  get #around(): Around {
    const { world } = this;
    const { directories, namespace, taskQueue } = this.#namespace;
    const schedule = (scheduleId: string): ScheduleOwner => this.#schedule(scheduleId);
    const own = { workers: this.#workers, queue: this.#queue, api: this.#api };
    return { world, ...own, schedule, directories, namespace, taskQueue };
  }

  #owner(workflowId: string): Owner {
    let owner = this.owners.get(workflowId);
    if (!owner) {
      const { world } = this;
      owner = new Owner(
        world,
        workflowId,
        (of, incarnation) => connect(this.#around, of, incarnation),
        (of, added) => {
          for (const { events } of added) world.guard(() => checkBuilds(this.#workers.all, events));
          if (isDeleted(of) || isStandalone(of)) return;
          this.#families.committed(of, added);
          this.#scheduleCheck.ran(of, added);
        },
      );
      this.owners.set(workflowId, owner);
    }
    return owner;
  }

  #schedule(scheduleId: string): ScheduleOwner {
    let schedule = this.schedules.get(scheduleId);
    if (!schedule) {
      const { world } = this;
      schedule = new ScheduleOwner(scheduleId, { world, api: this.#api, check: this.#scheduleCheck });
      this.schedules.set(scheduleId, schedule);
    }
    return schedule;
  }

  #histories(): string[] {
    return [...this.owners.values()].flatMap(({ workflowId, runs }) =>
      runs.map(({ events }, n) => {
        const lines = events.map(
          ({ eventId, eventType }) => `  ${eventId} ${eventType.slice('EVENT_TYPE_'.length)}`,
        );
        return [`${workflowId} run ${n}`, ...lines].join('\n');
      }),
    );
  }
}
