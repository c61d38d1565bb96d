/** Starting other workflows as children of this one. */

import type { CommandAttributes } from '../common/command.ts';
import { type Duration, msOptionalToNumber, toOptionalDurationJson } from '../common/duration.ts';
import { type ChildWorkflowCancellationType, type ParentClosePolicy, toWire } from '../common/enums.ts';
import { toHeaderJson } from '../common/headers.ts';
import type { UserMetadata } from '../common/history.ts';
import { toPriorityJson } from '../common/priority.ts';
import { compileRetryPolicy } from '../common/retry-policy.ts';
import { encodeSearchAttributes } from '../common/search-attributes.ts';
import type {
  CommonWorkflowOptions,
  SignalDefinition,
  VersioningIntent,
  WithWorkflowArgs,
  Workflow,
  WorkflowResultType,
} from '../common/types.ts';
import { extractWorkflowType } from '../common/workflow-type.ts';
import { CancellationScope } from './cancellation-scope.ts';
import { signalWorkflow } from './external.ts';
import { uuid4 } from './info.ts';
import type { StartChildWorkflowExecutionInput } from './interceptors.ts';
import { encodeMemo } from './memo.ts';
import { startChildWorkflow } from './runtime/child.ts';
import { assertInContext, type WorkflowContext } from './runtime/context.ts';
import { outbound } from './runtime/intercept.ts';
import { captureStack, type WaitingStack } from './runtime/stack-trace.ts';

export interface ChildWorkflowOptions extends Omit<CommonWorkflowOptions, 'workflowIdConflictPolicy'> {
  /** Default: a UUID of the workflow's own randomness. */
  workflowId?: string;
  /** Default: the workflow's own. */
  taskQueue?: string;
  /** What cancelling the child's scope does. Default `WAIT_CANCELLATION_COMPLETED`. */
  cancellationType?: ChildWorkflowCancellationType;
  /** What happens to the child when this workflow closes first. Default `TERMINATE`. */
  parentClosePolicy?: ParentClosePolicy;
  /** Without effect. @deprecated use worker versioning (deployments) */
  versioningIntent?: VersioningIntent;
}
export type ChildWorkflowOptionsWithDefaults = ChildWorkflowOptions &
  Required<Pick<ChildWorkflowOptions, 'workflowId' | 'cancellationType'>> & { args: unknown[] };

/** A child that has started. */
export interface ChildWorkflowHandle<T extends Workflow> {
  readonly workflowId: string;
  /** The child's first run; it may have had more since. */
  readonly firstExecutionRunId: string;
  /** @throws ChildWorkflowFailure when the child failed, timed out, was cancelled or terminated */
  result(): Promise<WorkflowResultType<T>>;
  signal<Args extends any[] = [], Name extends string = string>(
    definition: SignalDefinition<Args, Name> | string,
    ...args: Args
  ): Promise<void>;
}

/** Gives options the defaults of `workflowId` and `cancellationType`. */
export function addDefaultWorkflowOptions<T extends Workflow>(
  options: WithWorkflowArgs<T, ChildWorkflowOptions>,
): ChildWorkflowOptionsWithDefaults {
  const { args, workflowId, cancellationType, ...rest } = options;
  return {
    workflowId: workflowId ?? uuid4(),
    args: [...(args ?? [])],
    cancellationType: cancellationType ?? 'WAIT_CANCELLATION_COMPLETED',
    ...rest,
  };
}

/**
 * Starts a child and waits until it has started.
 * @throws WorkflowExecutionAlreadyStartedError when a workflow has that id
 */
export async function startChild<T extends Workflow>(
  workflowType: string,
  options: WithWorkflowArgs<T, ChildWorkflowOptions>,
): Promise<ChildWorkflowHandle<T>>;
export async function startChild<T extends Workflow>(
  workflowFunc: T,
  options: WithWorkflowArgs<T, ChildWorkflowOptions>,
): Promise<ChildWorkflowHandle<T>>;
export async function startChild<T extends () => Promise<any>>(
  workflowType: string,
): Promise<ChildWorkflowHandle<T>>;
export async function startChild<T extends () => Promise<any>>(
  workflowFunc: T,
): Promise<ChildWorkflowHandle<T>>;
export async function startChild<T extends Workflow>(
  workflowTypeOrFunc: string | T,
  options?: WithWorkflowArgs<T, ChildWorkflowOptions>,
): Promise<ChildWorkflowHandle<T>> {
  const context = assertInContext('startChild');
  const { workflowId, promises } = start(context, workflowTypeOrFunc, options, startChild);
  const [started, completed] = await promises;
  const firstExecutionRunId = await started;
  const target = { type: 'child', childWorkflowId: workflowId } as const;
  return {
    workflowId,
    firstExecutionRunId,
    async result() {
      return (await completed) as WorkflowResultType<T>;
    },
    async signal(definition, ...args) {
      return signalWorkflow(context, target, definition, args);
    },
  };
}

/**
 * Runs a child and waits for its result.
 * @throws ChildWorkflowFailure when it failed, timed out, was cancelled or terminated
 * @throws WorkflowExecutionAlreadyStartedError when a workflow has that id
 */
