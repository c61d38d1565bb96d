/** F, G. What operators and schedules do: resets keep their prefix, schedules start what is due once, what is deleted is gone. */

import type { Op } from './evidence.ts';
import { type Facts, groupBy, notesOf, type Run } from './facts.ts';

/** I43: the same first events, a base that is over, and nothing of its own ahead of the failed task. */
export function* resetsKeepTheirPrefix(facts: Facts): Iterable<string> {
  for (const run of facts.allRuns()) {
    const { reset } = run;
    if (!reset) continue;
    const at = `${run.workflowId}, run ${run.runId},`;
    const base = facts.runById.get(reset.baseRunId);
    if (!base) {
      yield `${at} is a reset of ${reset.baseRunId}, which is not there`;
      continue;
    }
    const prefix = base.events.slice(0, reset.eventId - 1);
    if (JSON.stringify(run.events.slice(0, prefix.length)) !== JSON.stringify(prefix))
      yield `${at} does not begin as run ${base.runId} does`;
    if (!base.close) yield `${at} is a reset of a run that goes on`;
    if (run.given < prefix.length) yield `${at} has not taken over all of its base's events`;
  }
  for (const op of facts.ops('reset')) {
    const made = facts.runsOf(op.workflowId).filter(({ runId }) => runId === op.reply?.runId);
    if (op.outcome === 'ok' && made[0]?.reset === undefined)
      yield `reset ${op.requestId} of ${op.workflowId} was acknowledged, and made no run`;
    const noted = facts
      .runsOf(op.workflowId)
      .flatMap((run) => notesOf(run, 'RequestIdRecorded'))
      .filter(({ attributes }) => attributes.requestId === op.requestId);
    if (noted.length > 1) yield `reset ${op.requestId} of ${op.workflowId} was done ${noted.length} times`;
  }
}

interface Scheduled {
  run: Run;
  scheduleId: string;
  /** Of one creation of the schedule. */
  life: string;
  time: string;
}

/** Runs that schedules started, by their request ids: `schedule/ID/created/time`. */
export function scheduledRuns(facts: Facts): Scheduled[] {
  return facts.allRuns().flatMap((run) =>
    notesOf(run, 'RequestIdRecorded').flatMap(({ attributes }) => {
      const { requestId, runId, refused } = attributes;
      const [, scheduleId, created, time] =
        /^schedule\/([^/]+)\/(\d+)\/(.+)$/.exec(requestId) ?? ([] as string[]);
      if (!time || refused || runId !== run.runId) return [];
      return [{ run, scheduleId: scheduleId!, life: `${scheduleId}/${created}`, time }];
    }),
  );
}

/** I44 */
export function* schedulesStartOnce(facts: Facts): Iterable<string> {
  const runs = scheduledRuns(facts);
  for (const [time, same] of groupBy(runs, ({ life, time }) => `${life}/${time}`))
    if (same.length > 1) yield `schedule ${time} has ${same.length} runs`;
  const ops = groupBy(facts.ops('schedule'), ({ args }) => args.scheduleId ?? '');
  for (const [scheduleId, own] of groupBy(runs, ({ scheduleId }) => scheduleId)) {
    const made = ops.get(scheduleId)?.[0];
    if (!made) yield `nobody made schedule ${scheduleId}, which has started ${own.length} runs`;
    else if (own.some(({ run }) => run.startTime < made.t0))
      yield `schedule ${scheduleId} started a run before it was made`;
    if (made?.args.overlap === 'SKIP') yield* notBeside(scheduleId, own);
  }
  for (const op of facts.ops('schedule')) {
    const { scheduleId, expected } = op.args;
    const own = runs.filter((run) => run.scheduleId === scheduleId);
    if (op.outcome === 'ok' && expected !== undefined && own.length !== expected)
      yield `schedule ${scheduleId} was to start ${expected} runs, and started ${own.length}`;
  }
}

function* notBeside(scheduleId: string, own: Scheduled[]): Iterable<string> {
  const runs = own.map(({ run }) => run).sort((a, b) => a.startTime - b.startTime);
  for (const [i, run] of runs.entries()) {
    const before = runs[i - 1];
    if (before && (before.closeTime ?? Number.POSITIVE_INFINITY) > run.startTime)
      yield `schedule ${scheduleId} started ${run.workflowId} beside ${before.workflowId}`;
  }
}

const isDeletion = ({ outcome }: Op): boolean => outcome !== 'fail';

/** Workflow ids that somebody deleted: what was acknowledged about them need not be there any more. */
export function deletedIds(facts: Facts): Set<string> {
  return new Set([...facts.ops('delete')].filter(isDeletion).map(({ workflowId }) => workflowId));
}

/** I48 */
export function* deletedIsGone(facts: Facts): Iterable<string> {
  for (const op of facts.ops('delete')) {
    if (op.outcome !== 'ok') continue;
    const object = facts.evidence.objects.find(({ workflowId }) => workflowId === op.workflowId);
    const rows = facts.evidence.visibility.rows.filter(({ workflowId }) => workflowId === op.workflowId);
    if (object && object.rows.length > 0) yield `${op.workflowId} is deleted, and its object has its rows`;
    if (rows.length > 0) yield `${op.workflowId} is deleted, and visibility lists it`;
  }
}
