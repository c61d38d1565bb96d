/** What a replay found, for people: the event, the command that came instead, and the line of the workflow. */

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { ReplayResult } from './replay.ts';
import type { SourcePlace } from './source-place.ts';

/** Lines about one history; the first names it. */
export function replayLines({ workflowId, error, divergence }: ReplayResult): string[] {
  if (!error) return [`${workflowId} replays`];
  if (!divergence) return [`${workflowId} does not replay`, ...indent(`${error.name}: ${error.message}`)];
  const { message, command, source } = divergence;
  const lines = [`${workflowId} does not replay: it parts from the code at event ${divergence.eventId}`];
  lines.push(...indent(message.replace('[TMPRL1100] Nondeterminism error: ', '')));
  if (source) lines.push(...sourceLines(source, command === undefined ? 'the workflow waits' : 'issued'));
  return lines;
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}

function sourceLines({ file, line, column, functionName }: SourcePlace, what: string): string[] {
  const within = functionName ? ` in ${functionName}` : '';
  const place = `  ${what} at ${relative(process.cwd(), file)}:${line}:${column}${within}`;
  const text = lineOf(file, line);
  return text === undefined ? [place] : [place, `    ${line} | ${text}`];
}

function lineOf(file: string, line: number): string | undefined {
  try {
    return readFileSync(file, 'utf8').split('\n')[line - 1];
  } catch {
    // Code that was bundled elsewhere comes without its sources.
    return undefined;
  }
}
