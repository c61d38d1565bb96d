/** Which workflow task a reset goes back to. */

import { invalidArgument } from '../../sdk/common/errors.ts';
import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventName,
  historyEventName,
} from '../../sdk/common/history.ts';
import type { ResetOptionsJson, ResetWorkflowExecutionRequest } from '../../sdk/common/service.ts';

const ends: readonly (HistoryEventName | undefined)[] = [
  'WorkflowTaskCompleted',
  'WorkflowTaskFailed',
  'WorkflowTaskTimedOut',
  'WorkflowTaskStarted',
];
const isEnd = (event: HistoryEvent): boolean => ends.includes(historyEventName(event.eventType));
const isCompletion = (event: HistoryEvent): boolean =>
  historyEventName(event.eventType) === 'WorkflowTaskCompleted';

/**
 * @returns the first event that does not become part of the new run's history
 * @throws ServiceError INVALID_ARGUMENT when there is no such workflow task
 */
export function resetPoint(
  history: HistoryEvent[],
  {
    workflowTaskFinishEventId: eventId,
    options,
  }: Pick<ResetWorkflowExecutionRequest, 'workflowTaskFinishEventId' | 'options'>,
): number {
  if (eventId) {
    if (options && Object.keys(options).length > 0)
      throw invalidArgument('workflowTaskFinishEventId: cannot be combined with options');
    const event = history[eventId - 1];
    if (eventId <= 1 || !event)
      throw invalidArgument(
        `workflowTaskFinishEventId: must be over 1 and at most ${history.length}, the last event`,
      );
    if (isEnd(event)) return eventId;
    const name = historyEventName(event.eventType);
    const next = history.slice(eventId).find(isEnd);
    const hint = next ? `; the next one that fits is ${next.eventId}` : '';
    throw invalidArgument(
      `workflowTaskFinishEventId: event ${eventId} is ${name}, and must be one that ends or starts a workflow task${hint}`,
    );
  }
  const event = byOptions(history, options);
  if (!event) throw invalidArgument(missing(history, options));
  return Number(event.eventId);
}

function byOptions(history: HistoryEvent[], options: ResetOptionsJson = {}): HistoryEvent | undefined {
  if (options.buildId) {
    return history.find((event) => isCompletion(event) && buildOf(event) === options.buildId);
  }
  // Where none was ever completed, the one that failed or still runs is done again.
  if (options.firstWorkflowTask) return history.find(isCompletion) ?? history.find(isEnd);
  if (options.lastWorkflowTask) return history.findLast(isCompletion) ?? history.findLast(isEnd);
  throw invalidArgument(
    'workflowTaskFinishEventId: is required, or options with firstWorkflowTask, lastWorkflowTask or buildId',
  );
}

/** Why the options name no workflow task, and what there is instead. */
function missing(history: HistoryEvent[], { buildId }: ResetOptionsJson = {}): string {
  if (!buildId) return 'options: the run has no workflow task yet';
  const builds = [...new Set(history.filter(isCompletion).flatMap((event) => buildOf(event) ?? []))];
  const known = builds.length > 0 ? `those of ${builds.join(', ')} did` : 'its Workers had no build id';
  return `options.buildId: no Worker of build "${buildId}" completed a workflow task of this run; ${known}`;
}

function buildOf(event: HistoryEvent): string | undefined {
  return attributesOf(event, 'WorkflowTaskCompleted').deploymentVersion?.buildId;
}
