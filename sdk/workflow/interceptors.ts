/**
 * Interceptors of workflow code. They are made anew for each run, by the `interceptors` function of every interceptor
 * module, and run inside the workflow: what holds for workflow code holds for them.
 */

import type { Command } from '../common/command.ts';
import type { EpochMs } from '../common/duration.ts';
import type { Next } from '../common/interceptors.ts';
import type { MetricTags } from '../common/metrics.ts';
import type { Headers } from '../common/payload.ts';
import type { ExecutionRef } from '../common/service.ts';
import type { ActivityOptions, LocalActivityOptions } from '../common/types.ts';
import type { ChildWorkflowOptionsWithDefaults } from './children.ts';
import type { ContinueAsNewOptions } from './continue-as-new.ts';
import type { TimerOptions } from './timers.ts';

export type { Headers, Next };

/** What an interceptor module exports under the name `interceptors`. */
export type WorkflowInterceptorsFactory = () => WorkflowInterceptors;

export interface WorkflowInterceptors {
  inbound?: WorkflowInboundCallsInterceptor[];
  outbound?: WorkflowOutboundCallsInterceptor[];
  internals?: WorkflowInternalsInterceptor[];
}

/** Calls into the workflow. */
export interface WorkflowInboundCallsInterceptor {
  execute?: (
    input: WorkflowExecuteInput,
    next: Next<WorkflowInboundCallsInterceptor, 'execute'>,
  ) => Promise<unknown>;
  handleUpdate?: (
    input: UpdateInput,
    next: Next<WorkflowInboundCallsInterceptor, 'handleUpdate'>,
  ) => Promise<unknown>;
  /** Called only for updates that have a validator and come for the first time. */
  validateUpdate?: (
    input: UpdateInput,
    next: Next<WorkflowInboundCallsInterceptor, 'validateUpdate'>,
  ) => void;
  handleSignal?: (
    input: SignalInput,
    next: Next<WorkflowInboundCallsInterceptor, 'handleSignal'>,
  ) => Promise<void>;
  /** May await what is there already, and nothing that history would have to settle. */
  handleQuery?: (
    input: QueryInput,
    next: Next<WorkflowInboundCallsInterceptor, 'handleQuery'>,
  ) => Promise<unknown>;
}

export interface WorkflowExecuteInput {
  readonly args: unknown[];
  readonly headers: Headers;
}
export interface UpdateInput {
  readonly updateId: string;
  readonly name: string;
  readonly args: unknown[];
  readonly headers: Headers;
}
export interface SignalInput {
  readonly signalName: string;
  readonly args: unknown[];
  readonly headers: Headers;
}
export interface QueryInput {
  readonly queryId: string;
  readonly queryName: string;
  readonly args: unknown[];
  readonly headers: Headers;
}

/** Calls of the workflow's code to the API. */
export interface WorkflowOutboundCallsInterceptor {
  /** Every timer, those of `setTimeout` as well. */
  startTimer?: (
    input: TimerInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'startTimer'>,
  ) => Promise<void>;
  scheduleActivity?: (
    input: ActivityInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'scheduleActivity'>,
  ) => Promise<unknown>;
  /** Called again for attempts behind a timer. */
  scheduleLocalActivity?: (
    input: LocalActivityInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'scheduleLocalActivity'>,
  ) => Promise<unknown>;
  /** Answers with promises of the first run's id and of the child's result. */
  startChildWorkflowExecution?: (
    input: StartChildWorkflowExecutionInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'startChildWorkflowExecution'>,
  ) => Promise<[Promise<string>, Promise<unknown>]>;
  signalWorkflow?: (
    input: SignalWorkflowInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'signalWorkflow'>,
  ) => Promise<void>;
  continueAsNew?: (
    input: ContinueAsNewInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'continueAsNew'>,
  ) => Promise<never>;
  /** What every entry of `log` carries. */
  getLogAttributes?: (
    input: GetLogAttributesInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'getLogAttributes'>,
  ) => Record<string, unknown>;
  /** What every value of `metricMeter` is tagged with, before its own tags. */
  getMetricTags?: (
    input: GetMetricTagsInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'getMetricTags'>,
  ) => MetricTags;
}

export interface TimerInput {
  readonly durationMs: number;
  readonly seq: number;
  readonly options?: TimerOptions;
}
export interface ActivityInput {
  readonly activityType: string;
  readonly args: unknown[];
  readonly options: ActivityOptions;
  readonly headers: Headers;
  readonly seq: number;
}
export interface LocalActivityInput {
  readonly activityType: string;
  readonly args: unknown[];
  readonly options: LocalActivityOptions;
  readonly headers: Headers;
  readonly seq: number;
  /** Of the first attempt, where this one comes after a timer. */
  readonly originalScheduleTime?: EpochMs;
  readonly attempt: number;
}
export interface StartChildWorkflowExecutionInput {
  readonly workflowType: string;
  readonly options: ChildWorkflowOptionsWithDefaults;
  readonly headers: Headers;
  readonly seq: number;
}
export interface SignalWorkflowInput {
  readonly seq: number;
  readonly signalName: string;
  readonly args: unknown[];
  readonly headers: Headers;
  readonly target:
    | { readonly type: 'external'; readonly workflowExecution: ExecutionRef }
    | { readonly type: 'child'; readonly childWorkflowId: string };
}
export type ContinueAsNewInputOptions = ContinueAsNewOptions &
  Required<Pick<ContinueAsNewOptions, 'workflowType'>>;
export interface ContinueAsNewInput {
  readonly args: unknown[];
  readonly headers: Headers;
  readonly options: ContinueAsNewInputOptions;
}
export type GetLogAttributesInput = Record<string, unknown>;
export type GetMetricTagsInput = MetricTags;

/** The runtime's own work on the run. */
export interface WorkflowInternalsInterceptor {
  /** Delivers what a workflow task brings: patches, messages, outcomes. `batchIndex` grows within a task. */
  activate?(input: ActivateInput, next: Next<this, 'activate'>): void;
  /** Called when nothing is left to do; may change, remove and add commands. A replay must do the same again. */
  concludeActivation?(
    input: ConcludeActivationInput,
    next: Next<this, 'concludeActivation'>,
  ): ConcludeActivationOutput;
  /** Called before the run is dropped from memory. */
  dispose?(input: DisposeInput, next: Next<this, 'dispose'>): void;
}

/** What a workflow task brings, as far as it can be told without Temporal's protocol buffers. */
export interface WorkflowActivation {
  readonly runId: string;
  readonly timestampMs: EpochMs;
  readonly isReplaying: boolean;
  readonly historyLength: number;
}
export interface ActivateInput {
  readonly activation: WorkflowActivation;
  readonly batchIndex: number;
}
export interface ConcludeActivationInput {
  /** Issued since the last time, in the JSON form of Temporal's API. */
  readonly commands: Command[];
}
export type ConcludeActivationOutput = ConcludeActivationInput;
export type DisposeInput = Record<never, never>;
