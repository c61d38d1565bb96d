/** Tasks and loggers for the tests of this folder. */

import type { Logger, LogLevel, LogMetadata } from '../../sdk/common/logger.ts';
import { makeLogger } from '../../sdk/common/logger.ts';
import type { PayloadsJson } from '../../sdk/common/payload.ts';
import { defaultPayloadConverter, fromPayloadsJson, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';

export function payloads(...values: unknown[]): PayloadsJson {
  return toPayloadsJson(defaultPayloadConverter, ...values)!;
}
export function values(json: PayloadsJson | undefined): unknown[] {
  return fromPayloadsJson(defaultPayloadConverter, json);
}

export function activityTask(fields: Partial<ActivityTask> = {}): ActivityTask {
  const time = '2026-01-02T03:04:05.000Z';
  return {
    taskToken: btoa('token-1'),
    dispatchId: 'run-1/5/1',
    namespace: 'default',
    workflowId: 'transfer-1',
    runId: 'run-1',
    workflowType: 'transfer',
    activityId: '1',
    activityType: 'withdraw',
    taskQueue: 'transfers',
    attempt: 1,
    scheduledTime: time,
    currentAttemptScheduledTime: time,
    startedTime: time,
    scheduleToCloseTimeout: '0s',
    startToCloseTimeout: '60s',
    heartbeatTimeout: '0s',
    retryPolicy: {
      initialInterval: '1s',
      backoffCoefficient: 2,
      maximumInterval: '100s',
      maximumAttempts: 0,
    },
    ...fields,
  };
}

export interface Entry {
  level: LogLevel;
  message: string;
  meta: LogMetadata;
}
export function recordingLogger(): { logger: Logger; entries: Entry[] } {
  const entries: Entry[] = [];
  return {
    logger: makeLogger('TRACE', (level, message, meta) => entries.push({ level, message, meta })),
    entries,
  };
}

/** A promise with its two ends. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void } {
  let open!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** Waits, in real time, until the condition holds. Fails after five seconds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 5_000) throw new Error('the condition did not come true within five seconds');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
