/**
 * Activities that somebody else answers, later: the Worker says that it has taken the task, and a person completes or fails
 * it, minutes after, by its token or by the activity's id. I5: what was acknowledged to the person is the outcome.
 */

import { attributesOf } from '../../sdk/common/history.ts';
import { decodeTaskToken } from '../../sdk/common/ids.ts';
import { defaultPayloadConverter, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { ActivityIdRef, ActivityTaskRef } from '../../sdk/common/service.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import type { ActivityCallOutcome } from '../../src/execution/outside.ts';
import type { Api } from './api.ts';
import { isRefusal, type Owner } from './objects.ts';
import { failure, type World } from './world.ts';

const MOST_TRIES = 20;

export class Approvals {
  readonly #world: World;
  readonly #api: Api;
  readonly #owner: (workflowId: string) => Owner;
  /** Dispatch ids that a person has. */
  readonly #taken = new Set<string>();

  constructor(world: World, api: Api, owner: (workflowId: string) => Owner) {
    this.#world = world;
    this.#api = api;
    this.#owner = owner;
  }

  async take(task: ActivityTask): Promise<ActivityCallOutcome> {
    const world = this.#world;
    if (!this.#taken.has(task.dispatchId)) {
      this.#taken.add(task.dispatchId);
      void this.#person(task);
    }
    await world.scheduler.wait(world.latency(), `202 ${task.workflowId} ${task.dispatchId}`);
    if (world.fault('activityAnswerLost')) return { released: 'the connection was lost' };
    return { accepted: true };
  }

  async #person(task: ActivityTask): Promise<void> {
    const { random, scheduler } = this.#world;
    const ref = decodeTaskToken(task.taskToken);
    const { namespace, workflowId, runId, activityId } = task;
    const named = random.chance(0.4) ? { namespace, workflowId, runId, activityId } : ref;
    await scheduler.wait(
      random.int(random.pick([2_000, 30_000, 200_000])),
      `a person has ${task.dispatchId}`,
    );
    if (random.chance(0.3))
      await this.#persist(ref, () =>
        this.#api.request(workflowId, { kind: 'RecordActivityTaskHeartbeat', task: named }),
      );
    if (random.chance(0.2)) {
      const said = failure('not approved');
      await this.#persist(ref, () =>
        this.#api.request(workflowId, { kind: 'RespondActivityTaskFailed', task: named, failure: said }),
      );
      return;
    }
    const result = toPayloadsJson(defaultPayloadConverter, `approved as ${task.dispatchId}`)!;
    const acknowledged = await this.#persist(ref, () =>
      this.#api.request(workflowId, { kind: 'RespondActivityTaskCompleted', task: named, result }),
    );
    if (acknowledged) this.#isOutcome(ref, named, JSON.stringify(result));
  }

  /** Until it is acknowledged; answers whether it was. */
  async #persist(ref: ActivityTaskRef, ask: () => Promise<unknown>): Promise<boolean> {
    const { scheduler } = this.#world;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      try {
        await ask();
        return true;
      } catch (error) {
        if (isRefusal(error)) return false;
        await scheduler.wait(this.#world.latency(3_000), `a person tries again ${ref.workflowId}`);
      }
    }
    return false;
  }

  #isOutcome(ref: ActivityTaskRef, named: ActivityTaskRef | ActivityIdRef, result: string): void {
    const owner = this.#owner(ref.workflowId);
    const { run } = owner.shadow;
    const events = owner.runs.find(({ runId }) => runId === ref.runId)?.events ?? [];
    const recorded = events
      .filter(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_COMPLETED')
      .map((event) => attributesOf(event, 'ActivityTaskCompleted'));
    const held = (run?.runId === ref.runId ? run.heldBack : [])
      .filter(({ name }) => name === 'ActivityTaskCompleted')
      .map(({ attributes }) => attributes as { scheduledEventId: string; result?: unknown });
    const outcome = [...recorded, ...held].find(
      ({ scheduledEventId }) => scheduledEventId === String(ref.scheduledEventId),
    );
    const by = 'activityId' in named ? 'by its id' : 'by its token';
    // What is held back keeps long payloads elsewhere.
    const isKept = outcome?.result && held.includes(outcome as (typeof held)[number]);
    if (!isKept && JSON.stringify(outcome?.result) !== result)
      this.#world.violate(
        `I5: ${result} was acknowledged ${by} for activity ${ref.scheduledEventId} of ${ref.workflowId}, its outcome is ${JSON.stringify(outcome)}`,
      );
  }
}
