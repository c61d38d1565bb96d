/**
 * The schedule that started this run, which is told how the chain ended: until it has answered, or is found to be gone.
 * Which one it is stands in the search attribute that schedules give to each run.
 */

import type { SearchAttributesJson } from '../../sdk/common/history.ts';
import { SCHEDULED_BY_ID } from '../../sdk/common/schedule.ts';
import { decodeSearchAttributes } from '../../sdk/common/search-attributes.ts';
import type { Owed } from './effect.ts';
import type { Apply, Handle } from './noun.ts';
import {
  allRuns,
  type Execution,
  findRun,
  forgetIfSettled,
  owesSchedule,
  runByNumber,
  touch,
} from './state.ts';

/** The schedule that a start names. What cannot be read names none: people may write this attribute too. */
export function scheduledBy(searchAttributes: SearchAttributesJson | undefined): string | undefined {
  const id = searchAttributes?.indexedFields?.[SCHEDULED_BY_ID];
  if (!id) return undefined;
  try {
    const [name] = decodeSearchAttributes({ id }).id ?? [];
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

export const apply: Apply<'ScheduleNotified'> = {
  ScheduleNotified(run, _attributes, { execution }) {
    delete run.scheduledBy;
    touch(execution, 'schedule', run.runNumber);
    forgetIfSettled(execution, run);
  },
};

export const handle: Handle<'RecordScheduleNotified'> = {
  // May come twice, or for a run that is forgotten: only news is noted.
  RecordScheduleNotified(t, { runId }) {
    const run = findRun(t.execution, runId);
    if (run && owesSchedule(run)) t.note('ScheduleNotified', {}, run);
  },
};

export function* items(execution: Execution): Iterable<number> {
  for (const run of allRuns(execution)) if (owesSchedule(run)) yield run.runNumber;
}

export function effects(execution: Execution, id: string): Owed | undefined {
  const run = runByNumber(execution, Number(id));
  if (!run || !owesSchedule(run)) return undefined;
  const since = run.closeTime!;
  return {
    effect: { kind: 'NotifySchedule', runId: run.runId, scheduleId: run.scheduledBy! },
    identity: 'notify',
    since,
    notBefore: since,
    resend: 'called',
    order: 0,
  };
}
