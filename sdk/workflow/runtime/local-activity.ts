/**
 * Local activities of a run. They are carried out within the workflow task, once nothing else is left to do in it; those
 * that outlast it go on in the next one, which a heartbeat asks for.
 *   scheduled → sent      the round that scheduled it is over; a live task carries it out
 *   sent      → resolved  it ended, or the marker of a task that was completed says so: one a round, in the order of markers
 *   scheduled → resolved  cancelled before it was sent
 *   sent      → resolved  cancelled by TRY_CANCEL or ABANDON; WAIT_CANCELLATION_COMPLETED waits for the outcome
 */

import { type EpochMs, toTimestampJson } from '../../common/duration.ts';
import type { ActivityCancellationType, RetryState } from '../../common/enums.ts';
import { toWire } from '../../common/enums.ts';
import type { Failure } from '../../common/failure.ts';
import type { UserMetadata } from '../../common/history.ts';
import { bytesToBase64 } from '../../common/payload.ts';
import type { ActivityTask } from '../../common/worker-protocol.ts';
import type { CancellationScope } from '../cancellation-scope.ts';
import type { Completion, WorkflowContext } from './context.ts';
import {
  cancelledLocally,
  executeLocally,
  type LocalActivityRunner,
  type LocalExecution,
} from './local-execution.ts';
import { type LocalOutcome, type LocalRecord, localMarker } from './local-marker.ts';

/** Part of the workflow task's timeout that its local activities may take. */
const TASK_SHARE = 0.8;

export interface NewLocalActivity {
  activityType: string;
  task: Pick<
    ActivityTask,
    'input' | 'header' | 'scheduleToCloseTimeout' | 'startToCloseTimeout' | 'heartbeatTimeout' | 'retryPolicy'
  >;
  retryPolicy: LocalExecution['retryPolicy'];
  firstAttempt: number;
  /** Of the first attempt, where this one comes after a timer. */
  originalScheduleTime?: EpochMs;
  scheduleToStartMs: number;
  localRetryThresholdMs: number;
  cancellationType: ActivityCancellationType;
  userMetadata?: UserMetadata;
}

/** An attempt failed and the next one is far off: the workflow waits with a timer. Never seen by workflow code. */
export class LocalActivityBackoff extends Error {
  readonly backoffMs: number;
  readonly nextAttempt: number;
  readonly originalScheduleTime: EpochMs | undefined;
  constructor(backoffMs: number, nextAttempt: number, originalScheduleTime: EpochMs | undefined) {
    super('The local activity is retried behind a timer.');
    this.backoffMs = backoffMs;
    this.nextAttempt = nextAttempt;
    this.originalScheduleTime = originalScheduleTime;
  }
}

interface OpenLocalActivity extends NewLocalActivity {
  readonly seq: number;
  /** The workflow's clock when it was scheduled. */
  readonly scheduledAt: EpochMs;
  readonly cancel: AbortController;
  state: 'scheduled' | 'sent' | 'running';
}

interface Ended {
  activity: OpenLocalActivity;
  outcome: LocalOutcome;
  elapsedMs: number;
}

export class LocalActivities {
  readonly #context: WorkflowContext;
  readonly #endsWithTask: boolean;
  readonly #open = new Map<number, OpenLocalActivity>();
  /** What the markers of the current task say, in their order, as far as it was not delivered. */
  #recorded: LocalRecord[] = [];
  readonly #ended: Ended[] = [];
  #wake: () => void = () => undefined;

  /** `endsWithTask`: none may outlast its workflow task. */
  constructor(context: WorkflowContext, endsWithTask: boolean) {
    this.#context = context;
    this.#endsWithTask = endsWithTask;
  }

  get pending(): boolean {
    return this.#open.size > 0;
  }

  schedule(
    scope: CancellationScope,
    seq: number,
    requested: NewLocalActivity,
    completion: Completion<unknown>,
  ): void {
    const context = this.#context;
    const cancel = new AbortController();
    this.#open.set(seq, { ...requested, seq, scheduledAt: context.now, cancel, state: 'scheduled' });
    context.activities.set(seq, completion);
    if (scope.cancellable) scope.cancelRequested.catch(() => this.#cancel(seq));
  }

  #cancel(seq: number): void {
    const activity = this.#open.get(seq);
    if (!activity) return;
    if (activity.cancellationType !== 'ABANDON') activity.cancel.abort();
    if (activity.cancellationType === 'WAIT_CANCELLATION_COMPLETED' && activity.state !== 'scheduled') return;
    this.#resolve(activity, { attempt: activity.firstAttempt, failure: cancelledLocally });
  }

  /** A task that was completed before has these markers. */
  addRecorded(records: LocalRecord[]): void {
    this.#recorded = records;
  }

  /**
   * A round is over. Resolves the next activity that history has a marker for, unless the next round has its outcomes.
   * @returns whether there is a next round
   */
  endRound(hasOutcomes: boolean): boolean {
    for (const activity of this.#open.values()) {
      if (activity.state === 'scheduled') activity.state = 'sent';
    }
    if (hasOutcomes) return true;
    for (let record = this.#recorded[0]; record; record = this.#recorded[0]) {
      // Its turn comes when the code schedules it.
      if (record.seq >= this.#context.nextSeq.activity) return false;
      this.#recorded.shift();
      const activity = this.#open.get(record.seq);
      // Otherwise it was cancelled; whether its marker fits is seen when the marker comes.
      if (!activity) continue;
      const { outcome, completeTime, originalScheduleTime } = record;
      this.#resolve({ ...activity, originalScheduleTime }, outcome, completeTime);
      return true;
    }
    return false;
  }

  /** Until when a task that started at `time` waits for its local activities. */
  deadlineOf(time: EpochMs): EpochMs {
    return time + this.#budgetMs;
  }

  get #budgetMs(): number {
    return this.#context.info.taskTimeoutMs * TASK_SHARE;
  }

