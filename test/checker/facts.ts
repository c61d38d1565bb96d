/** The evidence, put in order once for all checks: runs by id, chains, states as the core folds them. */

import { fromTimestampJson } from '../../sdk/common/duration.ts';
import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEventName,
  historyEvents,
  isTransient,
  type LogEvent,
  type TransientEvent,
  type TransientEventAttributes,
  type TransientEventName,
} from '../../sdk/common/history.ts';
import { defaultPayloadConverter, fromPayloadsJson, type PayloadsJson } from '../../sdk/common/payload.ts';
import { type Execution, newExecution } from '../../src/core/state.ts';
import { applyLogged } from '../../src/core/transition.ts';
import { runNumberOf } from '../../src/execution/log.ts';
import type { Act, Evidence, ObjectDump, Op, OpKind } from './evidence.ts';
import { HistoryCheck } from './history-check.ts';
import { Violation } from './violation.ts';

export interface Run {
  workflowId: string;
  runId: string;
  runNumber: number;
  events: HistoryEvent[];
  log: LogEvent[];
  started: HistoryEventAttributes['WorkflowExecutionStarted'];
  /** Of a reset: when it was reset. */
  startTime: number;
  /** Present when the run is a reset of another one. */
  reset?: TransientEventAttributes['RunReset'];
  /** So many of its first events were given to it by the reset. */
  given: number;
  /** The event that closed it, by name. */
  close?: HistoryEventName;
  closeTime?: number;
}

/** The fields that some closing events have. */
export interface Close {
  newExecutionRunId?: string;
  result?: PayloadsJson;
  failure?: { message?: string };
  reason?: string;
  workflowTaskCompletedEventId?: string;
}

export class Facts {
  readonly evidence: Evidence;
  /** Oldest first. */
  readonly runs = new Map<string, Run[]>();
  readonly runById = new Map<string, Run>();
  /** What the check of each log by itself found: `I13: …`. */
  readonly structure: string[] = [];
  readonly checks = new Map<string, HistoryCheck>();
  readonly #states = new Map<ObjectDump, Execution | Error>();

  constructor(evidence: Evidence) {
    this.evidence = evidence;
    for (const object of evidence.objects) this.#addObject(object);
  }

  /** The log, folded from its first row. */
  fold(object: ObjectDump): Execution {
    let state = this.#states.get(object);
    if (!state) {
      try {
        state = newExecution(object.namespace, object.workflowId);
        for (const { seq, events } of object.rows) applyLogged(state, runNumberOf(seq), events);
        for (const { event } of object.progress) applyLogged(state, state.runNumber, [event]);
      } catch (error) {
        state = error as Error;
      }
      this.#states.set(object, state);
    }
    if (state instanceof Error) throw state;
    return state;
  }

  /** The newest run's state; nothing when its log cannot be folded (I15 says so). */
  stateOf(object: ObjectDump): Execution | undefined {
    try {
      return this.fold(object);
    } catch {
      return undefined;
    }
  }

  *ops(...kinds: OpKind[]): Iterable<Op> {
    for (const op of this.evidence.ops) if (kinds.includes(op.kind)) yield op;
  }

  allRuns(): Run[] {
    return [...this.runs.values()].flat();
  }

  runsOf(workflowId: string): Run[] {
    return this.runs.get(workflowId) ?? [];
  }

  /** By activity: `runId/activityId`. */
  actsByActivity(): Map<string, Act[]> {
    return groupBy(this.evidence.acts, ({ runId, activityId }) => `${runId}/${activityId}`);
  }

  #addObject(object: ObjectDump): void {
    const runs = new Map<number, Run>();
    for (const { seq, events } of object.rows) {
      const runNumber = runNumberOf(seq);
      let run = runs.get(runNumber);
      if (!run) {
        const first = events.find((event): event is HistoryEvent => !isTransient(event));
        if (first?.eventType !== 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED') {
          this.structure.push(`I12: run ${runNumber} of ${object.workflowId} has no first event`);
          continue;
        }
        const started = attributesOf(first, 'WorkflowExecutionStarted');
        const reset = events.find((event) => isTransient(event) && event.transient === 'RunReset') as
          | TransientEvent<'RunReset'>
          | undefined;
        const runId = reset?.attributes.runId ?? started.originalExecutionRunId;
        const startTime = reset?.time ?? fromTimestampJson(first.eventTime);
        const { workflowId } = object;
        run = { workflowId, runId, runNumber, events: [], log: [], started, startTime, given: 0 };
        if (reset) run.reset = reset.attributes;
        runs.set(runNumber, run);
      }
      for (const event of events) addEvent(run, event);
    }
    const inOrder = [...runs.values()].sort((a, b) => a.runNumber - b.runNumber);
    this.runs.set(object.workflowId, inOrder);
    for (const run of inOrder) {
      this.runById.set(run.runId, run);
      this.#checkStructure(run);
    }
  }

  #checkStructure(run: Run): void {
    const check = new HistoryCheck();
    this.checks.set(run.runId, check);
    try {
      check.add(run.log);
    } catch (error) {
      const message =
        error instanceof Violation ? error.message : `I13: a check broke: ${(error as Error).stack}`;
      this.structure.push(`${message} (${run.workflowId}, run ${run.runId})`);
    }
  }
}

function addEvent(run: Run, event: LogEvent): void {
  run.log.push(event);
  if (isTransient(event)) {
    if (event.transient === 'ResetReapplied') run.given = run.events.length;
    return;
  }
  run.events.push(event);
  const name = historyEventName(event.eventType);
  if (name && 'closes' in historyEvents[name]) {
    run.close = name;
    run.closeTime = fromTimestampJson(event.eventTime);
  }
}

/** History events of one kind, with their attributes. */
export function eventsOf<N extends HistoryEventName>(
  run: Run,
  name: N,
): Array<{ event: HistoryEvent; attributes: HistoryEventAttributes[N] }> {
  return run.events
    .filter(({ eventType }) => historyEventName(eventType) === name)
    .map((event) => ({ event, attributes: attributesOf(event, name) }));
}

/** Without what a reset gave to the run: that is counted where it came from. */
export function ownEventsOf<N extends HistoryEventName>(run: Run, name: N): ReturnType<typeof eventsOf<N>> {
  return eventsOf(run, name).filter(({ event }) => Number(event.eventId) > run.given);
}

export function notesOf<N extends TransientEventName>(
  run: Run,
  name: N,
): Array<{ time: number; attributes: TransientEventAttributes[N] }> {
  return run.log
    .filter((event): event is TransientEvent => isTransient(event) && event.transient === name)
    .map(({ time, attributes }) => ({ time, attributes: attributes as TransientEventAttributes[N] }));
}

export function closeOf(run: Run): Close {
  return run.close ? (attributesOf(run.events.at(-1)!, run.close) as Close) : {};
}

export const values = (payloads: PayloadsJson | undefined): unknown[] =>
  fromPayloadsJson(defaultPayloadConverter, payloads);

/** What a completed run came to. */
export function resultOf(run: Run): unknown {
  return run.close === 'WorkflowExecutionCompleted' ? values(closeOf(run).result)[0] : undefined;
}

export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

export const timeOf = (event: HistoryEvent): number => fromTimestampJson(event.eventTime);
