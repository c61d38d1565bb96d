/**
 * Activity tasks of one process. A dispatch that comes again joins the running execution or gets the stored answer: it
 * is never executed twice here. An answer that the caller cannot receive any more is reported by task token.
 */

import type { ClientParts } from '../activity/context.ts';
import { type ExecuteActivityOptions, executeActivity } from '../activity/execute.ts';
import type { HeartbeatThrottle } from '../activity/heartbeat.ts';
import type { ActivityInterceptorsFactory } from '../activity/interceptors.ts';
import type { Client } from '../client/client.ts';
import type { LoadedDataConverter } from '../common/data-converter.ts';
import { Deadlines } from '../common/deadlines.ts';
import { type EpochMs, fromDurationJson } from '../common/duration.ts';
import type { Logger } from '../common/logger.ts';
import type { MetricMeter } from '../common/metrics.ts';
import type { ActivityFunction } from '../common/types.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';
import { AnswerStore, type FinishedTask } from './answers.ts';
import { attemptLog } from './attempt-log.ts';
import { type EngineAddress, engineOf, recordHeartbeat } from './engine-call.ts';
import { heldFor } from './hold-limit.ts';
import type { Gate, Leave } from './limits.ts';
import { Reporter } from './report.ts';

/** How often the request that owns an execution shows that it lives, where requests can die with their caller. */
const ALIVE_INTERVAL_MS = 1_000;
const LOST_AFTER_MS = 5_000;
const JOIN_POLL_MS = 100;
/** Answers this much older than the last sign of the engine may have been lost with it. */
const DELIVERY_DOUBT_MS = 2_000;
/** A place that is given back soon saves the way to the engine and back. */
const LONGEST_ENTRY_MS = 1_000;
/** For so long after its caller was lost, an attempt that the engine does not know may still be sent again. */
const RELEASE_DOUBT_MS = 60_000;

export interface ActivityTasksOptions {
  identity: string;
  logger: Logger;
  interceptors?: ActivityInterceptorsFactory[];
  metricMeter?: MetricMeter;
  dataConverter?: LoadedDataConverter;
  /** A running task that takes longer is answered "accepted", and reported when it is finished. `undefined`: never. */
  answerWithinMs?: number;
  /** True where an execution can be ended by the platform together with the request that brought it. */
  requestScoped: boolean;
  /** Lets activities in, where there is a limit. */
  gate?: Gate;
  heartbeatThrottle?: HeartbeatThrottle;
  /** For so long the platform holds a call; an activity that runs longer fails. Default: for ever. */
  holdLimitMs?: number;
  shutdownSignal?: AbortSignal;
  /** What activities get as theirs. Default: one that they make when they ask for it. */
  client?: () => Client;
}

/** The request that brought a task. */
export interface TaskCaller {
  /** Aborted when the caller can no longer receive the answer, where the platform says so. */
  signal?: AbortSignal;
  waitUntil?: (promise: Promise<unknown>) => void;
  engine: EngineAddress;
}

interface RunningTask {
  finished: Promise<FinishedTask>;
  outcome?: FinishedTask;
  aliveTime: EpochMs;
  /** Requests that wait for the answer, and since when there is none. */
  callers: number;
  aloneSince: EpochMs;
  /** Answered "accepted": the engine expects a report. */
  accepted: boolean;
}

type Execution = Pick<ExecuteActivityOptions, 'deadlines' | 'onBegun'> & { mayComeAgain?: () => boolean };

export class ActivityTasks {
  private readonly options: ActivityTasksOptions;
  /** What all attempts are executed with. */
  private readonly fixed: Omit<ExecuteActivityOptions, 'recordHeartbeat'>;
  private readonly running = new Map<string, RunningTask>();
  private readonly answers = new AnswerStore();
  /** Dispatch ids of running tasks that have sent a heartbeat. */
  private readonly heartbeating = new Set<string>();
  private readonly reporter: Reporter;

  constructor(options: ActivityTasksOptions) {
    this.options = options;
    const { identity, logger, interceptors, metricMeter, dataConverter, shutdownSignal } = options;
    const { heartbeatThrottle } = options;
    this.fixed = {
      ...(heartbeatThrottle && { heartbeatThrottle }),
      identity,
      logger,
      ...(interceptors && { interceptors }),
      ...(metricMeter && { metricMeter }),
      ...(dataConverter && { dataConverter }),
      ...(shutdownSignal && { shutdownSignal }),
    };
    this.reporter = new Reporter(options.logger, !options.requestScoped);
  }

