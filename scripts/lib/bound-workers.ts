/**
 * `npm start` serves its examples itself. A Worker on Node beside it would take its share of their tasks, and the transfers'
 * money would be in two banks: so each looks for the other.
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { groupLives } from './process-group.ts';
import { projectRoot } from './root.ts';

interface Note {
  /** Process group of the engine. */
  group: number;
  examples: string[];
}

const noteFile = (port: number): string => join(projectRoot, `.perdure/bound-workers/${port}.json`);

/** The note counts for as long as the engine lives. */
export async function noteBoundWorkers(port: number, note: Note): Promise<void> {
  await mkdir(dirname(noteFile(port)), { recursive: true });
  await writeFile(noteFile(port), JSON.stringify(note));
}

/** @throws Error, in one line for the user, when `npm start` serves the example on that engine. */
export async function requireUnbound(address: string, example: string): Promise<void> {
  const text = await readFile(noteFile(Number(new URL(address).port)), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const { group, examples } = JSON.parse(text) as Note;
  if (!examples.includes(example) || !groupLives(group)) return;
  throw new Error(
    `npm start serves ${example} at ${address} already: a second Worker would take its share of the tasks, with data of its own. ` +
      'Stop npm start and use npm run engine, or start another engine (npm run engine -- --port 8788 --data FOLDER) and name it by PERDURE_ADDRESS',
  );
}

/** A sentence for each Worker on Node that lives and serves one of the examples, whose task queues are named as they are. */
export async function workersBeside(engineUrl: string, examples: string[]): Promise<string[]> {
  const reply = await fetch(`${engineUrl}/api/v1/namespaces/default/workers`);
  const { workers } = (await reply.json()) as {
    workers: Array<{ url: string; description?: { taskQueues: Array<{ name: string }> } }>;
  };
  const found = await Promise.all(
    workers.map(async ({ url, description }) => {
      const shared = description?.taskQueues
        .map(({ name }) => name)
        .filter((name) => examples.includes(name));
      if (!shared?.length || !(await answers(url))) return [];
      return `The Worker at ${url} serves ${shared.join(', ')} too: it takes its share of the tasks, with data of its own. Stop it.`;
    }),
  );
  return found.flat();
}

function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    () => true,
    () => false,
  );
}
