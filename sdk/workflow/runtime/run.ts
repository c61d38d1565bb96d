/**
 * One run of a workflow in memory: history goes in, commands come out. Per workflow task, as Temporal's SDK does it:
 * patches become known, then signals and updates are delivered, then all other outcomes in the order of history, and in
 * the first task the workflow function is called last; conditions are looked at after each; then microtasks run until nothing is
 * left to do.
 */

import { type Command, commandAttributesOf, commandName } from '../../common/command.ts';
import { defaultDataConverter } from '../../common/data-converter.ts';
import { fromTimestampJson } from '../../common/duration.ts';
import { IllegalStateError } from '../../common/errors.ts';
import type { Failure } from '../../common/failure.ts';
import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventName,
  historyEventName,
  type SdkMetadata,
  type UpdateRequestJson,
} from '../../common/history.ts';
import { defaultLogger, type Logger } from '../../common/logger.ts';
import { type MetricMeter, noopMetricMeter } from '../../common/metrics.ts';
import type { VersioningBehavior } from '../../common/versioning.ts';
import type {
  WorkflowQuery,
  WorkflowQueryAnswer,
  WorkflowSession,
  WorkflowSessionInit,
  WorkflowTaskAnswer,
  WorkflowTaskPause,
} from '../../common/worker-protocol.ts';
import { DeterminismViolationError } from '../errors.ts';
import './blocked.ts';
import { reasonsFromWire } from '../info.ts';
import { type Converters, runOutside, type WorkflowContext } from './context.ts';
import { drainMicrotasks } from './drain.ts';
import { applyEvent } from './events.ts';
import { installGlobals } from './globals.ts';
import { isWorkerd } from './host.ts';
import { activate, conclude } from './intercept.ts';
import type { LocalActivityRunner } from './local-execution.ts';
import { commandRecordedBy } from './match.ts';
import { type End, HistoryReader, type TaskToRun } from './replay.ts';
import { waitingStacks } from './stack-trace.ts';
import { type StartOptions, startRun, type WorkflowFunction, warnOfAbandonedHandlers } from './start.ts';
import { answerOfFailure, failureOf } from './task-failure.ts';
import { listenForRejections } from './unhandled-rejections.ts';

export interface WorkflowRunOptions extends Pick<StartOptions, FromWorker> {
  /** Workflow functions by type; `default` serves the types that have none. */
  workflows: Record<string, WorkflowFunction>;
  /** Where `log` writes. Default: the console. */
  logger?: Logger;
  /** Default: those of {@link defaultDataConverter}. Payloads that go in and come out are without codecs. */
  converters?: Converters;
  /** Carries out local activities. Without it workflows can have none. */
  localActivities?: LocalActivityRunner;
  /** Commands remember the code that issued them, so that a report can name it. Costs time. */
  traceCommands?: boolean;
  /** The run is gone after a task: its local activities must end within it. */
  endsWithTask?: boolean;
  /** Where `metricMeter` leads. Default: nowhere. */
  metricMeter?: MetricMeter;
}

type FromWorker =
  | 'deployment'
  | 'interceptorModules'
  | 'sinks'
  | 'workflowFailureErrorTypes'
  | 'patchActivationCallback';

/** What the first completed task says of the SDK, so that Temporal's replayer treats the history as its own. */
const SDK = { sdkName: 'temporal-typescript', sdkVersion: '1.24.0' } as const;
const CORE_FLAGS = [1, 2, 3];
/** Temporal's flags for behaviour that this runtime has. */
const LANG_FLAGS = [1, 2, 3, 4, 5];

installGlobals();

const isRejection = (command: Command): boolean =>
  commandName(command.commandType) === 'ProtocolMessage' &&
  'rejection' in commandAttributesOf(command, 'ProtocolMessage').message;

/** Nothing goes on before a local activity ends. */
const wantsLocalActivities = ({ closing, localActivities }: WorkflowContext): boolean =>
  !closing && localActivities.pending;

