/** The beginning and the end of a run: finding the workflow function, calling it, and what its outcome means. */

import { fromTimestampJson } from '../../common/duration.ts';
import { ensureTemporalFailure, isCancellation, TemporalFailure } from '../../common/failure.ts';
import { fromHeaderJson } from '../../common/headers.ts';
import type { HistoryEvent, HistoryEventAttributes } from '../../common/history.ts';
import { attributesOf } from '../../common/history.ts';
import { exportedConverter } from '../../common/load-data-converter.ts';
import { type Logger, SdkComponent } from '../../common/logger.ts';
import type { MetricMeter } from '../../common/metrics.ts';
import type { Workflow } from '../../common/types.ts';
import type { VersioningBehavior, WorkerDeploymentVersion } from '../../common/versioning.ts';
import type { WorkflowSessionInit } from '../../common/worker-protocol.ts';
import { RootCancellationScope } from '../cancellation-scope.ts';
import { ContinueAsNew } from '../continue-as-new.ts';
import { infoOfStart, type WorkflowInfo } from '../info.ts';
import { log } from '../log.ts';
import type { SinkCall } from '../sinks.ts';
import { definitionOptionsOf, hasDefinitionOptions } from '../workflow-options.ts';
import { type Converters, runOutside, WorkflowContext } from './context.ts';
import { failsWorkflow, failureErrorNames, type WorkflowFailureErrorTypes } from './failure-types.ts';
import { realNow } from './globals.ts';
import { MessageHandlers } from './handlers.ts';
import { INTERCEPTOR_MODULES, inbound, loadInterceptors } from './intercept.ts';
import { LocalActivities } from './local-activity.ts';
import type { LocalActivityRunner } from './local-execution.ts';
import { type PatchActivationCallback, Patches } from './patches.ts';
import { SeededRandom } from './random.ts';

/** Said by the Worker, not by the workflow's code. */
const byWorker = { sdkComponent: SdkComponent.worker };

type ContinueAsNewCommand = ContinueAsNew['command'];

/** A workflow function. The build may give it a factory that makes a fresh copy of its module for every run. */
export type WorkflowFunction = Workflow;

/** On a workflow function: `() => exports` of a fresh module, so that no run sees the module state of another. */
export const WORKFLOW_FACTORY: unique symbol = Symbol.for('perdure.workflowFactory');

/** What the modules of the converters are called among the exports of a bundle. */
export const CONVERTER_EXPORTS = {
  payloadConverter: '__perdurePayloadConverter',
  failureConverter: '__perdureFailureConverter',
} as const;

export interface StartOptions {
  workflows: Record<string, WorkflowFunction>;
  converters: Converters;
  logger: Logger;
  metricMeter: MetricMeter;
  localActivities?: LocalActivityRunner;
  /** Commands remember the code that issued them. */
  traceCommands: boolean;
  endsWithTask?: boolean;
  /** The version of the Worker, where it has one. */
  deployment?: { version: WorkerDeploymentVersion; defaultVersioningBehavior: VersioningBehavior };
  /** Modules that export `interceptors`, beside those of the workflow's own bundle. */
  interceptorModules?: readonly object[];
  /** Where `proxySinks` leads. Without it calls of sinks go nowhere. */
  sinks?: WorkflowSinks;
  /** Names of error classes that fail the workflow, not its task. */
  workflowFailureErrorTypes?: WorkflowFailureErrorTypes;
  patchActivationCallback?: PatchActivationCallback;
}

/** The sinks of the Worker. */
export interface WorkflowSinks {
  has(ifaceName: string): boolean;
  /** Makes the calls. Nothing of what becomes of them is waited for. */
  call(calls: SinkCall[]): void;
}

/** The run that a WorkflowExecutionStarted begins; its function is called when the first task is run. */
export function startRun(
  init: WorkflowSessionInit,
  event: HistoryEvent,
  options: StartOptions,
  block: (error: Error) => void,
): WorkflowContext {
  const attributes = attributesOf(event, 'WorkflowExecutionStarted');
  const { converters, logger, metricMeter, sinks } = options;
  const infoWith = (used: Converters): WorkflowInfo =>
    infoOfStart(init, event, attributes, used, () => runOutside(realNow));
  const context = new WorkflowContext({
    info: infoWith(converters),
    now: fromTimestampJson(event.eventTime),
    random: new SeededRandom(attributes.originalExecutionRunId),
    converters,
    logger,
    traceCommands: options.traceCommands,
    metricMeter,
  });
  context.block = block;
  context.keepsStacks = init.keepsStacks ?? true;
  if (sinks) context.hasSink = (ifaceName) => sinks.has(ifaceName);
  context.rootScope = new RootCancellationScope();
  context.handlers = new MessageHandlers(context, (error) => endWithError(context, error));
  context.patches = new Patches(context, options.patchActivationCallback);
  context.failureErrorNames = failureErrorNames(options.workflowFailureErrorTypes, init.workflowType);
  context.localActivities = new LocalActivities(context, options.endsWithTask ?? false);
  context.servesLocally = (activityType) => options.localActivities?.serves(activityType) ?? false;
  const workflow = context.enterWorkflow(() => {
    const { exports, fn } = loadWorkflow(init.workflowType, options.workflows);
    const modules = (exports?.[INTERCEPTOR_MODULES] ?? []) as object[];
    context.interceptors = loadInterceptors([...modules, ...(options.interceptorModules ?? [])]);
    if (exports) useOwnConverters(exports, context);
    return fn;
  });
  if (context.payloadConverter !== converters.payloadConverter) context.info = infoWith(context);
  context.patches.open = true;
  if (hasDefinitionOptions(workflow))
    context.definition = context.enterWorkflow(() => definitionOptionsOf(workflow));
  const { memo, searchAttributes, retryPolicy } = attributes;
  context.carried = {
    ...(memo && { memo }),
    searchAttributes: { ...searchAttributes?.indexedFields },
    ...(retryPolicy && { retryPolicy }),
  };
  context.start = () => begin(context, workflow, attributes);
  return context;
}

