/** How long something has been owed, as the state says: the same before and after a load. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { Effect } from './effect.ts';
import { type Execution, findRun, pendingActivity } from './state.ts';

/** `undefined`: it is not owed, or the state does not say. */
export function owedSince(execution: Execution, effect: Effect): EpochMs | undefined {
  const run = findRun(execution, 'task' in effect ? effect.task.runId : effect.runId);
  if (!run) return undefined;
  switch (effect.kind) {
    case 'RunWorkflowTask':
      return run.workflowTask?.scheduledTime;
    case 'DispatchActivityTask':
    case 'CallActivityTask':
      return pendingActivity(run, effect.task.scheduledEventId)?.attemptScheduledTime;
    case 'StartChild':
      return run.children.get(effect.initiatedEventId)?.initiatedTime;
    case 'AskChild':
      return run.reset?.time;
    case 'SignalExternal':
    case 'CancelExternal':
      return run.externals.get(effect.initiatedEventId)?.initiatedTime;
    case 'NotifyParent':
    case 'ApplyParentClosePolicy':
      return run.closeTime;
    default:
      return undefined;
  }
}
