/** One engine per data folder: two of them would lock each other's databases and crash. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupLives } from './process-group.ts';

/** A group that was just killed takes a moment to be gone. */
const PATIENCE = 5_000;
const POLL_INTERVAL = 50;

/** @throws Error, in one line for the user, while a process group that is alive uses the folder. */
export async function requireFreeData(dataDir: string): Promise<void> {
  const owner = Number(await readFile(lockFile(dataDir), 'utf8').catch(() => '0'));
  if (!(owner > 0)) return;
  for (let waited = 0; groupLives(owner); waited += POLL_INTERVAL) {
    if (waited >= PATIENCE) throw tooMany(dataDir, owner);
    await sleep(POLL_INTERVAL);
  }
}

function tooMany(dataDir: string, owner: number): Error {
  return new Error(
    `An engine runs on the data in ${dataDir} already (to end it: kill -9 -${owner}); --data FOLDER gives this one data of its own`,
  );
}

/** Nobody needs to take the mark away: it counts for as long as the group lives. */
export async function markDataAsUsed(dataDir: string, group: number): Promise<void> {
  await writeFile(lockFile(dataDir), String(group));
}

function lockFile(dataDir: string): string {
  return join(dataDir, 'engine.lock');
}
