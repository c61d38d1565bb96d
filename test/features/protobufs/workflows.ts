import { proxyActivities } from '../../../sdk/workflow/index.ts';

/** An order comes in as a message, goes to an activity as one, and comes back as one. */
export async function confirmed(order: object): Promise<object> {
  const { confirm } = proxyActivities<{ confirm(order: object): Promise<object> }>({
    startToCloseTimeout: '1 minute',
  });
  return confirm(order);
}
