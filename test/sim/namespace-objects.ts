/** The objects of a namespace beside those of workflows and schedules, where a seed has a use for them. */

import { Violation } from '../checker/violation.ts';
import type { Api } from './api.ts';
import { Batches } from './batches.ts';
import { Directories } from './directories.ts';
import { drawLimits, LIMITED_QUEUES } from './limit-acts.ts';
import { LimitsCheck } from './limits-check.ts';
import type { Mortal } from './mortal.ts';
import { SimNamespace } from './namespace.ts';
import type { Owner } from './objects.ts';
import { TaskQueueOwner } from './task-queues.ts';
import { checkDrainage } from './versions.ts';
import type { Workers } from './workers.ts';
import type { World } from './world.ts';

/** A queue asks all who have permits whether they use them: those that it asked a moment before only in the second round. */
const LAST_ROUNDS = 2;
const ROUND_MS = 31_000;
const LAST_ACTIONS = 2_000;

export class NamespaceObjects {
  readonly namespace: SimNamespace;
  readonly batches: Batches;
  /** Made with the Workers. */
  directories: Directories | undefined;
  readonly #world: World;
  readonly #owners: () => Iterable<Owner>;
  readonly #taskQueues = new Map<string, TaskQueueOwner>();
  readonly #limits: LimitsCheck;

  constructor(world: World, api: Api, owners: () => Iterable<Owner>) {
    this.#world = world;
    this.#owners = owners;
    this.namespace = new SimNamespace(world);
    this.batches = new Batches({ world, api, owners });
    this.#limits = new LimitsCheck(world);
    if (world.settings.limits === 0) return;
    for (const name of LIMITED_QUEUES) {
      this.#taskQueues.set(name, new TaskQueueOwner(world, api, this.#limits, name));
      this.namespace.taskQueues.update(drawLimits(world.random, name, world.settings.strictLimits));
    }
  }

  directoriesOf(workers: Workers): Directories | undefined {
    const { limits, builds } = this.#world.settings;
    if (limits > 0 || builds > 0)
      this.directories = new Directories(this.#world, this.namespace, () => workers.all);
    return this.directories;
  }

  readonly taskQueue = (name: string): TaskQueueOwner => this.#taskQueues.get(name)!;

  get all(): Mortal<unknown>[] {
    const { batches } = this.#world.settings;
    return [...(batches > 0 ? [this.batches] : []), ...this.#taskQueues.values()];
  }

  get quiet(): boolean {
    const waits = [...this.#taskQueues.values()].some(({ counts }) => counts.waiting > 0);
    return !waits && (this.#world.settings.batches === 0 || this.batches.quiet);
  }

  get stuck(): string[] {
    return this.all.map(({ name, store, alarmRunning }) => {
      const counts = JSON.stringify(this.#taskQueues.get(name)?.counts ?? '');
      return `${name}: alarm ${store.alarm} ${alarmRunning ? '(running)' : ''} ${counts}`;
    });
  }

  /** Such limits as all can come to its end with. */
  rest(): void {
    const { random, settings } = this.#world;
    if (settings.limits === 0 || settings.strictLimits) return;
    for (const name of LIMITED_QUEUES) {
      const { limits } = this.namespace.taskQueues.update(drawLimits(random, name, true));
      void this.taskQueue(name).configure(limits);
    }
  }

  async check(thorough: boolean): Promise<void> {
    const world = this.#world;
    const { limits, builds } = world.settings;
    if (limits > 0) world.guard(() => this.#limits.check(this.#owners(), this.#limitsOf));
    for (const queue of this.#taskQueues.values()) world.guard(() => queue.checkAlarm());
    if (thorough && builds > 0) await checkDrainage(world, this.#owners());
  }

  /** When all is over: no permit is kept by anybody. */
  async finally(): Promise<void> {
    const world = this.#world;
    world.guard(() => this.#limits.finally(this.#limitsOf));
    for (const queue of this.#taskQueues.values()) {
      for (let round = 0; round < LAST_ROUNDS && queue.counts.permits > 0; round++) {
        world.scheduler.now += ROUND_MS;
        queue.fireAlarm();
        await this.#untilStill();
      }
      world.guard(() => {
        const { permits } = queue.counts;
        if (permits > 0)
          throw new Violation(`limits: ${permits} permits of ${queue.name} are kept for nothing`);
      });
    }
  }

  async #untilStill(): Promise<void> {
    const { scheduler } = this.#world;
    for (let actions = 0; actions < LAST_ACTIONS; actions++) {
      await scheduler.settle();
      const [next] = scheduler.due();
      if (next) scheduler.start(next);
      else if (scheduler.nextTime() !== undefined) scheduler.now = scheduler.nextTime()!;
      else return;
    }
  }

  readonly #limitsOf = (taskQueue: string) => {
    const limits = this.namespace.taskQueues.limits()[taskQueue];
    const { requestsPerSecond, keyRequestsPerSecond, maxConcurrentTasks } = limits ?? {};
    const some = [requestsPerSecond, keyRequestsPerSecond, maxConcurrentTasks].some((n) => n !== undefined);
    return some ? limits : undefined;
  };
}
