/**
 * What the runtime keeps of one run, and how workflow code finds it: many runs and ordinary code share an isolate, so
 * the run that some code belongs to is the one in its AsyncLocalStorage, which follows its promises.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { CommandAttributes } from '../../common/command.ts';
import type { FailureConverter, LoadedDataConverter } from '../../common/data-converter.ts';
import { IllegalStateError } from '../../common/errors.ts';
import type { Failure } from '../../common/failure.ts';
import type { MemoJson, SearchAttributesJson } from '../../common/history.ts';
import type { Logger } from '../../common/logger.ts';
import type { MetricMeter } from '../../common/metrics.ts';
import {
  fromFirstPayloadJson,
  fromPayloadsJson,
  type PayloadConverter,
  type PayloadJson,
  type PayloadsJson,
  toPayloadJson,
  toPayloadsJsonIn,
} from '../../common/payload.ts';
import type { RetryPolicyJson } from '../../common/retry-policy.ts';
import {
  type ActivitySerializationContext,
  type SerializationContext,
  type WorkflowSerializationContext,
  workflowContext,
} from '../../common/serialization-context.ts';
import type { WorkflowDefinitionOptions } from '../../common/types.ts';
import type { CancellationScope } from '../cancellation-scope.ts';
import { DeterminismViolationError } from '../errors.ts';
import type { WorkflowInfo } from '../info.ts';
import type { WorkflowInterceptors } from '../interceptors.ts';
import type { SinkCall } from '../sinks.ts';
import type { ScheduledActivity } from './activity.ts';
import type { StartedChild } from './child.ts';
import type { ExternalOutcome } from './external.ts';
import type { MessageHandlers } from './handlers.ts';
import { disposeInterceptors } from './intercept.ts';
import type { LocalActivities } from './local-activity.ts';
import { PendingCommands } from './match.ts';
import type { Patches } from './patches.ts';
import type { SeededRandom } from './random.ts';
import type { WaitingStack } from './stack-trace.ts';

/** A promise that history will settle. */
export interface Completion<T> {
  resolve(value: T): void;
  reject(error: Error): void;
  readonly waiting: WaitingStack;
}

export interface Condition {
  fn(): boolean;
  resolve(): void;
  readonly waiting: WaitingStack;
}

/** Codecs are not among them: what reaches the runtime is decoded. */
export type Converters = Pick<LoadedDataConverter, 'payloadConverter' | 'failureConverter'>;

export type ClosingCommand = {
  [N in ClosingCommandName]: { name: N; attributes: CommandAttributes[N] };
}[ClosingCommandName];
type ClosingCommandName =
  | 'CompleteWorkflowExecution'
  | 'FailWorkflowExecution'
  | 'CancelWorkflowExecution'
  | 'ContinueAsNewWorkflowExecution';

export interface Carried {
  memo?: MemoJson;
  /** Those of the start and those upserted since. */
  readonly searchAttributes: NonNullable<SearchAttributesJson['indexedFields']>;
  retryPolicy?: RetryPolicyJson;
}

/** The update that some code belongs to. */
export interface UpdateInfo {
  /** The workflow's own name for this update. */
  readonly id: string;
  /** The update's type. */
  readonly name: string;
}

export class WorkflowContext {
  readonly commands: PendingCommands;
  /** Open timers and activities by sequence number, as Temporal numbers them: one sequence per kind, from 1. */
  readonly timers = new Map<number, Completion<void>>();
  readonly activities = new Map<number, Completion<unknown>>();
  /** Children whose start, and children whose outcome is awaited. */
  readonly childStarts = new Map<number, Completion<string>>();
  readonly childResults = new Map<number, Completion<unknown>>();
  /** Signals and requests to cancel that were sent to other workflows. */
  readonly signalsSent = new Map<number, Completion<void>>();
  readonly cancelsSent = new Map<number, Completion<void>>();
  /** Recorded and neither fired nor cancelled: TimerStarted event id → sequence number. */
  readonly timersByEvent = new Map<string, number>();
  /** Recorded activities whose outcome has not come: ActivityTaskScheduled event id → what to do with it. */
  readonly activitiesByEvent = new Map<string, ScheduledActivity>();
  /** Recorded children that have not closed: StartChildWorkflowExecutionInitiated event id → child. */
  readonly childrenByEvent = new Map<string, StartedChild>();
  /** Recorded signals and requests to cancel: Initiated event id → what to do with the outcome. */
  readonly externalsByEvent = new Map<string, (outcome: ExternalOutcome) => void>();
  readonly conditions = new Map<number, Condition>();
  readonly nextSeq = { timer: 1, activity: 1, child: 1, signal: 1, cancel: 1, condition: 1 };
  /** Scopes of `setTimeout`, by the number it answered with. */
  readonly timeouts = new Map<number, CancellationScope>();
  /** Flags of the SDK that wrote the history so far, and of this one once it writes itself. */
  readonly flags = { core: new Set<number>(), lang: new Set<number>() };
  /** What the next round delivers. Signals go first, whatever stands between them in history, and updates behind them. */
  readonly messages: Array<() => void> = [];
  /** Outcomes and the request to cancel, in the order of history; also what commands settle at once. */
  readonly resolutions: Array<() => void> = [];
  /** Calls the workflow function; set until the first task. */
  start: (() => void) | undefined;
  /** The command that ends the run. The first one counts, and it is sent last. */
  closing: ClosingCommand | undefined;

