/**
 * One activity as the log of its run tells it: its attempts come one after another, each within the policy, none while it
 * is paused, none before its time. Inside, attempts are numbered on whatever operators do; those that count begin anew
 * when it is reset: the one that runs, or the next one, is the first.
 */

import { fromDurationJson } from '../../sdk/common/duration.ts';
import type {
  ActivityOptionsMs,
  HistoryEventAttributes,
  LogEvent,
  TransientEventAttributes,
} from '../../sdk/common/history.ts';
import { check } from './violation.ts';

type Transient = Extract<LogEvent, { transient: string }>;

export class ActivityAttempts {
  /** The highest that was ever claimed. */
  claimedAttempt = 0;
  claimTime: number | undefined;
  /** Among the pins of its run: when it was claimed last. */
  claimMark = 0;
  /** ActivityTaskStarted is in history. */
  started = false;
  closed: string | undefined;
  startToClose: number;
  /** Heartbeats of attempts before this one were given up on purpose. */
  heartbeatsFrom = 0;
  readonly #id: string;
  #taskQueue: string;
  #attempt = 1;
  #uncounted = 0;
  #maximumAttempts: number;
  #nextAttemptTime: number;
  #claimed = false;
  #paused = false;
  #resetRequested = false;
  #forgetsHeartbeat = false;
  readonly #counted = new Map<number, number[]>();

  constructor(scheduled: HistoryEventAttributes['ActivityTaskScheduled'], id: string, time: number) {
    this.#id = id;
    this.#taskQueue = scheduled.taskQueue.name;
    this.#maximumAttempts = scheduled.retryPolicy.maximumAttempts;
    this.startToClose = fromDurationJson(scheduled.startToCloseTimeout);
    this.#nextAttemptTime = time;
  }

  /** The numbers that a Worker may be told of an attempt that was claimed: two, when it was reset on its way there. */
  countedAttempts(attempt: number): number[] | undefined {
    return this.#counted.get(attempt);
  }

  allows(counted: number): boolean {
    return this.#maximumAttempts === 0 || counted <= this.#maximumAttempts;
  }

  get maximumAttempts(): number {
    return this.#maximumAttempts;
  }

  note(event: Transient): void {
    switch (event.transient) {
      case 'ActivityTaskAttemptStarted':
        this.#began(event.attributes.attempt, event.time);
        break;
      case 'ActivityTaskAttemptReleased':
        this.#claimed = false;
        break;
      case 'ActivityTaskAttemptFailed':
        this.#failed(event.attributes);
        break;
      case 'ActivityTaskPaused':
        check(!this.#paused, `activity ${this.#id} is paused, and is paused again`);
        this.#paused = true;
        break;
      case 'ActivityTaskUnpaused':
        this.#unpaused(event.attributes.resetHeartbeat, event.time);
        break;
      case 'ActivityTaskReset':
        this.#reset(event.attributes);
        break;
      case 'ActivityTaskOptionsUpdated':
        this.#changed(event.attributes.options);
        break;
    }
  }

  get #countedNow(): number {
    return this.#attempt - this.#uncounted;
  }

  #began(attempt: number, time: number): void {
    const at = `attempt ${attempt} of activity ${this.#id}`;
    const most = this.#maximumAttempts;
    check(this.#attempt === attempt, `I26: ${at} claimed, ${this.#attempt} is the current one`);
    check(this.allows(this.#countedNow), `I26: ${at} claimed, at most ${most} are allowed`);
    check(time >= this.#nextAttemptTime, `I26: ${at} began before its backoff was over`);
    check(!this.#paused, `I26: ${at} began while the activity is paused`);
    this.claimTime = time;
    this.claimedAttempt = attempt;
    this.#claimed = true;
    this.#counted.set(attempt, [this.#countedNow]);
  }

  #failed({
    attempt,
    failure,
    nextAttemptTime,
  }: TransientEventAttributes['ActivityTaskAttemptFailed']): void {
    check(
      this.#attempt === attempt,
      `I26: attempt ${attempt} of activity ${this.#id} failed, ${this.#attempt} is the current one`,
    );
    this.#another(this.#uncounted);
    const gaveWay = /^Activity(?:Pause|Reset)$/.test(failure.applicationFailureInfo?.type ?? '');
    if (this.#resetRequested || gaveWay) this.#allowsAnother();
    this.#resetRequested = false;
    this.#claimed = false;
    this.#nextAttemptTime = nextAttemptTime;
  }

  #unpaused(resetHeartbeat: boolean | undefined, time: number): void {
    this.#paused = false;
    this.#forgetsHeartbeat ||= resetHeartbeat ?? false;
    if (this.#claimed) return;
    if (resetHeartbeat) this.#another(this.#uncounted + 1);
    this.#nextAttemptTime = Math.max(this.#nextAttemptTime, time);
  }

  #reset({ nextAttemptTime, resetHeartbeat }: TransientEventAttributes['ActivityTaskReset']): void {
    this.#forgetsHeartbeat ||= resetHeartbeat ?? false;
    if (this.#claimed) {
      this.#resetRequested = true;
      this.#uncounted = this.#attempt - 1;
      this.#counted.get(this.#attempt)!.push(1);
      return;
    }
    this.#another(this.#attempt);
    this.#nextAttemptTime = nextAttemptTime;
  }

  #changed({ retryPolicy, startToCloseTimeout, taskQueue }: ActivityOptionsMs): void {
    const { maximumAttempts } = retryPolicy;
    // The attempt that waits, or runs, was allowed when it came up.
    this.#maximumAttempts = maximumAttempts;
    this.#allowsAnother();
    this.startToClose = startToCloseTimeout;
    if (taskQueue !== this.#taskQueue && !this.#claimed) this.#another(this.#uncounted + 1);
    this.#taskQueue = taskQueue;
  }

  #allowsAnother(): void {
    if (this.#maximumAttempts > 0) this.#maximumAttempts = Math.max(this.#maximumAttempts, this.#countedNow);
  }

  /** The next attempt, of which those that went before count but for so many. */
  #another(uncounted: number): void {
    this.#attempt++;
    this.#uncounted = uncounted;
    if (this.#forgetsHeartbeat) this.heartbeatsFrom = this.#attempt;
    this.#forgetsHeartbeat = false;
  }
}
