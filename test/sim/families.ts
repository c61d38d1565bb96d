/**
 * What holds between runs: chains are lines (I41) that lose no signal (I35), a child is the child of one record of its
 * parent, ends there as it ended itself, and is dealt with when its parent closes (I42).
 */

import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventAttributes,
  historyEventName,
  isTransient,
  type LogEvent,
} from '../../sdk/common/history.ts';
import { defaultPayloadConverter, fromPayloadsJson, type PayloadsJson } from '../../sdk/common/payload.ts';
import type { HistoryCheck } from '../checker/history-check.ts';
import type { ChildRecord } from '../checker/relations.ts';
import { check } from '../checker/violation.ts';
import { signalsOf } from './ledger.ts';
import type { Owner } from './objects.ts';

type Started = HistoryEventAttributes['WorkflowExecutionStarted'];
const startOf = (run: HistoryCheck): Started => attributesOf(run.events[0]!, 'WorkflowExecutionStarted');

/** The fields that some closing events have. */
interface Close {
  newExecutionRunId?: string;
  result?: PayloadsJson;
  failure?: { message?: string };
}
const closeOf = (event: HistoryEvent): Close =>
  attributesOf(event, historyEventName(event.eventType) as 'WorkflowExecutionCompleted');

const BY_POLICY = 'by parent close policy';

export class Families {
  readonly #owner: (workflowId: string) => Owner;

  constructor(owner: (workflowId: string) => Owner) {
    this.#owner = owner;
  }

  /** After each commit, with what it added. */
  committed(owner: Owner, added: Array<{ runNumber: number; events: LogEvent[] }>): void {
    for (const { runNumber, events } of added) {
      const run = owner.runs[runNumber]!;
      // What a reset run begins with was looked at when it happened.
      if (events.some((event) => isTransient(event) && event.transient === 'RunReset')) {
        checkReset(owner, runNumber, run);
        continue;
      }
      for (const event of events) {
        if (!isTransient(event)) this.#event(owner, runNumber, run, event);
        else if (event.transient === 'ParentClosePolicyApplied') {
          const { initiatedEventId } = event.attributes as { initiatedEventId: number };
          this.#applied(run, String(initiatedEventId));
        }
      }
    }
  }

  #event(owner: Owner, runNumber: number, run: HistoryCheck, event: HistoryEvent): void {
    const name = historyEventName(event.eventType)!;
    const at = `${owner.workflowId} ${event.eventId} ${name}`;
    if (name === 'WorkflowExecutionStarted') this.#began(owner, runNumber, run);
    else if (name === 'ChildWorkflowExecutionStarted') {
      const { initiatedEventId, workflowExecution } = attributesOf(event, name);
      const [first] = this.#childRuns(run, initiatedEventId);
      check(first?.runId === workflowExecution.runId, `I42: ${at}, the child's first run is ${first?.runId}`);
    } else if (name === 'StartChildWorkflowExecutionFailed') {
      const { initiatedEventId } = attributesOf(event, name);
      check(this.#childRuns(run, initiatedEventId).length === 0, `I42: ${at}, and there is a child`);
    } else if (name.startsWith('ChildWorkflowExecution')) this.#childClosed(run, event, at);
    else if (name === 'ExternalWorkflowExecutionSignaled') {
      const { initiatedEventId, workflowExecution } = attributesOf(event, name);
      const requestId = `${run.ownerOf(initiatedEventId)}/${initiatedEventId}`;
      const target = this.#owner(workflowExecution.workflowId);
      check(durableSignals(target).includes(requestId), `I3: ${at}, but it is not in the target's log`);
    }
    if (run.closed && event === run.events.at(-1)) this.#ended(owner, runNumber, run, event);
  }

