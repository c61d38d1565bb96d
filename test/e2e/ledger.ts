/** What the activities of these tests did, on disk: one JSON object a line, synced before the activity goes on. */

import { open } from 'node:fs/promises';
import { readLines as readJsonLines } from '../checker/evidence.ts';

export interface LedgerLine {
  /** `begin`: the activity is about to work; `end`: its work is done. */
  what: 'begin' | 'end';
  /** Epoch milliseconds. */
  time: number;
  key: string;
  /** Empty: the activity belongs to none. */
  workflowId: string;
  runId: string;
  activityId: string;
  attempt: number;
  /** Which Worker process. */
  worker: string;
}

/** In one write, with a line feed in front: a line torn by a crash swallows no other. */
export async function appendLine(path: string, line: LedgerLine): Promise<void> {
  const file = await open(path, 'a');
  try {
    await file.appendFile(`\n${JSON.stringify(line)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

export const readLines = <T = LedgerLine>(path: string): T[] => readJsonLines<T>(path);
