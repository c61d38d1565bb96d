/** Backups: what administrators ask of an engine as a whole. */

import type { BackupRef, ExportBackupReply, ResumeBackupReply } from '../common/backup.ts';
import type { Caller } from './cluster-service.ts';

const BACKUP = '/api/v1/backup';

export class BackupService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    this.#call = caller;
  }

  exportBackup({ pageToken }: { pageToken?: string }): Promise<ExportBackupReply> {
    return this.#call({ method: 'GET', path: BACKUP, query: { ...(pageToken && { pageToken }) } }, {});
  }

  /** May be repeated. */
  importBackup(request: { entries: string[] }): Promise<object> {
    return this.#call({ method: 'POST', path: BACKUP, body: request }, {});
  }

  /** May be repeated. */
  resumeBackup(request: { objects: BackupRef[] }): Promise<ResumeBackupReply> {
    return this.#call({ method: 'POST', path: `${BACKUP}/resume`, body: request }, {});
  }
}
