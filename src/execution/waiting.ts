/**
 * Effects that found nobody to carry them out: no Worker serves the task queue, or none answers. Kept in memory only;
 * after a reload everything owed is tried again anyway. The wait grows with the time already waited, which the state
 * says: a run that nobody serves is not looked at more often because its object has left memory.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { Effect } from '../core/effect.ts';
import type { HeldTasks } from '../core/waiting-on.ts';

const SHORTEST_MS = 500;
const LONGEST_MS = 60_000;
/** So soon after a load nothing waits for longer: what was not there may be about to come, as after a restart of everything. */
export const FRESH_MS = 5_000;

/** What finds somebody to carry it out, or has to wait for one. */
export type HeldEffect = Exclude<
  Effect,
  { kind: 'CallActivityTask' | 'RecordVisibility' | 'DeleteRun' | 'NotifySchedule' }
>;

interface Held {
  effect: HeldEffect;
  reason: string;
  retryTime: EpochMs;
}

export class Waiting {
  readonly #held = new Map<string, Held>();
  readonly #now: () => EpochMs;
  readonly #onHeld: () => void;
  readonly #owedSince: (effect: HeldEffect) => EpochMs | undefined;
  #loadedTime: EpochMs;

  /** `onHeld` is called when one waits that did not. */
  constructor(
    now: () => EpochMs,
    owedSince: (effect: HeldEffect) => EpochMs | undefined,
    onHeld: () => void = () => undefined,
  ) {
    this.#now = now;
    this.#owedSince = owedSince;
    this.#onHeld = onHeld;
    this.#loadedTime = now();
  }

  /** @param pauseMs where it is told before, mostly */
  hold(effect: HeldEffect, reason: string, pauseMs?: number): void {
    const now = this.#now();
    const key = keyOf(effect);
    const age = now - (this.#owedSince(effect) ?? now);
    const before = this.#held.has(key);
    const longest = now - this.#loadedTime < FRESH_MS ? FRESH_MS : LONGEST_MS;
    const pause = pauseMs ?? Math.min(Math.max(age / 4, SHORTEST_MS), longest);
    this.#held.set(key, { effect, reason, retryTime: now + Math.ceil(pause) });
    if (!before) this.#onHeld();
  }

  /** The effect is being carried out, or is owed no more. */
  release(effect: HeldEffect): void {
    this.#held.delete(keyOf(effect));
  }

  /** Effects to try again now. They stay held until released or held anew. */
  due(now: EpochMs = this.#now()): HeldEffect[] {
    const due = [...this.#held.values()].filter((held) => held.retryTime <= now);
    for (const held of due) held.retryTime = now + LONGEST_MS;
    return due.map((held) => held.effect);
  }

  /** Somebody may be there now: all of them are due. */
  retryAll(): void {
    const now = this.#now();
    for (const held of this.#held.values()) held.retryTime = now;
  }

  /** When what is in memory was loaded. */
  get loadedTime(): EpochMs {
    return this.#loadedTime;
  }

  nextRetry(): EpochMs | undefined {
    let next: EpochMs | undefined;
    for (const { retryTime } of this.#held.values())
      if (next === undefined || retryTime < next) next = retryTime;
    return next;
  }

  /** Why calls of the run to other workflows are not through. */
  callReasons(runId: string): string[] {
    const calls = [...this.#held.values()].filter(
      ({ effect }) => 'workflowId' in effect && effect.runId === runId,
    );
    return calls.map(({ reason }) => reason);
  }

  /** Why tasks of the run are with nobody: one reason for each kind. */
  taskReasons(runId: string): HeldTasks {
    const reasons: HeldTasks = {};
    for (const { effect, reason } of this.#held.values()) {
      if (effect.kind === 'RunWorkflowTask' && effect.runId === runId) reasons.workflowTask = reason;
      if ('task' in effect && effect.task.runId === runId) reasons.activityTask = reason;
    }
    return reasons;
  }

  get size(): number {
    return this.#held.size;
  }

  clear(): void {
    this.#held.clear();
    this.#loadedTime = this.#now();
  }
}

function keyOf(effect: HeldEffect): string {
  switch (effect.kind) {
    case 'RunWorkflowTask':
      return `workflow-task ${effect.runId}`;
    case 'DispatchActivityTask':
      return `activity-task ${effect.task.runId} ${effect.task.scheduledEventId}`;
    case 'NotifyParent':
      return `parent ${effect.runId}`;
    case 'StartChild':
    case 'AskChild':
    case 'ApplyParentClosePolicy':
    case 'SignalExternal':
    case 'CancelExternal':
      return `call ${effect.runId} ${effect.initiatedEventId}`;
  }
}
