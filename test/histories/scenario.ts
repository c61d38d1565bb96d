/** What a scenario is: a workflow and what happens to it. */

import type { HistoryEventAttributes } from '../../sdk/common/history.ts';
import type { Workflow } from '../../sdk/common/types.ts';
import type { Driver } from '../runtime/driver.ts';

export interface Scenario {
  workflow: Workflow;
  args?: unknown[];
  /** More fields of the WorkflowExecutionStarted. */
  started?: Partial<HistoryEventAttributes['WorkflowExecutionStarted']>;
  /** The module of its interceptors. */
  interceptors?: object;
  /** The build of the Worker that has its first task; without it, a Worker without a version. */
  build?: string;
  /** It has local activities. */
  local?: boolean;
  drive(run: Driver): Promise<void>;
}

/** Answers every open activity, child and message to another workflow until the workflow closes. */
export async function finish(run: Driver): Promise<void> {
  while (!run.history.closed) {
    const { activities, others } = run.history;
    for (const id of activities.keys()) run.history.completeActivity(id, `done ${id}`);
    for (const id of others.children.keys()) others.completeChild(id, `done ${id}`);
    others.settleAll();
    await run.task();
  }
}
