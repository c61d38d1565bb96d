/** The lines of an agent as they come, for whoever watches: a client, or a server that hands them on to a browser. */

import { type WorkflowHandle, WorkflowNotFoundError } from 'perdure/client';
import type { Progress } from './shared.ts';
import { type agent, follow, getProgress } from './workflows.ts';

export async function* linesOf(handle: WorkflowHandle<typeof agent>): AsyncGenerator<string> {
  for (let seen = 0; ; ) {
    const { lines, over } = await handle
      .executeUpdate(follow, { args: [seen] })
      .catch((error) => remaining(handle, seen, error));
    yield* lines;
    if (over) return;
    seen += lines.length;
  }
}

/** An agent that is done takes no update any more, but it answers queries. */
async function remaining(
  handle: WorkflowHandle<typeof agent>,
  seen: number,
  error: unknown,
): Promise<Progress> {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
  const { lines } = await handle.query(getProgress);
  return { lines: lines.slice(seen), over: true };
}
