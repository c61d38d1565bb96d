/** What a schedule shows of itself: describe, its row in the list, the start it asks for. Pure. */

import { type EpochMs, toTimestampJson } from '../../sdk/common/duration.ts';
import { toWire } from '../../sdk/common/enums.ts';
import type { PayloadJson } from '../../sdk/common/payload.ts';
import {
  type DescribeScheduleReply,
  SCHEDULED_BY_ID,
  SCHEDULED_START_TIME,
  type ScheduleActionResultJson,
  type ScheduleListEntry,
} from '../../sdk/common/schedule.ts';
import { encodeSearchAttributes, TypedSearchAttributes } from '../../sdk/common/search-attributes.ts';
import type { Request } from '../../sdk/common/service.ts';
import { remainingActions } from './policies.ts';
import { conflictToken } from './requests.ts';
import type { Spec } from './spec.ts';
import type { PendingStart, RecentAction, ScheduleState } from './state.ts';

const DESCRIBED_TIMES = 10;
const LISTED_TIMES = 5;
/** Characters. The platform bounds rows: what is left out of a list's is in describe. */
const LONGEST_LISTED = 512 * 1024;

function recent(actions: RecentAction[]): ScheduleActionResultJson[] {
  return actions.map(({ nominal, actual, workflowId, runId, status }) => ({
    scheduleTime: toTimestampJson(nominal),
    actualTime: toTimestampJson(actual),
    startWorkflowResult: { workflowId, runId },
    startWorkflowStatus: toWire('workflowExecutionStatus', status),
  }));
}

function future(state: ScheduleState, spec: Spec, count: number): string[] {
  const most = Math.min(count, remainingActions(state));
  const nominal = [...spec.between(state.cursor, Number.POSITIVE_INFINITY, most)];
  return nominal.map((time) => toTimestampJson(spec.jittered(time, state.scheduleId)));
}

export function describe(state: ScheduleState, spec: Spec): DescribeScheduleReply {
  const { definition, memo, searchAttributes, updateTime } = state;
  return {
    schedule: definition,
    info: {
      actionCount: String(state.actionCount),
      missedCatchupWindow: String(state.missedCatchupWindow),
      overlapSkipped: String(state.overlapSkipped),
      bufferDropped: String(state.bufferDropped),
      bufferSize: String(state.buffer.length),
      runningWorkflows: state.running.map(({ workflowId, runId }) => ({ workflowId, runId })),
      recentActions: recent(state.recent),
      futureActionTimes: future(state, spec, DESCRIBED_TIMES),
      createTime: toTimestampJson(state.createTime),
      ...(updateTime !== undefined && { updateTime: toTimestampJson(updateTime) }),
    },
    ...(memo && { memo }),
    ...(searchAttributes && { searchAttributes }),
    conflictToken: conflictToken(state),
    problems: problems(state, spec),
  };
}

/** A schedule that will not act says so: nothing is missed in silence. */
export function problems(state: ScheduleState, spec: Spec): string[] {
  const { paused, notes } = state.definition.state;
  const found: string[] = [];
  if (paused) found.push(notes ? `it is paused: ${notes}` : 'it is paused');
  if (remainingActions(state) <= 0) found.push('it has taken all the actions that it was limited to');
  if (spec.empty) found.push('its spec names no times: it acts when it is triggered or backfilled');
  else if (spec.next(state.cursor) === undefined)
    found.push('none of the times of its spec is still to come: it will not act again');
  if (state.startProblem) found.push(state.startProblem);
  return found;
}

export function listEntry(state: ScheduleState, spec: Spec): ScheduleListEntry {
  const { definition, memo, searchAttributes } = state;
  return short({
    scheduleId: state.scheduleId,
    ...(memo && { memo }),
    ...(searchAttributes && { searchAttributes }),
    info: {
      spec: definition.spec,
      workflowType: definition.action.startWorkflow.workflowType,
      notes: definition.state.notes ?? '',
      paused: definition.state.paused ?? false,
      recentActions: recent(state.recent.slice(-LISTED_TIMES)),
      futureActionTimes: future(state, spec, LISTED_TIMES),
    },
  });
}

function short(entry: ScheduleListEntry): ScheduleListEntry {
  const fits = (row: ScheduleListEntry): boolean => JSON.stringify(row).length <= LONGEST_LISTED;
  if (fits(entry)) return entry;
  const { memo: _, ...row } = entry;
  return fits(row) ? row : { ...row, info: { ...row.info, spec: {} } };
}

/** The same for every repeat: its request id is derived from the nominal time, so there is one run however often it is sent. */
export function startRequest(
  namespace: string,
  state: ScheduleState,
  { id, nominal, workflowId }: PendingStart,
): Request<'StartWorkflowExecution'> {
  const { startWorkflow } = state.definition.action;
  const { lastCompletionResult, lastFailure: continuedFailure } = state;
  const indexedFields: Record<string, PayloadJson> = {
    ...startWorkflow.searchAttributes?.indexedFields,
    ...scheduledAttributes(state.scheduleId, nominal),
  };
  return {
    kind: 'StartWorkflowExecution',
    ...startWorkflow,
    namespace,
    workflowId,
    searchAttributes: { indexedFields },
    workflowIdReusePolicy: toWire('workflowIdReusePolicy', 'ALLOW_DUPLICATE'),
    workflowIdConflictPolicy: toWire('workflowIdConflictPolicy', 'FAIL'),
    identity: `temporal-scheduler-${namespace}-${state.scheduleId}`,
    requestId: `schedule/${state.scheduleId}/${state.createTime}/${id}`,
    ...(lastCompletionResult && { lastCompletionResult }),
    ...(continuedFailure && { continuedFailure }),
  };
}

function scheduledAttributes(scheduleId: string, nominal: EpochMs): Record<string, PayloadJson> {
  return encodeSearchAttributes(
    undefined,
    new TypedSearchAttributes([
      { key: { name: SCHEDULED_BY_ID, type: 'KEYWORD' }, value: scheduleId },
      { key: { name: SCHEDULED_START_TIME, type: 'DATETIME' }, value: new Date(nominal) },
    ]),
  );
}
