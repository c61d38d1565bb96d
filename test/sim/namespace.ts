/** What a namespace's object knows of versions and limits: the real code over SQLite. Whoever looks for a Worker asks it. */

import { memorySql } from '../../sdk/testing/memory-storage.ts';
import type { Listing } from '../../src/matching/directory.ts';
import { WorkerDeployments } from '../../src/namespace/deployments.ts';
import { SqlDeploymentStore } from '../../src/namespace/store.ts';
import { TaskQueueConfigs } from '../../src/namespace/task-queues.ts';
import type { World } from './world.ts';

export class SimNamespace {
  readonly deployments: WorkerDeployments;
  readonly taskQueues: TaskQueueConfigs;
  /** Runs that found no Worker, and want to be told when there may be one. */
  readonly #waiting = new Set<string>();

  constructor(world: World) {
    const sql = memorySql();
    this.deployments = new WorkerDeployments(new SqlDeploymentStore(sql), () => world.clock);
    this.taskQueues = new TaskQueueConfigs(sql, () => world.clock);
  }

  waiting(workflowId: string): void {
    this.#waiting.add(workflowId);
  }

  /** Who waited is to be told. */
  release(): string[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }

  routing(): Omit<Listing, 'workers'> {
    return { deployments: this.deployments.routing(), limits: this.taskQueues.limits() };
  }
}
