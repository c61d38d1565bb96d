/** What the routes of backups take. Entries are JSON in text: nothing of them is looked at, shortened or renamed on the way. */

import { z } from 'zod';

export const exportBackup = z.strictObject({ pageToken: z.string().optional() });
export const importBackup = z.strictObject({ entries: z.array(z.string()).max(1_000) });
export const resumeBackup = z.strictObject({
  objects: z
    .array(
      z.strictObject({
        kind: z.enum(['system', 'namespace', 'batch', 'schedule', 'workflow']),
        namespace: z.string(),
        id: z.string(),
      }),
    )
    .max(1_000),
});
