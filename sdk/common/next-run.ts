/** Chains of runs: which one goes on after another. */

import { attributesOf, type HistoryEvent, historyEventName } from './history.ts';

/** The run that goes on after an event, when it ends its run by continue-as-new, or before a retry or the next cron run. */
export function nextRunOf(event: HistoryEvent): string | undefined {
  const name = historyEventName(event.eventType);
  switch (name) {
    case 'WorkflowExecutionContinuedAsNew':
    case 'WorkflowExecutionCompleted':
    case 'WorkflowExecutionFailed':
    case 'WorkflowExecutionTimedOut':
      return attributesOf(event, name).newExecutionRunId;
    default:
      return undefined;
  }
}
