/** The import of a tenant's files: all of them at once, as far as the task queue lets them. */

import { proxyActivities } from 'perdure/workflow';
import type * as activities from './activities.ts';
import type { Tenant } from './shared.ts';

/** Answers how many rows were loaded. */
export async function importFiles(tenant: Tenant, files: string[]): Promise<number> {
  const { load } = proxyActivities<typeof activities>({
    startToCloseTimeout: '1 minute',
    // Among the activities that wait, each key has its turns, however many of them wait.
    priority: { fairnessKey: tenant.name, fairnessWeight: tenant.weight },
  });
  const rows = await Promise.all(files.map((file) => load(tenant.name, file)));
  return rows.reduce((sum, count) => sum + count, 0);
}
