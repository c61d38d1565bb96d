/** A file is fetched to the disk of one host, and counted there: all three steps go to the same Worker. */

import { ActivityFailure, CancellationScope, log, proxyActivities, TimeoutFailure } from 'perdure/workflow';
import type { Activities, Offer } from './activities.ts';
import type { Counted } from './shared.ts';

const HOSTS_TRIED = 5;

const { offerHost } = proxyActivities<Offer>({ startToCloseTimeout: '10 seconds' });

/** Begins again on another host when the one that it was on is gone, and its disk with it. */
export async function processFile(source: string): Promise<Counted> {
  for (let tried = 1; ; tried++) {
    const host = await offerHost();
    try {
      return { host: host.name, words: await processOn(host.taskQueue, source) };
    } catch (error) {
      if (!isGone(error) || tried === HOSTS_TRIED) throw error;
      log.warn('The host is gone: once more on another one', { host: host.name, source });
    }
  }
}

async function processOn(taskQueue: string, source: string): Promise<number> {
  const { fetchFile, countWords, removeFile } = proxyActivities<Activities>({
    taskQueue,
    startToCloseTimeout: '1 minute',
    // Nobody else serves this task queue: a task that waits so long waits for a host that is gone.
    scheduleToStartTimeout: '10 seconds',
  });
  const name = await fetchFile(source);
  try {
    return await countWords(name);
  } finally {
    // Also when the workflow is cancelled. A disk that is gone needs no cleaning.
    await CancellationScope.nonCancellable(() => removeFile(name).catch(() => undefined));
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  error.cause instanceof TimeoutFailure &&
  error.cause.timeoutType === 'SCHEDULE_TO_START';
