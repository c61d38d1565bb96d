/**
 * Limits of task queues are kept: no more attempts run at a time than may, none begins without leave, and leave is given
 * no faster than the rates allow. Where nothing changes the limits and no clock is wrong, that holds at any moment.
 */

import { dispatchIdOf } from '../../sdk/common/ids.ts';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import { PERMIT_WINDOW_MS, type PermitRequest, type TaskQueueLimits } from '../../sdk/common/task-queues.ts';
import { isOpen } from '../../src/core/state.ts';
import { check, Violation } from '../checker/violation.ts';
import { fairnessWeights } from './limit-acts.ts';
import type { Owner } from './objects.ts';
import type { World } from './world.ts';

/** Of the rate, as in src/task-queue/permits.ts: what may be used at once. */
const BURST_S = 0.1;
/** A permit outlasts its window by so much: what has looked whether it may begin takes a moment to begin. */
const PERMIT_SLACK_MS = 30_000;
/** Rounding of times to milliseconds. */
const SLACK_MS = 2;

export class LimitsCheck {
  readonly #world: World;
  /** By task queue, and by task queue and fairness key: when leave was given. */
  readonly #grants = new Map<string, number[]>();
  readonly #known = new Set<string>();
  /** By dispatch id. */
  readonly #grantedTo = new Map<string, number[]>();
  readonly #requests = new Map<string, PermitRequest>();

  constructor(world: World) {
    this.#world = world;
  }

  asked(taskQueue: string, request: PermitRequest): void {
    this.#requests.set(`${taskQueue} ${dispatchIdOf(request.task)}`, request);
  }

  granted(taskQueue: string, task: ActivityTaskRef, time: number): void {
    const id = dispatchIdOf(task);
    const key = `${taskQueue} ${id} ${time}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    listOf(this.#grantedTo, id).push(time);
    listOf(this.#grants, taskQueue).push(time);
    const { priority } = this.#requests.get(`${taskQueue} ${id}`) ?? {};
    listOf(this.#grants, `${taskQueue}/${priority?.fairnessKey ?? ''}`).push(time);
  }

  /** At any moment. */
  check(owners: Iterable<Owner>, limitsOf: (taskQueue: string) => TaskQueueLimits | undefined): void {
    const { clock, settings } = this.#world;
    if (!settings.strictLimits) return;
    const running = new Map<string, string[]>();
    for (const { workflowId, shadow } of owners) {
      const { run } = shadow;
      if (!isOpen(run)) continue;
      for (const pending of run.activities.values()) {
        const { claim, scheduledEventId, attempt } = pending;
        const taskQueue = claim?.taskQueue ?? pending.taskQueue;
        if (!claim || !limitsOf(taskQueue)) continue;
        const task = { namespace: '', workflowId, runId: run.runId, scheduledEventId, attempt };
        this.#hadLeave(taskQueue, task, claim.time);
        // One that is overdue is over but for the alarm that says so.
        if (clock < claim.time + pending.startToCloseTimeout)
          listOf(running, taskQueue).push(`${workflowId} ${pending.activityId}`);
      }
    }
    for (const [taskQueue, attempts] of running) {
      const { maxConcurrentTasks = Number.POSITIVE_INFINITY } = limitsOf(taskQueue)!;
      check(
        attempts.length <= maxConcurrentTasks,
        `limits: ${maxConcurrentTasks} may run on task queue ${taskQueue}, these do: ${attempts.join(', ')}`,
      );
    }
  }

  #hadLeave(taskQueue: string, task: ActivityTaskRef, begun: number): void {
    const granted = this.#grantedTo.get(dispatchIdOf(task)) ?? [];
    if (granted.some((time) => time <= begun && begun - time <= PERMIT_WINDOW_MS + PERMIT_SLACK_MS)) return;
    const at = `attempt ${task.attempt} of activity ${task.scheduledEventId} of ${task.workflowId}`;
    throw new Violation(`limits: ${at} began on ${taskQueue} at ${begun}, leave was given at [${granted}]`);
  }

  /** When all is over. */
  finally(limitsOf: (taskQueue: string) => TaskQueueLimits | undefined): void {
    if (!this.#world.settings.strictLimits) return;
    for (const [name, times] of this.#grants) {
      const [taskQueue = '', key] = name.split('/');
      const { requestsPerSecond, keyRequestsPerSecond, weights = {} } = limitsOf(taskQueue) ?? {};
      if (key === undefined && requestsPerSecond !== undefined) inPace(name, times, requestsPerSecond);
      if (key !== undefined && keyRequestsPerSecond !== undefined)
        inPace(name, times, keyRequestsPerSecond * (weights[key] ?? fairnessWeights[key] ?? 1));
    }
  }
}

/** Between any two of them no more than the rate allows, and a burst. */
function inPace(name: string, given: number[], rate: number): void {
  const times = given.toSorted((a, b) => a - b);
  const burst = Math.max(1, rate * BURST_S);
  for (let from = 0; from < times.length; from++)
    for (let to = from + 1; to < times.length; to++) {
      const most = burst + ((times[to]! - times[from]! + SLACK_MS) * rate) / 1_000;
      check(
        to - from + 1 <= most + 1e-6,
        `limits: ${to - from + 1} attempts of ${name} had leave from ${times[from]} to ${times[to]}, at ${rate} a second`,
      );
    }
}

function listOf<T>(map: Map<string, T[]>, key: string): T[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}