  /** I41, I42: where a run comes from. */
  #began(owner: Owner, runNumber: number, run: HistoryCheck): void {
    const started = startOf(run);
    const at = `run ${runNumber} of ${owner.workflowId}`;
    const before = owner.runs[runNumber - 1];
    if (started.continuedExecutionRunId) {
      check(before?.closed, `I41: ${at} continues a run that is not closed`);
      check(
        before.runId === started.continuedExecutionRunId,
        `I41: ${at} does not continue the run before it`,
      );
      check(closeOf(before.events.at(-1)!).newExecutionRunId === run.runId, `I41: ${at} is not what follows`);
      const first = startOf(before);
      check(first.firstExecutionRunId === started.firstExecutionRunId, `I41: ${at} belongs to another chain`);
      const retried = started.initiator === 'CONTINUE_AS_NEW_INITIATOR_RETRY';
      const attempt = retried ? first.attempt + 1 : 1;
      check(started.attempt === attempt, `I41: ${at} is attempt ${started.attempt}, not ${attempt}`);
      const most = started.retryPolicy?.maximumAttempts ?? 0;
      check(most === 0 || attempt <= most, `I41: ${at} is attempt ${attempt} of ${most}`);
      const { admitted, updates, rejected } = before.relations;
      const lost = [...admitted].filter(
        (id) => !updates.has(id) && !rejected.has(id) && !run.relations.admitted.has(id),
      );
      check(lost.length === 0, `I37: ${at} was not given the updates ${lost.join(' ')}`);
      const [now, then] = [started.parentInitiatedEventId, first.parentInitiatedEventId];
      check(now === then, `I42: ${at} has another parent than the run before it`);
      return;
    }
    const { parentWorkflowExecution: parent, parentInitiatedEventId } = started;
    if (!parent) return;
    const parentRun = this.#owner(parent.workflowId).runs.find(({ runId }) => runId === parent.runId);
    const record = parentRun?.relations.children.get(parentInitiatedEventId!);
    check(
      record?.initiated.workflowId === owner.workflowId,
      `I42: ${at} is a child that its parent does not know`,
    );
    check(!record.startFailed, `I42: ${at} is a child whose parent was told that its start failed`);
    const same = this.#childRuns(parentRun!, parentInitiatedEventId!).filter(
      (other) => !startOf(other).continuedExecutionRunId && !other.reset,
    );
    check(same.length === 1, `I42: ${at} is a child that was started ${same.length} times`);
  }

  /** I41, I35: what follows a run. */
  #ended(owner: Owner, runNumber: number, run: HistoryCheck, event: HistoryEvent): void {
    const { newExecutionRunId, result } = closeOf(event);
    const at = `run ${runNumber} of ${owner.workflowId}`;
    const next = owner.runs[runNumber + 1];
    if (newExecutionRunId) check(next?.runId === newExecutionRunId, `I41: what follows ${at} is not there`);
    else
      check(
        !next || next.reset || !startOf(next).continuedExecutionRunId,
        `I41: ${at} ended, and is continued`,
      );
    if (startOf(run).workflowType.name !== 'chain') return;
    const name = historyEventName(event.eventType);
    let carried: unknown;
    if (name === 'WorkflowExecutionCompleted') {
      [carried] = fromPayloadsJson(defaultPayloadConverter, result);
    } else if (name === 'WorkflowExecutionContinuedAsNew') {
      const { input } = attributesOf(event, name);
      carried = fromPayloadsJson(defaultPayloadConverter, input)[2];
    } else return;
    const sent = lineOf(owner, run)
      .flatMap((other) => signalsOf(other.events))
      .filter((signal) => signal.name === 'add')
      .map(({ value }) => value);
    check(
      JSON.stringify(carried) === JSON.stringify(sent),
      `I35: ${at} carries ${JSON.stringify(carried)}, its chain was sent ${JSON.stringify(sent)}`,
    );
  }

  #childClosed(run: HistoryCheck, event: HistoryEvent, at: string): void {
    const name = historyEventName(event.eventType) as 'ChildWorkflowExecutionCompleted';
    const told = attributesOf(event, name);
    const runs = this.#childRuns(run, told.initiatedEventId);
    // One that is reset after its end goes on again, and the parent is told of that end, or of the next one.
    const { runId } = told.workflowExecution;
    const one = runs.some(({ reset }) => reset) ? runs.find((other) => other.runId === runId) : runs.at(-1);
    const close = one?.closed ? one.events.at(-1)! : undefined;
    check(close && one?.runId === runId, `I42: ${at}, but the child is not closed`);
    check(
      close.eventType === `EVENT_TYPE_${event.eventType.slice('EVENT_TYPE_CHILD_'.length)}`,
      `I42: ${at}, the child has ${close.eventType}`,
    );
    const own = closeOf(close);
    check(!own.newExecutionRunId, `I42: ${at}, but the child goes on`);
    const { result, failure } = attributesOf(event, name) as Close;
    check(JSON.stringify(result) === JSON.stringify(own.result), `I42: ${at} with another result`);
    check(JSON.stringify(failure) === JSON.stringify(own.failure), `I42: ${at} with another failure`);
  }

  /** The moment the parent knows that its close policy is applied, it is. */
  #applied(run: HistoryCheck, initiatedEventId: string): void {
    const record = run.relations.children.get(initiatedEventId)!;
    const { workflowId } = record.initiated;
    const at = `the parent close policy of ${run.runId}/${initiatedEventId}`;
    check(run.closed, `I42: ${at} is applied, and the run is open`);
    check(!record.closed && !record.startFailed, `I42: ${at} is applied to a child that is over`);
    const runs = this.#childRuns(run, initiatedEventId);
    const last = runs.at(-1);
    if (!last || last.closed || last.reset) return;
    const policy = policyOf(record);
    check(policy !== 'TERMINATE', `I42: ${at} is applied, and ${workflowId} runs`);
    const asked =
      this.#owner(workflowId).shadow.run?.cancelRequested || runs.some((one) => cancelCauses(one).length > 0);
    check(policy !== 'REQUEST_CANCEL' || asked, `I42: ${at} is applied, and ${workflowId} was not asked`);
  }

  /** When all is over. */
  finally(owners: Iterable<Owner>): void {
    for (const owner of owners) for (const run of owner.runs) this.#finally(owner, run);
  }

  #finally(owner: Owner, run: HistoryCheck): void {
    const close = run.events.at(-1)!;
    const { workflowTaskCompletedEventId: by } = closeOf(close) as { workflowTaskCompletedEventId?: string };
    for (const [initiatedEventId, record] of run.relations.children) {
      // Those of a run that was reset are the new run's, or nobody's.
      if (record.closed || record.startFailed || run.resetRunId) continue;
      const runs = this.#childRuns(run, initiatedEventId);
      const at = `child ${initiatedEventId} of ${owner.workflowId}, run ${run.runId}`;
      const policy = policyOf(record);
      const neverSent = policy !== 'ABANDON' && by === record.initiated.workflowTaskCompletedEventId;
      if (neverSent) check(runs.length === 0, `I42: ${at} was to be started no more`);
      const left = neverSent || (policy === 'ABANDON' && record.runId !== undefined);
      check(
        record.applied === (left ? 0 : 1),
        `I42: ${at}, ${policy}, was dealt with ${record.applied} times`,
      );
      if (runs.some(({ reset }) => reset)) continue;
      const terminated = runs.filter((one) => terminationOf(one) === BY_POLICY).length;
      const asked = runs.flatMap(cancelCauses).filter((cause) => cause === BY_POLICY).length;
      check(
        terminated <= (policy === 'TERMINATE' ? 1 : 0),
        `I42: ${at}, ${policy}, terminated ${terminated} times`,
      );
      check(asked <= (policy === 'REQUEST_CANCEL' ? 1 : 0), `I42: ${at}, ${policy}, asked ${asked} times`);
    }
  }

  /** The chain of a child, in order. */
  #childRuns(parent: HistoryCheck, initiatedEventId: string): HistoryCheck[] {
    const { workflowId } = parent.relations.children.get(initiatedEventId)!.initiated;
    return this.#owner(workflowId).runs.filter((run) => {
      const started = startOf(run);
      return (
        started.parentWorkflowExecution?.runId === parent.ownerOf(initiatedEventId) &&
        started.parentInitiatedEventId === initiatedEventId
      );
    });
  }
}

