/** Carries out the effect that tells a schedule how a run that it started has ended. */

import { endOf } from '../../sdk/common/schedule.ts';
import type { Effect } from '../core/effect.ts';
import { findRun, owesSchedule } from '../core/state.ts';
import { lastEvent } from './log.ts';
import type { Outside } from './outside.ts';
import type { ExecutionStore } from './store.ts';
import type { Turn } from './turn.ts';

export function notifySchedule(
  { runId, scheduleId }: Extract<Effect, { kind: 'NotifySchedule' }>,
  { turn, store, outside }: { turn(): Turn; store: ExecutionStore; outside: Outside },
): void {
  const run = findRun(turn().execution, runId);
  if (!run || !owesSchedule(run)) return;
  const { workflowId, runNumber, firstExecutionRunId } = run;
  const closeEvent = turn().payloads.inline(runNumber, lastEvent(store, runNumber)!);
  const done = outside
    .notifySchedule(scheduleId, { workflowId, firstExecutionRunId, ...endOf(closeEvent) })
    .then(() => turn().submit({ kind: 'RecordScheduleNotified', runId }))
    .catch((error: unknown) => {
      // The state still owes it: a later re-send will do.
      outside.log('schedule not told of the end of its run', { runId, reason: String(error) });
    });
  outside.keepAlive(done);
}
