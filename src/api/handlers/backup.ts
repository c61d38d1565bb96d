/** Backup and restore of the whole engine. */

import type { z } from 'zod';
import type { ExportBackupReply, ResumeBackupReply } from '../../../sdk/common/backup.ts';
import { forgetEngineKeys } from '../../auth/key-ring.ts';
import { exportBackup as exportPage } from '../../backup/export.ts';
import * as restore from '../../backup/restore.ts';
import type * as schemas from '../backup-schemas.ts';
import type { Call } from '../call.ts';
import { callDurable } from '../durable-call.ts';

export async function exportBackup(
  { pageToken }: z.output<typeof schemas.exportBackup>,
  call: Call,
): Promise<ExportBackupReply> {
  // Once for all pages.
  if (!pageToken) await call.audit('ExportBackup', {});
  return callDurable(call.ports, () => exportPage(call.env, pageToken || undefined), true);
}

export async function importBackup(
  { entries }: z.output<typeof schemas.importBackup>,
  call: Call,
): Promise<object> {
  await callDurable(call.ports, () => restore.importBackup(call.env, entries), true);
  // The engine's secrets may be among them.
  forgetEngineKeys();
  return {};
}

export function resumeBackup(
  { objects }: z.output<typeof schemas.resumeBackup>,
  call: Call,
): Promise<ResumeBackupReply> {
  return callDurable(call.ports, () => restore.resumeBackup(call.env, objects), true);
}
