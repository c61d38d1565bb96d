/** Runs for a page to show: one of each kind, started through the API. */

import type { HttpApi } from '../http-api.ts';

const start = (api: HttpApi, workflowId: string, workflowType: string, args: unknown[] = [], more = {}) =>
  api.start({ workflowId, workflowType, taskQueue: 'ui', args, more });

/** Ends when the closed ones are closed. The open ones stay open: `order-1`, `waits-1`, `retries-1`. */
export async function seed(api: HttpApi): Promise<void> {
  await Promise.all([
    start(api, 'order-1', 'order', ['A bicycle'], {
      memo: { fields: { customer: 'Ada Lovelace', vip: true } },
    }),
    start(api, 'waits-1', 'waitsForSignal'),
    start(api, 'retries-1', 'retries'),
    start(api, 'recovers-1', 'recovers', [3]),
    start(api, 'fails-1', 'fails'),
    start(api, 'family-1', 'family'),
    start(api, 'terminated-1', 'waitsForSignal'),
    start(api, 'canceled-1', 'order', ['A tandem']),
  ]);
  await api.ok('POST', '/workflows/terminated-1/terminate', { reason: 'Not needed any more' });
  await api.ok('POST', '/workflows/canceled-1/cancel', { reason: 'The customer called' });
  for (const id of ['recovers-1', 'fails-1', 'family-1', 'terminated-1', 'canceled-1']) await api.closed(id);
}
