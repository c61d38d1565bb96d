/** THE COMMAND TABLE: what workflow code asks of the engine, in Temporal's JSON shape (`temporal.api.command.v1`). */

import type { DurationJson } from './duration.ts';
import type { Failure } from './failure.ts';
import type {
  EventId,
  ExternalExecution,
  HeaderJson,
  MemoJson,
  NamedType,
  SearchAttributesJson,
  TaskQueueJson,
  UpdateOutcomeJson,
  UserMetadata,
} from './history.ts';
import type { PayloadsJson } from './payload.ts';
import type { PriorityJson } from './priority.ts';
import type { RetryPolicyJson } from './retry-policy.ts';

export interface CommandAttributes {
  ScheduleActivityTask: {
    activityId: string;
    activityType: NamedType;
    taskQueue?: TaskQueueJson;
    header?: HeaderJson;
    input?: PayloadsJson;
    scheduleToCloseTimeout?: DurationJson;
    scheduleToStartTimeout?: DurationJson;
    startToCloseTimeout?: DurationJson;
    heartbeatTimeout?: DurationJson;
    retryPolicy?: RetryPolicyJson;
    priority?: PriorityJson;
  };
  RequestCancelActivityTask: { scheduledEventId: string };
  StartTimer: { timerId: string; startToFireTimeout: DurationJson };
  CancelTimer: { timerId: string };
  CompleteWorkflowExecution: { result?: PayloadsJson };
  FailWorkflowExecution: { failure: Failure };
  CancelWorkflowExecution: { details?: PayloadsJson };
  RecordMarker: {
    markerName: string;
    details?: Record<string, PayloadsJson>;
    header?: HeaderJson;
    failure?: Failure;
  };
  UpsertWorkflowSearchAttributes: { searchAttributes: SearchAttributesJson };
  ModifyWorkflowProperties: { upsertedMemo: MemoJson };
  ContinueAsNewWorkflowExecution: {
    workflowType: NamedType;
    taskQueue?: TaskQueueJson;
    input?: PayloadsJson;
    workflowRunTimeout?: DurationJson;
    workflowTaskTimeout?: DurationJson;
    backoffStartInterval?: DurationJson;
    retryPolicy?: RetryPolicyJson;
    header?: HeaderJson;
    memo?: MemoJson;
    searchAttributes?: SearchAttributesJson;
    /** `CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_…` */
    initialVersioningBehavior?: string;
  };
  StartChildWorkflowExecution: {
    namespace?: string;
    workflowId: string;
    workflowType: NamedType;
    taskQueue?: TaskQueueJson;
    input?: PayloadsJson;
    workflowExecutionTimeout?: DurationJson;
    workflowRunTimeout?: DurationJson;
    workflowTaskTimeout?: DurationJson;
    /** `PARENT_CLOSE_POLICY_…`; default TERMINATE. */
    parentClosePolicy?: string;
    workflowIdReusePolicy?: string;
    retryPolicy?: RetryPolicyJson;
    cronSchedule?: string;
    header?: HeaderJson;
    memo?: MemoJson;
    searchAttributes?: SearchAttributesJson;
    priority?: PriorityJson;
  };
  SignalExternalWorkflowExecution: {
    namespace?: string;
    execution: ExternalExecution;
    signalName: string;
    input?: PayloadsJson;
    childWorkflowOnly?: boolean;
    header?: HeaderJson;
  };
  RequestCancelExternalWorkflowExecution: {
    namespace?: string;
    workflowId: string;
    runId?: string;
    childWorkflowOnly?: boolean;
    reason?: string;
  };
  /**
   * What became of an update. Temporal sends the message beside the commands and names it by id; here it stands in its
   * place among them.
   */
  ProtocolMessage: { messageId: string; updateId: string; message: UpdateMessage };
}

export type UpdateMessage =
  | { acceptance: { acceptedRequestMessageId: string; acceptedRequestSequencingEventId: EventId } }
  | { rejection: { failure: Failure } }
  | { response: { outcome: UpdateOutcomeJson } };

/** `closes`: the run ends with it; the engine and the runtime move it behind the others (Temporal core flag 3). */
export const commands = {
  ScheduleActivityTask: { commandType: 'COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK' },
  RequestCancelActivityTask: { commandType: 'COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK' },
  StartTimer: { commandType: 'COMMAND_TYPE_START_TIMER' },
  CancelTimer: { commandType: 'COMMAND_TYPE_CANCEL_TIMER' },
  CompleteWorkflowExecution: { commandType: 'COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION', closes: true },
  FailWorkflowExecution: { commandType: 'COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION', closes: true },
  CancelWorkflowExecution: { commandType: 'COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION', closes: true },
  RecordMarker: { commandType: 'COMMAND_TYPE_RECORD_MARKER' },
  UpsertWorkflowSearchAttributes: { commandType: 'COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES' },
  ModifyWorkflowProperties: { commandType: 'COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES' },
  ContinueAsNewWorkflowExecution: {
    commandType: 'COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION',
    closes: true,
  },
  StartChildWorkflowExecution: { commandType: 'COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION' },
  SignalExternalWorkflowExecution: { commandType: 'COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION' },
  RequestCancelExternalWorkflowExecution: {
    commandType: 'COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION',
  },
  ProtocolMessage: { commandType: 'COMMAND_TYPE_PROTOCOL_MESSAGE' },
} as const satisfies Record<keyof CommandAttributes, { commandType: string; closes?: true }>;

export type CommandName = keyof CommandAttributes;

/** A command in Temporal's JSON shape; a discriminated union on `commandType`. */
export type Command<N extends CommandName = CommandName> = {
  [K in N]: {
    commandType: (typeof commands)[K]['commandType'];
    userMetadata?: UserMetadata;
  } & { [A in `${Uncapitalize<K>}CommandAttributes`]: CommandAttributes[K] };
}[N];

const nameByType = new Map<string, CommandName>(
  (Object.keys(commands) as CommandName[]).map((name) => [commands[name].commandType, name]),
);

export function commandName(commandType: string): CommandName | undefined {
  return nameByType.get(commandType);
}

const attributesKeys = Object.fromEntries(
  Object.keys(commands).map((n) => [n, `${n[0]!.toLowerCase()}${n.slice(1)}CommandAttributes`]),
) as Record<CommandName, string>;

export function commandAttributesOf<N extends CommandName>(command: Command, name: N): CommandAttributes[N] {
  return (command as unknown as Record<string, CommandAttributes[N]>)[attributesKeys[name]]!;
}

export function makeCommand<N extends CommandName>(
  name: N,
  attributes: CommandAttributes[N],
  userMetadata?: UserMetadata,
): Command<N> {
  return {
    commandType: commands[name].commandType,
    ...(userMetadata && { userMetadata }),
    [attributesKeys[name]]: attributes,
  } as unknown as Command<N>;
}
