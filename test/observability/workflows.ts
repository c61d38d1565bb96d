/** A workflow that does one of each of what is watched, with a word in every place that nobody but it may read. */

import { continueAsNew, executeChild, proxyActivities, sleep, upsertMemo } from '../../sdk/workflow/index.ts';

interface Activities {
  greet(name: string): Promise<string>;
  fail(name: string): Promise<void>;
}
const { greet } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
const { fail } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
});

export async function visits(word: string): Promise<string> {
  upsertMemo({ word });
  const greeting = await greet(word);
  await sleep('1 minute');
  await fail(word).catch(() => undefined);
  return executeChild(child, { workflowId: 'child', args: [greeting] });
}

export async function child(word: string): Promise<string> {
  return word;
}

/** In each of two runs an activity; in the second a child, too. */
export async function travels(round = 1): Promise<void> {
  await greet('somebody');
  if (round < 2) await continueAsNew<typeof travels>(round + 1);
  await executeChild(child, { workflowId: 'fellow', args: ['you'] });
}

/** Code with a mistake: its workflow task fails, and says what it was given. */
export async function breaks(word: string): Promise<void> {
  throw new Error(`cannot read ${word}`);
}