export class WorkflowRun implements WorkflowSession {
  readonly #init: WorkflowSessionInit;
  readonly #options: StartOptions;
  readonly #history = new HistoryReader();
  #context: WorkflowContext | undefined;
  /** The completed workflow task whose command events are being read. */
  #completed: HistoryEvent | undefined;
  /** The last call; calls run one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #failed: { error: unknown } | undefined;
  #disposed = false;
  /** When the local activities of the task at hand must be over. */
  #deadline = 0;
  /** Resolves when the run's code was ended because it held the thread: the calls under way never come back from it. */
  readonly #blocked = Promise.withResolvers<void>();

  constructor(init: WorkflowSessionInit, options: WorkflowRunOptions) {
    listenForRejections();
    this.#init = init;
    this.#options = {
      ...options,
      logger: options.logger ?? defaultLogger,
      converters: options.converters ?? defaultDataConverter,
      traceCommands: options.traceCommands ?? false,
      metricMeter: options.metricMeter ?? noopMetricMeter,
    };
  }

  feed(events: HistoryEvent[]): Promise<void> {
    return this.#inTurn(
      async () => {
        await this.#advance(events, 'page');
      },
      () => undefined,
    );
  }

  runWorkflowTask(
    events: HistoryEvent[],
    updates: UpdateRequestJson[] = [],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    return this.#inTurn<WorkflowTaskAnswer | WorkflowTaskPause>(
      async () => {
        const last = events.at(-1);
        const startTime = this.#options.localActivities?.now() ?? 0;
        await this.#advance(events, 'task', updates);
        if (!this.#failed && this.#context?.info.historyLength !== Number(last?.eventId)) {
          this.#failed = {
            error: new IllegalStateError('The events do not end with a WorkflowTaskStarted to work on.'),
          };
        }
        if (!this.#failed && wantsLocalActivities(this.#context!)) {
          this.#deadline = this.#context!.localActivities.deadlineOf(startTime);
          return { localActivities: true };
        }
        return this.#answer();
      },
      () => this.#answer(),
    );
  }

  proceed(): Promise<WorkflowTaskAnswer> {
    const run = async (): Promise<WorkflowTaskAnswer> => {
      const { localActivities: runner } = this.#options;
      const context = this.#context!;
      let heartbeat = false;
      try {
        while (runner && !heartbeat && wantsLocalActivities(context)) {
          heartbeat = !(await context.localActivities.next(runner, this.#deadline));
          if (!heartbeat) await this.#runRounds(context);
        }
      } catch (error) {
        this.#failed = { error };
      }
      this.#assertUsable();
      return this.#answer(heartbeat);
    };
    return this.#inTurn(run, () => this.#answer());
  }

  /** `heartbeat`: local activities go on, in the next task. */
  #answer(heartbeat = false): WorkflowTaskAnswer {
    if (!heartbeat) this.#context?.localActivities.stop();
    if (this.#failed) {
      const { failureErrorNames = [] } = this.#context ?? {};
      const answer = answerOfFailure(this.#failed.error, this.#failure(), failureErrorNames);
      return 'failed' in answer ? answer : { completed: { ...answer.completed, ...this.#versioning() } };
    }
    const commands = this.#context!.commands.list();
    const sdkMetadata = this.#newFlags();
    if (heartbeat) {
      return {
        completed: {
          commands,
          forceCreateNewWorkflowTask: true,
          ...(sdkMetadata && { sdkMetadata }),
          ...this.#versioning(),
        },
      };
    }
    if (commands.every(isRejection)) this.#history.expectForgottenTask();
    return { completed: { commands, ...(sdkMetadata && { sdkMetadata }), ...this.#versioning() } };
  }

  #versioning(): { versioningBehavior?: VersioningBehavior } {
    const { deployment } = this.#options;
    if (!deployment) return {};
    const { definition } = this.#context!;
    return { versioningBehavior: definition.versioningBehavior ?? deployment.defaultVersioningBehavior };
  }

  query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    const run = async (): Promise<WorkflowQueryAnswer> => {
      await this.#advance(events, 'committed');
      if (this.#failed) return { failed: this.#failure() };
      if (!this.#context || this.#context.start) {
        const error = new Error(
          'The workflow has not completed its first workflow task: nothing can be asked of it yet.',
        );
        return { failed: this.#failureOf(error) };
      }
      return this.#answered(this.#context.handlers.query(query), query);
    };
    return this.#inTurn(run, () => ({ failed: this.#failure() }));
  }

  /** Interceptors may answer with a promise, but nothing that history would have to settle. */
  async #answered(
    answer: WorkflowQueryAnswer | Promise<WorkflowQueryAnswer>,
    { queryType }: WorkflowQuery,
  ): Promise<WorkflowQueryAnswer> {
    if (!(answer instanceof Promise)) return answer;
    const { handlers } = this.#context!;
    const message = `The interceptors of query ${queryType} wait for something that only the workflow's history can bring.`;
    const late = drainMicrotasks().then(() => handlers.queryFailure(new DeterminismViolationError(message)));
    return Promise.race([answer, late]);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#context?.dispose();
    this.#context = undefined;
  }

  /**
   * Checks a history that is all there is, closed or open: the error that it ran into, if it did, and the commands of a
   * task that was not completed when the history was taken. `waiting`: where the code stood when it failed.
   */
  replay(events: HistoryEvent[]): Promise<{ error?: unknown; openTask: Command[]; waiting?: string[] }> {
    const run = async (): Promise<{ error?: unknown; openTask: Command[]; waiting?: string[] }> => {
      const last = events.at(-1);
      const open = last && historyEventName(last.eventType) === 'WorkflowTaskStarted';
      await this.#advance(events, open ? 'task' : 'committed');
      if (this.#failed) {
        const waiting = this.#context ? waitingStacks(this.#context) : [];
        return { error: this.#failed.error, openTask: [], waiting };
      }
      return { openTask: open ? this.#context!.commands.list() : [] };
    };
    return this.#inTurn(run, () => ({ error: this.#failed!.error, openTask: [] }));
  }

  /** Does what the events say and runs the tasks that can be run. An error is kept: it is the answer to the task. */
  async #advance(events: HistoryEvent[], end: End, updates: UpdateRequestJson[] = []): Promise<void> {
    if (this.#failed) return;
    try {
      this.#history.add(events, updates);
      for (let next = this.#history.next(end); next; next = this.#history.next(end)) {
        if ('task' in next) await this.#runTask(next.task);
        else this.#apply(next.event, next.name);
      }
      if (end === 'committed') this.#checkEnd();
    } catch (error) {
      this.#failed = { error };
    }
    // A session that was disposed meanwhile has nothing to say about the task.
    this.#assertUsable();
  }

  #apply(event: HistoryEvent, name: HistoryEventName): void {
    if (!this.#context) {
      if (name !== 'WorkflowExecutionStarted') {
        throw new IllegalStateError('History does not begin with a WorkflowExecutionStarted.');
      }
      this.#context = startRun(this.#init, event, this.#options, (error) => this.#block(error));
      return;
    }
    if (name === 'WorkflowTaskCompleted') {
      this.#completed = event;
      this.#addFlags(attributesOf(event, name).sdkMetadata);
    } else if (this.#completed && !commandRecordedBy(name)) {
      this.#context.commands.assertAllRecorded(this.#completed);
      this.#completed = undefined;
    }
    applyEvent(this.#context, event, name);
  }

  /** History ends behind a completed task: all its commands must have been in it. */
  #checkEnd(): void {
    if (this.#completed) this.#context?.commands.assertAllRecorded(this.#completed);
  }

  async #runTask(task: TaskToRun): Promise<void> {
    await this.#runRounds(this.#beginTask(task));
  }

  async #runRounds(context: WorkflowContext): Promise<void> {
    // Another round delivers what this one's commands settled at once: an activity cancelled before it was sent.
    let more: boolean;
    let batchIndex = 0;
    do {
      context.enterWorkflow(() =>
        activate(context, batchIndex++, () => {
          for (const deliver of context.takeDeliveries()) {
            deliver();
            context.releaseConditions();
          }
        }),
      );
      do await drainMicrotasks();
      while (context.enterToRelease() > 0);
      if (context.handlers.updates.waits)
        context.enterWorkflow(() => context.handlers.updates.rejectWaiting());
      more = context.localActivities.endRound(context.resolutions.length > 0);
    } while (more && !context.closing);
    if (context.closing) {
      warnOfAbandonedHandlers(context);
      context.commands.push(context.closing.name, context.closing.attributes);
    }
    conclude(context);
  }

  #beginTask(task: TaskToRun): WorkflowContext {
    const { started, replaying, patches, locals, updates, sdkMetadata } = task;
    const context = this.#context!;
    const attributes = attributesOf(started, 'WorkflowTaskStarted');
    const { historySizeBytes, suggestContinueAsNew, targetWorkerDeploymentVersionChanged } = attributes;
    // As Temporal's core has it: the last version stays when a Worker without one takes over.
    const version =
      (replaying ? task.deploymentVersion : this.#options.deployment?.version) ??
      context.info.currentDeploymentVersion;
    context.now = Math.max(context.now, fromTimestampJson(started.eventTime));
    context.replaying = replaying;
    context.info = {
      ...context.info,
      historyLength: Number(started.eventId),
      historySize: Number(historySizeBytes ?? 0),
      continueAsNewSuggested: suggestContinueAsNew ?? false,
      suggestedContinueAsNewReasons: reasonsFromWire(attributes.suggestContinueAsNewReasons),
      targetWorkerDeploymentVersionChanged: targetWorkerDeploymentVersionChanged ?? false,
      currentDeploymentVersion: version,
      currentBuildId: version?.buildId,
    };
    this.#addFlags(sdkMetadata);
    for (const id of patches) context.patches.addRecorded(id);
    context.localActivities.addRecorded(locals);
    for (const update of updates) context.messages.push(() => context.handlers.updates.deliver(update));
    return context;
  }

  #addFlags(sdkMetadata: SdkMetadata | undefined): void {
    const { core, lang } = this.#context!.flags;
    for (const flag of sdkMetadata?.coreUsedFlags ?? []) core.add(flag);
    for (const flag of sdkMetadata?.langUsedFlags ?? []) lang.add(flag);
  }

  /** The flags that history does not have yet. */
  #newFlags(): SdkMetadata | undefined {
    const { core, lang } = this.#context!.flags;
    const coreUsedFlags = CORE_FLAGS.filter((flag) => !core.has(flag));
    const langUsedFlags = LANG_FLAGS.filter((flag) => !lang.has(flag));
    return coreUsedFlags.length + langUsedFlags.length === 0
      ? undefined
      : { coreUsedFlags, langUsedFlags, ...SDK };
  }

  #failure(): Failure {
    return this.#failureOf(this.#failed!.error);
  }

  #failureOf(error: unknown): Failure {
    return failureOf(error, this.#context ?? this.#options.converters, this.#init);
  }

  /** After the task, whatever became of it. */
  #flushSinks(): void {
    const calls = this.#context?.sinkCalls.splice(0) ?? [];
    if (calls.length > 0) runOutside(() => this.#options.sinks?.call(calls));
  }

  #assertUsable(): void {
    if (this.#disposed) throw new IllegalStateError(`The session of run ${this.#init.runId} is disposed.`);
  }

  #block(error: Error): void {
    this.#failed ??= { error };
    // Later, and as ordinary code: what runs now is about to be ended.
    runOutside(() => void drainMicrotasks().then(() => this.#blocked.resolve()));
  }

  /** `ifBlocked`: the answer when the run's code holds the thread and is ended there. */
  async #inTurn<T>(fn: () => Promise<T>, ifBlocked: () => T): Promise<T> {
    this.#assertUsable();
    // On Node a task begins as the first of its event loop's turn: should its code be ended, nothing of others waits behind it.
    const begin = isWorkerd ? fn : () => drainMicrotasks().then(fn);
    const done = Promise.race([this.#last.then(begin), this.#blocked.promise.then(ifBlocked)]);
    const turn = done.finally(() => this.#flushSinks());
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