  get runningCount(): number {
    return this.running.size;
  }

  get heartbeatingCount(): number {
    return this.heartbeating.size;
  }

  /** The answer for the caller. `'accepted'`: it will come by task token. `'busy'`: not executed, the limits are reached. */
  async run(
    task: ActivityTask,
    fn: ActivityFunction,
    caller: TaskCaller,
  ): Promise<ActivityTaskAnswer | 'accepted' | 'busy'> {
    const outcome = await this.outcome(task, fn, caller);
    if (outcome === 'busy') return 'busy';
    if (outcome === 'accepted' || outcome.answer === 'async') return 'accepted';
    const { answer } = outcome;
    caller.signal?.addEventListener(
      'abort',
      () => void this.reporter.report(outcome.task, answer, caller.engine),
    );
    return answer;
  }

  /** Resolves when nothing runs and every answer is delivered. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all([...this.running.values()].map((r) => r.finished));
    await this.reporter.idle();
  }

  stop(): void {
    this.reporter.stop();
  }

  /** The engine went away after `lastSeen`: what was answered about then may not have been recorded. */
  async reportSince(lastSeen: EpochMs, engine: EngineAddress): Promise<void> {
    for (const { task, answer } of this.answers.since(lastSeen - DELIVERY_DOUBT_MS)) {
      if (answer !== 'async') await this.reporter.report(task, answer, engine);
    }
  }

  private async outcome(
    task: ActivityTask,
    fn: ActivityFunction,
    caller: TaskCaller,
  ): Promise<Pick<FinishedTask, 'task' | 'answer'> | 'accepted' | 'busy'> {
    const stored = this.answers.get(task.dispatchId, Date.now());
    if (stored) return stored;
    // It may be too old to be stored, but not while the engine does not have it.
    const unreported = this.reporter.answerOf(task.dispatchId);
    if (unreported) return { task, answer: unreported };
    const existing = this.running.get(task.dispatchId);
    if (existing && this.options.requestScoped) {
      const joined = await this.joinByLooking(existing, caller);
      if (joined) return joined;
      if (caller.signal?.aborted) return 'accepted';
      // The platform ended the request that ran it: nobody executes this attempt now.
      if (this.running.get(task.dispatchId) === existing) this.running.delete(task.dispatchId);
      return this.outcome(task, fn, caller);
    }
    if (existing) return this.waitFor(existing, caller);
    const { gate } = this.options;
    const leave = gate && (await gate.enter(task, waitFor(task)));
    if (gate && !leave) return 'busy';
    // It may have come a second time meanwhile.
    if (leave && (this.running.has(task.dispatchId) || this.answers.get(task.dispatchId, Date.now()))) {
      leave();
      return this.outcome(task, fn, caller);
    }
    return this.waitFor(this.start(task, fn, caller, leave), caller);
  }

  private async waitFor(running: RunningTask, caller: TaskCaller): Promise<FinishedTask | 'accepted'> {
    if (running.accepted) return 'accepted';
    running.callers++;
    const leave = (): void => {
      running.callers--;
      running.aloneSince = Date.now();
    };
    caller.signal?.addEventListener('abort', leave, { once: true });
    if (caller.signal?.aborted) leave();
    const { answerWithinMs } = this.options;
    if (answerWithinMs === undefined) return running.finished;
    let timer: ReturnType<typeof setTimeout>;
    const accepted = new Promise<'accepted'>((resolve) => {
      timer = setTimeout(() => {
        running.accepted = true;
        resolve('accepted');
      }, answerWithinMs);
    });
    return Promise.race([running.finished, accepted]).finally(() => clearTimeout(timer));
  }

  /** A promise of another request must not be awaited on this platform: it may never be settled. */
  private async joinByLooking(running: RunningTask, caller: TaskCaller): Promise<FinishedTask | undefined> {
    running.callers++;
    try {
      while (!running.outcome && !caller.signal?.aborted) {
        if (Date.now() - running.aliveTime > LOST_AFTER_MS) return undefined;
        await new Promise((resolve) => setTimeout(resolve, JOIN_POLL_MS));
      }
      return running.outcome;
    } finally {
      if (!running.outcome) {
        running.callers--;
        running.aloneSince = Date.now();
      }
    }
  }

