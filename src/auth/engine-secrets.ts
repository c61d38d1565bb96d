/**
 * The engine's own secrets, platform-free: 32 random bytes each, made when they are needed first and kept in the engine's
 * object. The first in the list is in use; those before it go on counting for a while, so that nothing that is on its way
 * is lost when a new one takes over.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { bytesToBase64 } from '../../sdk/common/payload.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';

export interface EngineSecret {
  /** Four random bytes in hex: names it in task tokens. */
  kid: string;
  /** Base64 of 32 bytes. */
  secret: string;
  createdTime: EpochMs;
}

/** So long a secret that was replaced still signs dispatches, beside the new one. */
export const SIGNING_OVERLAP_MS = 24 * 3_600_000;
/** And so long task tokens that it sealed are still taken. */
export const TOKEN_OVERLAP_MS = 30 * 24 * 3_600_000;
const SCHEMA =
  'CREATE TABLE IF NOT EXISTS engine_secrets (sequence INTEGER PRIMARY KEY, record TEXT NOT NULL)';

export class EngineSecrets {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #now: () => EpochMs;

  constructor(sql: Sql, now: () => EpochMs) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [SCHEMA], 'engine_secrets');
    this.#now = now;
  }

  /** The newest first; never empty. */
  list(): EngineSecret[] {
    const stored = this.#stored();
    return stored.length > 0 ? stored : [this.#add()];
  }

  /** A new one takes over. Those that count for nothing any more are forgotten. */
  rotate(): EngineSecret[] {
    this.list();
    this.#add();
    const all = this.#stored();
    const kept = all.filter((_, i) => i === 0 || this.#now() - all[i - 1]!.createdTime <= TOKEN_OVERLAP_MS);
    const oldest =
      'DELETE FROM engine_secrets WHERE sequence NOT IN (SELECT sequence FROM engine_secrets ORDER BY sequence DESC LIMIT ?)';
    [...this.#sql.exec(oldest, kept.length)];
    return kept;
  }

  #add(): EngineSecret {
    this.#schema.create();
    const random = crypto.getRandomValues(new Uint8Array(36));
    const kid = [...random.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const secret = { kid, secret: bytesToBase64(random.subarray(4)), createdTime: this.#now() };
    [...this.#sql.exec('INSERT INTO engine_secrets (record) VALUES (?)', JSON.stringify(secret))];
    return secret;
  }

  #stored(): EngineSecret[] {
    if (!this.#schema.created) return [];
    return [...this.#sql.exec('SELECT record FROM engine_secrets ORDER BY sequence DESC')].map(
      (row) => JSON.parse(row.record as string) as EngineSecret,
    );
  }
}
