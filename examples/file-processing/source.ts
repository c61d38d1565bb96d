/** Where the lines come from: here, made up, five hundred a second. */

import { sleep } from 'perdure/activity';
import type { File } from './shared.ts';

const LINES_AT_ONCE = 50;

export async function* readLines({ lines }: File, from: number): AsyncIterable<number> {
  for (let line = from; line < lines; line++) {
    // Throws when the import is cancelled.
    if (line % LINES_AT_ONCE === 0) await sleep('100 ms');
    yield line;
  }
}
