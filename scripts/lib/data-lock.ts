/** One engine per data folder: two of them would lock each other's databases and crash. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @throws Error, in one line for the user, while a process group that is alive uses the folder. */
export async function requireFreeData(dataDir: string): Promise<void> {
  const owner = Number(await readFile(lockFile(dataDir), 'utf8').catch(() => '0'));
  if (!(owner > 0 && isAlive(owner))) return;
  throw new Error(`An engine runs on the data in ${dataDir} already (to end it: kill -9 -- -${owner})`);
}

/** Nobody needs to take the mark away: it counts for as long as the group lives. */
export async function markDataAsUsed(dataDir: string, group: number): Promise<void> {
  await writeFile(lockFile(dataDir), String(group));
}

function lockFile(dataDir: string): string {
  return join(dataDir, 'engine.lock');
}

function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
