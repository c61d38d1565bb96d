/**
 * The Queue and its consumer: at least once, unordered, and now and then not at all. The consumer does what
 * `src/effects/consumer.ts` does, against the same object methods.
 */

import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import type { VersionRoute } from '../../sdk/common/versioning.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import type { ActivityCallOutcome } from '../../src/execution/outside.ts';
import type { Api } from './api.ts';
import { isRefusal } from './objects.ts';
import type { Workers } from './workers.ts';
import { overTheWire, type World } from './world.ts';

export interface Pointer {
  task: ActivityTaskRef;
  activityType: string;
  taskQueue: string;
  route: VersionRoute;
}

const MAX_DELIVERIES = 6;
const LONGEST_DELAY_MS = 5 * 3_600_000;

export class Queue {
  readonly #world: World;
  readonly #api: Api;
  #workers!: Workers;
  #messages = 0;

  constructor(world: World, api: Api) {
    this.#world = world;
    this.#api = api;
  }

  serve(workers: Workers): void {
    this.#workers = workers;
  }

  async send(pointer: Pointer): Promise<void> {
    const world = this.#world;
    if (this.#down || world.fault('queueRefuses')) throw new Error('the queue does not take messages');
    await world.scheduler.wait(world.latency(5), 'send');
    const id = `m${++this.#messages}`;
    if (world.fault('queueLoses')) return;
    this.#deliver(id, pointer, 1);
    if (world.fault('queueDoubles')) this.#deliver(id, pointer, 1);
    if (world.fault('queueAncient')) {
      const delay = world.random.int(LONGEST_DELAY_MS);
      world.scheduler.at(delay, `ancient ${id}`, () => this.#deliver(id, pointer, 1));
    }
  }

  #deliver(id: string, pointer: Pointer, delivery: number): void {
    const world = this.#world;
    const { workflowId, scheduledEventId, attempt } = pointer.task;
    const delay = world.fault('queueDelays') ? world.random.int(60_000) : world.latency();
    world.scheduler.at(delay, `deliver ${id} ${workflowId} ${scheduledEventId}/${attempt}`, () => {
      if (this.#down) return;
      void this.#consume(id, pointer).catch(() => {
        // As the platform: a message that is not acknowledged comes again, and its dead letters are consumed, too.
        if (delivery < MAX_DELIVERIES) {
          world.scheduler.at(1_000 * 2 ** delivery, `again ${id}`, () =>
            this.#deliver(id, pointer, delivery + 1),
          );
        }
      });
    });
  }

  async #consume(messageId: string, { task, taskQueue, activityType: type, route }: Pointer): Promise<void> {
    const { workflowId } = task;
    if (this.#world.settings.queues[taskQueue as 'main'].caller === 'object') {
      return this.#api.call(workflowId, 'ring', (object) => object.activityTasks.ring(task));
    }
    const found = await this.#workers.find('consumer', { kind: 'activity', taskQueue, type, route });
    if ('waitingReason' in found) {
      const { waitingReason } = found;
      await this.#api.call(workflowId, 'wait', async (object) =>
        object.activityTasks.waits(task, waitingReason),
      );
      return;
    }
    const claimed = await this.#api.call<ActivityTask | undefined>(workflowId, 'claim', (object) =>
      object.claimActivityTask(task, messageId, found.worker.id, route),
    );
    if (!claimed) return;
    if (this.#world.fault('consumerCrashes')) throw new Error('the consumer was lost before the call');
    const outcome: ActivityCallOutcome = await this.#workers.activityWorker(found).call(claimed);
    if (this.#world.fault('consumerCrashes')) throw new Error('the consumer was lost after the call');
    const report = overTheWire(outcome);
    try {
      await this.#api.call(workflowId, 'report', (object) =>
        object.reportActivityTask(task, messageId, report),
      );
    } catch (error) {
      if (!(isRefusal(error) && error.code === 'NOT_FOUND')) throw error;
    }
  }

  get #down(): boolean {
    return this.#world.now < this.#world.queueDownUntil;
  }
}