export async function executeChild<T extends Workflow>(
  workflowType: string,
  options: WithWorkflowArgs<T, ChildWorkflowOptions>,
): Promise<WorkflowResultType<T>>;
export async function executeChild<T extends Workflow>(
  workflowFunc: T,
  options: WithWorkflowArgs<T, ChildWorkflowOptions>,
): Promise<WorkflowResultType<T>>;
export async function executeChild<T extends () => Promise<any>>(
  workflowType: string,
): Promise<WorkflowResultType<T>>;
export async function executeChild<T extends () => Promise<any>>(
  workflowFunc: T,
): Promise<WorkflowResultType<T>>;
export async function executeChild<T extends Workflow>(
  workflowTypeOrFunc: string | T,
  options?: WithWorkflowArgs<T, ChildWorkflowOptions>,
): Promise<WorkflowResultType<T>> {
  const context = assertInContext('executeChild');
  const { promises } = start(context, workflowTypeOrFunc, options, executeChild);
  return promises.then(([, completed]) => completed) as Promise<WorkflowResultType<T>>;
}

/** Promises of the first run's id and of the result, in a promise: as many turns as in Temporal's SDK. */
type Promises = Promise<[Promise<string>, Promise<unknown>]>;

function start<T extends Workflow>(
  context: WorkflowContext,
  workflowTypeOrFunc: string | T,
  given: WithWorkflowArgs<T, ChildWorkflowOptions> | undefined,
  below: (...args: never[]) => unknown,
): { workflowId: string; promises: Promises } {
  context.assertWritable('start a child workflow');
  // The id is drawn before anything else can draw.
  const options = addDefaultWorkflowOptions(given ?? ({} as WithWorkflowArgs<T, ChildWorkflowOptions>));
  const workflowType = extractWorkflowType(workflowTypeOrFunc);
  const waiting = captureStack(context, below);
  const execute = outbound(context, 'startChildWorkflowExecution', (input) =>
    startOnce(context, input, waiting),
  );
  const promises = execute({ seq: context.nextSeq.child++, options, headers: {}, workflowType });
  return { workflowId: options.workflowId, promises };
}

function startOnce(
  context: WorkflowContext,
  { seq, options, headers, workflowType }: StartChildWorkflowExecutionInput,
  waiting: WaitingStack,
): Promises {
  const started = new Promise<string>((resolve, reject) => {
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) {
      scope.cancelRequested.catch(reject);
      return;
    }
    const { cancellationType } = options;
    const attributes = { ...attributesOf(context, workflowType, options), ...toHeaderJson(headers) };
    const child = { attributes, cancellationType, userMetadata: userMetadataOf(context, options) };
    startChildWorkflow(context, scope, seq, child, { resolve, reject, waiting });
  });
  const completed = new Promise<unknown>((resolve, reject) => {
    started.catch((error) => {
      context.childResults.delete(seq);
      reject(error);
    });
    context.childResults.set(seq, { resolve, reject, waiting });
  });
  // Nobody needs to ask for the result.
  completed.catch(() => undefined);
  return Promise.resolve([started, completed]);
}

function attributesOf(
  context: WorkflowContext,
  workflowType: string,
  options: ChildWorkflowOptionsWithDefaults,
): CommandAttributes['StartChildWorkflowExecution'] {
  const { workflowExecutionTimeout, workflowRunTimeout, workflowTaskTimeout } = options;
  const { parentClosePolicy, workflowIdReusePolicy, memo, searchAttributes, typedSearchAttributes } = options;
  const duration = (value: Duration) => toOptionalDurationJson(msOptionalToNumber(value));
  const { info } = context;
  const of = context.ofWorkflow(options.workflowId);
  const input = context.toPayloads(options.args, of);
  const priority = toPriorityJson(options.priority);
  return {
    namespace: info.namespace,
    workflowId: options.workflowId,
    workflowType: { name: workflowType },
    taskQueue: { name: options.taskQueue || info.taskQueue },
    ...(input && { input }),
    ...(workflowExecutionTimeout !== undefined && {
      workflowExecutionTimeout: duration(workflowExecutionTimeout),
    }),
    ...(workflowRunTimeout !== undefined && { workflowRunTimeout: duration(workflowRunTimeout) }),
    ...(workflowTaskTimeout !== undefined && { workflowTaskTimeout: duration(workflowTaskTimeout) }),
    ...(parentClosePolicy && { parentClosePolicy: toWire('parentClosePolicy', parentClosePolicy) }),
    ...(workflowIdReusePolicy && {
      workflowIdReusePolicy: toWire('workflowIdReusePolicy', workflowIdReusePolicy),
    }),
    ...(options.retry && { retryPolicy: compileRetryPolicy(options.retry) }),
    ...(options.cronSchedule && { cronSchedule: options.cronSchedule }),
    ...(priority && { priority }),
    ...(memo && { memo: { fields: encodeMemo(context, memo, of) } }),
    ...((searchAttributes || typedSearchAttributes) && {
      searchAttributes: { indexedFields: encodeSearchAttributes(searchAttributes, typedSearchAttributes) },
    }),
  };
}

function userMetadataOf(
  context: WorkflowContext,
  { workflowId, staticSummary, staticDetails }: ChildWorkflowOptionsWithDefaults,
): UserMetadata | undefined {
  if (staticSummary === undefined && staticDetails === undefined) return undefined;
  const of = context.ofWorkflow(workflowId);
  return {
    ...(staticSummary !== undefined && { summary: context.toPayload(staticSummary, of) }),
    ...(staticDetails !== undefined && { details: context.toPayload(staticDetails, of) }),
  };
}
