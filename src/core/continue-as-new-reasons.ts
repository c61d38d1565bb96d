/** When a workflow is told that it should continue as new. Nothing happens to one that does not. */

import { toWire } from '../../sdk/common/enums.ts';
import type { StartedWorkflowTask } from './pending.ts';
import { MAX_UPDATES } from './update-limits.ts';

/** Temporal's defaults for continueAsNewSuggested. */
const SUGGEST_CONTINUE_AS_NEW = { events: 4_096, bytes: 4_194_304, updates: 0.9 * MAX_UPDATES };

/** `SUGGEST_CONTINUE_AS_NEW_REASON_…`; none: it is not suggested. */
export function reasonsToContinueAsNew(
  task: Pick<StartedWorkflowTask, 'startedEventId' | 'historySizeBytes' | 'updateCount'>,
): string[] {
  const { events, bytes, updates } = SUGGEST_CONTINUE_AS_NEW;
  const reasons: string[] = [];
  if (task.historySizeBytes >= bytes) reasons.push('HISTORY_SIZE_TOO_LARGE');
  if (task.startedEventId >= events) reasons.push('TOO_MANY_HISTORY_EVENTS');
  if (task.updateCount >= updates) reasons.push('TOO_MANY_UPDATES');
  return reasons.map((reason) => toWire('suggestContinueAsNewReason', reason));
}
