/**
 * What was acknowledged to clients, and whether storage agrees: every acknowledged start and signal exactly once, the
 * signals of one client in its order, every closed run with the outcome that its history calls for.
 */

import { attributesOf, type HistoryEvent } from '../../sdk/common/history.ts';
import { defaultPayloadConverter, fromPayloadsJson } from '../../sdk/common/payload.ts';
import type { UpdateWorkflowExecutionReply } from '../../sdk/common/service.ts';
import type { HistoryCheck } from '../checker/history-check.ts';
import { Violation } from '../checker/violation.ts';
import type { ActivityExecutions } from './activities.ts';
import type { Owner } from './objects.ts';

export class Ledger {
  readonly #starts = new Map<string, Set<string>>();
  readonly #signals = new Map<string, Set<string>>();
  readonly #outcomes = new Map<string, string>();
  readonly #owner: (workflowId: string) => Owner;
  readonly #violate: (message: string) => void;

  constructor(owner: (workflowId: string) => Owner, violate: (message: string) => void) {
    this.#owner = owner;
    this.#violate = violate;
  }

  started(workflowId: string, runId: string): void {
    setOf(this.#starts, workflowId).add(runId);
    const runs = this.#owner(workflowId).runs.filter((run) => run.runId === runId);
    if (runs.length !== 1)
      this.#violate(`I1: start of ${runId} was acknowledged, ${runs.length} runs have that id`);
  }

  signaled(workflowId: string, requestId: string): void {
    setOf(this.#signals, workflowId).add(requestId);
    if (!this.#durableSignals(workflowId).includes(requestId)) {
      this.#violate(`I3: signal ${requestId} to ${workflowId} was acknowledged and is not in the log`);
    }
  }

  /** I37: what a caller is told of an update is in the log of the run it names, and never changes. */
  updated(workflowId: string, n: number, reply: UpdateWorkflowExecutionReply): void {
    const { updateId, workflowExecution } = reply.updateRef;
    const run = this.#owner(workflowId).runs.find(({ runId }) => runId === workflowExecution.runId);
    const at = `update ${updateId} of ${workflowId}, run ${workflowExecution.runId},`;
    if (!run) {
      this.#violate(`I37: ${at} is in no run`);
      return;
    }
    const update = run.relations.updates.get(updateId);
    if (update && n < 0) this.#violate(`I37: ${at} was to be rejected and is in history`);
    if (reply.stage.endsWith('_ACCEPTED') && !update) this.#violate(`I37: ${at} is not accepted in the log`);
    const { outcome } = reply;
    if (!outcome) return;
    const told = JSON.stringify(outcome);
    const key = `${workflowExecution.runId}/${updateId}`;
    const before = this.#outcomes.get(key);
    if (before !== undefined && before !== told)
      this.#violate(`I37: ${at} came to ${before}, then to ${told}`);
    this.#outcomes.set(key, told);
    const failed = 'failure' in outcome ? outcome.failure : undefined;
    if (update?.outcome) {
      if (JSON.stringify(update.outcome) !== told) this.#violate(`I37: ${at} did not come to ${told}`);
    } else if (update) {
      const overtaken = failed?.applicationFailureInfo?.type === 'AcceptedUpdateCompletedWorkflow';
      if (!overtaken || !run.closed) this.#violate(`I37: ${at} is accepted, and came to ${told}`);
    } else if (!failed || !run.relations.rejected.has(updateId)) {
      this.#violate(`I37: ${at} was neither accepted nor rejected, and came to ${told}`);
    }
  }

  resultSeen(workflowId: string, runId: string, closeEvent: HistoryEvent): void {
    const run = this.#owner(workflowId).runs.find((candidate) => candidate.runId === runId);
    if (JSON.stringify(run?.events.at(-1)) !== JSON.stringify(closeEvent)) {
      this.#violate(`the result of ${runId} is event ${closeEvent.eventId}, which is not what closed it`);
    }
  }

  /** Values of `add` signals to this run that were acknowledged. */
  acknowledgedValues(workflowId: string, runId: string): string[] {
    const acknowledged = setOf(this.#signals, workflowId);
    const run = this.#owner(workflowId).runs.find((candidate) => candidate.runId === runId);
    return signalsOf(run?.events ?? [])
      .filter(
        ({ requestId, name }) => name === 'add' && requestId !== undefined && acknowledged.has(requestId),
      )
      .map(({ value }) => value!);
  }

  /** What must hold at any moment. */
  check(owner: Owner): void {
    const { workflowId } = owner;
    const durable = this.#durableSignals(workflowId);
    const once = new Set(durable);
    // A reset run is given again what its base was; each run has it once.
    const resets = owner.runs.filter(({ reset }) => reset);
    for (const run of resets) {
      const ids = signalsOf(run.events).flatMap(({ requestId }) => requestId ?? []);
      if (new Set(ids).size !== ids.length)
        throw new Violation(`I43: ${workflowId} has a signal twice: ${ids.join(' ')}`);
    }
    if (resets.length === 0 && once.size !== durable.length)
      throw new Violation(`I3: ${workflowId} has a signal twice: ${durable.join(' ')}`);
    for (const requestId of setOf(this.#signals, workflowId)) {
      if (!once.has(requestId))
        throw new Violation(`I3: the acknowledged signal ${requestId} to ${workflowId} is gone`);
    }
    this.#inOrder(owner);
  }

  #inOrder(owner: Owner): void {
    const lines = owner.runs.some(({ reset }) => reset) ? owner.runs.map((run) => [run]) : [owner.runs];
    for (const runs of lines) this.#lineInOrder(owner, runs);
  }

  #lineInOrder(owner: Owner, runs: HistoryCheck[]): void {
    const last = new Map<string, number>();
    for (const { value } of runs.flatMap((run) => signalsOf(run.events))) {
      if (value === undefined) continue;
      const [client = '', number] = value.split(':');
      if (Number(number) <= (last.get(client) ?? 0)) {
        throw new Violation(
          `I33: signal ${value} in ${owner.workflowId} comes after ${client}:${last.get(client)}`,
        );
      }
      last.set(client, Number(number));
    }
  }

  /** In history, or held back and as durable. */
  #durableSignals(workflowId: string): string[] {
    const owner = this.#owner(workflowId);
    const recorded = owner.runs.flatMap((run) => signalsOf(run.events));
    const held = (owner.shadow.run?.heldBack ?? []).filter(
      ({ name }) => name === 'WorkflowExecutionSignaled',
    );
    const heldIds = held.map(({ attributes }) => (attributes as { requestId?: string }).requestId);
    return [...recorded.map(({ requestId }) => requestId), ...heldIds].filter((id) => id !== undefined);
  }

  /** What a closed run must have come to. */
  checkOutcome(events: HistoryEvent[], executions: ActivityExecutions): void {
    const started = attributesOf(events[0]!, 'WorkflowExecutionStarted');
    const close = events.at(-1)!;
    const at = `${started.workflowType.name} ${started.workflowId}`;
    const completed = close.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED';
    const result = completed
      ? fromPayloadsJson(defaultPayloadConverter, attributesOf(close, 'WorkflowExecutionCompleted').result)[0]
      : undefined;
    const args = fromPayloadsJson(defaultPayloadConverter, started.input);
    if (completed && started.workflowType.name === 'collect') {
      const sent = signalsOf(events)
        .filter(({ name }) => name === 'add')
        .map(({ value }) => value);
      if (JSON.stringify(result) !== JSON.stringify(sent)) {
        throw new Violation(
          `I35: ${at} closed with ${JSON.stringify(result)}, its signals are ${JSON.stringify(sent)}`,
        );
      }
    }
    if (completed && started.workflowType.name === 'beat' && result !== args[0]) {
      throw new Violation(`I29: ${at} counted to ${result} instead of ${args[0]}`);
    }
    if (started.workflowType.name === 'transfer') {
      const { withdrawn, deposited, refunded } = executions.bank.of(String(args[0]));
      const moved = withdrawn === args[1] && deposited === args[1] && !refunded;
      const failed = close.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED';
      const canceled = close.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED';
      if (completed && !moved) throw new Violation(`I52: ${at} says the money was moved, and it was not`);
      if ((failed || canceled) && (!refunded || withdrawn !== 0 || deposited !== 0)) {
        throw new Violation(`I52: ${at} says the money was given back, and it was not`);
      }
    }
  }
}

interface Signal {
  name: string;
  requestId?: string;
  value?: string;
}

export function signalsOf(events: HistoryEvent[]): Signal[] {
  return events
    .filter(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED')
    .map((event) => {
      const { signalName, requestId, input } = attributesOf(event, 'WorkflowExecutionSignaled');
      return {
        name: signalName,
        requestId,
        value: fromPayloadsJson(defaultPayloadConverter, input)[0] as string,
      };
    });
}

function setOf(map: Map<string, Set<string>>, key: string): Set<string> {
  let set = map.get(key);
  if (!set) {
    set = new Set();
    map.set(key, set);
  }
  return set;
}
