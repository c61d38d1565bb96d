/**
 * Deletion of a run: wanted → (terminated, if it was open) → settled with everybody → gone.
 * What is wanted is noted in the run's own log, so that it survives a crash and goes with the run. What is deleted
 * leaves nothing: no event tells of it, and the state is what a fold of the remaining log gives.
 */

import type { Owed } from './effect.ts';
import type { Apply, Handle } from './noun.ts';
import { findLogged } from './run-log.ts';
import { type Execution, findRun, isOpen, isSettled, newRun, runByNumber, touch } from './state.ts';
import { terminate } from './workflow-execution.ts';

export const apply: Apply<'RunDeletionRequested'> = {
  RunDeletionRequested({ runNumber }, { runId }, { execution, time }) {
    execution.deletions.set(runNumber, { runId, time });
    touch(execution, 'deletion', runNumber);
  },
};

export const handle: Handle<'DeleteWorkflowExecution'> = {
  DeleteWorkflowExecution(t, { workflowExecution, identity }) {
    const { execution } = t;
    const { runId, runNumber } = findLogged(t, workflowExecution.runId);
    if (execution.deletions.has(runNumber)) return;
    if (isOpen(execution.run) && runNumber === execution.runNumber)
      terminate(t, { reason: 'Delete workflow execution', identity });
    // A run that owes nothing is in nobody's memory: its number is all that matters here.
    t.note('RunDeletionRequested', { runId }, findRun(execution, runId) ?? newRun(runNumber));
  },
};

export function* items(execution: Execution): Iterable<number> {
  yield* execution.deletions.keys();
}

export function effects(execution: Execution, id: string): Owed | undefined {
  const runNumber = Number(id);
  const deletion = execution.deletions.get(runNumber);
  if (!deletion || !mayGo(execution, runNumber)) return undefined;
  const { runId, time: since } = deletion;
  const effect = { kind: 'DeleteRun' as const, runId, runNumber };
  return { effect, identity: runId, since, notBefore: since, resend: 'called', order: 1 };
}

/** It is closed, and nobody waits for anything from it. */
export function mayGo(execution: Execution, runNumber: number): boolean {
  const run = runByNumber(execution, runNumber);
  return !run || (!isOpen(run) && isSettled(run));
}

/** All that the state has of the run goes; what is stored of it goes in the same commit. */
export function forgetRun(execution: Execution, runNumber: number, runId: string): void {
  execution.deletions.delete(runNumber);
  execution.olderRuns.delete(runNumber);
  if (execution.runNumber === runNumber) execution.run = undefined;
  for (const [key, record] of execution.requestIds)
    if (record.runId === runId) execution.requestIds.delete(key);
  touch(execution, 'deletion', runNumber);
}
