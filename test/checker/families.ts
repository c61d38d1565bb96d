/** F. Which runs there may be: one at a time per id, in chains that are lines, children that their parents know. */

import { attributesOf, type HistoryEventAttributes } from '../../sdk/common/history.ts';

import { closeOf, eventsOf, type Facts, type Run } from './facts.ts';

/** I39 */
export function* oneAtATime(facts: Facts): Iterable<string> {
  for (const [workflowId, runs] of facts.runs) {
    for (const [i, run] of runs.entries()) {
      const next = runs[i + 1];
      if (next && (run.closeTime === undefined || run.closeTime > next.startTime))
        yield `${workflowId}: run ${next.runId} began before run ${run.runId} was over`;
    }
  }
}

const FAILED = ['Failed', 'Canceled', 'Terminated', 'TimedOut'].map((end) => `WorkflowExecution${end}`);

/** I40 */
export function* policiesHold(facts: Facts): Iterable<string> {
  for (const op of facts.ops('start', 'signalWithStart')) {
    const runs = facts.runsOf(op.workflowId);
    const { reuse, conflict } = op.args;
    if (op.outcome === 'fail') {
      if (op.code === 'ALREADY_EXISTS' && runs.length === 0)
        yield `a start of ${op.workflowId} was refused, and there is no run`;
      continue;
    }
    if (op.outcome !== 'ok' || !op.reply) continue;
    const index = runs.findIndex(({ runId }) => runId === op.reply!.runId);
    const before = runs[index - 1];
    const at = `run ${op.reply.runId} of ${op.workflowId}, ${reuse ?? ''} ${conflict ?? ''},`;
    if (!op.reply.started) {
      if (op.kind === 'start' && conflict !== 'USE_EXISTING') yield `${at} was found, and not asked for`;
      continue;
    }
    if (!before || runs[index]?.started.continuedExecutionRunId) continue;
    if (reuse === 'REJECT_DUPLICATE') yield `${at} was started on a used id`;
    const replaced = closeOf(before).reason === `replaced by run ${op.reply.runId} of the same workflow id`;
    if (replaced && conflict !== 'TERMINATE_EXISTING') yield `${at} replaced the run before it`;
    const failed = FAILED.includes(before.close ?? '');
    if (reuse === 'ALLOW_DUPLICATE_FAILED_ONLY' && !failed) yield `${at} follows a run that has not failed`;
  }
}

/** I41 */
export function* chainsAreLines(facts: Facts): Iterable<string> {
  for (const [workflowId, runs] of facts.runs) {
    for (const [i, run] of runs.entries()) {
      const { continuedExecutionRunId, firstExecutionRunId } = run.started;
      const [before, next] = [runs[i - 1], runs[i + 1]];
      const at = `run ${run.runId} of ${workflowId}`;
      // It begins as another run did, with what that one continued.
      if (run.reset) {
        if (!runs.some(({ runId }) => runId === run.reset?.baseRunId))
          yield `${at} is a reset of a run of another workflow`;
      } else if (continuedExecutionRunId) {
        if (before?.runId !== continuedExecutionRunId) yield `${at} does not continue the run before it`;
        if (before && closeOf(before).newExecutionRunId !== run.runId) yield `${at} is not what follows`;
        if (before && before.started.firstExecutionRunId !== firstExecutionRunId)
          yield `${at} belongs to another chain`;
      } else if (firstExecutionRunId !== run.runId) yield `${at} begins a chain and names another first run`;
      const { newExecutionRunId } = closeOf(run);
      if (newExecutionRunId && next?.runId !== newExecutionRunId) yield `what follows ${at} is not there`;
    }
  }
}

type ChildCloseName = 'ChildWorkflowExecutionCompleted';
const CHILD_CLOSES = ['Completed', 'Failed', 'Canceled', 'TimedOut', 'Terminated'].map(
  (end) => `ChildWorkflowExecution${end}` as ChildCloseName,
);

/** I42 */
export function* childrenAreKnown(facts: Facts): Iterable<string> {
  for (const run of facts.allRuns()) {
    const { parentWorkflowExecution: parent, parentInitiatedEventId } = run.started;
    const at = `run ${run.runId} of ${run.workflowId}`;
    if (parent) {
      const parentRun = facts.runById.get(parent.runId);
      const record = facts.checks.get(parent.runId)?.relations.children.get(parentInitiatedEventId!);
      if (!parentRun || record?.initiated.workflowId !== run.workflowId)
        yield `${at} is a child that its parent does not know`;
      else if (record.startFailed) yield `${at} is a child whose parent was told that its start failed`;
    }
    yield* childrenOf(facts, run, at);
  }
}

function* childrenOf(facts: Facts, run: Run, at: string): Iterable<string> {
  for (const [initiatedEventId, record] of facts.checks.get(run.runId)?.relations.children ?? []) {
    const runs = facts
      .runsOf(record.initiated.workflowId)
      .filter(
        ({ started }) =>
          started.parentWorkflowExecution?.runId === run.runId &&
          started.parentInitiatedEventId === initiatedEventId,
      );
    const what = `child ${record.initiated.workflowId} of ${at}`;
    if (record.runId && runs[0]?.runId !== record.runId)
      yield `${what} was started as ${record.runId}, and is ${runs[0]?.runId}`;
    const last = runs.at(-1);
    const told = CHILD_CLOSES.flatMap((name) => eventsOf(run, name).map((e) => ({ ...e, name }))).find(
      ({ attributes }) => attributes.initiatedEventId === initiatedEventId,
    );
    if (told) yield* equalEnds(what, told.name, told.attributes, last);
    else if (
      !run.close &&
      last?.close &&
      !closeOf(last).newExecutionRunId &&
      (last.closeTime ?? 0) < facts.evidence.run.healed
    )
      yield `${what} is over, and nobody told`;
    const policy = record.initiated.parentClosePolicy.slice('PARENT_CLOSE_POLICY_'.length);
    if (run.close && policy === 'TERMINATE' && last && !last.close)
      yield `${what} runs on, against its policy`;
  }
}

function* equalEnds(
  what: string,
  name: string,
  told: HistoryEventAttributes[ChildCloseName],
  last: Run | undefined,
): Iterable<string> {
  if (!last?.close || name !== `Child${last.close}`) {
    yield `${what} ended for its parent with ${name}, and itself with ${last?.close}`;
    return;
  }
  const own = attributesOf(last.events.at(-1)!, 'WorkflowExecutionCompleted');
  if (name.endsWith('Completed') && JSON.stringify(own.result) !== JSON.stringify(told.result))
    yield `${what} has another result for its parent than for itself`;
}
