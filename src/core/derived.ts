/**
 * Deadlines and effects, derived from state. Events only say which items they touched; what is due and what is owed
 * is computed again for those items alone, so nothing here grows with the number of things pending.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import * as activity from './activity.ts';
import * as childWorkflow from './child-workflow.ts';
import * as deletion from './deletion.ts';
import { type Effect, nextSendTime, type Owed } from './effect.ts';
import * as externalWorkflow from './external-workflow.ts';
import type { Items } from './noun.ts';
import * as parent from './parent.ts';
import * as schedule from './schedule.ts';
import { type Execution, type ItemKey, type ItemKind, touch } from './state.ts';
import * as timer from './timer.ts';
import type { Transition } from './transition.ts';
import * as visibility from './visibility.ts';
import * as workflowExecution from './workflow-execution.ts';
import * as workflowTask from './workflow-task.ts';

const nouns: Record<ItemKind, Items> = {
  workflowExecution,
  workflowTask,
  activity,
  timer,
  childWorkflow,
  externalWorkflow,
  parent,
  schedule,
  visibility,
  deletion,
};

function parse(key: ItemKey): [Items, string] {
  const slash = key.indexOf('/');
  return [nouns[key.slice(0, slash) as ItemKind], key.slice(slash + 1)];
}

/** After a load: everything is derived anew, and everything owed is owed at once. */
export function touchEverything(execution: Execution): void {
  for (const kind of Object.keys(nouns) as ItemKind[]) {
    for (const id of nouns[kind].items(execution)) touch(execution, kind, id);
  }
}

function refresh(execution: Execution): void {
  const { changed } = execution.derived;
  if (changed.size === 0) return;
  for (const key of changed) {
    const [noun, id] = parse(key);
    refreshDeadline(execution, key, noun, id);
    refreshOwed(execution, key, noun.effects?.(execution, id));
  }
  changed.clear();
}

function refreshDeadline(execution: Execution, key: ItemKey, noun: Items, id: string): void {
  const { deadlines, quarantined } = execution.derived;
  const deadline = quarantined.has(key) ? undefined : noun.deadlines?.(execution, id);
  if (deadline) deadlines.set(key, deadline.time, deadline.order);
  else deadlines.remove(key);
}

function refreshOwed(execution: Execution, key: ItemKey, debt: Owed | undefined): void {
  const { owed, sends } = execution.derived;
  if (owed.get(key)?.identity === debt?.identity) {
    // Out already. It may be owed since later than it was, which is what its age is counted from.
    if (debt) owed.set(key, debt);
  } else if (debt) {
    owed.set(key, debt);
    sends.set(key, Math.max(debt.since, debt.notBefore), debt.order);
  } else {
    owed.delete(key);
    sends.remove(key);
  }
}

/** The item whose time came first, if any has come. */
export function dueItem(execution: Execution, now: EpochMs): ItemKey | undefined {
  refresh(execution);
  const first = execution.derived.deadlines.peek();
  return first && first.time <= now ? (first.key as ItemKey) : undefined;
}

export function tickItem(t: Transition, key: ItemKey): void {
  const [noun, id] = parse(key);
  noun.tick?.(t, id);
}

/** Sets an item aside until the next load; describe names it. */
export function quarantine(execution: Execution, key: ItemKey, problem: string): void {
  execution.derived.deadlines.remove(key);
  execution.derived.quarantined.set(key, problem);
}

/**
 * The effects to carry out now: those that became owed since the last call and those due to be sent again. Everything
 * that is owed, in the first call after a load.
 */
export function takeEffects(execution: Execution, now: EpochMs): Effect[] {
  refresh(execution);
  const { owed, sends } = execution.derived;
  const clock = Math.max(now, execution.run?.lastEventTime ?? 0);
  const effects: Effect[] = [];
  for (let entry = sends.popDue(clock); entry; entry = sends.popDue(clock)) {
    const debt = owed.get(entry.key as ItemKey)!;
    effects.push(debt.effect);
    if (debt.resend) sends.set(entry.key, nextSendTime(debt.resend, debt.since, clock), debt.order);
  }
  return effects;
}

/**
 * Makes takeEffects hand out again what is owed and due, pauses after a release included: for when a Worker has
 * (re)appeared. What somebody is working on (a claimed attempt, a started task) is not sent twice.
 */
export function oweAgain(execution: Execution): void {
  refresh(execution);
  const { owed, sends } = execution.derived;
  for (const [key, debt] of owed) if (debt.resend) sends.set(key, debt.since, debt.order);
}

/** Does it owe a call since before that time? A message that a Queue may have is none. */
export function owesCallSince(execution: Execution, time: EpochMs): boolean {
  refresh(execution);
  for (const { resend, since } of execution.derived.owed.values())
    if (resend && resend !== 'queued' && since < time) return true;
  return false;
}

/**
 * When Tick would next do something or an effect is to be sent (again), `beside` what this item owes. Take the effects
 * first: one that was not taken is a deadline in the past.
 */
export function nextDeadline(execution: Execution, beside?: ItemKey): EpochMs | undefined {
  refresh(execution);
  const deadline = execution.derived.deadlines.peek()?.time;
  const send = execution.derived.sends.peek(beside)?.time;
  if (deadline === undefined || send === undefined) return deadline ?? send;
  return Math.min(deadline, send);
}
