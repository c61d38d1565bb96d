/** A. What was acknowledged is there once, what was refused is not, and nothing is there that nobody asked for. */

import { fromDurationJson } from '../../sdk/common/duration.ts';
import { historyEvents } from '../../sdk/common/history.ts';
import type { Act, Op } from './evidence.ts';
import {
  closeOf,
  eventsOf,
  type Facts,
  groupBy,
  notesOf,
  ownEventsOf,
  type Run,
  resultOf,
  timeOf,
  values,
} from './facts.ts';
import { deletedIds, scheduledRuns } from './operations.ts';

/** The clocks of two processes on one machine, and the rounding of timestamps. */
export const CLOCK_SLACK = 5;

const named = ({ kind, workflowId, requestId, client }: Op): string =>
  `${kind} ${requestId ?? ''} to ${workflowId} by ${client}`;

/** I1 */
export function* startsArePresent(facts: Facts): Iterable<string> {
  const deleted = deletedIds(facts);
  for (const op of facts.ops('start', 'signalWithStart', 'updateWithStart')) {
    if (op.outcome !== 'ok' || deleted.has(op.workflowId)) continue;
    const found = facts.runsOf(op.workflowId).filter(({ runId }) => runId === op.reply?.runId);
    if (found.length !== 1)
      yield `${named(op)} was acknowledged; ${found.length} runs have its id ${op.reply?.runId}`;
    if (!op.args.finite || op.args.poison) continue;
    const last = facts.runsOf(op.workflowId).at(-1);
    if (!last?.close) yield `${named(op)} was acknowledged, and its run is not closed`;
  }
}

/** I2 */
export function* oneRunPerRequest(facts: Facts): Iterable<string> {
  for (const [workflowId, runs] of facts.runs) {
    const notes = runs.flatMap((run) =>
      notesOf(run, 'RequestIdRecorded').map(({ attributes }) => attributes),
    );
    const starts = notes.filter(({ requestKind, found }) => /Start/.test(requestKind) && !found);
    for (const [requestId, same] of groupBy(starts, (note) => `${note.requestKind} ${note.requestId}`)) {
      const ids = new Set(same.map(({ runId }) => runId));
      if (ids.size > 1) yield `${requestId} to ${workflowId} started ${ids.size} runs: ${[...ids].join(' ')}`;
    }
  }
}

/** Signals in a workflow id's runs by request id. */
export function signalCounts(runs: Run[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const run of runs) {
    for (const { attributes } of ownEventsOf(run, 'WorkflowExecutionSignaled')) {
      if (attributes.requestId) counts.set(attributes.requestId, (counts.get(attributes.requestId) ?? 0) + 1);
    }
  }
  return counts;
}

/** I3 */
export function* signalsArePresent(facts: Facts): Iterable<string> {
  const deleted = deletedIds(facts);
  for (const [workflowId, ops] of groupBy(facts.ops('signal', 'signalWithStart'), (op) => op.workflowId)) {
    if (deleted.has(workflowId)) continue;
    const counts = signalCounts(facts.runsOf(workflowId));
    for (const [requestId, same] of groupBy(ops, (op) => op.requestId!)) {
      const count = counts.get(requestId) ?? 0;
      if (same.some(({ outcome }) => outcome === 'ok')) {
        if (count !== 1) yield `${named(same[0]!)} was acknowledged and is in history ${count} times`;
      } else if (count > (same.every(({ outcome }) => outcome === 'fail') ? 0 : 1)) {
        yield `${named(same[0]!)} was not acknowledged and is in history ${count} times`;
      }
    }
  }
}

/** An update id counts in its run: one that is sent again behind a continue-as-new is another update, as in Temporal. */
export function acceptances(runs: Run[], updateId: string | undefined): number {
  const accepted = runs.flatMap((run) => eventsOf(run, 'WorkflowExecutionUpdateAccepted'));
  return accepted.filter(({ attributes }) => attributes.protocolInstanceId === updateId).length;
}

