/** Activities that say what they do, in a log that survives them: one line before they work, one behind it. */

import { ApplicationFailure, activityInfo, CompleteAsyncError, heartbeat } from 'perdure/activity';
import type { Act } from '../checker/evidence.ts';

/** Writes the line before it resolves. */
export type Recorder = (act: Act) => Promise<void>;
export type RecordedActivities = ReturnType<typeof recordedActivities>;
export type LocalActivities = typeof localActivities;

/** Every so many bank movements fail after they were made. */
const LYING = 10;

/** @param worker names the process */
export function recordedActivities(record: Recorder, worker: string) {
  const line = (what: Act['what'], more: Partial<Act> = {}): Promise<void> => {
    const { workflowExecution, activityId, activityType, attempt } = activityInfo();
    const { workflowId, runId } = workflowExecution!;
    return record({
      what,
      time: Date.now(),
      worker,
      workflowId,
      runId,
      activityId,
      activityType,
      attempt,
      ...more,
    });
  };
  const failed = async (error: Error, more: Partial<Act> = {}): Promise<never> => {
    await line('fail', more);
    throw error;
  };
  return {
    /** Works after so many failures. */
    async add(key: string, n: number, fails: number): Promise<number> {
      await line('begin', { key });
      if (activityInfo().attempt <= fails) return failed(new Error(`fails ${fails} times`));
      await line('end', { key, value: n });
      return n;
    },
    async refuse(key: string): Promise<void> {
      await line('begin', { key });
      await failed(ApplicationFailure.nonRetryable('refused for good'));
    },
    /** The bank: a movement that is asked for again is made once (the first line of a key counts). */
    async move(
      kind: 'withdraw' | 'deposit' | 'refund',
      amount: number,
      transfer: string,
      refuses: boolean,
    ): Promise<void> {
      const key = `${transfer}/${kind}`;
      await line('begin', { key });
      if (refuses) return failed(ApplicationFailure.nonRetryable('the account is closed'));
      await line('effect', { key, value: { kind, amount, transfer } });
      const lies = amount % LYING === 0 && activityInfo().attempt === 1;
      if (lies) return failed(new Error('made, but who believes it?'));
      await line('end', { key });
    },
    /** One step an attempt, by what the attempt before it left. */
    async beat(n: number): Promise<number> {
      const before = (activityInfo().heartbeatDetails as number | undefined) ?? 0;
      await line('begin', { heartbeat: before });
      const now = before + 1;
      heartbeat(now);
      if (now < n) return failed(new Error('one step an attempt'), { heartbeat: now });
      await line('end', { heartbeat: now });
      return now;
    },
    /** Answered by its id, from outside. */
    async later(): Promise<string> {
      await line('begin');
      throw new CompleteAsyncError();
    },
  };
}

export const localActivities = {
  async plain(n: number): Promise<number> {
    return n;
  },
};
