/**
 * One run of a workflow in memory: history goes in, commands come out. Per workflow task, as Temporal's SDK does it:
 * patches, then the random seed, signals, all other outcomes in the order of history, and the workflow function last if
 * this is the first task; conditions are looked at after each; then microtasks run until nothing is left to do.
 */

import type { Command } from '../../common/command.ts';
import { fromTimestampJson } from '../../common/duration.ts';
import type { WorkflowTaskFailedCause } from '../../common/enums.ts';
import { ValueError } from '../../common/errors.ts';
import { errorToFailure } from '../../common/failure.ts';
import { attributesOf, type HistoryEvent, type HistoryEventName, type SdkMetadata } from '../../common/history.ts';
import { defaultLogger, type Logger } from '../../common/logger.ts';
import { defaultPayloadConverter, type PayloadConverter } from '../../common/payload.ts';
import type { Workflow } from '../../common/types.ts';
import type {
  WorkflowQuery,
  WorkflowQueryAnswer,
  WorkflowSession,
  WorkflowSessionInit,
  WorkflowTaskAnswer,
} from '../../common/worker-protocol.ts';
import type { WorkflowContext } from './context.ts';
import { drainMicrotasks } from './drain.ts';
import { EventApplier } from './events.ts';
import { installGlobals } from './globals.ts';
import { MainFunction } from './main-function.ts';
import { NondeterminismError } from './match.ts';
import { type End, HistoryReader, type TaskToRun } from './replay.ts';
import { listenForRejections } from './unhandled-rejections.ts';

export type WorkflowFunction = Workflow;

export interface WorkflowRunOptions {
  /** Workflow functions by type; `default` serves the types that have none. */
  workflows: Record<string, WorkflowFunction>;
  /** Where `log` writes. Default: the console. */
  logger?: Logger;
  payloadConverter?: PayloadConverter;
}

/** What the first completed task says of the SDK, so that Temporal's replayer treats the history as its own. */
const SDK = { sdkName: 'temporal-typescript', sdkVersion: '1.24.0' } as const;
const CORE_FLAGS = [1, 2, 3];
/** All of Temporal's flags that stand for behaviour which this runtime has. */
const LANG_FLAGS = [1, 2, 3, 4, 5];

installGlobals();

export class WorkflowRun implements WorkflowSession {
  readonly #init: WorkflowSessionInit;
  readonly #payloadConverter: PayloadConverter;
  readonly #history = new HistoryReader();
  readonly #main: MainFunction;
  readonly #events: EventApplier;
  /** The last call; calls run one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** A task was run, and this run answered with its commands. */
  #answered = false;
  #failed: { cause: WorkflowTaskFailedCause; error: unknown } | undefined;
  #disposed = false;

  constructor(init: WorkflowSessionInit, options: WorkflowRunOptions) {
    listenForRejections();
    this.#init = init;
    this.#payloadConverter = options.payloadConverter ?? defaultPayloadConverter;
    const logger = options.logger ?? defaultLogger;
    this.#main = new MainFunction(init, options.workflows);
    this.#events = new EventApplier(init, this.#main, this.#payloadConverter, logger);
  }

  feed(events: HistoryEvent[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#advance(events, 'page');
    });
  }

  runWorkflowTask(events: HistoryEvent[]): Promise<WorkflowTaskAnswer> {
    return this.#inTurn(async () => {
      this.#answered = false;
      await this.#advance(events, 'task');
      if (!this.#failed && !this.#answered) this.#fail(new Error('The events do not end with a WorkflowTaskStarted.'));
      if (this.#failed) return { failed: this.#failure() };
      const sdkMetadata = this.#newFlags();
      return { completed: { commands: this.#commands(), ...(sdkMetadata && { sdkMetadata }) } };
    });
  }

  query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    return this.#inTurn(async () => {
      await this.#advance(events, 'committed');
      if (this.#failed) return { failed: this.#failure().failure };
      const context = this.#events.context;
      if (!context || !this.#main.called) {
        const error = new Error('The workflow has not completed its first workflow task: there is nothing to query yet.');
        return { failed: errorToFailure(error, this.#payloadConverter) };
      }
      const answer = context.handlers.query(query);
      await drainMicrotasks();
      return answer;
    });
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    const { context } = this.#events;
    if (context) context.disposed = true;
  }

  /**
   * Does what the events say, and runs the tasks that can be run. Errors are kept: they are the answer to the task.
   */
  async #advance(events: HistoryEvent[], end: End): Promise<void> {
    try {
      this.#history.add(events);
      for (let next = this.#history.next(end); next && !this.#failed; next = this.#history.next(end)) {
        if ('task' in next) await this.#runTask(next.task);
        else this.#apply(next.event, next.name);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #apply(event: HistoryEvent, name: HistoryEventName): void {
    this.#events.apply(event, name);
  }

  async #runTask(task: TaskToRun): Promise<void> {
    const context = this.#events.beginTask(task);
    // Rounds: what commands settle at once (cancelling an activity that was not sent) is delivered in another one.
    do {
      const deliveries = this.#events.takeDeliveries();
      context.enterWorkflow(() => {
        for (const deliver of deliveries) {
          deliver();
          context.releaseConditions();
        }
      });
      do await drainMicrotasks();
      while (context.enterWorkflow(() => context.releaseConditions()) > 0);
    } while (context.resolutions.length > 0 && !this.#main.closing);
    context.throwTaskError();
    if (task.replaying) this.#events.issued(this.#main.closing);
    else this.#answered = true;
  }

  #commands(): Command[] {
    return this.#events.commands(this.#main.closing);
  }

  /** Flags that history does not have yet. */
  #newFlags(): SdkMetadata | undefined {
    const { core, lang } = (this.#events.context as WorkflowContext).flags;
    const coreUsedFlags = CORE_FLAGS.filter((flag) => !core.has(flag));
    const langUsedFlags = LANG_FLAGS.filter((flag) => !lang.has(flag));
    return coreUsedFlags.length + langUsedFlags.length === 0 ? undefined : { coreUsedFlags, langUsedFlags, ...SDK };
  }

  #fail(error: unknown): void {
    const cause = error instanceof NondeterminismError ? 'NON_DETERMINISTIC_ERROR' : 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
    this.#failed ??= { cause, error };
  }

  #failure(): { cause: WorkflowTaskFailedCause; failure: ReturnType<typeof errorToFailure> } {
    const { cause, error } = this.#failed!;
    return { cause, failure: errorToFailure(error, this.#payloadConverter) };
  }

  async #inTurn<T>(fn: () => Promise<T>): Promise<T> {
    if (this.#disposed) throw new ValueError(`The session of run ${this.#init.runId} is disposed.`);
    const turn = this.#last.then(fn);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