/** @throws TypeError when nothing is exported under the workflow's type. */
function loadWorkflow(
  workflowType: string,
  workflows: Record<string, WorkflowFunction>,
): { fn: WorkflowFunction; exports: Record<string, unknown> | undefined } {
  const registered = own(workflows, workflowType) ?? own(workflows, 'default');
  const factory = (registered as { [WORKFLOW_FACTORY]?: () => Record<string, unknown> } | undefined)?.[
    WORKFLOW_FACTORY
  ];
  const exports = factory?.();
  const workflow = exports ? (own(exports, workflowType) ?? own(exports, 'default')) : registered;
  if (typeof workflow !== 'function') {
    throw new TypeError(
      `Failed to initialize workflow of type '${workflowType}': no such function is exported by the workflow bundle`,
    );
  }
  return { fn: workflow as WorkflowFunction, exports };
}

/** Converters that were bundled with the workflows know the very classes that the workflows use. */
function useOwnConverters(exports: Record<string, unknown>, context: WorkflowContext): void {
  const payloadConverter = own(exports, CONVERTER_EXPORTS.payloadConverter);
  const failureConverter = own(exports, CONVERTER_EXPORTS.failureConverter);
  const bundled = { payloadConverter, failureConverter };
  if (payloadConverter) {
    context.payloadConverter = exportedConverter(bundled, 'payloadConverter', 'payloadConverterPath');
  }
  if (failureConverter) {
    context.failureConverter = exportedConverter(bundled, 'failureConverter', 'failureConverterPath');
  }
}

function own(exports: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(exports, name) ? exports[name] : undefined;
}

function begin(
  context: WorkflowContext,
  workflow: WorkflowFunction,
  attributes: HistoryEventAttributes['WorkflowExecutionStarted'],
): void {
  const args = context.fromPayloads(attributes.input);
  log.debug('Workflow started', byWorker);
  // As many turns of the microtask queue as in Temporal's SDK: they decide which of two endings comes first.
  const execute = inbound(context, 'execute', (input) => callWorkflow(workflow, input.args));
  execute({ args, headers: fromHeaderJson(attributes.header) })
    .then(
      (result) => {
        log.debug('Workflow completed', byWorker);
        return result;
      },
      (error) => {
        logError(context, error);
        throw error;
      },
    )
    .then(
      (result) => endWithResult(context, result),
      (error) => endWithError(context, error),
    );
}

async function callWorkflow(workflow: WorkflowFunction, args: unknown[]): Promise<unknown> {
  return await workflow(...args);
}

/** What only fails the task is not the workflow's end: the Worker logs it, with all else that fails tasks. */
function logError(context: WorkflowContext, error: unknown): void {
  if (isOwnCancellation(context, error)) log.debug('Workflow completed as cancelled', byWorker);
  else if (error instanceof ContinueAsNew) log.debug('Workflow continued as new', byWorker);
  else if (isFailure(context, error)) log.warn('Workflow failed', { error, ...byWorker });
}

const isOwnCancellation = (context: WorkflowContext, error: unknown): boolean =>
  context.cancelRequested && isCancellation(error);

const isFailure = (context: WorkflowContext, error: unknown): boolean =>
  error instanceof TemporalFailure || failsWorkflow(context, error);

function endWithResult(context: WorkflowContext, value: unknown): void {
  const result = context.toPayloads([value]);
  context.close({ name: 'CompleteWorkflowExecution', attributes: { result } });
}

/** A failure fails the workflow, its own cancellation cancels it; any other error only fails the task, to be fixed. */
function endWithError(context: WorkflowContext, error: unknown): void {
  if (isOwnCancellation(context, error)) {
    context.close({ name: 'CancelWorkflowExecution', attributes: {} });
  } else if (error instanceof ContinueAsNew) {
    context.close({
      name: 'ContinueAsNewWorkflowExecution',
      attributes: withCarried(context, error.command),
    });
  } else if (isFailure(context, error)) {
    context.handlers.forgetRunning();
    const failure = context.errorToFailure(ensureTemporalFailure(error));
    context.close({ name: 'FailWorkflowExecution', attributes: { failure } });
  } else {
    context.failTask(error);
  }
}

/** What the workflow left unsaid is as it was for this run. */
function withCarried(
  { carried: { memo, searchAttributes, retryPolicy } }: WorkflowContext,
  said: ContinueAsNewCommand,
): ContinueAsNewCommand {
  const indexed = Object.keys(searchAttributes).length > 0;
  return {
    ...(memo && { memo }),
    ...(indexed && { searchAttributes: { indexedFields: searchAttributes } }),
    ...(retryPolicy && { retryPolicy }),
    ...said,
  };
}

/** The workflow ended while handlers that did not ask to be abandoned were running. */
export function warnOfAbandonedHandlers(context: WorkflowContext): void {
  const { handlers } = context;
  if (handlers.updates.abandoned.length + handlers.abandoned.length === 0) return;
  const advice =
    'Await condition(allHandlersFinished) before returning, or set the handler with unfinishedPolicy ABANDON.';
  context.enterWorkflow(() => {
    if (handlers.updates.abandoned.length > 0) {
      log.warn(
        `The workflow ended while update handlers were running: their callers get an error. ${advice}`,
        {
          updates: handlers.updates.abandoned,
        },
      );
    }
    if (handlers.abandoned.length > 0) {
      log.warn(`The workflow ended while signal handlers were running. ${advice}`, {
        signals: handlers.abandoned,
      });
    }
  });
}
