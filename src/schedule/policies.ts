/**
 * Which times become actions (pure): the catch-up window, pauses and limits, and what happens when actions overlap.
 * A nominal time is decided on once, because `cursor` moves over it in the same commit.
 */

import { type EpochMs, fromDurationJson, toTimestampJson } from '../../sdk/common/duration.ts';
import { fromWire } from '../../sdk/common/enums.ts';
import type { Spec } from './spec.ts';
import type { BufferedStart, OverlapPolicy, ScheduleState } from './state.ts';

const DEFAULT_CATCHUP_WINDOW = 365 * 86_400_000;
export const MIN_CATCHUP_WINDOW = 10_000;
export const MAX_BUFFER = 1_000;
/** Times that are looked at in one turn; more follow in the next. */
const MAX_TIMES = 1_000;
/** Starts that are under way at the same time: the platform bounds the calls of one event. */
const MAX_STARTING = 100;

export function remainingActions({ definition }: ScheduleState): number {
  const { limitedActions, remainingActions } = definition.state;
  return limitedActions ? Number(remainingActions ?? 0) : Number.POSITIVE_INFINITY;
}

/** May an action be taken because its time has come? */
const acts = (state: ScheduleState): boolean => !state.definition.state.paused && remainingActions(state) > 0;

/** Buffers what is due and decides what of it is started. True: there is more than one turn can do. */
export function tick(state: ScheduleState, spec: Spec, now: EpochMs): boolean {
  if (state.deleted) return false;
  const moreTimes = takeTimes(state, spec, now);
  takeBackfills(state, spec);
  processBuffer(state);
  // Where the buffer is full the rest follows when a run has begun or ended, which is a turn of its own.
  const moreBackfill = state.backfills.length > 0 && state.buffer.length < MAX_BUFFER;
  return moreTimes || moreBackfill;
}

function takeTimes(state: ScheduleState, spec: Spec, now: EpochMs): boolean {
  if (!acts(state)) {
    state.cursor = Math.max(state.cursor, now);
    return false;
  }
  const given = fromDurationJson(state.definition.policies.catchupWindow);
  const window = given > 0 ? Math.max(given, MIN_CATCHUP_WINDOW) : DEFAULT_CATCHUP_WINDOW;
  for (let n = 0; n < MAX_TIMES; n++) {
    const nominal = spec.next(state.cursor);
    if (nominal === undefined || nominal > now) return false;
    const actual = spec.jittered(nominal, state.scheduleId);
    if (actual > now) return false;
    state.cursor = nominal;
    if (now - actual > window) state.missedCatchupWindow++;
    else buffer(state, { id: String(nominal), nominal, actual, manual: false });
  }
  return true;
}

function takeBackfills(state: ScheduleState, spec: Spec): void {
  for (let room = MAX_BUFFER - state.buffer.length; state.backfills.length > 0; ) {
    const backfill = state.backfills[0]!;
    const { overlap, askedAt: actual, to } = backfill;
    for (const nominal of spec.between(backfill.from, to, room)) {
      buffer(state, { ...manual(state, nominal), actual, ...(overlap && { overlap }) });
      backfill.from = nominal;
      room--;
    }
    if (room <= 0) return;
    state.backfills.shift();
  }
}

/** What people ask for has a number, so that the same nominal time may be asked for again. */
export function manual(state: ScheduleState, nominal: EpochMs): Omit<BufferedStart, 'actual'> {
  return { id: `${nominal}/${++state.manualCount}`, nominal, manual: true };
}

const manualNumber = ({ id }: BufferedStart): string => id.slice(id.indexOf('/') + 1);

export function buffer(state: ScheduleState, start: BufferedStart): void {
  if (state.buffer.length >= MAX_BUFFER) state.bufferDropped++;
  else state.buffer.push(start);
}

/** Decides on what is buffered: it is started, it waits, or it is dropped. */
export function processBuffer(state: ScheduleState): void {
  const waiting: BufferedStart[] = [];
  const buffered = state.buffer;
  for (const start of buffered) {
    if (!start.manual && !acts(state)) continue;
    const policy = start.overlap ?? overlapPolicy(state);
    if (state.starting.length >= MAX_STARTING) waiting.push(start);
    else if (policy === 'ALLOW_ALL' || !isBusy(state)) begin(state, start);
    else overlaps(state, start, policy, waiting);
  }
  state.buffer = waiting;
}

function overlapPolicy({ definition }: ScheduleState): OverlapPolicy {
  return fromWire<OverlapPolicy>('scheduleOverlapPolicy', definition.policies.overlapPolicy) ?? 'SKIP';
}

const isBusy = (state: ScheduleState): boolean => state.running.length > 0 || state.starting.length > 0;

function overlaps(
  state: ScheduleState,
  start: BufferedStart,
  policy: Exclude<OverlapPolicy, 'ALLOW_ALL'>,
  waiting: BufferedStart[],
): void {
  switch (policy) {
    case 'SKIP':
      state.overlapSkipped++;
      return;
    case 'BUFFER_ONE':
      if (waiting.length > 0) state.overlapSkipped++;
      else waiting.push(start);
      return;
    case 'BUFFER_ALL':
      waiting.push(start);
      return;
    case 'CANCEL_OTHER':
    case 'TERMINATE_OTHER': {
      const ending = policy === 'CANCEL_OTHER' ? 'cancel' : 'terminate';
      for (const run of state.running) {
        if (run.ending === ending || run.ending === 'terminate') continue;
        Object.assign(run, { ending, endingSent: false });
      }
      // Only the newest one is started once the others have ended.
      state.overlapSkipped += waiting.length;
      waiting.splice(0, waiting.length, start);
    }
  }
}

function begin(state: ScheduleState, start: BufferedStart): void {
  const { state: limits, action, policies } = state.definition;
  if (!start.manual && limits.limitedActions)
    limits.remainingActions = String(Number(limits.remainingActions ?? 0) - 1);
  const base = action.startWorkflow.workflowId;
  // As Temporal's: the base and the nominal time, in whole seconds.
  const time = toTimestampJson(Math.floor(start.nominal / 1_000) * 1_000).replace('.000Z', 'Z');
  let workflowId = policies.keepOriginalWorkflowId ? base : `${base}-${time}`;
  const taken = [...state.starting, ...state.running].some((other) => other.workflowId === workflowId);
  if (taken && start.manual && !policies.keepOriginalWorkflowId) workflowId += `-${manualNumber(start)}`;
  state.starting.push({ ...start, workflowId });
}

/** When there is something to decide again; `undefined`: never, unless somebody asks. */
export function nextActionTime(state: ScheduleState, spec: Spec): EpochMs | undefined {
  if (state.deleted || !acts(state)) return undefined;
  const nominal = spec.next(state.cursor);
  return nominal === undefined ? undefined : spec.jittered(nominal, state.scheduleId);
}
