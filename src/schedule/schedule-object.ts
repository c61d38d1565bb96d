/**
 * A schedule: the pure core above (spec, policies, requests) over a store and the outside world. Every change is one
 * turn: tick, the request, one commit with the next alarm; then what is owed is carried out. What is owed follows from
 * the state (a pending start, an end asked for, a row not written), so a crash anywhere costs a delay: the alarm is
 * armed in the same commit, and each call can be repeated without acting twice.
 */

import { type EpochMs, fromTimestampJson, toTimestampJson } from '../../sdk/common/duration.ts';
import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import {
  type CreateScheduleReply,
  type CreateScheduleRequest,
  type DescribeScheduleReply,
  endOf,
  type ListMatchingTimesReply,
  type ListMatchingTimesRequest,
  type PatchScheduleRequest,
  type ScheduledRunClosed,
  type UpdateScheduleRequest,
} from '../../sdk/common/schedule.ts';
import type { ScheduleOutside, ScheduleStore } from './outside.ts';
import { nextActionTime, tick } from './policies.ts';
import * as requests from './requests.ts';
import { Spec } from './spec.ts';
import type { RunningWorkflow, ScheduleState } from './state.ts';
import { describe, listEntry, problems, startRequest } from './views.ts';

/** What was not reached is tried again after this, twice as long each time. */
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;
/** Runs tell of their end themselves; one that holds actions up is asked, but not more often than this. */
const ASK_AGAIN_MS = 60_000;
const MAX_MATCHING_TIMES = 10_000;
const REFUSED = new Set([
  'ALREADY_EXISTS',
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'FAILED_PRECONDITION',
  'PAYLOAD_TOO_LARGE',
]);

export class ScheduleObject {
  readonly #namespace: string;
  readonly #scheduleId: string;
  readonly #store: ScheduleStore;
  readonly #outside: ScheduleOutside;
  #spec: { text: string; spec: Spec } | undefined;
  /** Calls that are out, by what is owed. */
  readonly #calls = new Set<string>();
  #failures = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** When the newest schedule of this id was created, as far as memory goes. */
  #created = Number.NEGATIVE_INFINITY;

  constructor(namespace: string, scheduleId: string, store: ScheduleStore, outside: ScheduleOutside) {
    this.#namespace = namespace;
    this.#scheduleId = scheduleId;
    this.#store = store;
    this.#outside = outside;
  }

