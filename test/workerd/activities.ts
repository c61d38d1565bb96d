/** Activities that count their executions in the Worker's memory, so that a test can ask what really ran. */

import { activityInfo, sleep } from 'perdure/activity';
import { ApplicationFailure } from 'perdure/common';
import type { Act } from '../checker/evidence.ts';

export interface Execution {
  key: string;
  workflowId: string;
  attempt: number;
}

const executions: Execution[] = [];
const released = new Set<string>();
/** What was begun and ended, as the checker reads it. */
const acts: Act[] = [];

/** What an activity that belongs to no workflow calls its own stands in the place of a workflow's. */
function runOfActivity(): { workflowId: string; runId: string } {
  const { workflowExecution, activityId, activityRunId = '' } = activityInfo();
  return workflowExecution ?? { workflowId: activityId, runId: activityRunId };
}

function enter(key: string): number {
  const { attempt } = activityInfo();
  executions.push({ key, workflowId: runOfActivity().workflowId, attempt });
  return executionsOf(key).length;
}

export function executionsOf(key: string): Execution[] {
  return executions.filter((execution) => execution.key === key);
}

export function release(key: string): void {
  released.add(key);
}

export function actsOf(prefix: string): Act[] {
  return acts.filter(({ workflowId }) => workflowId.startsWith(prefix));
}

type Implementation = (...args: any[]) => Promise<unknown>;

/** Writes down every execution. Local activities are part of a workflow task. */
function logged<A extends Record<string, Implementation>>(given: A): A {
  const log = (what: Act['what']): void => {
    const { activityId, activityType, attempt, isLocal } = activityInfo();
    if (isLocal) return;
    const act = { ...runOfActivity(), activityId, activityType, attempt };
    acts.push({ what, time: Date.now(), worker: 'bound', ...act });
  };
  const around = (implementation: Implementation): Implementation => {
    return async (...args) => {
      log('begin');
      try {
        const value = await implementation(...args);
        log('end');
        return value;
      } catch (error) {
        log('fail');
        throw error;
      }
    };
  };
  const entries = Object.entries(given).map(([name, implementation]) => [name, around(implementation)]);
  return Object.fromEntries(entries) as A;
}

export const activities = logged({
  /** Answers how often it has been executed for this key. */
  async record(key: string): Promise<number> {
    return enter(key);
  },

  /** Looks, because a promise that another request settles would not continue here. */
  async hold(key: string): Promise<number> {
    const count = enter(key);
    while (!released.has(key)) await sleep(10);
    return count;
  },

  async pause<T>(ms: number, value: T): Promise<T> {
    await sleep(ms);
    return value;
  },

  async failTimes(key: string, failures: number): Promise<number> {
    const count = enter(key);
    if (count <= failures) throw ApplicationFailure.retryable(`failure ${count} of ${failures}`);
    return count;
  },

  /** Answers with what it got. */
  async echo(value: string): Promise<string> {
    return value;
  },

  /** Says nothing in its first attempt until there is a second one; answers with the number of the attempt that did. */
  async stall(): Promise<number> {
    const { attempt, workflowExecution } = activityInfo();
    const { runId } = workflowExecution!;
    const followed = () => acts.some((act) => act.runId === runId && act.attempt > attempt);
    while (attempt === 1 && !followed()) await sleep(50);
    return attempt;
  },

  async produce(bytes: number): Promise<string> {
    return 'p'.repeat(bytes);
  },
});

export type Activities = typeof activities;
