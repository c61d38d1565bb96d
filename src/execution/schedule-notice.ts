/** Carries out the effect that tells a schedule how a run that it started has ended. */

import { endOf } from '../../sdk/common/schedule.ts';
import type { Effect } from '../core/effect.ts';
import { findRun, owesSchedule } from '../core/state.ts';
import { lastEvent } from './log.ts';
import type { Outside } from './outside.ts';
import type { ExecutionStore } from './store.ts';
import type { Turn } from './turn.ts';

interface ScheduleNoticeContext {
  turn(): Turn;
  readonly store: ExecutionStore;
  readonly outside: Outside;
}

export function notifySchedule(
  effect: Extract<Effect, { kind: 'NotifySchedule' }>,
  context: ScheduleNoticeContext,
): void {
  const { outside } = context;
  const done = notify(effect, context).catch((error: unknown) => {
    // The state still owes it: a later re-send will do.
    const { runId } = effect;
    outside.log('schedule not told of the end of its run', { runId, reason: String(error) });
  });
  outside.keepAlive(done);
}

/** Reading may fail, too: what else its turn has to do is not to suffer from it. */
async function notify(
  { runId, scheduleId }: Extract<Effect, { kind: 'NotifySchedule' }>,
  { turn, store, outside }: ScheduleNoticeContext,
): Promise<void> {
  const run = findRun(turn().execution, runId);
  if (!run || !owesSchedule(run)) return;
  const { workflowId, runNumber, firstExecutionRunId } = run;
  const closeEvent = turn().payloads.inline(runNumber, lastEvent(store, runNumber)!);
  await outside.notifySchedule(scheduleId, { workflowId, firstExecutionRunId, ...endOf(closeEvent) });
  await turn().submit({ kind: 'RecordScheduleNotified', runId });
}
