/** Options of starting a workflow, and the request they become. */

import { type Duration, msOptionalToNumber, toOptionalDurationJson } from '../common/duration.ts';
import { toWire } from '../common/enums.ts';
import { type PayloadConverter, toPayloadJson, toPayloadsJsonIn } from '../common/payload.ts';
import { toPriorityJson } from '../common/priority.ts';
import { compileRetryPolicy } from '../common/retry-policy.ts';
import { encodeSearchAttributes } from '../common/search-attributes.ts';
import { type SerializationContext, workflowContext } from '../common/serialization-context.ts';
import type { StartWorkflowExecutionRequest } from '../common/service.ts';
import type { CommonWorkflowOptions, SignalDefinition, WithWorkflowArgs, Workflow } from '../common/types.ts';
import { toOverrideJson, type VersioningOverride } from '../common/versioning.ts';

export interface WorkflowOptions extends CommonWorkflowOptions {
  /** Names the workflow: at most one open run per id and namespace. */
  workflowId: string;
  /** Where Workers for it are looked for. */
  taskQueue: string;
  /** Let the first workflow task wait so long. A signal begins it at once. */
  startDelay?: Duration;
  /** The first task never waits for a poll here: all that this does is that the handle says whether a Worker on the same connection has it. */
  requestEagerStart?: boolean;
  /** Which build may have this workflow's tasks, whatever its code says. */
  versioningOverride?: VersioningOverride;
  /** Whether `result()` goes on to the run that continued this one. Default true. */
  followRuns?: boolean;
}

/** Options and arguments of a start. */
export type WorkflowStartOptions<T extends Workflow = Workflow> = WithWorkflowArgs<T, WorkflowOptions>;

/** Options of signal-with-start, for a signal without arguments. */
export interface WorkflowSignalWithStartOptionsWithoutArgs<SignalArgs extends any[]> extends WorkflowOptions {
  signal: SignalDefinition<SignalArgs> | string;
  signalArgs?: SignalArgs;
}
/** Options of signal-with-start, for a signal that has arguments. */
export interface WorkflowSignalWithStartOptionsWithArgs<SignalArgs extends any[]> extends WorkflowOptions {
  signal: SignalDefinition<SignalArgs> | string;
  signalArgs: SignalArgs;
}
/** Options of signal-with-start; `signalArgs` is required when the signal has arguments. */
export type WorkflowSignalWithStartOptions<SignalArgs extends any[] = []> = SignalArgs extends [any, ...any[]]
  ? WorkflowSignalWithStartOptionsWithArgs<SignalArgs>
  : WorkflowSignalWithStartOptionsWithoutArgs<SignalArgs>;

/** Who starts it, and how values are written. */
export interface StartContext {
  namespace: string;
  identity: string;
  payloadConverter: PayloadConverter;
  requestId: string;
}

/** @throws ValueError, TypeError or RangeError for an option that cannot be meant, before anything is sent. */
export function toStartRequest(
  workflowType: string,
  options: WorkflowOptions & { args?: readonly unknown[] },
  context: StartContext,
): StartWorkflowExecutionRequest {
  for (const name of ['workflowId', 'taskQueue'] as const) {
    if (typeof options[name] !== 'string' || options[name] === '') {
      throw new TypeError(`Missing WorkflowOptions.${name}: it must be a text that is not empty`);
    }
  }
  const { payloadConverter: converter } = context;
  const { workflowIdReusePolicy: reuse, workflowIdConflictPolicy: conflict } = options;
  const of = workflowContext(context.namespace, options.workflowId);
  const input = toPayloadsJsonIn(of, converter, options.args ?? []);
  const priority = toPriorityJson(options.priority);
  return {
    namespace: context.namespace,
    workflowId: options.workflowId,
    workflowType: { name: workflowType },
    taskQueue: { name: options.taskQueue },
    identity: context.identity,
    requestId: context.requestId,
    ...(input && { input }),
    ...timeouts(options),
    ...(reuse && { workflowIdReusePolicy: toWire('workflowIdReusePolicy', reuse) }),
    ...(conflict && { workflowIdConflictPolicy: toWire('workflowIdConflictPolicy', conflict) }),
    ...(options.retry && { retryPolicy: compileRetryPolicy(options.retry) }),
    ...(options.versioningOverride && { versioningOverride: toOverrideJson(options.versioningOverride) }),
    ...(options.cronSchedule && { cronSchedule: options.cronSchedule }),
    ...(priority && { priority }),
    ...described(options, converter, of),
  };
}

function timeouts(options: WorkflowOptions): Partial<StartWorkflowExecutionRequest> {
  const execution = toOptionalDurationJson(msOptionalToNumber(options.workflowExecutionTimeout));
  const run = toOptionalDurationJson(msOptionalToNumber(options.workflowRunTimeout));
  const task = toOptionalDurationJson(msOptionalToNumber(options.workflowTaskTimeout));
  const delay = toOptionalDurationJson(msOptionalToNumber(options.startDelay));
  return {
    ...(execution && { workflowExecutionTimeout: execution }),
    ...(run && { workflowRunTimeout: run }),
    ...(task && { workflowTaskTimeout: task }),
    ...(delay && { workflowStartDelay: delay }),
  };
}

/** Memo, search attributes and user metadata: what describes a run and does not steer it. */
function described(
  options: WorkflowOptions,
  converter: PayloadConverter,
  context: SerializationContext,
): Partial<StartWorkflowExecutionRequest> {
  const payload = (value: unknown) => toPayloadJson(converter, value, context);
  const fields = (map: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(map)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, payload(value)]),
    );
  const { memo, staticSummary, staticDetails } = options;
  const indexedFields = encodeSearchAttributes(options.searchAttributes, options.typedSearchAttributes);
  const userMetadata = {
    ...(staticSummary && { summary: payload(staticSummary) }),
    ...(staticDetails && { details: payload(staticDetails) }),
  };
  return {
    ...(memo && { memo: { fields: fields(memo) } }),
    ...(Object.keys(indexedFields).length > 0 && { searchAttributes: { indexedFields } }),
    ...(Object.keys(userMetadata).length > 0 && { userMetadata }),
  };
}