  interceptors: Required<WorkflowInterceptors> = { inbound: [], outbound: [], internals: [] };
  /** What the Worker has yet to be told. */
  readonly sinkCalls: SinkCall[] = [];
  /** Does the Worker have such a sink in place of its own? */
  hasSink: (ifaceName: string) => boolean = () => false;

  /** The Worker's, or those of the run's own module graph. */
  payloadConverter: PayloadConverter;
  failureConverter: FailureConverter;
  /** For what payloads are that are for nobody else than the run. */
  readonly own: WorkflowSerializationContext;
  readonly logger: Logger;
  readonly metricMeter: MetricMeter;
  info: WorkflowInfo;
  /** The run's clock, in epoch milliseconds: when the current workflow task was started. */
  now: number;
  random: SeededRandom;
  /** The current workflow task was completed before. */
  replaying = true;
  /** Everything that is open keeps the stack of the call that opened it. */
  keepsStacks = true;
  /** The workflow was asked to cancel. */
  cancelRequested = false;
  /** What the workflow function says of itself. */
  definition: WorkflowDefinitionOptions = {};
  /** Classes of errors that, as the Worker has it, fail the workflow. */
  failureErrorNames: readonly string[] = [];
  /** What the next run gets when the workflow continues as new and says nothing of it, as Temporal's core fills it in. */
  carried: Carried = { searchAttributes: {} };
  /** What the workflow says of itself, for people who look at it. */
  currentDetails = '';
  /** The first error that fails the workflow task. */
  #taskError: { error: unknown } | undefined;
  /** Errors may be thrown on: the runtime, not a microtask, is calling. */
  throwing = false;

  rootScope!: CancellationScope;
  handlers!: MessageHandlers;
  patches!: Patches;
  localActivities!: LocalActivities;
  /** Gives the task up: its code held the thread and was ended there. */
  block!: (error: Error) => void;
  /** Can local activities of that type be carried out here? */
  servesLocally: (activityType: string) => boolean = () => false;

  constructor(init: {
    info: WorkflowInfo;
    now: number;
    random: SeededRandom;
    converters: Converters;
    logger: Logger;
    traceCommands: boolean;
    metricMeter: MetricMeter;
  }) {
    this.commands = new PendingCommands(init.traceCommands);
    this.info = init.info;
    this.own = workflowContext(init.info.namespace, init.info.workflowId);
    this.now = init.now;
    this.random = init.random;
    this.payloadConverter = init.converters.payloadConverter;
    this.failureConverter = init.converters.failureConverter;
    this.logger = init.logger;
    this.metricMeter = init.metricMeter;
  }

  /** What converters are told of an activity of the run. */
  ofActivity(activityId: string, isLocal = false): ActivitySerializationContext {
    const { namespace, workflowId } = this.own;
    return { type: 'activity', namespace, activityId, workflowId, isLocal };
  }

  /** What they are told of a workflow that the run starts or signals. */
  ofWorkflow(workflowId: string): WorkflowSerializationContext {
    return workflowContext(this.own.namespace, workflowId);
  }

  toPayloads(values: readonly unknown[], of: SerializationContext = this.own): PayloadsJson | undefined {
    return toPayloadsJsonIn(of, this.payloadConverter, values);
  }

  toPayload(value: unknown, of: SerializationContext = this.own): PayloadJson {
    return toPayloadJson(this.payloadConverter, value, of);
  }

  fromPayloads(payloads: PayloadsJson | undefined, of: SerializationContext = this.own): unknown[] {
    return fromPayloadsJson(this.payloadConverter, payloads, of);
  }

  /** What is thrown, as a failure. */
  errorToFailure(error: unknown): Failure {
    return this.failureConverter.errorToFailure(error, this.payloadConverter, this.own);
  }

  /** What a result says; results have one value. */
  fromResult(payloads: PayloadsJson | undefined, of: SerializationContext): unknown {
    return fromFirstPayloadJson(this.payloadConverter, payloads, of);
  }

  /** A failure of history, as what workflow code catches. */
  failureToError(failure: Failure, of: SerializationContext): Error {
    return this.failureConverter.failureToError(failure, this.payloadConverter, of);
  }

  /** Does the behaviour that the core flag stands for apply to this task? */
  hasCoreFlag(flag: number): boolean {
    return !this.replaying || this.flags.core.has(flag);
  }

  /** @throws DeterminismViolationError for code of a query handler or a validator, also where it goes on after its answer. */
  assertWritable(what: string): void {
    if (!isReading()) return;
    throw new DeterminismViolationError(
      `A query handler or update validator may only read: it cannot ${what}.`,
    );
  }