  create(request: CreateScheduleRequest): CreateScheduleReply {
    const old = this.#store.load();
    if (old && !old.deleted) {
      if (!request.requestId || !old.requestIds.includes(request.requestId))
        throw new ServiceError('ALREADY_EXISTS', `schedule "${this.#scheduleId}" exists already`);
      // The first time may have failed behind its commit, and nobody carries out what it owes.
      this.#turn(old, () => undefined);
    } else {
      // What it starts is named by the moment of its creation: no two schedules of an id have the same.
      const now = Math.max(this.#outside.now(), (old?.createTime ?? this.#created) + 1);
      this.#created = now;
      const state = requests.create(request, now);
      // The row of a schedule that was deleted must not win over the new one's.
      if (old) state.visibilityVersion = Math.max(now, old.visibilityVersion + 1);
      this.#turn(state, () => undefined);
    }
    const state = this.#existing();
    return { conflictToken: requests.conflictToken(state), problems: problems(state, this.#specOf(state)) };
  }

  describe(): DescribeScheduleReply {
    const state = this.#existing();
    return describe(state, this.#specOf(state));
  }

  update(request: UpdateScheduleRequest): void {
    this.#change((state, now) => requests.update(state, request, now));
  }

  patch(request: PatchScheduleRequest): void {
    this.#change((state, now) => requests.patch(state, request, now));
  }

  /** What it has started goes on; what was buffered is dropped. */
  delete(): void {
    this.#change((state) => {
      Object.assign(state, { deleted: true, buffer: [], backfills: [], starting: [], running: [] });
    });
  }

  matchingTimes({ startTime, endTime }: ListMatchingTimesRequest): ListMatchingTimesReply {
    const spec = this.#specOf(this.#existing());
    const [from, to] = [fromTimestampJson(startTime), fromTimestampJson(endTime)];
    if (to < from) throw invalidArgument('endTime: is before startTime');
    const times = [...spec.between(from, to, MAX_MATCHING_TIMES + 1)];
    if (times.length > MAX_MATCHING_TIMES)
      throw invalidArgument(`endTime: more than ${MAX_MATCHING_TIMES} times until then`);
    return { startTime: times.map((time) => toTimestampJson(spec.jittered(time, this.#scheduleId))) };
  }

  /** A run that this schedule started has ended. One that it does not know (any more) is acknowledged as well. */
  runClosed(closed: ScheduledRunClosed): void {
    const state = this.#store.load();
    if (!state || state.deleted) return;
    this.#turn(state, () => requests.recordClosed(state, closed));
  }

  /** After a restore: nobody lists it, and its time may have come. */
  async resume(): Promise<void> {
    const state = this.#store.load();
    if (state)
      this.#turn(state, () => {
        state.visibilityVersion++;
      });
    await this.alarm();
  }

  /** The alarm, and the sweep's poke: tolerates being early, late, doubled or for nothing. */
  async alarm(): Promise<void> {
    const state = this.#store.load();
    if (state) this.#turn(state, () => undefined);
    // Behind the turn: a run that does not answer must not hold up what is due.
    await this.#askRunning();
  }

  #existing(): ScheduleState {
    const state = this.#store.load();
    if (state && !state.deleted) return state;
    throw new ServiceError('NOT_FOUND', `schedule "${this.#scheduleId}" is not found`);
  }

  #specOf({ definition }: ScheduleState): Spec {
    const text = JSON.stringify(definition.spec);
    if (this.#spec?.text !== text) this.#spec = { text, spec: new Spec(definition.spec) };
    return this.#spec.spec;
  }

  #change(change: (state: ScheduleState, now: EpochMs) => void): void {
    this.#turn(this.#existing(), change);
  }

  /** `state` was read from the store: until the commit nobody else has it, so a change that throws leaves no trace. */
  #turn(state: ScheduleState, change: (state: ScheduleState, now: EpochMs) => void, shown = true): void {
    const now = this.#outside.now();
    const before = shown ? JSON.stringify(state) : '';
    tick(state, this.#specOf(state), now);
    change(state, now);
    const more = tick(state, this.#specOf(state), now);
    if (shown && (JSON.stringify(state) !== before || state.recordedVersion === 0)) state.visibilityVersion++;
    this.#store.commit(state, this.#nextWake(state, now, more));
    this.#carryOut(state);
  }

  #nextWake(state: ScheduleState, now: EpochMs, more: boolean): EpochMs | undefined {
    if (more) return now;
    const times = [nextActionTime(state, this.#specOf(state)) ?? Number.POSITIVE_INFINITY];
    const retry = Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10), LONGEST_RETRY_MS);
    if (owes(state)) times.push(now + retry);
    const next = Math.min(...times);
    return Number.isFinite(next) ? Math.max(next, now) : undefined;
  }

  #carryOut(state: ScheduleState): void {
    // A schedule that was deleted and created again may name its starts alike: they are others all the same.
    const { createTime } = state;
    for (const { id } of state.starting)
      this.#once(`start ${createTime} ${id}`, () => this.#start(createTime, id));
    for (const run of state.running)
      if (run.ending && !run.endingSent) this.#once(`end ${run.runId} ${run.ending}`, () => this.#end(run));
    if (state.recordedVersion < state.visibilityVersion) this.#once('visibility', () => this.#record());
  }

  /** What is owed is called for once at a time; what fails is left to the alarm. */
  #once(key: string, call: () => Promise<void>): void {
    if (this.#calls.has(key)) return;
    this.#calls.add(key);
    const settle = async (): Promise<void> => {
      try {
        await call();
        this.#failures = 0;
      } catch (error) {
        this.#failures++;
        this.#outside.log('schedule: not carried out, tried again', { key, reason: String(error) });
      } finally {
        this.#calls.delete(key);
      }
      // What was owed while this call was out, of the same kind, is owed still.
      const state = this.#store.load();
      if (state && this.#failures === 0) this.#carryOut(state);
    };
    this.#outside.keepAlive(settle());
  }

  async #start(createTime: EpochMs, id: string): Promise<void> {
    const asked = this.#store.load();
    const pending = asked?.starting.find((start) => start.id === id);
    if (!pending || asked?.createTime !== createTime) return;
    const { workflowId } = pending;
    let outcome: (state: ScheduleState, now: EpochMs) => void;
    try {
      const request = startRequest(this.#namespace, asked, pending);
      const { runId } = await this.#outside.callExecution(workflowId, request);
      outcome = (state, now) => requests.recordStarted(state, id, runId, now);
    } catch (error) {
      if (!(error instanceof ServiceError) || !REFUSED.has(error.code)) throw error;
      const refusal = { reason: error.message, overlapped: error.code === 'ALREADY_EXISTS' };
      outcome = (state) => requests.recordRefused(state, id, refusal);
    }
    this.#recordOutcome((state, now) => {
      if (state.createTime === createTime) outcome(state, now);
    });
  }

