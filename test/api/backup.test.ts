/** An engine's backup, page by page, over fake objects. */

import { expect, it } from 'vitest';
import { exportBackup } from '../../src/backup/export.ts';
import type { Env } from '../../src/env.ts';

/** As many namespaces as there may be, with nothing in them. */
function emptyEngine(namespaces: number): { env: Env; calls: () => number } {
  let calls = 0;
  const answer =
    <T>(value: T) =>
    async (): Promise<T> => {
      calls++;
      return value;
    };
  const registered = Array.from({ length: namespaces }, (_, i) => ({
    name: `n${String(i).padStart(4, '0')}`,
  }));
  const object = {
    listNamespaces: answer(registered),
    dumpTables: answer([]),
    scheduleIds: answer([]),
    workflowIds: answer([]),
  };
  const binding = { getByName: () => object };
  const env = { NAMESPACES: 'default', NAMESPACE: binding, BATCH: binding, VISIBILITY: binding };
  return { env: env as unknown as Env, calls: () => calls };
}

it('a page asks so many objects and no more, however little they have', async () => {
  const { env, calls } = emptyEngine(1_000);
  let token: string | undefined;
  let most = 0;
  let pages = 0;
  do {
    const before = calls();
    token = (await exportBackup(env, token)).nextPageToken;
    most = Math.max(most, calls() - before);
    pages++;
  } while (token && pages < 1_000);
  expect(token).toBeUndefined();
  // Of one request the platform takes 10,000 at most; one after the other, each some milliseconds.
  expect(most).toBeLessThanOrEqual(101);
  // Each namespace once for itself and its batch jobs, and each of its four shards three times.
  expect(calls() - pages).toBe(1 + 1_001 * (2 + 3 * 4));
});
