/**
 * Where the beginning of a reset run comes from. What the run took over from its base is still spoken of under the base's
 * run id: its children know that run as their parent, and requests that are on their way carry ids made of it. So a
 * child goes on reporting to the workflow that was reset, and nothing is started or sent twice.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { PendingChild } from './pending.ts';

export interface ResetOrigin {
  baseRunId: string;
  /** Events before this one are the base run's. */
  eventId: number;
  /** When it was reset: timeouts of the run count from here. */
  time: EpochMs;
  /** Whose those events were first, oldest run first. */
  owners: Array<{ runId: string; before: number }>;
  /** Workflow ids of children that the base run started later: this run replaces them when it starts them again. */
  childrenStartedLater: string[];
}

interface Run {
  runId: string;
  reset?: ResetOrigin;
}

/** The run that wrote the event: the one under whose id the world knows what the event began. */
export function ownerOf(run: Run, eventId: number): string {
  return run.reset?.owners.find(({ before }) => eventId < before)?.runId ?? run.runId;
}

/** What a reset of this run to `eventId` has for owners. */
export function ownersUntil(run: Run, eventId: number): ResetOrigin['owners'] {
  const older = (run.reset?.owners ?? []).filter((_owner, i, all) => (all[i - 1]?.before ?? 0) < eventId);
  const clipped = older.map(({ runId, before }) => ({ runId, before: Math.min(before, eventId) }));
  return (clipped.at(-1)?.before ?? 0) < eventId
    ? [...clipped, { runId: run.runId, before: eventId }]
    : clipped;
}

/** The id that a child knows its parent run by. */
export function parentIdFor(
  run: Run & { children: Map<number, PendingChild> },
  childWorkflowId: string,
): string {
  for (const { workflowId, initiatedEventId } of run.children.values())
    if (workflowId === childWorkflowId) return ownerOf(run, initiatedEventId);
  return run.runId;
}

/** Is this the first start of a child that the base run had started after the point of the reset? */
export function replacesChild(
  run: Run & { children: Map<number, PendingChild> },
  child: { workflowId: string; initiatedEventId: number },
): boolean {
  const { reset } = run;
  if (!reset?.childrenStartedLater.includes(child.workflowId) || child.initiatedEventId < reset.eventId)
    return false;
  for (const other of run.children.values())
    if (other.workflowId === child.workflowId && other.initiatedEventId !== child.initiatedEventId)
      return false;
  return true;
}
