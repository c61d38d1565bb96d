/**
 * The audit log of a namespace, platform-free: who asked for what that administrates or ends something, and when. Each
 * entry carries the digest of the one before it, so that one that was changed or taken out in the middle shows. The
 * oldest are dropped beyond a bound; what is left still hangs together.
 */

import { createHash } from 'node:crypto';
import { type EpochMs, toTimestampJson } from '../../sdk/common/duration.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import type { AuditEntry, AuditedCall, AuditPage, PageRequest } from '../../sdk/common/security.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';

export const MAX_AUDIT_ENTRIES = 10_000;
export const MAX_AUDIT_PAGE = 1_000;
const ORIGIN = '0'.repeat(64);
const SCHEMA = 'CREATE TABLE IF NOT EXISTS audit (sequence INTEGER PRIMARY KEY, record TEXT NOT NULL)';

export class AuditLog {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #now: () => EpochMs;
  readonly #maxEntries: number;

  constructor(sql: Sql, now: () => EpochMs, maxEntries = MAX_AUDIT_ENTRIES) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [SCHEMA], 'audit');
    this.#now = now;
    this.#maxEntries = maxEntries;
  }

  append(call: AuditedCall): void {
    this.#schema.create();
    const [last] = [...this.#sql.exec('SELECT record FROM audit ORDER BY sequence DESC LIMIT 1')];
    const before = last && (JSON.parse(last.record as string) as AuditEntry);
    const entry = {
      ...call,
      sequence: (before?.sequence ?? 0) + 1,
      time: toTimestampJson(this.#now()),
      previousHash: before?.hash ?? ORIGIN,
    };
    const record = JSON.stringify({ ...entry, hash: hashOf(entry) });
    [...this.#sql.exec('INSERT INTO audit (sequence, record) VALUES (?, ?)', entry.sequence, record)];
    [...this.#sql.exec('DELETE FROM audit WHERE sequence <= ?', entry.sequence - this.#maxEntries)];
  }

  /** The newest first. */
  page({ pageSize, nextPageToken }: PageRequest): AuditPage {
    if (nextPageToken !== undefined && !/^\d{1,15}$/.test(nextPageToken))
      throw invalidArgument('nextPageToken: not a token of this engine; start again without one');
    if (!this.#schema.created) return { entries: [] };
    const size = Math.min(pageSize || 100, MAX_AUDIT_PAGE);
    const before = nextPageToken === undefined ? Number.MAX_SAFE_INTEGER : Number(nextPageToken);
    const select = 'SELECT record FROM audit WHERE sequence < ? ORDER BY sequence DESC LIMIT ?';
    const rows = [...this.#sql.exec(select, before, size + 1)];
    const entries = rows.slice(0, size).map((row) => JSON.parse(row.record as string) as AuditEntry);
    return { entries, ...(rows.length > size && { nextPageToken: String(entries.at(-1)!.sequence) }) };
  }
}

/** What anybody can compute again who has read the log. */
export function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  const { sequence, time, principal, rpc, target, remoteAddress = '', previousHash } = entry;
  const text = JSON.stringify([sequence, time, principal, rpc, target, remoteAddress]);
  return createHash('sha256').update(`${previousHash}${text}`).digest('hex');
}
