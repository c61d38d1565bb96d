/**
 * The workflows of the harness, as a later build of the application has them: one is changed behind a patch. What began
 * with the old code goes on the old way; what has the patch in its history waits for this build to come back.
 */

import { patched, sleep } from 'perdure/workflow';
import { idle as before } from '../workloads/workflows.ts';

export * from '../workloads/workflows.ts';

export async function idle(ms: number): Promise<number> {
  if (patched('a-moment-first')) await sleep(10);
  return before(ms);
}
