/**
 * Enumerations of the protocol. Users and stored records meet here: SDK values are Temporal's short names
 * (`'ALLOW_DUPLICATE'`), the wire has proto3 JSON names (`'WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE'`), and
 * `toWire` / `fromWire` are the only conversion: a prefix.
 */

export function names<N extends string>(...values: N[]): { readonly [K in N]: K } {
  return Object.fromEntries(values.map((v) => [v, v])) as { readonly [K in N]: K };
}

/** Enum → prefix on the wire. */
const prefixes = {
  parentClosePolicy: 'PARENT_CLOSE_POLICY_',
  continueAsNewInitiator: 'CONTINUE_AS_NEW_INITIATOR_',
  updateStage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_',
  workflowIdReusePolicy: 'WORKFLOW_ID_REUSE_POLICY_',
  workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_',
  activityIdReusePolicy: 'ACTIVITY_ID_REUSE_POLICY_',
  activityIdConflictPolicy: 'ACTIVITY_ID_CONFLICT_POLICY_',
  activityExecutionStatus: 'ACTIVITY_EXECUTION_STATUS_',
  retryState: 'RETRY_STATE_',
  timeoutType: 'TIMEOUT_TYPE_',
  applicationErrorCategory: 'APPLICATION_ERROR_CATEGORY_',
  workflowExecutionStatus: 'WORKFLOW_EXECUTION_STATUS_',
  resetReapplyType: 'RESET_REAPPLY_TYPE_',
  resetReapplyExcludeType: 'RESET_REAPPLY_EXCLUDE_TYPE_',
  queryRejectCondition: 'QUERY_REJECT_CONDITION_',
  workflowTaskFailedCause: 'WORKFLOW_TASK_FAILED_CAUSE_',
  versioningBehavior: 'VERSIONING_BEHAVIOR_',
  pinnedOverrideBehavior: 'PINNED_OVERRIDE_BEHAVIOR_',
  continueAsNewVersioningBehavior: 'CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_',
  scheduleOverlapPolicy: 'SCHEDULE_OVERLAP_POLICY_',
  suggestContinueAsNewReason: 'SUGGEST_CONTINUE_AS_NEW_REASON_',
} as const;
export type WireEnum = keyof typeof prefixes;

/** Temporal's older spelling of the same values: `PARENT_CLOSE_POLICY_TERMINATE` is another name of `'TERMINATE'`. */
type LongNames<P extends string, N extends string> = {
  /** @deprecated The name without its prefix says the same. */
  readonly [K in N as `${P}${K}`]: K;
} & { readonly [K in `${P}UNSPECIFIED`]: undefined };

/** Names that have the older spelling as well: inherited, so that whoever lists the names meets each value once. */
function namesAndLongNames<P extends string, N extends string>(
  prefix: P,
  ...values: N[]
): { readonly [K in N]: K } & LongNames<P, N> {
  const long = Object.fromEntries([
    ...values.map((v) => [prefix + v, v]),
    [`${prefix}UNSPECIFIED`, undefined],
  ]);
  return Object.assign(Object.create(long), names(...values));
}

export const WorkflowIdReusePolicy = namesAndLongNames(
  prefixes.workflowIdReusePolicy,
  'ALLOW_DUPLICATE',
  'ALLOW_DUPLICATE_FAILED_ONLY',
  'REJECT_DUPLICATE',
  'TERMINATE_IF_RUNNING',
);
export type WorkflowIdReusePolicy = NonNullable<
  (typeof WorkflowIdReusePolicy)[keyof typeof WorkflowIdReusePolicy]
>;

export const WorkflowIdConflictPolicy = names('FAIL', 'USE_EXISTING', 'TERMINATE_EXISTING');
export type WorkflowIdConflictPolicy = keyof typeof WorkflowIdConflictPolicy;

export const ActivityIdReusePolicy = names(
  'ALLOW_DUPLICATE',
  'ALLOW_DUPLICATE_FAILED_ONLY',
  'REJECT_DUPLICATE',
);
export type ActivityIdReusePolicy = keyof typeof ActivityIdReusePolicy;

export const ActivityIdConflictPolicy = names('FAIL', 'USE_EXISTING');
export type ActivityIdConflictPolicy = keyof typeof ActivityIdConflictPolicy;

/** Of an activity that belongs to no workflow. */
export const ActivityExecutionStatus = names(
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELED',
  'TERMINATED',
  'TIMED_OUT',
  'PAUSED',
);
export type ActivityExecutionStatus = keyof typeof ActivityExecutionStatus;

export const RetryState = namesAndLongNames(
  prefixes.retryState,
  'IN_PROGRESS',
  'NON_RETRYABLE_FAILURE',
  'TIMEOUT',
  'MAXIMUM_ATTEMPTS_REACHED',
  'RETRY_POLICY_NOT_SET',
  'INTERNAL_SERVER_ERROR',
  'CANCEL_REQUESTED',
);
export type RetryState = NonNullable<(typeof RetryState)[keyof typeof RetryState]>;

export const TimeoutType = namesAndLongNames(
  prefixes.timeoutType,
  'START_TO_CLOSE',
  'SCHEDULE_TO_START',
  'SCHEDULE_TO_CLOSE',
  'HEARTBEAT',
);
export type TimeoutType = NonNullable<(typeof TimeoutType)[keyof typeof TimeoutType]>;

export const ApplicationFailureCategory = names('BENIGN');
export type ApplicationFailureCategory = keyof typeof ApplicationFailureCategory;