/** The runs that led to this one: those it continues, and itself with all that a reset has given it. */
function lineOf(owner: Owner, run: HistoryCheck): HistoryCheck[] {
  const { continuedExecutionRunId } = startOf(run);
  const before = owner.runs.find(({ runId }) => runId === continuedExecutionRunId);
  return before ? [...lineOf(owner, before), run] : [run];
}

const follows = (run: HistoryCheck, next: HistoryCheck): boolean =>
  (run.resetRunId ?? closeOf(run.events.at(-1)!).newExecutionRunId) === next.runId;

/** I43: begins as the base did, in the place of whatever run there was, with every signal that came after the point. */
function checkReset(owner: Owner, runNumber: number, run: HistoryCheck): void {
  const { baseRunId, eventId } = run.reset!;
  const at = `I43: run ${runNumber} of ${owner.workflowId}, reset of ${baseRunId} to ${eventId},`;
  const number = owner.runs.findIndex(({ runId }) => runId === baseRunId);
  const base = owner.runs[number];
  check(base, `${at} has no base`);
  const same = JSON.stringify(run.events.slice(0, eventId - 1));
  check(same === JSON.stringify(base.events.slice(0, eventId - 1)), `${at} begins otherwise`);
  const failed = run.events.slice(eventId - 1).find(({ eventType }) => /TASK_FAILED$/.test(eventType));
  check(failed, `${at} does not go on with a task that failed`);
  for (const other of owner.runs.slice(0, runNumber))
    check(other.closed, `${at} stands beside ${other.runId}`);
  const later = base.events.slice(eventId - 1);
  for (let n = number; n + 1 < runNumber && follows(owner.runs[n]!, owner.runs[n + 1]!); n++)
    later.push(...owner.runs[n + 1]!.events.slice(owner.runs[n + 1]!.given));
  const expected = signalsOf(later);
  const reapplied = signalsOf(run.events.slice(eventId - 1, run.given));
  check(JSON.stringify(reapplied) === JSON.stringify(expected), `${at} was given other signals`);
}

const policyOf = ({ initiated }: ChildRecord): string =>
  initiated.parentClosePolicy.slice('PARENT_CLOSE_POLICY_'.length);

function cancelCauses(run: HistoryCheck): Array<string | undefined> {
  return run.events
    .filter(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED')
    .map((event) => attributesOf(event, 'WorkflowExecutionCancelRequested').cause);
}

function terminationOf({ events }: HistoryCheck): string | undefined {
  const close = events.at(-1)!;
  if (close.eventType !== 'EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED') return undefined;
  return attributesOf(close, 'WorkflowExecutionTerminated').reason;
}

/** Request ids of signals in history, or held back and as durable. */
function durableSignals({ runs, shadow }: Owner): Array<string | undefined> {
  const held = (shadow.run?.heldBack ?? []).filter(({ name }) => name === 'WorkflowExecutionSignaled');
  return [
    ...runs.flatMap(({ events }) => signalsOf(events).map(({ requestId }) => requestId)),
    ...held.map(({ attributes }) => (attributes as { requestId?: string }).requestId),
  ];
}