  async #end({ workflowId, runId, ending }: RunningWorkflow): Promise<void> {
    const { requestId, ...request } = {
      namespace: this.#namespace,
      workflowExecution: { workflowId },
      firstExecutionRunId: runId,
      identity: `temporal-scheduler-${this.#namespace}-${this.#scheduleId}`,
      reason: `${ending} by schedule overlap policy`,
      requestId: `schedule/${this.#scheduleId}/${runId}/${ending}`,
    };
    try {
      if (ending === 'terminate')
        await this.#outside.callExecution(workflowId, { kind: 'TerminateWorkflowExecution', ...request });
      else
        await this.#outside.callExecution(workflowId, {
          kind: 'RequestCancelWorkflowExecution',
          ...request,
          requestId,
        });
    } catch (error) {
      // It has ended by itself, and tells so.
      if (!(error instanceof ServiceError) || error.code !== 'NOT_FOUND') throw error;
    }
    this.#recordOutcome((state) => requests.recordEndingSent(state, runId, ending!));
  }

  #recordOutcome(outcome: (state: ScheduleState, now: EpochMs) => void): void {
    const state = this.#store.load();
    if (state && !state.deleted) this.#turn(state, outcome);
  }

  async #record(): Promise<void> {
    const state = this.#store.load();
    if (!state) return;
    const { visibilityVersion: version, deleted } = state;
    const spec = this.#specOf(state);
    const nextWake = nextActionTime(state, spec);
    const deletion = await this.#outside.recordVisibility({
      version,
      entry: listEntry(state, spec),
      ...(deleted && { deleted }),
      ...(nextWake !== undefined && { nextWake }),
    });
    const current = this.#store.load();
    if (!current || current.recordedVersion >= version) return;
    if (current.deleted && current.visibilityVersion === version) return this.#store.clear();
    if (deletion === undefined) current.recordedVersion = version;
    // A schedule of this id was deleted at what the clock of then, which went ahead, called a later time.
    else current.visibilityVersion = Math.max(current.visibilityVersion, deletion + 1);
    this.#turn(current, () => undefined, false);
  }

  /** Runs that keep actions from being taken are asked whether they have ended: their word may have been lost with them. */
  async #askRunning(): Promise<void> {
    const state = this.#store.load();
    const now = this.#outside.now();
    if (!state || state.deleted || state.running.length === 0 || now - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = now;
    for (const { workflowId, runId } of state.running.slice(0, 20)) {
      try {
        const closed = closedRun(workflowId, runId, await this.#outside.result(workflowId, runId));
        if (closed) this.#recordOutcome((current) => requests.recordClosed(current, closed));
      } catch (error) {
        this.#outside.log('schedule: a run was not reached', { workflowId, reason: String(error) });
      }
    }
  }
}

function owes(state: ScheduleState): boolean {
  return (
    state.starting.length > 0 ||
    state.running.some((run) => run.ending && !run.endingSent) ||
    state.recordedVersion < state.visibilityVersion
  );
}

/** A run that does not exist any more has ended, nobody knows how. */
function closedRun(
  workflowId: string,
  runId: string,
  answer: Awaited<ReturnType<ScheduleOutside['result']>>,
): ScheduledRunClosed | undefined {
  const of = { workflowId, firstExecutionRunId: runId };
  if ('error' in answer) {
    if (answer.error.code === 'NOT_FOUND') return { ...of, status: 'TERMINATED' };
    throw ServiceError.fromData(answer.error);
  }
  if (answer.ok.pending) return undefined;
  return { ...of, ...endOf(answer.ok.closeEvent) };
}