export const SuggestContinueAsNewReason = names(
  'HISTORY_SIZE_TOO_LARGE',
  'TOO_MANY_HISTORY_EVENTS',
  'TOO_MANY_UPDATES',
);
export type SuggestContinueAsNewReason = keyof typeof SuggestContinueAsNewReason;

export const ActivityCancellationType = names('TRY_CANCEL', 'WAIT_CANCELLATION_COMPLETED', 'ABANDON');
export type ActivityCancellationType = keyof typeof ActivityCancellationType;

export const ChildWorkflowCancellationType = names(
  'ABANDON',
  'TRY_CANCEL',
  'WAIT_CANCELLATION_COMPLETED',
  'WAIT_CANCELLATION_REQUESTED',
);
export type ChildWorkflowCancellationType = keyof typeof ChildWorkflowCancellationType;

export const ParentClosePolicy = namesAndLongNames(
  prefixes.parentClosePolicy,
  'TERMINATE',
  'ABANDON',
  'REQUEST_CANCEL',
);
export type ParentClosePolicy = NonNullable<(typeof ParentClosePolicy)[keyof typeof ParentClosePolicy]>;

/** What happens when the workflow ends while a handler runs: a warning (the default), or nothing. */
export const HandlerUnfinishedPolicy = names('WARN_AND_ABANDON', 'ABANDON');
export type HandlerUnfinishedPolicy = keyof typeof HandlerUnfinishedPolicy;

export const WorkflowUpdateStage = namesAndLongNames('', 'ADMITTED', 'ACCEPTED', 'COMPLETED');
export type WorkflowUpdateStage = NonNullable<(typeof WorkflowUpdateStage)[keyof typeof WorkflowUpdateStage]>;

/** Status names as users read them; the wire has `WORKFLOW_EXECUTION_STATUS_` before the upper-case name. */
export const WorkflowExecutionStatus = names(
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
  'PAUSED',
);
export type WorkflowExecutionStatus = keyof typeof WorkflowExecutionStatus;

export const QueryRejectCondition = namesAndLongNames(
  prefixes.queryRejectCondition,
  'NONE',
  'NOT_OPEN',
  'NOT_COMPLETED_CLEANLY',
);
export type QueryRejectCondition = NonNullable<
  (typeof QueryRejectCondition)[keyof typeof QueryRejectCondition]
>;

/** What a reset sends again of that which came after the point; by itself all of it. */
export const ResetReapplyType = names('SIGNAL', 'NONE', 'ALL_ELIGIBLE');
export type ResetReapplyType = keyof typeof ResetReapplyType;
export const ResetReapplyExcludeType = names('SIGNAL', 'UPDATE', 'NEXUS', 'CANCEL_REQUEST');
export type ResetReapplyExcludeType = keyof typeof ResetReapplyExcludeType;

/** What happens when the time of an action comes while the run of an earlier one has not ended. Default: `'SKIP'`. */
export const ScheduleOverlapPolicy = namesAndLongNames(
  prefixes.scheduleOverlapPolicy,
  'SKIP',
  'BUFFER_ONE',
  'BUFFER_ALL',
  'CANCEL_OTHER',
  'TERMINATE_OTHER',
  'ALLOW_ALL',
);
export type ScheduleOverlapPolicy = NonNullable<
  (typeof ScheduleOverlapPolicy)[keyof typeof ScheduleOverlapPolicy]
>;

export const WorkflowTaskFailedCause = names(
  'UNHANDLED_COMMAND',
  'BAD_SCHEDULE_ACTIVITY_ATTRIBUTES',
  'BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES',
  'BAD_START_TIMER_ATTRIBUTES',
  'BAD_CANCEL_TIMER_ATTRIBUTES',
  'BAD_RECORD_MARKER_ATTRIBUTES',
  'BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES',
  'BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES',
  'BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES',
  'BAD_SEARCH_ATTRIBUTES',
  'SCHEDULE_ACTIVITY_DUPLICATE_ID',
  'START_TIMER_DUPLICATE_ID',
  'WORKFLOW_WORKER_UNHANDLED_FAILURE',
  'FORCE_CLOSE_COMMAND',
  'RESET_WORKFLOW',
  'NON_DETERMINISTIC_ERROR',
  'PAYLOADS_TOO_LARGE',
  'BAD_CONTINUE_AS_NEW_ATTRIBUTES',
  'BAD_START_CHILD_EXECUTION_ATTRIBUTES',
  'BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
  'BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
  'BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES',
  'BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE',
  'PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED',
  'PENDING_SIGNALS_LIMIT_EXCEEDED',
  'PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED',
);
export type WorkflowTaskFailedCause = keyof typeof WorkflowTaskFailedCause;

/** `toWire('timeoutType', 'HEARTBEAT')` → `'TIMEOUT_TYPE_HEARTBEAT'`, and so does the long name itself. */
export function toWire<E extends WireEnum, N extends string>(
  name: E,
  value: N,
): `${(typeof prefixes)[E]}${N}` {
  const prefix = prefixes[name];
  return (value.startsWith(prefix) ? value : `${prefix}${value}`) as `${(typeof prefixes)[E]}${N}`;
}

/** `fromWire('timeoutType', 'TIMEOUT_TYPE_HEARTBEAT')` → `'HEARTBEAT'`; absent and `…_UNSPECIFIED` give `undefined`. */
export function fromWire<N extends string>(name: WireEnum, value: string | null | undefined): N | undefined {
  if (!value) return undefined;
  const short = value.startsWith(prefixes[name]) ? value.slice(prefixes[name].length) : value;
  return short === 'UNSPECIFIED' ? undefined : (short as N);
}
