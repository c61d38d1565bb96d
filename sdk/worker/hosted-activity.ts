/**
 * One attempt of one activity in an object of its own (ActivityHost): it runs on behind the request that brought it, and
 * its answer is kept on disk until the engine has it.
 *   (nothing) → running   the attempt is accepted; alarms keep the object in memory
 *   running   → finished  the activity ended, or the object finds that it was restarted and the execution is gone
 *   finished  → over      the engine has the answer, or does not want it; kept for a while for dispatches sent again
 *   over      → (nothing)
 */

import type { EpochMs } from '../common/duration.ts';
import { FAILURE_SOURCE, type Failure } from '../common/failure.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';
import type { ReportOutcome } from './report.ts';

/** The part of an object's storage that is needed. */
export interface HostStorage {
  get<T>(keys: string[]): Promise<Map<string, T>>;
  put(entries: Record<string, unknown>): Promise<void>;
  setAlarm(time: EpochMs): Promise<void>;
  deleteAll(): Promise<void>;
}

export interface Hosting {
  now(): EpochMs;
  execute(task: ActivityTask): Promise<ActivityTaskAnswer | 'async'>;
  /** One try. `instead`: what to report in place of an answer that the engine cannot take. */
  report(task: ActivityTask, answer: ActivityTaskAnswer): Promise<ReportOutcome>;
  /** Keeps the object in memory until the promise settles, as far as the platform does. */
  keepAlive(promise: Promise<unknown>): void;
}

type Kept =
  | { state: 'running'; task: ActivityTask }
  | { state: 'finished'; task: ActivityTask; pieces: number; tries: number }
  | { state: 'over' };

const FIRST_BEAT_MS = 1_000;
/** An object without events may be taken out of memory after some ten seconds, whatever it runs. */
const LONGEST_BEAT_MS = 15_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
const FORGET_AFTER_MS = 10 * 60_000;
/** In characters. A value may have 2 MB. */
const PIECE_LENGTH = 500_000;

export class HostedActivity {
  readonly #storage: HostStorage;
  readonly #hosting: Hosting;
  /** The execution in this incarnation of the object. */
  #running = false;
  #reporting = false;
  #beats = 0;

  constructor(storage: HostStorage, hosting: Hosting) {
    this.#storage = storage;
    this.#hosting = hosting;
  }

  /** Resolves once it is durable that the attempt is here. Again for the same attempt: nothing happens. */
  async accept(task: ActivityTask): Promise<void> {
    if (this.#running || (await this.#kept())) return;
    this.#running = true;
    // Whoever looks after a restart needs to know what to report, and executes nothing again.
    const { input: _, heartbeatDetails: __, ...rest } = task;
    try {
      await this.#beat();
      await this.#keep({ state: 'running', task: rest });
    } catch (error) {
      this.#running = false;
      throw error;
    }
    this.#hosting.keepAlive(this.#execute(task, rest));
  }

  async alarm(): Promise<void> {
    const kept = await this.#kept();
    if (!kept) return;
    if (kept.state === 'over') await this.#storage.deleteAll();
    else if (this.#running || this.#reporting) await this.#beat();
    else if (kept.state === 'running') await this.#whileReporting(() => this.#finish(kept.task, lost()));
    else
      await this.#whileReporting(async () =>
        this.#report(kept.task, await this.#answer(kept.pieces), kept.tries),
      );
  }

  /** Should storage fail meanwhile, the next alarm sees to what is kept. */
  async #whileReporting(report: () => Promise<void>): Promise<void> {
    this.#reporting = true;
    try {
      await report();
    } finally {
      this.#reporting = false;
    }
  }

  async #execute(task: ActivityTask, rest: ActivityTask): Promise<void> {
    const answer = await this.#hosting.execute(task);
    const reported = this.#whileReporting(() =>
      // Completed by its task token, by whoever has it.
      answer === 'async' ? this.#end() : this.#finish(rest, answer),
    );
    this.#running = false;
    await reported;
  }

  async #finish(task: ActivityTask, answer: ActivityTaskAnswer): Promise<void> {
    await this.#keepAnswer(task, answer, 0);
    await this.#report(task, answer, 0);
  }

  /** One try; the next one is the alarm's. */
  async #report(task: ActivityTask, answer: ActivityTaskAnswer, tries: number): Promise<void> {
    const outcome = await this.#hosting.report(task, answer);
    if (outcome === 'over') await this.#end();
    else {
      const instead = 'instead' in outcome;
      const pieces = this.#piecesOf(answer).length;
      if (instead) await this.#keepAnswer(task, outcome.instead, tries + 1);
      else await this.#keep({ state: 'finished', task, pieces, tries: tries + 1 });
      const again = Math.min(FIRST_RETRY_MS * 2 ** tries, LONGEST_RETRY_MS);
      const delay = instead ? 0 : Math.max(again, outcome.againInMs);
      await this.#storage.setAlarm(this.#hosting.now() + delay);
    }
  }

  async #end(): Promise<void> {
    await this.#keep({ state: 'over' });
    await this.#storage.setAlarm(this.#hosting.now() + FORGET_AFTER_MS);
  }

  async #beat(): Promise<void> {
    const delay = Math.min(FIRST_BEAT_MS * 2 ** this.#beats++, LONGEST_BEAT_MS);
    await this.#storage.setAlarm(this.#hosting.now() + delay);
  }

  async #kept(): Promise<Kept | undefined> {
    return (await this.#storage.get<Kept>(['activity'])).get('activity');
  }

  async #keep(kept: Kept): Promise<void> {
    await this.#storage.put({ activity: kept });
  }

  #piecesOf(answer: ActivityTaskAnswer): string[] {
    const json = JSON.stringify(answer);
    const count = Math.ceil(json.length / PIECE_LENGTH);
    return Array.from({ length: count }, (_, i) => json.slice(i * PIECE_LENGTH, (i + 1) * PIECE_LENGTH));
  }

  /** The answer and the state in one write. */
  async #keepAnswer(task: ActivityTask, answer: ActivityTaskAnswer, tries: number): Promise<void> {
    const pieces = this.#piecesOf(answer);
    const activity: Kept = { state: 'finished', task, pieces: pieces.length, tries };
    await this.#storage.put({
      activity,
      ...Object.fromEntries(pieces.map((piece, i) => [`answer/${i}`, piece])),
    });
    // Should the object end here, the alarm reports.
    await this.#storage.setAlarm(this.#hosting.now() + FIRST_RETRY_MS);
  }

  async #answer(pieces: number): Promise<ActivityTaskAnswer> {
    const keys = Array.from({ length: pieces }, (_, i) => `answer/${i}`);
    const stored = await this.#storage.get<string>(keys);
    return JSON.parse(keys.map((key) => stored.get(key) ?? '').join('')) as ActivityTaskAnswer;
  }
}

/** The engine tries again at once, where the retry policy has attempts left. */
function lost(): ActivityTaskAnswer {
  const failure: Failure = {
    message:
      'The ActivityHost object was restarted (a deploy, an eviction or a crash) while it ran this activity; what the ' +
      'attempt had done since its last heartbeat is not known',
    source: FAILURE_SOURCE,
    applicationFailureInfo: { type: 'ActivityHostRestarted', nextRetryDelay: '0.001s' },
  };
  return { failed: { failure } };
}