  private start(
    task: ActivityTask,
    fn: ActivityFunction,
    caller: TaskCaller,
    leave: Leave | undefined,
  ): RunningTask {
    const running: RunningTask = {
      finished: undefined as unknown as Promise<FinishedTask>,
      aliveTime: Date.now(),
      callers: 0,
      aloneSince: Date.now(),
      accepted: false,
    };
    this.running.set(task.dispatchId, running);
    running.finished = this.executeFor(task, fn, caller, running, leave);
    const delivered = running.finished
      .then((finished) => this.reportUndelivered(finished, running, caller))
      .catch((error: unknown) => this.options.logger.error('An activity result was lost', { error }));
    caller.waitUntil?.(delivered);
    return running;
  }

  private async executeFor(
    task: ActivityTask,
    fn: ActivityFunction,
    caller: TaskCaller,
    running: RunningTask,
    leave: Leave | undefined,
  ): Promise<FinishedTask> {
    const { holdLimitMs, requestScoped } = this.options;
    const deadlines = new Deadlines();
    if (requestScoped) showAlive(running, deadlines);
    let stop: () => void = () => undefined;
    try {
      const execution = this.execute(task, fn, caller.engine, {
        deadlines,
        mayComeAgain() {
          return mayComeAgain(running);
        },
        onBegun(given) {
          stop = given;
        },
      });
      if (leave) void execution.finally(leave);
      const answer = await (holdLimitMs === undefined
        ? execution
        : heldFor(holdLimitMs, execution, deadlines, () => stop()));
      running.outcome = this.answers.add(task, answer, Date.now());
      return running.outcome;
    } finally {
      deadlines.clear();
      if (this.running.get(task.dispatchId) === running) this.running.delete(task.dispatchId);
    }
  }

  /** Executes an attempt, whoever waits for it. */
  async execute(
    task: ActivityTask,
    fn: ActivityFunction,
    engine: EngineAddress,
    { mayComeAgain, ...bounds }: Execution = {},
  ): Promise<ActivityTaskAnswer | 'async'> {
    const { logger, client } = this.options;
    const { heartbeating, options } = this;
    const log = attemptLog(logger, task);
    const clientParts = {
      clientParts() {
        return clientPartsOf(task, engine, options);
      },
    };
    const answer = await executeActivity(task, fn, {
      ...this.fixed,
      ...bounds,
      onLoaded: log.onLoaded,
      onFailed: log.onFailed,
      async recordHeartbeat(request) {
        heartbeating.add(task.dispatchId);
        const reply = await recordHeartbeat(task, engine, request);
        return reply.notFound && mayComeAgain?.() ? {} : reply;
      },
      client: client ? { client } : clientParts,
    });
    heartbeating.delete(task.dispatchId);
    log.ended(answer);
    return answer;
  }

  private async reportUndelivered(
    finished: FinishedTask,
    running: RunningTask,
    caller: TaskCaller,
  ): Promise<void> {
    if (finished.answer === 'async') return;
    if (running.accepted || running.callers === 0) {
      await this.reporter.report(finished.task, finished.answer, caller.engine);
    }
  }
}

/** How long a task may wait to be let in: its start-to-close clock runs already. */
function waitFor({ startToCloseTimeout }: ActivityTask): number {
  const timeout = fromDurationJson(startToCloseTimeout);
  return timeout > 0 ? Math.min(timeout / 10, LONGEST_ENTRY_MS) : LONGEST_ENTRY_MS;
}

function clientPartsOf(
  task: ActivityTask,
  engine: EngineAddress,
  { identity, dataConverter }: ActivityTasksOptions,
): ClientParts {
  const { namespace } = task;
  return { engine: engineOf(task, engine), namespace, identity, ...(dataConverter && { dataConverter }) };
}

/** Again and again, as long as the request that owns the execution has not ended. */
function showAlive(running: RunningTask, deadlines: Deadlines): void {
  deadlines.add(ALIVE_INTERVAL_MS, () => {
    running.aliveTime = Date.now();
    showAlive(running, deadlines);
  });
}

/** An engine that lost the connection may have given the attempt back, and will send the same dispatch again. */
function mayComeAgain(running: RunningTask): boolean {
  return !running.accepted && running.callers === 0 && Date.now() - running.aloneSince < RELEASE_DOUBT_MS;
}
