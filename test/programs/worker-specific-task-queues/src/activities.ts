import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activityInfo, Context } from '@temporalio/activity';

export function createNormalActivities(uniqueWorkerTaskQueue: string) {
  return {
    async getUniqueTaskQueue(): Promise<string> {
      return uniqueWorkerTaskQueue;
    },
  };
}

export function createActivitiesForSameWorker() {
  return {
    async downloadFileToWorkerFileSystem(url: string): Promise<string> {
      const path = join(await mkdtemp(join(tmpdir(), 'files-')), randomUUID());
      await writeFile(path, `content of ${url}`);
      return path;
    },
    async workOnFileInWorkerFileSystem(path: string): Promise<string> {
      const content = await readFile(path);
      Context.current().heartbeat({ bytes: content.length });
      return createHash('md5').update(content).digest('hex');
    },
    async cleanupFileFromWorkerFileSystem(path: string): Promise<string> {
      await rm(path);
      return activityInfo().taskQueue;
    },
  };
}
