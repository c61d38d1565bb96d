/** The parent of this run, which is told how the chain ended: until it has answered, or is found to be gone. */

import type { Owed } from './effect.ts';
import type { Apply, Handle } from './noun.ts';
import {
  allRuns,
  type Execution,
  findRun,
  forgetIfSettled,
  owesParent,
  runByNumber,
  touch,
} from './state.ts';

export const apply: Apply<'ParentNotified'> = {
  ParentNotified(run, _attributes, { execution }) {
    run.parentNotified = true;
    touch(execution, 'parent', run.runNumber);
    forgetIfSettled(execution, run);
  },
};

export const handle: Handle<'RecordParentNotified'> = {
  // May come twice, or for a run that is forgotten: only news is noted.
  RecordParentNotified(t, { runId }) {
    const run = findRun(t.execution, runId);
    if (run && owesParent(run)) t.note('ParentNotified', {}, run);
  },
};

export function* items(execution: Execution): Iterable<number> {
  for (const run of allRuns(execution)) if (owesParent(run)) yield run.runNumber;
}

export function effects(execution: Execution, id: string): Owed | undefined {
  const run = runByNumber(execution, Number(id));
  if (!run || !owesParent(run)) return undefined;
  const { namespace, workflowId } = run.parent!;
  const since = run.closeTime!;
  return {
    effect: { kind: 'NotifyParent', runId: run.runId, namespace, workflowId },
    identity: 'notify',
    since,
    notBefore: since,
    resend: 'called',
    order: 0,
  };
}