/** I4 */
export function* requestsArePresent(facts: Facts): Iterable<string> {
  const deleted = deletedIds(facts);
  for (const op of facts.ops('update', 'updateWithStart', 'cancel', 'terminate')) {
    if (deleted.has(op.workflowId)) continue;
    const runs = facts.runsOf(op.workflowId);
    const { outcome } = op;
    if (op.kind === 'cancel') {
      const notes = runs.flatMap((run) => notesOf(run, 'RequestIdRecorded'));
      const count = notes.filter(({ attributes }) => attributes.requestId === op.requestId).length;
      if (outcome === 'ok' && count !== 1)
        yield `${named(op)} was acknowledged and is recorded ${count} times`;
      const asked = runs.some((run) => eventsOf(run, 'WorkflowExecutionCancelRequested').length > 0);
      if (outcome === 'ok' && !asked) yield `${named(op)} was acknowledged and is in no history`;
      if (outcome === 'fail' && count > 0) yield `${named(op)} was refused and is recorded`;
    } else if (op.kind === 'terminate') {
      const count = runs.filter((run) => closeOf(run).reason === op.args.reason).length;
      const least = outcome === 'ok' ? 1 : 0;
      const most = outcome === 'fail' ? 0 : 1;
      if (count < least || count > most) yield `${named(op)} is ${outcome} and ended ${count} runs`;
    } else {
      const count = acceptances(runs, op.requestId);
      const completed = outcome === 'ok' && op.reply?.stage?.endsWith('_COMPLETED');
      const rejected = completed && 'failure' in ((op.reply?.outcome ?? {}) as object);
      if (completed && !rejected && count === 0) yield `${named(op)} was answered, and never accepted`;
      // A reset asks it again.
      const resets = runs.filter(({ reset }) => reset).length;
      if (count > (op.tries ?? 1) + resets) yield `${named(op)} was accepted ${count} times`;
    }
  }
}

/** I5 */
export function* completionsArePresent(facts: Facts): Iterable<string> {
  for (const op of facts.ops('complete')) {
    if (op.outcome !== 'ok') continue;
    const results = facts.runsOf(op.workflowId).flatMap((run) => activityResults(run, op.args.activityId!));
    const same = results.filter((result) => JSON.stringify(result) === JSON.stringify(op.args.value));
    if (same.length !== 1)
      yield `${named(op)} of activity ${op.args.activityId} came to ${JSON.stringify(results)}`;
  }
}

function activityResults(run: Run, activityId: string): unknown[] {
  const scheduled = eventsOf(run, 'ActivityTaskScheduled').find(
    ({ attributes }) => attributes.activityId === activityId,
  );
  return eventsOf(run, 'ActivityTaskCompleted')
    .filter(({ attributes }) => attributes.scheduledEventId === scheduled?.event.eventId)
    .map(({ attributes }) => values(attributes.result)[0]);
}

/** I6: that no timer is answered for twice is found in the log by itself; here, that none is forgotten. */
export function* timersAreAnswered(facts: Facts): Iterable<string> {
  for (const run of facts.allRuns()) {
    if (run.close) continue;
    const over = new Set(
      [...eventsOf(run, 'TimerFired'), ...eventsOf(run, 'TimerCanceled')].map(
        ({ attributes }) => attributes.startedEventId,
      ),
    );
    for (const { event, attributes } of eventsOf(run, 'TimerStarted')) {
      const due = timeOf(event) + fromDurationJson(attributes.startToFireTimeout);
      if (!over.has(event.eventId) && due < facts.evidence.run.healed)
        yield `timer ${attributes.timerId} of ${run.workflowId}, run ${run.runId}, was due long ago`;
    }
  }
}

/** I7 */
export function* nothingWasMadeUp(facts: Facts): Iterable<string> {
  const asked = new Set(facts.evidence.ops.map((op) => `${op.workflowId} ${op.requestId}`));
  const reasons = new Set([...facts.ops('terminate', 'reset', 'batch')].map(({ args }) => args.reason));
  const byBatch = (requestId: string | undefined): boolean =>
    [...facts.ops('batch')].some((op) => requestId?.startsWith(`batch/${op.requestId}/`));
  const scheduled = new Set(scheduledRuns(facts).map(({ run }) => run));
  const acts = facts.actsByActivity();
  const outside = new Set([...facts.ops('complete')].map((op) => `${op.workflowId} ${op.args.activityId}`));
  for (const run of facts.allRuns()) {
    const at = `${run.workflowId}, run ${run.runId}`;
    const { started } = run;
    if (!started.continuedExecutionRunId && !started.parentWorkflowExecution) {
      const ids = notesOf(run, 'RequestIdRecorded').map(({ attributes }) => attributes.requestId);
      const known = ids.some((id) => asked.has(`${run.workflowId} ${id}`));
      const withUpdate = [...facts.ops('updateWithStart')].some((op) => op.workflowId === run.workflowId);
      if (!known && !withUpdate && !scheduled.has(run)) yield `nobody started ${at}`;
    }
    for (const { attributes } of eventsOf(run, 'WorkflowExecutionSignaled')) {
      const { requestId, signalName } = attributes;
      const sent = requestId?.includes('/')
        ? isFromRun(facts, requestId) || byBatch(requestId)
        : asked.has(`${run.workflowId} ${requestId}`);
      if (!sent) yield `nobody sent signal ${signalName} ${requestId} to ${at}`;
    }
    for (const { attributes } of eventsOf(run, 'WorkflowExecutionUpdateAccepted')) {
      const { protocolInstanceId } = attributes;
      if (!asked.has(`${run.workflowId} ${protocolInstanceId}`))
        yield `nobody sent update ${protocolInstanceId} to ${at}`;
    }
    const { reason } = closeOf(run);
    const ours = reason?.startsWith('by parent') || reason?.startsWith('replaced by run');
    if (run.close === 'WorkflowExecutionTerminated' && !ours && !reasons.has(reason))
      yield `nobody terminated ${at}`;
    const ids = new Map(
      eventsOf(run, 'ActivityTaskScheduled').map((e) => [e.event.eventId, e.attributes.activityId]),
    );
    for (const { attributes } of ownEventsOf(run, 'ActivityTaskCompleted')) {
      const id = ids.get(attributes.scheduledEventId);
      const worked = acts.get(`${run.runId}/${id}`)?.some(({ what }) => what === 'end');
      if (!worked && !outside.has(`${run.workflowId} ${id}`))
        yield `activity ${id} of ${at} is completed, and nobody did it`;
    }
  }
}

