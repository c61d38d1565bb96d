/** The import: line by line, from where the attempt before had come to. */

import { activityInfo, heartbeat, log } from 'perdure/activity';
import type { File, Progress } from './shared.ts';

/** The values of a file's lines, from the given one on (0 is the first). */
export type ReadLines = (file: File, from: number) => AsyncIterable<number>;

export function createActivities(readLines: ReadLines) {
  async function importFile(file: File): Promise<Progress> {
    const { heartbeatDetails, attempt } = activityInfo();
    let { line, sum }: Progress = heartbeatDetails ?? { line: 0, sum: 0 };
    log.info(`${file.name}: attempt ${attempt} begins at line ${line}`);
    for await (const value of readLines(file, line)) {
      sum += value;
      line++;
      // As often as one likes: only the newest is sent, now and then.
      heartbeat({ line, sum });
      if (line % 1_000 === 0) log.info(`${file.name}: line ${line}`);
    }
    return { line, sum };
  }

  return { importFile };
}

export type Activities = ReturnType<typeof createActivities>;