  /** The next random number. Those that a query draws are not taken from the run's. */
  draw(): number {
    return this.drawFrom(storage.getStore()?.stream);
  }

  /** The next random number of a stream, of the run's own without a name. */
  drawFrom(stream: string | undefined): number {
    const random = storage.getStore()?.reading ?? this.random;
    return (stream === undefined ? random : random.stream(stream)).next();
  }

  /** What the next round delivers, in order. */
  takeDeliveries(): Array<() => void> {
    const { start } = this;
    this.start = undefined;
    return [...this.messages.splice(0), ...this.resolutions.splice(0), ...(start ? [start] : [])];
  }

  close(closing: ClosingCommand): void {
    this.closing ??= closing;
  }

  /** Fails the workflow task, now if the runtime is calling, else at the next chance. The first error stays. */
  failTask(error: unknown): void {
    this.#taskError ??= { error };
    if (this.throwing) this.throwTaskError();
  }

  throwTaskError(): void {
    if (this.#taskError) throw this.#taskError.error;
  }

  /** Lets go of everything: nothing of the run may be called again. */
  dispose(): void {
    disposeInterceptors(this);
    this.localActivities.stop();
    this.timers.clear();
    this.activities.clear();
    this.childStarts.clear();
    this.childResults.clear();
    this.signalsSent.clear();
    this.cancelsSent.clear();
    this.conditions.clear();
    this.start = undefined;
  }

  /** Calls a query handler: the run stays as it is. */
  enterQuery<T>(fn: () => T): T {
    return storage.run({ context: this, scope: this.rootScope, reading: this.random.copy() }, fn);
  }

  /** Calls into workflow code from the runtime: in the root scope, errors thrown on. */
  enterWorkflow<T>(fn: () => T): T {
    const before = this.throwing;
    this.throwing = true;
    try {
      return storage.run({ context: this, scope: this.rootScope }, fn);
    } finally {
      this.throwing = before;
    }
  }

  /** As {@link releaseConditions}, from the runtime; most runs have none. */
  enterToRelease(): number {
    if (this.conditions.size > 0) return this.enterWorkflow(() => this.releaseConditions());
    this.throwTaskError();
    return 0;
  }

  /**
   * Releases all conditions that hold, again and again until none does.
   * @returns how many were released
   */
  releaseConditions(): number {
    let released = 0;
    let before: number;
    do {
      this.throwTaskError();
      before = released;
      for (const [seq, condition] of this.conditions) {
        if (!condition.fn()) continue;
        condition.resolve();
        released += 1;
        this.conditions.delete(seq);
      }
    } while (released > before);
    return released;
  }
}

interface Current {
  context: WorkflowContext;
  scope: CancellationScope;
  /** The random numbers of a query or validator; present where its code runs. */
  reading?: SeededRandom;
  /** The update that the code handles. */
  update?: UpdateInfo;
  /** The stream that the code draws random numbers from, where it is not the run's own. */
  stream?: string | undefined;
}

const storage = new AsyncLocalStorage<Current | undefined>();

/** The run that the calling code belongs to, if it belongs to one. */
export function currentContext(): WorkflowContext | undefined {
  return storage.getStore()?.context;
}

/** Is the calling code part of a query handler or an update validator? */
export function isReading(): boolean {
  return storage.getStore()?.reading !== undefined;
}

/** The update that the calling code handles, if it handles one. */
export function currentUpdate(): UpdateInfo | undefined {
  return storage.getStore()?.update;
}

/** The name of the stream that the calling code draws random numbers from; `undefined`: the run's own. */
export function currentStream(): string | undefined {
  return storage.getStore()?.stream;
}

/** Runs `fn` where random numbers are drawn from that stream. */
export function runInStream<T>(stream: string | undefined, fn: () => T): T {
  return storage.run({ ...storage.getStore()!, stream }, fn);
}

/** Runs `fn` as part of handling an update. */
export function runInUpdate<T>(update: UpdateInfo, fn: () => T): T {
  return storage.run({ ...storage.getStore()!, update }, fn);
}

/** Runs a validator where it may only read; its random numbers are not taken from the run's. */
export function runReading<T>(context: WorkflowContext, fn: () => T): T {
  return storage.run({ ...storage.getStore()!, reading: context.random.copy() }, fn);
}

/** The innermost scope that the calling code runs in. */
export function currentScope(): CancellationScope | undefined {
  return storage.getStore()?.scope;
}

/** Runs `fn` in a scope of the current run. */
export function runInScope<T>(scope: CancellationScope, fn: () => T): T {
  assertInContext('CancellationScope.run');
  return storage.run({ ...storage.getStore()!, scope }, fn);
}

/** Runs `fn` as ordinary code: with the real clock and without a run. */
export function runOutside<T>(fn: () => T): T {
  return storage.run(undefined, fn);
}

/** @throws IllegalStateError when the calling code runs in no workflow. */
export function assertInContext(what: string): WorkflowContext {
  const context = currentContext();
  if (!context) throw new IllegalStateError(`${what} can be called only while a workflow runs.`);
  return context;
}
