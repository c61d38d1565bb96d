/**
 * What visibility is owed. A run's row has a version that grows with everything visibility must show; it is written
 * again until visibility confirms the newest one, also after a new run has taken the id.
 */

import type { Owed } from './effect.ts';
import type { Apply, Handle, Place } from './noun.ts';
import {
  type Execution,
  findRun,
  forgetIfSettled,
  owesRow,
  type RunState,
  runByNumber,
  touch,
} from './state.ts';

/** Called by `apply` of events that change the row: start, close, search attributes. */
export function bumpVisibility(run: RunState, { execution, time }: Pick<Place, 'execution' | 'time'>): void {
  run.visibilityVersion++;
  run.visibilityChangeTime = time;
  touch(execution, 'visibility', run.runNumber);
}

export const apply: Apply<'VisibilityRecorded'> = {
  VisibilityRecorded(run, { version }, { execution }) {
    run.recordedVisibilityVersion = Math.max(run.recordedVisibilityVersion, version);
    forgetIfSettled(execution, run);
    touch(execution, 'visibility', run.runNumber);
  },
};

export const handle: Handle<'RecordVisibilityWritten'> = {
  // Confirmations may come late, twice, or for a run that is settled: only news is noted.
  RecordVisibilityWritten(t, { runId, version }) {
    const run = findRun(t.execution, runId);
    if (run && version > run.recordedVisibilityVersion && version <= run.visibilityVersion) {
      t.note('VisibilityRecorded', { version }, run);
    }
  },
};

export function* items(execution: Execution): Iterable<number> {
  if (execution.run) yield execution.runNumber;
  yield* execution.olderRuns.keys();
}

export function effects(execution: Execution, id: string): Owed | undefined {
  const run = runByNumber(execution, Number(id));
  if (!run || !owesRow(run)) return undefined;
  const { runId, visibilityVersion: version, visibilityChangeTime: since } = run;
  const effect = { kind: 'RecordVisibility' as const, runId, version };
  return { effect, identity: String(version), since, notBefore: since, resend: 'listed', order: 0 };
}
