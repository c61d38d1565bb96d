import { type ActivityInterfaceFor, log, proxyActivities } from '@temporalio/workflow';
import type { createActivitiesForSameWorker, createNormalActivities } from './activities';

const { getUniqueTaskQueue } = proxyActivities<ReturnType<typeof createNormalActivities>>({
  startToCloseTimeout: '1 minute',
});

type Files = ActivityInterfaceFor<ReturnType<typeof createActivitiesForSameWorker>>;

export async function fileProcessing(maxAttempts = 3): Promise<string[]> {
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    try {
      const taskQueue = await getUniqueTaskQueue();
      const files: Files = proxyActivities<ReturnType<typeof createActivitiesForSameWorker>>({
        taskQueue,
        scheduleToCloseTimeout: '2 minutes',
        heartbeatTimeout: '10s',
      });
      const path = await files.downloadFileToWorkerFileSystem('https://temporal.io');
      try {
        return [await files.workOnFileInWorkerFileSystem(path), taskQueue];
      } finally {
        await files.cleanupFileFromWorkerFileSystem(path);
      }
    } catch (error) {
      log.error('attempt failed', { attempt, error });
      if (attempt === maxAttempts) throw error;
    }
  }
  throw new Error('unreachable');
}
