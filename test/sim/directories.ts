/**
 * Where Workers are looked for in seeds that have versions or limits: the real directory, one for each of some isolates,
 * which forget everything now and then.
 */

import type { VersionRoute } from '../../sdk/common/versioning.ts';
import { SDK_HEADER, type WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import type { TaskKind } from '../../sdk/common/workers.ts';
import { WorkerDirectory } from '../../src/matching/directory.ts';
import type { WorkerTarget } from '../../src/matching/worker-target.ts';
import type { SimNamespace } from './namespace.ts';
import type { SimWorker } from './workers.ts';
import { overTheWire, Unknown, type World } from './world.ts';

const ISOLATES = 2;

export interface Wanted {
  kind: TaskKind;
  taskQueue: string;
  type: string;
  route: VersionRoute;
  prefer?: string | undefined;
}

export class Directories {
  readonly #world: World;
  readonly #namespace: SimNamespace;
  readonly #workers: () => SimWorker[];
  #isolates: WorkerDirectory[];

  constructor(world: World, namespace: SimNamespace, workers: () => SimWorker[]) {
    this.#world = world;
    this.#namespace = namespace;
    this.#workers = workers;
    this.#isolates = this.#fresh();
  }

  /** That of the isolate in which the object with this name lives. */
  of(name: string): WorkerDirectory {
    return this.#isolates[name.charCodeAt(name.length - 1) % ISOLATES]!;
  }

  /** All isolates are new ones. */
  forget(): void {
    this.#isolates = this.#fresh();
  }

  #fresh(): WorkerDirectory[] {
    return Array.from({ length: ISOLATES }, () => this.#directory());
  }

  #directory(): WorkerDirectory {
    const world = this.#world;
    return new WorkerDirectory({
      list: async () => {
        await world.scheduler.wait(world.latency(), 'the namespace lists its Workers');
        if (!world.settings.strictLimits && world.fault('callLost'))
          throw new Unknown('the namespace was not reached');
        const routing = overTheWire(this.#namespace.routing());
        return { ...routing, workers: this.#workers().map((worker) => this.#target(worker)) };
      },
      sighted: async (description) => this.#namespace.deployments.sighted(description),
      clock: () => world.clock,
    });
  }

  #target(worker: SimWorker): WorkerTarget {
    return {
      id: worker.id,
      fetch: async () => {
        if (!worker.up) throw new Error(`${worker.id} was not reached`);
        const text = JSON.stringify(worker.description satisfies WorkerDescription);
        return new Response(text, { headers: { [SDK_HEADER]: 'simulated' } });
      },
    };
  }
}
