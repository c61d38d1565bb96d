/** What breaks objects, clocks, Workers and the Queue from outside, between two operations. */

import type { Mortal } from './mortal.ts';
import type { NamespaceObjects } from './namespace-objects.ts';
import { LONGEST_STEP_MS, type Owner } from './objects.ts';
import type { Workers } from './workers.ts';
import type { World } from './world.ts';

const OUTAGES_MS = [60_000, 3_600_000, 24 * 3_600_000];

/** An object, of a workflow or of something else. */
type AnyObject = Owner | Mortal<unknown>;

export class Nemesis {
  readonly #world: World;
  readonly #workers: Workers;
  readonly #objects: NamespaceObjects;

  constructor(world: World, workers: Workers, objects: NamespaceObjects) {
    this.#world = world;
    this.#objects = objects;
    this.#workers = workers;
  }

  strike(workflows: Owner[], others: Mortal<unknown>[]): void {
    const owners: AnyObject[] = [...workflows, ...others];
    if (owners.length === 0) return;
    const world = this.#world;
    const { random, scheduler } = world;
    if (world.fault('crash')) random.pick(owners).crash('crash');
    if (world.fault('evictAll')) {
      for (const owner of owners) owner.crash('eviction');
      this.#objects.directories?.forget();
    }
    if (world.fault('clockJumps')) scheduler.now += random.int(random.pick([1_000, 60_000, 600_000]));
    if (world.fault('clockSteps')) world.clockOffset = random.between(-LONGEST_STEP_MS, LONGEST_STEP_MS);
    if (world.fault('queueOutage')) world.queueDownUntil = world.now + random.pick(OUTAGES_MS);
    if (world.fault('alarmForNothing')) this.#rouse(random.pick(owners));
    if (world.fault('alarmLost')) random.pick(owners).loseAlarm();
    this.#strikeWorkers(workflows);
  }

  #strikeWorkers(owners: Owner[]): void {
    const world = this.#world;
    const { random } = world;
    const worker = random.pick(this.#workers.all);
    if (world.fault('codeChanges')) worker.deploy(worker.code === 'new' ? 'old' : 'new');
    if (!worker.up && random.chance(0.05)) {
      worker.up = true;
      if (random.chance(0.7)) this.#appeared(owners);
    } else if (worker.up && world.fault('workerDown')) worker.goDown();
  }

  /** No more of it: what was broken is mended, but for the alarms that are lost. */
  rest(): void {
    const world = this.#world;
    world.faultsOn = false;
    world.quietSince ??= world.now;
    world.queueDownUntil = 0;
    this.#objects.rest();
    for (const worker of this.#workers.all) {
      worker.up = true;
      if (worker.code === 'old') worker.deploy('new');
    }
  }

  /** An alarm that comes early, or a second time while its handler runs. */
  #rouse(owner: AnyObject): void {
    const { alarm } = owner.store;
    if (owner.alarmRunning || alarm === undefined) return;
    this.#world.scheduler.say(`alarm ${owner.name} for nothing`);
    owner.fireAlarm();
  }

  /** What the Namespace object does when a Worker turns up: best effort. */
  #appeared(owners: Owner[]): void {
    for (const owner of owners) owner.workerAppeared();
  }
}
