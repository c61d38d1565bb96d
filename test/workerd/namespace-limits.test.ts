/** Limits of a registered namespace, as the object of a run finds them in the engine's own object. */

import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';

const self = (exports as unknown as { default: Fetcher }).default;

async function statusOf(path: string, body: object): Promise<number> {
  const init = { method: 'POST', body: JSON.stringify(body) };
  return (await self.fetch(`http://127.0.0.1/api/v1/namespaces${path}`, init)).status;
}

it.each([
  ['limited', { historyEvents: 4 }, [200, 200, 429]],
  ['unlimited', {}, [200, 200, 200]],
])(
  'a run in the namespace %s, which was given %j, takes signals so far',
  async (namespace, limits, expected) => {
    expect(await statusOf('', { namespace, limits })).toBe(200);
    const start = { workflowType: { name: 'nobody' }, taskQueue: { name: 'nobody' } };
    expect(await statusOf(`/${namespace}/workflows/w`, start)).toBe(200);
    // Two events are there: started, and the task that is scheduled.
    const statuses: number[] = [];
    for (const _ of expected) statuses.push(await statusOf(`/${namespace}/workflows/w/signal/go`, {}));
    expect(statuses).toEqual(expected);
  },
);
