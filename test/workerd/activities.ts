/** Activities that count their executions in the Worker's memory, so that a test can ask what really ran. */

import { activityInfo, sleep } from 'perdure/activity';
import { ApplicationFailure } from 'perdure/common';

export interface Execution {
  key: string;
  workflowId: string;
  attempt: number;
}

const executions: Execution[] = [];
const released = new Set<string>();

function enter(key: string): number {
  const { workflowExecution, attempt } = activityInfo();
  executions.push({ key, workflowId: workflowExecution!.workflowId, attempt });
  return executionsOf(key).length;
}

export function executionsOf(key: string): Execution[] {
  return executions.filter((execution) => execution.key === key);
}

export function release(key: string): void {
  released.add(key);
}

export const activities = {
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

  async produce(bytes: number): Promise<string> {
    return 'p'.repeat(bytes);
  },
};

export type Activities = typeof activities;
