/** Answers that could not travel with the engine's own call: reported by task token until the engine has them. */

import { activityLogAttributes } from '../activity/execute.ts';
import { FAILURE_SOURCE, type Failure } from '../common/failure.ts';
import type { Logger } from '../common/logger.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';
import { type EngineAddress, type EngineReply, respondByToken } from './engine-call.ts';

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
const MAX_QUOTED_LENGTH = 1_000;

export class Reporter {
  private readonly logger: Logger;
  private readonly joins: boolean;
  private readonly pending = new Map<string, { answer: ActivityTaskAnswer; reporting: Promise<void> }>();
  private readonly stopping = new AbortController();

  /** `joins`: false where a promise may never be settled because the request that made it was ended. */
  constructor(logger: Logger, joins: boolean) {
    this.logger = logger;
    this.joins = joins;
  }

  /** Resolves when the engine has the answer or does not want it. A second call for the same dispatch joins. */
  report(task: ActivityTask, answer: ActivityTaskAnswer, engine: EngineAddress): Promise<void> {
    if (!this.joins) return this.reportUntilHeard(task, answer, engine);
    const known = this.pending.get(task.dispatchId);
    if (known) return known.reporting;
    const reporting = this.reportUntilHeard(task, answer, engine).finally(() =>
      this.pending.delete(task.dispatchId),
    );
    this.pending.set(task.dispatchId, { answer, reporting });
    return reporting;
  }

  /** Resolves when nothing is left to report. */
  async idle(): Promise<void> {
    while (this.pending.size > 0) {
      await Promise.all([...this.pending.values()].map(({ reporting }) => reporting));
    }
  }

  /** What is still to be reported of a dispatch. */
  answerOf(dispatchId: string): ActivityTaskAnswer | undefined {
    return this.pending.get(dispatchId)?.answer;
  }

  /** Gives up what is not reported yet. */
  stop(): void {
    this.stopping.abort();
  }

  private async reportUntilHeard(
    task: ActivityTask,
    answer: ActivityTaskAnswer,
    engine: EngineAddress,
  ): Promise<void> {
    let current = answer;
    for (let delay = 0; !this.stopping.signal.aborted; ) {
      const outcome = await reportOnce(task, current, engine, this.logger, current !== answer || delay > 0);
      if (outcome === 'over') return;
      if ('instead' in outcome) {
        current = outcome.instead;
        continue;
      }
      delay = Math.min(delay === 0 ? FIRST_DELAY_MS : delay * 2, LONGEST_DELAY_MS);
      await this.pause(Math.max(delay, outcome.againInMs));
    }
    this.logger.warn('Activity result was not delivered: this Worker ends', activityLogAttributes(task));
  }

  private pause(ms: number): Promise<void> {
    const { signal } = this.stopping;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }
}

/**
 * `over`: the engine has the answer or does not want it. `againInMs`: it has not heard it, and wants to be left alone for so
 * long. `instead`: it cannot take it; this goes in its place.
 */
export type ReportOutcome = 'over' | { againInMs: number } | { instead: ActivityTaskAnswer };

/** Tells the engine once. `repeated`: not worth a word when it fails again. Never rejects. */
export async function reportOnce(
  task: ActivityTask,
  answer: ActivityTaskAnswer,
  engine: EngineAddress,
  logger: Logger,
  repeated = false,
): Promise<ReportOutcome> {
  const attributes = activityLogAttributes(task);
  const reply = await respondByToken(task, engine, answer).catch(
    (error: unknown): EngineReply => ({ status: 0, body: { message: reasonOf(error) }, retryAfterMs: 0 }),
  );
  const outcome = judge(reply);
  if (outcome === 'recorded') {
    logger.info('Activity result reported by task token', attributes);
    return 'over';
  }
  if (outcome === 'unwanted') {
    // Who reads that it is not delivered yet wants to know how it ended; else it may well have been delivered before.
    const over =
      'Activity result is not wanted any more: the engine has had it already, or the attempt is over';
    logger.log(repeated ? 'WARN' : 'DEBUG', over, attributes);
    return 'over';
  }
  const meta = { ...attributes, status: reply.status, reason: reply.body.message };
  if ((reply.status === 413 || reply.status === 400) && !isInPlace(answer)) {
    logger.warn('Activity result was refused by the engine: a failure takes its place', meta);
    return { instead: { failed: { failure: inPlaceOf(answer, reply) } } };
  }
  if (outcome === 'refused') {
    logger.error('Activity result was refused by the engine', meta);
    return 'over';
  }
  if (!repeated) {
    logger.warn('Activity result not delivered yet: reporting again until the engine answers', meta);
  }
  return { againInMs: reply.retryAfterMs };
}

/** 404: the attempt is over for the engine. Other refusals of the request itself will not change by repeating it. */
function judge({ status, body }: EngineReply): 'recorded' | 'unwanted' | 'refused' | 'again' {
  if (status >= 200 && status < 300) return 'recorded';
  // A proxy in front of a dead engine may say 404 too, but not in the API's words: those carry a gRPC code.
  if (status === 404) return body.code === undefined ? 'again' : 'unwanted';
  const temporary = status === 0 || status >= 500 || [401, 403, 408, 425, 429].includes(status);
  return temporary ? 'again' : 'refused';
}

const IN_PLACE = ['PayloadTooLarge', 'InvalidAnswer'];

function isInPlace(answer: ActivityTaskAnswer): boolean {
  if (!('failed' in answer) || answer.failed.failure.source !== FAILURE_SOURCE) return false;
  return IN_PLACE.includes(answer.failed.failure.applicationFailureInfo?.type ?? '');
}

/** What replaces an answer that the engine cannot take: running the activity again would not help. */
function inPlaceOf(answer: ActivityTaskAnswer, { status, body }: EngineReply): Failure {
  const reason = (body.message ?? 'the engine refused it').slice(0, MAX_QUOTED_LENGTH);
  const own = 'failed' in answer ? answer.failed.failure.message?.slice(0, MAX_QUOTED_LENGTH) : undefined;
  const large = status === 413;
  const what = large ? "The activity's answer is too large" : "The activity's answer was refused";
  return {
    message: `${what}: ${reason}${own ? `. The activity had failed: ${own}` : ''}`,
    source: FAILURE_SOURCE,
    applicationFailureInfo: { type: large ? 'PayloadTooLarge' : 'InvalidAnswer', nonRetryable: true },
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
