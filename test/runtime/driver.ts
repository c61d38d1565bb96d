/**
 * Drives a run through its life: workflow tasks, outcomes, queries. Every task is also replayed from the beginning in a
 * second run, which must answer the same.
 */

import { deepStrictEqual } from 'node:assert/strict';
import {
  type Command,
  type CommandAttributes,
  type CommandName,
  commandAttributesOf,
  commandName,
} from '../../sdk/common/command.ts';
import type { HistoryEvent, HistoryEventAttributes, UpdateRequestJson } from '../../sdk/common/history.ts';
import { type Logger, makeLogger } from '../../sdk/common/logger.ts';
import { defaultPayloadConverter, fromFirstPayloadJson } from '../../sdk/common/payload.ts';
import type { Workflow } from '../../sdk/common/types.ts';
import type { WorkerDeploymentVersion } from '../../sdk/common/versioning.ts';
import type {
  WorkflowQuery,
  WorkflowQueryAnswer,
  WorkflowTaskAnswer,
} from '../../sdk/common/worker-protocol.ts';
import { WorkflowRun, type WorkflowRunOptions } from '../../sdk/workflow/runtime/run.ts';
import { versionedBy } from '../../src/core/versioning.ts';
import { HistoryBuilder, initOf, payloads } from './history-builder.ts';

export const silent: Logger = makeLogger('ERROR', () => undefined);

type Failed = Extract<WorkflowTaskAnswer, { failed: unknown }>['failed'];

export interface DriverOptions extends Partial<WorkflowRunOptions> {
  args?: unknown[];
  runId?: string;
  /** Default: the function's name. */
  workflowType?: string;
  /** More fields of the WorkflowExecutionStarted. */
  started?: Partial<HistoryEventAttributes['WorkflowExecutionStarted']>;
  /** Sees every workflow task, before anything is recorded of it, and every query. */
  judge?: Judge;
}

export interface Judge {
  task(events: HistoryEvent[], updates: UpdateRequestJson[], answer: WorkflowTaskAnswer): Promise<void>;
  /** The task's commands are in history, or, when it was for updates alone and refused them, it left nothing there. */
  recorded(events: HistoryEvent[]): void;
  query(events: HistoryEvent[], query: WorkflowQuery, answer: WorkflowQueryAnswer): Promise<void>;
}

export class Driver {
  readonly history: HistoryBuilder;
  readonly workflowType: string;
  #options: WorkflowRunOptions;
  #session: WorkflowRun;
  #fed = 0;
  /** Local activities go on in the session: another run would not have them. */
  #holdsLocally = false;
  readonly #judge: Judge | undefined;

  constructor(
    workflow: Workflow,
    { args, runId, workflowType, started, judge, ...options }: DriverOptions = {},
  ) {
    this.#judge = judge;
    this.workflowType = workflowType ?? workflow.name;
    this.#options = { workflows: { [this.workflowType]: workflow }, logger: silent, ...options };
    this.history = new HistoryBuilder(this.workflowType, args, runId, started);
    this.#session = this.open();
  }

  /** A run that has seen nothing of the history. */
  open(options: WorkflowRunOptions = this.#options): WorkflowRun {
    return new WorkflowRun(initOf(this.workflowType, this.history.runId), options);
  }

