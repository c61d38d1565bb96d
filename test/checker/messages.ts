/** E. Signals, updates and queries: order, repeats, and nothing that a closing run leaves behind. */

import type { Op } from './evidence.ts';
import { closeOf, eventsOf, type Facts, groupBy, notesOf, type Run } from './facts.ts';

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** I33: of one client, which waits for each answer. */
export function* signalsInOrder(facts: Facts): Iterable<string> {
  const sent = groupBy(facts.ops('signal', 'signalWithStart'), (op) => `${op.workflowId} ${op.client}`);
  for (const ops of sent.values()) {
    const { workflowId, client } = ops[0]!;
    const places = new Map<string, number>();
    const signals = facts.runsOf(workflowId).flatMap((run) => eventsOf(run, 'WorkflowExecutionSignaled'));
    for (const [place, { attributes }] of signals.entries()) places.set(attributes.requestId ?? '', place);
    const acknowledged = ops.filter(({ outcome }) => outcome === 'ok').sort((a, b) => a.t0 - b.t0);
    for (const [i, op] of acknowledged.entries()) {
      const before = acknowledged[i - 1];
      if (!before || before.t1 > op.t0) continue;
      if ((places.get(op.requestId!) ?? 0) < (places.get(before.requestId!) ?? 0))
        yield `${workflowId} has signal ${op.requestId} of ${client} ahead of ${before.requestId}, sent earlier`;
    }
  }
}

/** I34 */
export function* repeatsAreAnsweredAlike(facts: Facts): Iterable<string> {
  const kinds = facts.ops('start', 'signalWithStart', 'update', 'updateWithStart');
  for (const [key, ops] of groupBy(kinds, (op) => `${op.kind} ${op.requestId} to ${op.workflowId}`)) {
    const [first, ...others] = ops.filter(({ outcome }) => outcome === 'ok');
    for (const other of others) {
      if (first!.reply?.runId !== other.reply?.runId)
        yield `${key} gave run ${first!.reply?.runId}, then ${other.reply?.runId}`;
      const [a, b] = [first!.reply?.outcome, other.reply?.outcome];
      if (a !== undefined && b !== undefined && !same(a, b))
        yield `${key} came to ${JSON.stringify(a)}, then ${JSON.stringify(b)}`;
    }
  }
}

/** I35: a run that closes by its own will has seen every signal; what was held back is in history. */
export function* noSignalIsLeftBehind(facts: Facts): Iterable<string> {
  for (const run of facts.allRuns()) {
    const at = `${run.workflowId}, run ${run.runId}`;
    const inHistory = new Set(
      eventsOf(run, 'WorkflowExecutionSignaled').map(({ attributes }) => attributes.requestId),
    );
    if (run.close) {
      for (const { attributes: held } of notesOf(run, 'EventHeldBack')) {
        if (held.name !== 'WorkflowExecutionSignaled' || run.close === undefined) continue;
        if (!inHistory.has(held.attributes.requestId))
          yield `signal ${held.attributes.requestId} to ${at} was held back for good`;
      }
    }
    const { workflowTaskCompletedEventId: by } = closeOf(run);
    if (!by) continue;
    const completed = eventsOf(run, 'WorkflowTaskCompleted').find(({ event }) => event.eventId === by);
    const startedAt = Number(completed?.attributes.startedEventId ?? 0);
    const unseen = eventsOf(run, 'WorkflowExecutionSignaled').filter(
      ({ event }) => Number(event.eventId) > startedAt,
    );
    if (unseen.length > 0) yield `${at} closed and had not seen ${unseen.length} signals`;
  }
}

/** I36: the run that the answer names has the signal or the update that came with the start. */
export function* startsComeWithTheirMessage(facts: Facts): Iterable<string> {
  for (const op of facts.ops('signalWithStart', 'updateWithStart')) {
    if (op.outcome !== 'ok') continue;
    const chain = chainFrom(facts, op);
    const signals = chain.flatMap((run) => eventsOf(run, 'WorkflowExecutionSignaled'));
    const updates = chain.flatMap((run) => eventsOf(run, 'WorkflowExecutionUpdateAccepted'));
    const there =
      op.kind === 'signalWithStart'
        ? signals.some(({ attributes }) => attributes.requestId === op.requestId)
        : updates.some(({ attributes }) => attributes.protocolInstanceId === op.requestId) || isFailure(op);
    if (!there)
      yield `${op.kind} ${op.requestId} gave run ${op.reply?.runId} of ${op.workflowId}, which was not told`;
  }
}

const isFailure = (op: Op): boolean =>
  typeof op.reply?.outcome === 'object' && op.reply.outcome !== null && 'failure' in op.reply.outcome;

/** The run that an answer names and those that continue it. */
function chainFrom(facts: Facts, op: Op): Run[] {
  const first = facts.runById.get(op.reply?.runId ?? '');
  if (!first) return [];
  const { firstExecutionRunId } = first.started;
  return facts
    .runsOf(op.workflowId)
    .filter(
      (run) => run.runNumber >= first.runNumber && run.started.firstExecutionRunId === firstExecutionRunId,
    );
}

/** I37: what a caller was told of an update is what history says. */
export function* updatesKeepTheirOutcome(facts: Facts): Iterable<string> {
  for (const op of facts.ops('update', 'updateWithStart')) {
    if (op.outcome !== 'ok' || op.reply?.outcome === undefined) continue;
    const runs = facts.runsOf(op.workflowId);
    // The run that the answer names: an earlier one of the chain may have done it too.
    const records = runs
      .filter(({ runId }) => op.kind !== 'update' || runId === op.reply?.runId)
      .map((run) => facts.checks.get(run.runId)?.relations.updates.get(op.requestId!));
    const record = records.findLast(Boolean);
    const told = op.reply.outcome as { failure?: { applicationFailureInfo?: { type?: string } } };
    const at = `update ${op.requestId} of ${op.workflowId}`;
    if (record?.outcome) {
      if (!same(record.outcome, told))
        yield `${at} came to ${JSON.stringify(record.outcome)}, the caller was told ${JSON.stringify(told)}`;
    } else if (record) {
      const overtaken = told.failure?.applicationFailureInfo?.type === 'AcceptedUpdateCompletedWorkflow';
      if (!overtaken) yield `${at} is accepted, and the caller was told ${JSON.stringify(told)}`;
    } else if (!told.failure) yield `${at} succeeded, and is in no history`;
  }
}

/** I38: a query `seen` tells how many signals the workflow has handled. */
export function* queriesAreCurrent(facts: Facts): Iterable<string> {
  for (const op of facts.ops('query')) {
    if (op.outcome !== 'ok' || op.args.name !== 'seen') continue;
    const signals = [...facts.ops('signal', 'signalWithStart')].filter(
      ({ workflowId }) => workflowId === op.workflowId,
    );
    const sent = groupBy(signals, ({ requestId }) => requestId!);
    const least = [...sent.values()].filter((tries) =>
      tries.some((s) => s.outcome === 'ok' && s.t1 < op.t0),
    ).length;
    const most = [...sent.values()].filter((tries) =>
      tries.some((s) => s.outcome !== 'fail' && s.t0 <= op.t1),
    ).length;
    const { value } = op.reply ?? {};
    if (!(Number(value) >= least && Number(value) <= most))
      yield `a query of ${op.workflowId} saw ${value} signals, when at least ${least} and at most ${most} were there`;
  }
}
