/** Replaying recorded histories against workflow code, as a Worker would: the check to run before code is deployed. */

import type { DataConverter } from '../common/data-converter.ts';
import type { Duration } from '../common/duration.ts';
import { attributesOf, type HistoryEvent } from '../common/history.ts';
import type { Logger } from '../common/logger.ts';
import { messageCodec, type PayloadCodec } from '../common/payload-codec.ts';
import { workflowContext } from '../common/serialization-context.ts';
import type { HistoryAndWorkflowId } from '../common/types.ts';
import { DeterminismViolationError } from '../workflow/errors.ts';
import type { WorkflowFailureErrorTypes } from '../workflow/runtime/failure-types.ts';
import { NondeterminismError } from '../workflow/runtime/match.ts';
import { REPLAY_NAMESPACE, type ReplayReport, replayHistory } from '../workflow/runtime/replay-history.ts';
import { eventsOf, identifiedHistory } from './history-json.ts';
import type { PollingOptions } from './ignored-options.ts';
import { type WorkflowSources, workflowsOf } from './load-workflows.ts';
import { checkOptions, type WorkerOptions } from './options.ts';
import { type BundlerPlugin, configured, type WorkerPlugin } from './plugins.ts';
import { runContexts } from './run-contexts.ts';
import { Runtime } from './runtime.ts';
import { type InjectedSinks, workflowSinks } from './sinks.ts';
import { type SourcePlace, sourcePlaceOf } from './source-place.ts';

/** The history could not be replayed for a reason other than that the code does not fit it. */
export class ReplayError extends Error {
  override readonly name: string = 'ReplayError';
}

/** Those of a Worker's that mean something to more than replays: programs share them. They are taken and have no effect. */
type SharedOptions = Pick<
  PollingOptions,
  | 'disablePayloadErrorLimit'
  | 'enableSDKTracing'
  | 'reuseV8Context'
  | 'showStackTraceSources'
  | 'workflowThreadPoolSize'
> &
  Pick<WorkerOptions, 'buildId' | 'identity' | 'workerDeploymentOptions'> & {
    shutdownGraceTime?: Duration;
    shutdownForceTime?: Duration;
  };

export interface ReplayWorkerOptions extends WorkflowSources, SharedOptions {
  /** For the logs of this replay. */
  replayName?: string;
  logger?: Logger;
  plugins?: Array<WorkerPlugin & BundlerPlugin>;
  /** Only those that ask for replays are called. */
  // biome-ignore lint/suspicious/noExplicitAny: Temporal's own signature; sinks have any parameters
  sinks?: InjectedSinks<any>;
  /** The one that the history was written with. */
  dataConverter?: DataConverter;
  /** As the Worker's own. */
  workflowFailureErrorTypes?: WorkflowFailureErrorTypes;
}

export interface ReplayResult {
  readonly workflowId: string;
  readonly runId: string;
  /** Absent when the code fits the history. */
  readonly error?: ReplayError | DeterminismViolationError;
  /** Where they part, when the code does not fit. */
  readonly divergence?: ReplayDivergence;
}

/** The first event that does not fit the code. */
export interface ReplayDivergence {
  readonly eventId: string;
  readonly eventType: string;
  readonly message: string;
  /** The command that came instead of the event's; absent when the code issued none. */
  readonly command?: string;
  /** The code that issued the command, or the code that waits where none came. */
  readonly source?: SourcePlace;
}

/** Histories with the ids of their workflows: an array, a generator, or `client.workflow.list().intoHistories()`. */
export type ReplayHistoriesIterable = AsyncIterable<HistoryAndWorkflowId> | Iterable<HistoryAndWorkflowId>;

/** Replays each history when it is asked for. The results come in the order of the histories. */
export async function* replayHistories(
  given: ReplayWorkerOptions,
  histories: ReplayHistoriesIterable,
): AsyncIterableIterator<ReplayResult> {
  const options = await configured(given, given.plugins, (plugin, current) =>
    plugin.configureReplayWorker?.(current),
  );
  const { replayName = 'replay' } = options;
  const logger = options.logger ?? Runtime.instance().logger;
  const { workflows, interceptorModules } = await workflowsOf(options, logger);
  const interceptors = { workflowModules: interceptorModules };
  const checked = checkOptions(
    { ...options, interceptors, logger, taskQueue: replayName, workflows },
    replayName,
  );
  const { dataConverter } = checked;
  for await (const { workflowId, history } of histories) {
    const events = await decoded(eventsOf(history), workflowId, dataConverter.payloadCodecs);
    const { originalExecutionRunId: runId } = attributesOf(events[0]!, 'WorkflowExecutionStarted');
    const report = await replayHistory(events, checked.workflows, {
      workflowId,
      logger: checked.logger,
      traceCommands: true,
      interceptorModules,
      sinks: workflowSinks(options.sinks, logger, true),
      converters: dataConverter,
      ...(options.workflowFailureErrorTypes && {
        workflowFailureErrorTypes: options.workflowFailureErrorTypes,
      }),
    });
    const divergence = divergenceOf(report);
    yield {
      workflowId,
      runId,
      ...(report.error !== undefined && { error: replayErrorOf(report.error, divergence) }),
      ...(divergence && { divergence }),
    };
  }
}

function decoded(
  events: HistoryEvent[],
  workflowId: string,
  codecs: readonly PayloadCodec[],
): Promise<HistoryEvent[]> {
  const run = { namespace: REPLAY_NAMESPACE, workflowId };
  const context = workflowContext(run.namespace, workflowId);
  return messageCodec(codecs, context, runContexts(run)).decode(events);
}

/** @throws ReplayError or DeterminismViolationError */
export async function replayOne(
  options: ReplayWorkerOptions,
  history: unknown,
  workflowId: string | undefined,
): Promise<void> {
  const identified = identifiedHistory(history, 'fake');
  const one = { ...identified, ...(workflowId !== undefined && { workflowId }) };
  for await (const { error } of replayHistories(options, [one])) if (error) throw error;
}

/** As the report of a replay says it: the event, the command that came instead, and the line that issued it. */
function divergenceOf({ divergence }: ReplayReport): ReplayDivergence | undefined {
  if (!divergence) return undefined;
  const { stack, ...rest } = divergence;
  const source = stack === undefined ? undefined : sourcePlaceOf(stack);
  return { ...rest, ...(source && { source }) };
}

function replayErrorOf(
  error: unknown,
  divergence: ReplayDivergence | undefined,
): ReplayError | DeterminismViolationError {
  const { source, command } = divergence ?? {};
  const at =
    source &&
    ` (${command === undefined ? 'it waits ' : ''}at ${source.file}:${source.line}:${source.column})`;
  const reason = `${error instanceof Error ? error.message : String(error)}${at ?? ''}`;
  const nondeterministic = error instanceof NondeterminismError || error instanceof DeterminismViolationError;
  const made = nondeterministic
    ? new DeterminismViolationError(`The workflow code does not fit the history: ${reason}`)
    : new ReplayError(`The history could not be replayed: ${reason}`);
  made.cause = error;
  return made;
}