  /**
   * Carries out what is open until one of it ends, and resolves that one.
   * @returns false when none ended before the deadline: a heartbeat is due
   * @throws Error instead, where none may outlast the task
   */
  async next(runner: LocalActivityRunner, deadline: EpochMs): Promise<boolean> {
    for (const activity of this.#open.values()) {
      if (activity.state !== 'running') {
        this.#start(activity, runner, this.#endsWithTask ? deadline : Number.POSITIVE_INFINITY);
      }
    }
    for (;;) {
      const ended = this.#ended.shift();
      if (ended && this.#open.has(ended.activity.seq)) {
        const { activity, outcome, elapsedMs } = ended;
        this.#resolve(activity, outcome, activity.scheduledAt + elapsedMs);
        return true;
      }
      if (ended) continue;
      if (!this.pending) return true;
      if (runner.now() >= deadline) {
        if (this.#endsWithTask) throw this.#overdue();
        return false;
      }
      await this.#anyEnd(runner, deadline);
    }
  }

  /** Whatever still runs is not waited for any more. */
  stop(): void {
    for (const { cancel, cancellationType } of this.#open.values()) {
      if (cancellationType !== 'ABANDON') cancel.abort();
    }
    this.#open.clear();
    this.#wake();
  }

  #overdue(): Error {
    const types = [...new Set([...this.#open.values()].map(({ activityType }) => activityType))];
    return new Error(
      `Over plain HTTP a Cloudflare Worker cannot keep a run between two workflow tasks: its local activities must finish ` +
        `within ${this.#budgetMs / 1_000} s (80 % of the workflow task timeout), and ${types.join(', ')} did not. Give the ` +
        'Worker a session (a service binding), make it an ordinary activity, or raise workflowTaskTimeout.',
    );
  }

  async #anyEnd(runner: LocalActivityRunner, deadline: EpochMs): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const callOff = runner.after(deadline - runner.now(), () => this.#wake());
    await ended;
    callOff();
  }

  #start(activity: OpenLocalActivity, runner: LocalActivityRunner, deadline: EpochMs): void {
    const { info } = this.#context;
    const { seq, task, activityType, retryPolicy, firstAttempt, localRetryThresholdMs, cancel } = activity;
    const { scheduleToStartMs } = activity;
    const startTime = runner.now();
    activity.state = 'running';
    activity.originalScheduleTime ??= startTime;
    const execution: LocalExecution = {
      task: {
        ...task,
        taskToken: bytesToBase64(new TextEncoder().encode(`local/${info.runId}/${seq}`)),
        namespace: info.namespace,
        workflowId: info.workflowId,
        runId: info.runId,
        workflowType: info.workflowType,
        activityId: String(seq),
        activityType,
        taskQueue: info.taskQueue,
        scheduledTime: toTimestampJson(activity.originalScheduleTime),
      },
      retryPolicy,
      firstAttempt,
      originalScheduleTime: activity.originalScheduleTime,
      scheduleToStartMs,
      localRetryThresholdMs,
    };
    void executeLocally(execution, runner, deadline, cancel.signal).then((outcome) => {
      this.#ended.push({ activity, outcome, elapsedMs: runner.now() - startTime });
      this.#wake();
    });
  }

  /** Records the outcome and queues it for the next round. */
  #resolve(activity: OpenLocalActivity, outcome: LocalOutcome, completeTime?: EpochMs): void {
    const context = this.#context;
    const { seq, activityType, originalScheduleTime, userMetadata } = activity;
    this.#open.delete(seq);
    const record: LocalRecord = {
      seq,
      activityId: String(seq),
      activityType,
      completeTime,
      originalScheduleTime,
      outcome,
    };
    // Temporal's core does not wrap what it reads from a timeout's marker, so the marker has it as the workflow saw it.
    if (outcome.failure?.timeoutFailureInfo) {
      record.outcome = { ...outcome, failure: asSeenByWorkflow(outcome.failure, record) };
    }
    context.commands.push('RecordMarker', localMarker(record), { userMetadata });
    context.resolutions.push(() => {
      const completion = context.activities.get(seq);
      context.activities.delete(seq);
      if (completeTime !== undefined) context.now = Math.max(context.now, completeTime);
      if (completion) settle(context, completion, record);
    });
  }
}

function settle(context: WorkflowContext, completion: Completion<unknown>, record: LocalRecord): void {
  const { result, failure, backoffMs, attempt } = record.outcome;
  const of = context.ofActivity(record.activityId, true);
  if (backoffMs !== undefined) {
    completion.reject(new LocalActivityBackoff(backoffMs, attempt + 1, record.originalScheduleTime));
  } else if (failure) {
    completion.reject(context.failureToError(asSeenByWorkflow(failure, record), of));
  } else {
    completion.resolve(context.fromResult(result, of));
  }
}

/** As in Temporal's core, a cancellation and a timeout come as an ActivityFailure, any other failure as it is. */
function asSeenByWorkflow(failure: Failure, { activityId, activityType }: LocalRecord): Failure {
  if (!failure.canceledFailureInfo && !failure.timeoutFailureInfo) return failure;
  return {
    message: failure.canceledFailureInfo ? 'Local Activity cancelled' : 'Local Activity timed out',
    cause: failure,
    activityFailureInfo: {
      activityType: { name: activityType },
      activityId,
      retryState: toWire<'retryState', RetryState>('retryState', 'CANCEL_REQUESTED'),
    },
  };
}
