/** C, D. Replays, and what attempts may do. */

import { fromDurationJson } from '../../sdk/common/duration.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import type { WorkflowFunction } from '../../sdk/workflow/runtime/start.ts';
import type { Act } from './evidence.ts';
import { eventsOf, type Facts, groupBy, notesOf, type Run, timeOf } from './facts.ts';

const quiet = (): void => undefined;
export const silent = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

/** I19. @param workflows by type; runs of other types are not judged */
export async function* replays(
  facts: Facts,
  workflows: Record<string, WorkflowFunction>,
): AsyncIterable<string> {
  for (const { workflowId, runId, events, started } of facts.allRuns()) {
    if (!workflows[started.workflowType.name]) continue;
    const { ok, divergence, error, openTask } = await replayHistory(events, workflows, {
      logger: silent,
      runId,
    });
    const at = `${workflowId}, run ${runId}`;
    const ended = /(COMPLETED|FAILED|CANCELED|CONTINUED_AS_NEW)$/.test(events.at(-1)!.eventType);
    if (!ok) yield `${at} does not replay: ${divergence?.message ?? (error as Error).message}`;
    else if (ended && openTask.length > 0) yield `the replay of ${at} leaves ${openTask.length} commands`;
  }
}

/** I25 */
export function* staleAnswersAreRefused(facts: Facts): Iterable<string> {
  for (const { workflowId, outcome, code, args } of facts.ops('staleAnswer')) {
    if (outcome === 'ok') yield `a late answer to activity ${args.activityId} of ${workflowId} was taken`;
    else if (outcome === 'fail' && code !== 'NOT_FOUND')
      yield `a late answer to ${workflowId} was refused with ${code}`;
  }
}

/** I26: the log by itself says most of it; what was executed must agree. */
export function* attemptsFollow(facts: Facts): Iterable<string> {
  for (const [key, acts] of facts.actsByActivity()) {
    const begun = new Set(acts.filter(({ what }) => what === 'begin').map(({ attempt }) => attempt));
    const run = facts.runById.get(acts[0]!.runId);
    const scheduled =
      run &&
      eventsOf(run, 'ActivityTaskScheduled').find((e) => e.attributes.activityId === acts[0]!.activityId);
    const most = scheduled?.attributes.retryPolicy.maximumAttempts ?? 0;
    for (const attempt of begun)
      if (most > 0 && attempt > most) yield `activity ${key}: attempt ${attempt} of ${most} was executed`;
  }
}

/** I28: a completion that came after a recorded deadline is none. */
export function* deadlinesHold(facts: Facts): Iterable<string> {
  for (const run of facts.allRuns()) {
    const claims = groupBy(notesOf(run, 'ActivityTaskAttemptStarted'), ({ attributes }) =>
      String(attributes.scheduledEventId),
    );
    const heldBack = new Map(
      notesOf(run, 'EventHeldBack').flatMap(({ attributes, time }) =>
        attributes.name === 'ActivityTaskCompleted'
          ? [[attributes.attributes.scheduledEventId, time] as const]
          : [],
      ),
    );
    for (const { event, attributes } of eventsOf(run, 'ActivityTaskCompleted')) {
      const { scheduledEventId } = attributes;
      const claim = claims.get(scheduledEventId)?.at(-1);
      const scheduled = eventsOf(run, 'ActivityTaskScheduled').find(
        (e) => e.event.eventId === scheduledEventId,
      );
      const timeout = fromDurationJson(scheduled?.attributes.startToCloseTimeout);
      const time = heldBack.get(scheduledEventId) ?? timeOf(event);
      if (claim && timeout > 0 && time > claim.time + timeout)
        yield `activity ${scheduledEventId} of ${run.workflowId}, run ${run.runId}, completed behind its deadline`;
    }
  }
}

/** I29: what an attempt had recorded when it failed, the next one is given. */
export function* heartbeatsGoOn(facts: Facts): Iterable<string> {
  for (const [key, acts] of facts.actsByActivity()) {
    for (const next of acts) {
      // An attempt whose failure got lost with the engine or the Worker is executed again: any of its ends may be the one recorded.
      const ends = acts.filter(({ what, attempt }) => what === 'fail' && attempt === next.attempt - 1);
      if (
        next.what !== 'begin' ||
        detailsOf(ends).length === 0 ||
        !failedByItself(facts.runById.get(next.runId), ends[0]!)
      )
        continue;
      // And that next execution is given what the one before it, of the same attempt, had recorded.
      const same = acts.filter(({ attempt, time }) => attempt === next.attempt && time < next.time);
      const left = detailsOf([...ends, ...same.filter(({ what }) => what !== 'begin')]);
      if (!left.some((details) => details === next.heartbeat))
        yield `activity ${key}: attempt ${next.attempt} was given ${next.heartbeat}, the one before left ${left.join(', or ')}`;
    }
  }
}

const detailsOf = (acts: Act[]): unknown[] =>
  acts.flatMap(({ heartbeat }) => (heartbeat === undefined ? [] : [heartbeat]));

/** The failure that is recorded is the attempt's own, not a timeout. */
function failedByItself(
  run: Run | undefined,
  { activityId, attempt }: { activityId: string; attempt: number },
): boolean {
  const scheduled =
    run && eventsOf(run, 'ActivityTaskScheduled').find((e) => e.attributes.activityId === activityId);
  const note =
    run &&
    notesOf(run, 'ActivityTaskAttemptFailed').find(
      ({ attributes }) =>
        String(attributes.scheduledEventId) === scheduled?.event.eventId && attributes.attempt === attempt,
    );
  return note?.attributes.failure.applicationFailureInfo !== undefined;
}

/** I30: an activity that was asked to end has ended, or its run has. */
export function* cancelsArrive(facts: Facts): Iterable<string> {
  for (const run of facts.allRuns()) {
    if (run.close) continue;
    const over = new Set(
      (
        [
          'ActivityTaskCompleted',
          'ActivityTaskFailed',
          'ActivityTaskTimedOut',
          'ActivityTaskCanceled',
        ] as const
      )
        .flatMap((name) => eventsOf(run, name))
        .map(({ attributes }) => attributes.scheduledEventId),
    );
    for (const { event, attributes } of eventsOf(run, 'ActivityTaskCancelRequested'))
      if (!over.has(attributes.scheduledEventId) && timeOf(event) < facts.evidence.run.healed)
        yield `activity ${attributes.scheduledEventId} of ${run.workflowId} was asked to end, and did not`;
  }
}

/** I31 */
export function* keysAreStable(facts: Facts): Iterable<string> {
  for (const [key, acts] of facts.actsByActivity()) {
    const keys = new Set(
      acts.filter(({ what }) => what === 'begin').map((act) => `${act.activityType} ${act.key}`),
    );
    if (keys.size > 1) yield `activity ${key} was executed as ${[...keys].join(', as ')}`;
  }
}

/** I32: a process that lives executes an attempt once, however often it is delivered. */
export function* deliveriesAreJoined(facts: Facts): Iterable<string> {
  const begun = facts.evidence.acts.filter(({ what }) => what === 'begin');
  const same = groupBy(
    begun,
    (act) => `${act.runId}/${act.activityId}, attempt ${act.attempt}, in ${act.worker}`,
  );
  for (const [key, acts] of same)
    if (acts.length > 1) yield `activity ${key} was executed ${acts.length} times`;
}
