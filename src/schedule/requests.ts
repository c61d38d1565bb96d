/** What people and runs tell a schedule (pure): each function changes the state it is given, or throws and must not have. */

import { type EpochMs, fromDurationJson, fromTimestampJson } from '../../sdk/common/duration.ts';
import { fromWire } from '../../sdk/common/enums.ts';
import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import { bytesToBase64 } from '../../sdk/common/payload.ts';
import type {
  CreateScheduleRequest,
  PatchScheduleRequest,
  ScheduledRunClosed,
  ScheduleJson,
  SchedulePatchJson,
  TriggerJson,
  UpdateScheduleRequest,
} from '../../sdk/common/schedule.ts';
import { buffer, MIN_CATCHUP_WINDOW, manual } from './policies.ts';
import { plainSpec } from './spec.ts';
import type { Definition, OverlapPolicy, ScheduleState } from './state.ts';

const MAX_RECENT = 10;
const MAX_REQUEST_IDS = 100;
/** Runs that are followed to their end at the same time; of older ones nothing more is learned. */
const MAX_RUNNING = 1_000;
const MAX_NOTE_LENGTH = 10_000;

export function conflictToken({ revision, createTime }: ScheduleState): string {
  return bytesToBase64(new TextEncoder().encode(`${createTime}/${revision}`));
}

function definitionOf(schedule: ScheduleJson): Definition {
  const { spec = {}, action, policies = {}, state = {} } = schedule;
  if (!action?.startWorkflow) throw invalidArgument('schedule.action.startWorkflow: is required');
  const window = fromDurationJson(policies.catchupWindow);
  if (window > 0 && window < MIN_CATCHUP_WINDOW)
    throw invalidArgument('schedule.policies.catchupWindow: must be at least 10 seconds');
  const { workflowIdReusePolicy, cronSchedule } = action.startWorkflow;
  const reuse = fromWire('workflowIdReusePolicy', workflowIdReusePolicy);
  if (reuse !== undefined && reuse !== 'ALLOW_DUPLICATE')
    throw invalidArgument('schedule.action.startWorkflow.workflowIdReusePolicy: must be ALLOW_DUPLICATE');
  if (cronSchedule)
    throw invalidArgument('schedule.action.startWorkflow.cronSchedule: the schedule has times of its own');
  return { spec: plainSpec(spec), action, policies, state };
}

export function create(
  { scheduleId, schedule, initialPatch, memo, searchAttributes, requestId }: CreateScheduleRequest,
  now: EpochMs,
): ScheduleState {
  const state: ScheduleState = {
    scheduleId,
    definition: definitionOf(schedule),
    ...(memo && { memo }),
    ...(searchAttributes && { searchAttributes }),
    revision: 1,
    createTime: now,
    cursor: now,
    backfills: [],
    buffer: [],
    starting: [],
    running: [],
    recent: [],
    actionCount: 0,
    missedCatchupWindow: 0,
    overlapSkipped: 0,
    bufferDropped: 0,
    manualCount: 0,
    requestIds: requestId ? [requestId] : [],
    visibilityVersion: now,
    recordedVersion: 0,
    deleted: false,
  };
  if (initialPatch) applyPatch(state, initialPatch, now);
  return state;
}

/** True: this request was carried out before. */
function repeated(state: ScheduleState, requestId: string | undefined): boolean {
  if (!requestId) return false;
  if (state.requestIds.includes(requestId)) return true;
  state.requestIds = [...state.requestIds, requestId].slice(-MAX_REQUEST_IDS);
  return false;
}

export function update(state: ScheduleState, request: UpdateScheduleRequest, now: EpochMs): void {
  const definition = definitionOf(request.schedule);
  const { conflictToken: token, memo, searchAttributes, requestId } = request;
  if (repeated(state, requestId)) return;
  if (token && token !== conflictToken(state))
    throw new ServiceError(
      'FAILED_PRECONDITION',
      'the schedule was changed since: its conflict token is another one',
    );
  // Times of another spec are counted from now; those of the same one that wait for their jitter still come. Where the
  // clock was set back, what was decided on stays so.
  if (JSON.stringify(definition.spec) !== JSON.stringify(state.definition.spec))
    state.cursor = Math.max(state.cursor, now);
  state.definition = definition;
  if (memo) state.memo = memo;
  if (searchAttributes) state.searchAttributes = searchAttributes;
  changed(state, now);
}

