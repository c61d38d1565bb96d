/** How a run fares, as the list knows it: what it waits for, why it does not go on, or what it failed with. Pure. */

import type { RunProgress, WorkflowExecutionInfo } from '../../../sdk/common/service.ts';
import { dateTime, timeMs } from '../format.ts';
import { isOpen } from '../status.ts';
import { asks, both, without } from './filter.ts';

/** Runs that do not go on although something is due: their workflow task fails, or no Worker takes their tasks. */
export const STUCK_FILTER = 'TemporalReportedProblems IS NOT NULL';

export const isStuckFilter = (query: string): boolean => asks(query, STUCK_FILTER);

/** The filter asks for stuck runs alone, or no longer. */
export function withStuck(query: string, stuck: boolean): string {
  if (stuck) return isStuckFilter(query) ? query : both(query, STUCK_FILTER);
  return without(query, (condition) => condition === STUCK_FILTER);
}

const PROBLEMS: Record<string, string> = {
  WorkflowTaskFailed: 'Workflow task fails',
  WorkflowTaskTimedOut: 'Workflow task times out',
  WorkflowTaskNotTaken: 'No Worker takes its task',
  ActivityTaskNotTaken: 'No Worker takes its activity',
};

/** What keeps the run from going on; `undefined`: nothing does. */
export function stuckText(progress: RunProgress | undefined): string | undefined {
  const [category] = progress?.problems ?? [];
  const name = category?.replace(/^category=/, '');
  return name && (PROBLEMS[name] ?? name);
}

const WAITS: Record<string, string> = {
  activity: 'activity',
  timer: 'timer',
  child: 'child workflow',
  externalWorkflow: 'another workflow',
  signal: 'a signal or an update',
  workflowTask: 'its workflow code',
};

/** `activity:charge` says more than `activity`: kinds that come with names are named by them. */
function waits(waitingOn: readonly string[]): string {
  const kinds = waitingOn.filter((one) => !one.includes(':'));
  const parts = kinds.map((kind) => {
    const names = waitingOn.flatMap((one) => (one.startsWith(`${kind}:`) ? one.slice(kind.length + 1) : []));
    // Ids of timers say nothing to anybody.
    const named = kind === 'timer' ? [] : names.slice(0, 3);
    const more = names.length > named.length && named.length > 0 ? ', …' : '';
    return [WAITS[kind] ?? kind, named.join(', ') + more].filter(Boolean).join(' ');
  });
  return parts.join('; ');
}

/** What it does now, in a few words; of a closed run, what it failed with. */
export function progressText(run: WorkflowExecutionInfo, now: number): string {
  const { progress } = run;
  if (!progress) return '';
  if (!isOpen(run.status)) return progress.lastFailure ?? '';
  const begins = timeMs(run.executionTime) ?? 0;
  const stuck = stuckText(progress);
  if (stuck) return progress.problemReason ? `${stuck}: ${progress.problemReason}` : stuck;
  if (begins > now) return `Begins ${dateTime(begins)}`;
  const { pendingActivityAttempts: attempts, lastFailure } = progress;
  const again = attempts > 1 ? `, attempt ${attempts}${lastFailure ? `: ${lastFailure}` : ''}` : '';
  return `${waits(progress.waitingOn)}${again}`.replace(/^./, (letter) => letter.toUpperCase());
}