/** Request ids of signals between workflows are `runId/initiatedEventId`. */
function isFromRun(facts: Facts, requestId: string): boolean {
  const [runId, eventId] = requestId.split('/');
  const event = facts.runById.get(runId!)?.events[Number(eventId) - 1];
  return event?.eventType === historyEvents.SignalExternalWorkflowExecutionInitiated.eventType;
}

/**
 * Executions that began when the completion had been recorded, beside the first one: an activity that was answered from outside
 * may be over before the Worker, which had been sent it, comes to it.
 */
export function ranAgain<A extends Pick<Act, 'what' | 'time'>>(acts: A[], completed: number): A[] {
  const begun = acts.filter(({ what }) => what === 'begin').sort((a, b) => a.time - b.time);
  return begun.slice(1).filter(({ time }) => time > completed + CLOCK_SLACK);
}

/** I8 */
export function* effectsHaveCauses(facts: Facts): Iterable<string> {
  const deleted = deletedIds(facts);
  for (const [key, acts] of facts.actsByActivity()) {
    const run = facts.runById.get(acts[0]!.runId);
    if (!run && deleted.has(acts[0]!.workflowId)) continue;
    const at = `activity ${key} of ${acts[0]!.workflowId}`;
    const id =
      run &&
      eventsOf(run, 'ActivityTaskScheduled').find((e) => e.attributes.activityId === acts[0]!.activityId);
    if (!run || !id) {
      yield `${at} was executed, and never scheduled`;
      continue;
    }
    const ofThis = <A extends { scheduledEventId: number }>(note: { attributes: A }): boolean =>
      String(note.attributes.scheduledEventId) === id.event.eventId;
    const claims = notesOf(run, 'ActivityTaskAttemptStarted').filter(ofThis);
    const failures = notesOf(run, 'ActivityTaskAttemptFailed').filter(ofThis);
    for (const { attempt, time, what } of acts) {
      if (what !== 'begin') continue;
      const claim = claims.find(({ attributes }) => attributes.attempt === attempt);
      if (!claim || claim.time > time + CLOCK_SLACK)
        yield `${at}: attempt ${attempt} was executed before it was recorded`;
      if (attempt === 1) continue;
      const failed = failures.find(({ attributes }) => attributes.attempt === attempt - 1);
      if (!failed || failed.time > time + CLOCK_SLACK)
        yield `${at}: attempt ${attempt} was executed before the one ahead of it had failed`;
    }
    const done = eventsOf(run, 'ActivityTaskCompleted').find(
      (e) => e.attributes.scheduledEventId === id.event.eventId,
    );
    const late = done && ranAgain(acts, timeOf(done.event)).length > 0;
    if (late) yield `${at} ran again after its completion was recorded`;
  }
}

/** Of whole workflows that say what they are to come to. */
export function* resultsAsExpected(facts: Facts, workflowType: string): Iterable<string> {
  for (const op of facts.ops('start', 'signalWithStart', 'updateWithStart')) {
    if (op.args.workflowType !== workflowType || op.args.expected === undefined || op.outcome !== 'ok')
      continue;
    const last = facts.runsOf(op.workflowId).at(-1);
    const result = last && resultOf(last);
    if (JSON.stringify(result) !== JSON.stringify(op.args.expected))
      yield `${op.workflowId} came to ${JSON.stringify(result)}, expected ${JSON.stringify(op.args.expected)}`;
  }
}
