/**
 * Enumerations as the numbers of Temporal's protocol buffers and back, by Temporal's names: for programs that have messages of
 * `@temporalio/proto` in their hands. Nothing here uses numbers.
 */

import {
  ActivityCancellationType,
  ActivityExecutionStatus,
  ActivityIdConflictPolicy,
  ActivityIdReusePolicy,
  ApplicationFailureCategory,
  names,
  QueryRejectCondition,
  RetryState,
  ScheduleOverlapPolicy,
  TimeoutType,
  toWire,
  type WireEnum,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from './enums.ts';
import { ValueError } from './errors.ts';
import { SearchAttributeType } from './search-attributes.ts';
import { InitialVersioningBehavior, VersioningBehavior } from './versioning.ts';

export const PendingActivityState = names(
  'SCHEDULED',
  'STARTED',
  'CANCEL_REQUESTED',
  'PAUSED',
  'PAUSE_REQUESTED',
);
export type PendingActivityState = keyof typeof PendingActivityState;

/** A value by its short name, its name on the wire, or its number. */
export type Encoder<N extends string> = (
  value: N | (string & {}) | number | null | undefined,
) => number | undefined;
/** A number that nobody knows is told as it is: `unknown_7`. */
export type Decoder<N extends string> = (value: number | null | undefined) => N | undefined;

/** `names` are listed in the order of their numbers, which begin at 1; 0 is what was not said. */
function converters<N extends string>(
  values: Readonly<Record<N, unknown>>,
  prefixOf: (name: string) => string,
): [Encoder<N>, Decoder<N>] {
  const all = Object.keys(values) as N[];
  const encode: Encoder<N> = (value) => {
    if (value === undefined || value === null || value === 0 || value === prefixOf('UNSPECIFIED'))
      return undefined;
    if (typeof value === 'number') return value;
    const index = all.findIndex((name) => name === value || prefixOf(name) === value);
    if (index < 0) throw new ValueError(`Invalid enum value: '${value}'`);
    return index + 1;
  };
  const decode: Decoder<N> = (value) => (value ? (all[value - 1] ?? (`unknown_${value}` as N)) : undefined);
  return [encode, decode];
}

const onWire =
  (name: WireEnum) =>
  (value: string): string =>
    toWire(name, value);

/** The one whose numbers begin at 0. */
const cancellationTypes = Object.keys(ActivityCancellationType) as ActivityCancellationType[];
export const encodeActivityCancellationType: Encoder<ActivityCancellationType> = (value) => {
  if (typeof value === 'number' || value === undefined || value === null) return value ?? undefined;
  const index = cancellationTypes.indexOf(value as ActivityCancellationType);
  if (index < 0) throw new ValueError(`Invalid enum value: '${value}'`);
  return index;
};
export const decodeActivityCancellationType: Decoder<ActivityCancellationType> = (value) =>
  value === undefined || value === null
    ? undefined
    : (cancellationTypes[value] ?? (`unknown_${value}` as ActivityCancellationType));

export const [encodeWorkflowIdReusePolicy, decodeWorkflowIdReusePolicy] = converters<WorkflowIdReusePolicy>(
  WorkflowIdReusePolicy,
  onWire('workflowIdReusePolicy'),
);
export const [encodeWorkflowIdConflictPolicy, decodeWorkflowIdConflictPolicy] =
  converters<WorkflowIdConflictPolicy>(WorkflowIdConflictPolicy, onWire('workflowIdConflictPolicy'));
export const [encodeActivityIdReusePolicy, decodeActivityIdReusePolicy] = converters<ActivityIdReusePolicy>(
  ActivityIdReusePolicy,
  onWire('activityIdReusePolicy'),
);
export const [encodeActivityIdConflictPolicy, decodeActivityIdConflictPolicy] =
  converters<ActivityIdConflictPolicy>(ActivityIdConflictPolicy, onWire('activityIdConflictPolicy'));
export const [encodeActivityExecutionStatus, decodeActivityExecutionStatus] =
  converters<ActivityExecutionStatus>(ActivityExecutionStatus, onWire('activityExecutionStatus'));
export const [encodeRetryState, decodeRetryState] = converters<RetryState>(RetryState, onWire('retryState'));
export const [encodeTimeoutType, decodeTimeoutType] = converters<TimeoutType>(
  TimeoutType,
  onWire('timeoutType'),
);
export const [encodeApplicationFailureCategory, decodeApplicationFailureCategory] =
  converters<ApplicationFailureCategory>(ApplicationFailureCategory, onWire('applicationErrorCategory'));
export const [encodeQueryRejectCondition, decodeQueryRejectCondition] = converters<QueryRejectCondition>(
  QueryRejectCondition,
  onWire('queryRejectCondition'),
);
export const [encodeScheduleOverlapPolicy, decodeScheduleOverlapPolicy] = converters<ScheduleOverlapPolicy>(
  ScheduleOverlapPolicy,
  onWire('scheduleOverlapPolicy'),
);
export const [encodePendingActivityState, decodePendingActivityState] = converters<PendingActivityState>(
  PendingActivityState,
  (value) => `PENDING_ACTIVITY_STATE_${value}`,
);
export const [encodeSearchAttributeIndexedValueType, decodeSearchAttributeIndexedValueType] =
  converters<SearchAttributeType>(SearchAttributeType, (value) => `INDEXED_VALUE_TYPE_${value}`);
export const [encodeVersioningBehavior, decodeVersioningBehavior] = converters<VersioningBehavior>(
  VersioningBehavior,
  (value) => `VERSIONING_BEHAVIOR_${value}`,
);
export const [encodeInitialVersioningBehavior, decodeInitialVersioningBehavior] =
  converters<InitialVersioningBehavior>(
    InitialVersioningBehavior,
    (value) => `CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_${value}`,
  );