export function patch(state: ScheduleState, request: PatchScheduleRequest, now: EpochMs): void {
  if (repeated(state, request.requestId)) return;
  applyPatch(state, request.patch, now);
  changed(state, now);
}

function changed(state: ScheduleState, now: EpochMs): void {
  state.revision++;
  state.updateTime = now;
  delete state.startProblem;
}

function applyPatch(state: ScheduleState, given: SchedulePatchJson, now: EpochMs): void {
  const { triggerImmediately, backfillRequest = [], pause, unpause } = given;
  for (const { startTime, endTime } of backfillRequest)
    if (fromTimestampJson(endTime) < fromTimestampJson(startTime))
      throw invalidArgument('patch.backfillRequest: endTime is before startTime');
  if (pause) Object.assign(state.definition.state, { paused: true, notes: pause });
  if (unpause) Object.assign(state.definition.state, { paused: false, notes: unpause });
  if (triggerImmediately) trigger(state, triggerImmediately, now);
  for (const { startTime, endTime, overlapPolicy } of backfillRequest)
    state.backfills.push({
      from: fromTimestampJson(startTime),
      to: fromTimestampJson(endTime),
      askedAt: now,
      ...overlapOf(overlapPolicy),
    });
}

function trigger(state: ScheduleState, { overlapPolicy, scheduledTime }: TriggerJson, now: EpochMs): void {
  const nominal = scheduledTime ? fromTimestampJson(scheduledTime) : now;
  buffer(state, { ...manual(state, nominal), actual: now, ...overlapOf(overlapPolicy) });
}

function overlapOf(wire: string | undefined): { overlap?: OverlapPolicy } {
  const overlap = fromWire<OverlapPolicy>('scheduleOverlapPolicy', wire);
  return overlap ? { overlap } : {};
}

/** A run was started for a pending start, now or before. */
export function recordStarted(state: ScheduleState, id: string, runId: string, now: EpochMs): void {
  const start = state.starting.find((pending) => pending.id === id);
  if (!start) return;
  const { workflowId, nominal, closed } = start;
  state.starting = state.starting.filter((pending) => pending !== start);
  state.actionCount++;
  delete state.startProblem;
  state.recent = [...state.recent, { nominal, actual: now, workflowId, runId, status: 'RUNNING' }].slice(
    -MAX_RECENT,
  );
  state.running = [...state.running, { workflowId, runId }].slice(-MAX_RUNNING);
  if (closed?.firstExecutionRunId === runId) recordClosed(state, closed);
}

/** The start was refused, and would be again. `overlapped`: the workflow id is taken by a run of somebody else. */
export function recordRefused(
  state: ScheduleState,
  id: string,
  { reason, overlapped }: { reason: string; overlapped: boolean },
): void {
  const start = state.starting.find((pending) => pending.id === id);
  if (!start) return;
  state.starting = state.starting.filter((pending) => pending !== start);
  if (overlapped) state.overlapSkipped++;
  state.startProblem = `workflow ${start.workflowId} was not started: ${reason}`;
}

export function recordEndingSent(state: ScheduleState, runId: string, ending: 'cancel' | 'terminate'): void {
  const run = state.running.find((running) => running.runId === runId && running.ending === ending);
  if (run) run.endingSent = true;
}

/** May come twice, before the start was told, or for a run that is not followed any more. */
export function recordClosed(state: ScheduleState, closed: ScheduledRunClosed): void {
  const { workflowId, firstExecutionRunId: runId, status, result, failure } = closed;
  const run = state.running.find((running) => running.workflowId === workflowId && running.runId === runId);
  if (!run) {
    const start = state.starting.find((pending) => pending.workflowId === workflowId);
    if (start) start.closed = closed;
    return;
  }
  state.running = state.running.filter((running) => running !== run);
  for (const action of state.recent) if (action.runId === runId) action.status = status;
  if (status === 'COMPLETED') {
    if (result) state.lastCompletionResult = result;
    delete state.lastFailure;
    return;
  }
  if (status !== 'FAILED' && status !== 'TIMED_OUT') return;
  if (failure) state.lastFailure = failure;
  if (!state.definition.policies.pauseOnFailure) return;
  const reason = failure?.message ?? status;
  const notes = `paused due to workflow failure: ${workflowId}: ${reason}`.slice(0, MAX_NOTE_LENGTH);
  Object.assign(state.definition.state, { paused: true, notes });
  state.revision++;
}
