/** Commands that wait: when nobody is there to do the work, whoever waits learns it, and why nothing comes. */

import type { WorkflowExecutionDescription } from '../client/index.ts';
import type { Invocation } from './context.ts';

const PATIENCE_MS = 3_000;

/** Waits; after a while it says once, on standard error, that no Worker takes what the workflow has to do, if that is so. */
export async function patiently<F, T>(
  { client, flags, terminal }: Invocation<F>,
  { workflowId, runId }: { workflowId: string; runId?: string | undefined },
  wait: () => Promise<T>,
): Promise<T> {
  if (flags.output !== 'text') return wait();
  let waiting = true;
  const look = async (): Promise<void> => {
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
    const reason = reasonOf(raw);
    if (waiting && reason) terminal.complain(terminal.colors.yellow(`${reason}; waiting`));
  };
  // What is wrong with the look alone is nothing to fail for: the wait itself tells.
  const timer = setTimeout(() => look().catch(() => undefined), PATIENCE_MS);
  try {
    return await wait();
  } finally {
    waiting = false;
    clearTimeout(timer);
  }
}

function reasonOf({ pendingWorkflowTask, pendingActivities }: WorkflowExecutionDescription['raw']) {
  return [pendingWorkflowTask, ...pendingActivities].find((task) => task?.waitingReason)?.waitingReason;
}
