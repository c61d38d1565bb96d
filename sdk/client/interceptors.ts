/** Interceptors of the client: around each of its calls about workflows. They are how headers get onto a start. */

import type { UpdateOutcomeJson } from '../common/history.ts';
import type { Next } from '../common/interceptors.ts';
import type { Headers } from '../common/payload.ts';
import type { DescribeWorkflowExecutionReply, ExecutionRef } from '../common/service.ts';
import type { ActivityClientInterceptor } from './activity-client-types.ts';
import type { ScheduleDescriptionAction, ScheduleOptions } from './schedule-types.ts';
import type {
  RequestCancelWorkflowExecutionResponse,
  TerminateWorkflowExecutionResponse,
} from './workflow-handle.ts';
import type { WorkflowOptions } from './workflow-options.ts';
import type { WorkflowUpdateOptions } from './workflow-update.ts';

export type { Headers, Next };

export interface WorkflowStartInput {
  readonly workflowType: string;
  readonly headers: Headers;
  readonly options: StartedOptions;
}
/** The options of a start, with its arguments. */
export type StartedOptions = WorkflowOptions & { args: unknown[] };

export interface WorkflowStartOutput {
  readonly runId: string;
  readonly eagerlyStarted: boolean;
}
export interface WorkflowStartUpdateInput {
  readonly updateName: string;
  readonly args: unknown[];
  readonly workflowExecution: ExecutionRef;
  readonly firstExecutionRunId?: string;
  readonly headers: Headers;
  readonly options: WorkflowUpdateOptions;
}
export interface WorkflowStartUpdateOutput {
  readonly updateId: string;
  readonly workflowRunId: string;
  readonly outcome?: UpdateOutcomeJson;
}
export interface WorkflowStartUpdateWithStartInput {
  readonly workflowType: string;
  readonly workflowStartOptions: StartedOptions;
  readonly workflowStartHeaders: Headers;
  readonly updateName: string;
  readonly updateArgs: unknown[];
  readonly updateOptions: WorkflowUpdateOptions;
  readonly updateHeaders: Headers;
}
export interface WorkflowStartUpdateWithStartOutput {
  readonly workflowExecution: ExecutionRef;
  readonly updateId: string;
  readonly updateOutcome?: UpdateOutcomeJson;
}
export interface WorkflowSignalInput {
  readonly signalName: string;
  readonly args: unknown[];
  readonly workflowExecution: ExecutionRef;
  readonly headers: Headers;
}
export interface WorkflowSignalWithStartInput {
  readonly workflowType: string;
  readonly signalName: string;
  readonly signalArgs: unknown[];
  readonly headers: Headers;
  readonly options: StartedOptions;
}
export interface WorkflowQueryInput {
  readonly queryType: string;
  readonly args: unknown[];
  readonly workflowExecution: ExecutionRef;
  /** As the API writes it: `QUERY_REJECT_CONDITION_…`. */
  readonly queryRejectCondition?: string;
  readonly headers: Headers;
}
export interface WorkflowTerminateInput {
  readonly workflowExecution: ExecutionRef;
  readonly reason?: string;
  /** Written into history beside the reason. */
  readonly details?: unknown[];
  readonly firstExecutionRunId?: string;
}
export interface WorkflowCancelInput {
  readonly workflowExecution: ExecutionRef;
  readonly firstExecutionRunId?: string;
}
export interface WorkflowDescribeInput {
  readonly workflowExecution: ExecutionRef;
}

export interface WorkflowClientInterceptor {
  /** The older form of `startWithDetails`: answers with the run id. Called where an interceptor does not have that one. */
  start?: (input: WorkflowStartInput, next: Next<this, 'start'>) => Promise<string>;
  startWithDetails?: (
    input: WorkflowStartInput,
    next: Next<this, 'startWithDetails'>,
  ) => Promise<WorkflowStartOutput>;
  /** For `startUpdate` and `executeUpdate`. */
  startUpdate?: (
    input: WorkflowStartUpdateInput,
    next: Next<this, 'startUpdate'>,
  ) => Promise<WorkflowStartUpdateOutput>;
  startUpdateWithStart?: (
    input: WorkflowStartUpdateWithStartInput,
    next: Next<this, 'startUpdateWithStart'>,
  ) => Promise<WorkflowStartUpdateWithStartOutput>;
  signal?: (input: WorkflowSignalInput, next: Next<this, 'signal'>) => Promise<void>;
  signalWithStart?: (
    input: WorkflowSignalWithStartInput,
    next: Next<this, 'signalWithStart'>,
  ) => Promise<string>;
  query?: (input: WorkflowQueryInput, next: Next<this, 'query'>) => Promise<unknown>;
  terminate?: (
    input: WorkflowTerminateInput,
    next: Next<this, 'terminate'>,
  ) => Promise<TerminateWorkflowExecutionResponse>;
  cancel?: (
    input: WorkflowCancelInput,
    next: Next<this, 'cancel'>,
  ) => Promise<RequestCancelWorkflowExecutionResponse>;
  describe?: (
    input: WorkflowDescribeInput,
    next: Next<this, 'describe'>,
  ) => Promise<DescribeWorkflowExecutionReply>;
}

export type WorkflowClientCallsInterceptor = WorkflowClientInterceptor;
export interface WorkflowClientCallsInterceptorFactoryInput {
  workflowId: string;
  runId?: string;
}
export type WorkflowClientCallsInterceptorFactory = (
  input: WorkflowClientCallsInterceptorFactoryInput,
) => WorkflowClientCallsInterceptor;
/** The older form: made anew for each workflow that is started, and for each handle. */
export interface WorkflowClientInterceptors {
  calls?: WorkflowClientCallsInterceptorFactory[];
}

/** A schedule with the name of its workflow type, as it is sent. */
export type CompiledScheduleOptions = Omit<ScheduleOptions, 'action'> & {
  action: Omit<ScheduleDescriptionAction, 'args'> & { args: unknown[] };
};
export interface CreateScheduleInput {
  /** Given to each workflow that the schedule starts. */
  readonly headers: Headers;
  readonly options: CompiledScheduleOptions;
}
export interface CreateScheduleOutput {
  readonly conflictToken: Uint8Array;
}
export interface ScheduleClientInterceptor {
  create?: (input: CreateScheduleInput, next: Next<this, 'create'>) => Promise<CreateScheduleOutput>;
}

export interface ClientInterceptors {
  workflow?: WorkflowClientInterceptor[] | WorkflowClientInterceptors;
  schedule?: ScheduleClientInterceptor[];
  activity?: ActivityClientInterceptor[];
}

/** The interceptors for calls about one workflow. */
export function interceptorsFor(
  given: ClientInterceptors['workflow'],
  workflow: WorkflowClientCallsInterceptorFactoryInput,
): WorkflowClientInterceptor[] {
  if (Array.isArray(given)) return given;
  return (given?.calls ?? []).map((make) => make(workflow));
}

/** Interceptors that have `start` only, as if they had `startWithDetails`. */
export function withStartDetails(interceptors: WorkflowClientInterceptor[]): WorkflowClientInterceptor[] {
  return interceptors.map((interceptor) => {
    if (interceptor.startWithDetails || !interceptor.start) return interceptor;
    return {
      async startWithDetails(input, next) {
        let started: WorkflowStartOutput | undefined;
        const runId = await interceptor.start!(input, async (changed) => {
          started = await next(changed);
          return started.runId;
        });
        return { eagerlyStarted: false, ...started, runId };
      },
    };
  });
}
