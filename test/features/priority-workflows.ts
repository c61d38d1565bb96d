import type { Priority } from '../../sdk/common/index.ts';
import { proxyActivities } from '../../sdk/workflow/index.ts';

/** Asks for an activity of that priority. Answers what the activity knows of it. */
export async function urgent(priority: Priority): Promise<Priority | undefined> {
  const { priorityOf } = proxyActivities<{ priorityOf(): Promise<Priority | undefined> }>({
    startToCloseTimeout: '1 minute',
    priority,
  });
  return priorityOf();
}