  /** Events that the session has not seen. */
  unseen(): HistoryEvent[] {
    const events = this.history.events.slice(this.#fed);
    this.#fed = this.history.events.length;
    return events;
  }

  /** Runs a workflow task and records its commands. `during` happens while it is started. */
  async task(
    during: () => void = () => undefined,
    started: Partial<HistoryEventAttributes['WorkflowTaskStarted']> = {},
  ): Promise<Command[]> {
    this.history.scheduleTask();
    const updates = this.history.startTask(started);
    const { answer, locally } = await work(this.#session, this.unseen(), updates);
    await this.#judge?.task(this.history.events, updates, answer);
    if ('failed' in answer) throw new Error(`${answer.failed.cause}: ${answer.failed.failure.message}`);
    // Local activities are not carried out a second time: what they record is replayed once it is in history.
    if (!locally && !this.#holdsLocally) {
      const again = this.open({ ...this.#options, logger: silent });
      const replayed = await again.runWorkflowTask(this.history.events, updates);
      deepStrictEqual(withoutStacks(replayed), withoutStacks(answer));
    }
    this.#holdsLocally = answer.completed.forceCreateNewWorkflowTask === true;
    during();
    const { commands, sdkMetadata, versioningBehavior } = answer.completed;
    this.history.completeTask(
      commands,
      sdkMetadata,
      versionedBy({ deploymentVersion: this.#version }, { versioningBehavior }),
    );
    this.#judge?.recorded(this.history.events);
    // A task that left no events was seen by the session all the same.
    this.#fed = Math.min(this.#fed, this.history.events.length);
    return answer.completed.commands;
  }

  /** Runs a workflow task that fails; the next one begins with a replay. */
  async failingTask(): Promise<Failed> {
    this.history.scheduleTask();
    const updates = this.history.startTask();
    const { answer } = await work(this.#session, this.unseen(), updates);
    if (!('failed' in answer))
      throw new Error(`the task completed: ${JSON.stringify(answer.completed.commands)}`);
    this.history.failTask(`WORKFLOW_TASK_FAILED_CAUSE_${answer.failed.cause}`);
    this.restart();
    return answer.failed;
  }

  /** A task that was started and lost: nobody knows its commands. `forgotten`: it leaves no events if it was for updates alone. */
  async lostTask(
    how: 'failed' | 'timedOut',
    during: () => void = () => undefined,
    forgotten = false,
  ): Promise<void> {
    this.history.scheduleTask();
    this.history.startTask();
    during();
    if (!(forgotten && this.history.forgetTask())) {
      if (how === 'failed') this.history.failTask();
      else this.history.timeOutTask();
    }
    this.restart();
  }

  /** The Worker lost the run, or has new code: the next task replays. */
  restart(workflow?: Workflow): void {
    const workflows = workflow ? { [this.workflowType]: workflow } : this.#options.workflows;
    this.#session = this.open({ ...this.#options, workflows });
    this.#fed = 0;
  }

  get #version(): WorkerDeploymentVersion | undefined {
    return this.#options.deployment?.version;
  }

  /** The next task is that of a Worker of another build, or of one without a version. */
  moveTo(buildId: string | undefined): void {
    const { deployment: _, ...options } = this.#options;
    this.#options = { ...options, ...deploymentOf(buildId) };
    this.restart();
  }

  /** @throws Error with the failure's message when the query fails */
  async query(queryType: string, ...args: unknown[]): Promise<unknown> {
    const query = { queryType, queryArgs: payloads(...args) };
    const answer = await this.#session.query(this.unseen(), query);
    await this.#judge?.query(this.history.events, query, answer);
    if ('failed' in answer) throw new Error(answer.failed.message);
    return fromFirstPayloadJson(defaultPayloadConverter, answer.result);
  }
}

/** What a Worker of that build says of itself. */
export function deploymentOf(buildId: string | undefined): Pick<WorkflowRunOptions, 'deployment'> {
  if (buildId === undefined) return {};
  const version = { deploymentName: 'orders', buildId };
  return { deployment: { version, defaultVersioningBehavior: 'PINNED' } };
}

/** A whole workflow task, with its local activities. */
async function work(
  session: WorkflowRun,
  events: HistoryEvent[],
  updates: UpdateRequestJson[],
): Promise<{ answer: WorkflowTaskAnswer; locally: boolean }> {
  const first = await session.runWorkflowTask(events, updates);
  if ('localActivities' in first) return { answer: await session.proceed(), locally: true };
  return { answer: first, locally: false };
}

/** Stacks name the code, which is not what is compared. */
export function withoutStacks<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (key, v) => (key === 'stackTrace' ? undefined : v))) as T;
}

/** Short names of commands. */
export const names = (commands: Command[]): string[] => commands.map((c) => commandName(c.commandType)!);

/** The attributes of the commands of that name. */
export function all<N extends CommandName>(commands: Command[], name: N): CommandAttributes[N][] {
  return commands.filter((c) => commandName(c.commandType) === name).map((c) => commandAttributesOf(c, name));
}

/** The types of the activities that are scheduled, in order. */
export const activityTypes = (commands: Command[]): string[] =>
  all(commands, 'ScheduleActivityTask').map((a) => a.activityType.name);

/** What the workflow returned. */
export function resultOf(commands: Command[]): unknown {
  const [completed] = all(commands, 'CompleteWorkflowExecution');
  if (!completed) throw new Error(`the workflow did not complete: ${names(commands).join(', ')}`);
  return fromFirstPayloadJson(defaultPayloadConverter, completed.result);
}

/** What became of an update: its result, or the message of its failure; `undefined` while it is open. */
export function outcomeOf(
  run: Driver,
  updateId: string,
): { result: unknown } | { failed: string } | undefined {
  const outcome = run.history.updates.byId.get(updateId)?.outcome;
  if (!outcome) return undefined;
  if ('failure' in outcome) return { failed: outcome.failure.message ?? '' };
  return { result: fromFirstPayloadJson(defaultPayloadConverter, outcome.success) };
}
