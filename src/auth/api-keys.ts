/**
 * API keys, platform-free. A key is `perdure_<id>_<secret>`: the id finds it, the secret (256 random bits) proves it. Kept
 * is only the secret's SHA-256, so that whoever reads the storage cannot use a key; the key itself is shown once.
 */

import { type EpochMs, toTimestampJson } from '../../sdk/common/duration.ts';
import { notFound, ServiceError } from '../../sdk/common/errors.ts';
import { bytesToBase64 } from '../../sdk/common/payload.ts';
import type { ApiKey, CreateApiKeyReply, CreateApiKeyRequest } from '../../sdk/common/security.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';
import { sha256Hex } from './digest.ts';

export interface StoredApiKey extends ApiKey {
  secretSha256: string;
}
export interface NewApiKey extends CreateApiKeyRequest {
  createdBy: string;
}

export const MAX_API_KEYS = 1_000;
const LAST_USED_EVERY_MS = 3_600_000;
const KEY = /^perdure_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;
const SCHEMA =
  'CREATE TABLE IF NOT EXISTS api_keys (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID';

/** `undefined`: not the form of a key. */
export function parseApiKey(text: string): { id: string; secret: string } | undefined {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id && secret ? { id, secret } : undefined;
}

export const isExpired = ({ expirationTime }: Pick<ApiKey, 'expirationTime'>, now: EpochMs): boolean =>
  expirationTime !== undefined && Date.parse(expirationTime) <= now;

/** In the engine's own object. */
export class ApiKeys {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #now: () => EpochMs;

  constructor(sql: Sql, now: () => EpochMs) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [SCHEMA], 'api_keys');
    this.#now = now;
  }

  /** @throws ServiceError RESOURCE_EXHAUSTED when there are too many that are neither revoked nor expired. */
  async create(given: NewApiKey): Promise<CreateApiKeyReply> {
    const id = [...random(8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const secret = bytesToBase64(random(32)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
    const secretSha256 = await sha256Hex(secret);
    const apiKey: ApiKey = { id, createdTime: toTimestampJson(this.#now()), ...given };
    const stored = this.#all();
    const active = stored.filter((key) => !key.revokedTime && !isExpired(key, this.#now()));
    if (active.length >= MAX_API_KEYS)
      throw new ServiceError('RESOURCE_EXHAUSTED', `there are ${MAX_API_KEYS} API keys already: revoke some`);
    // Nobody can use them any more; the audit log knows of them.
    if (stored.length >= 2 * MAX_API_KEYS) this.#forgetUseless(stored);
    this.#put({ ...apiKey, secretSha256 });
    return { apiKey, key: `perdure_${id}_${secret}` };
  }

  /** The newest first, without what proves them. */
  list(): ApiKey[] {
    const newestFirst = this.#all().sort((a, b) => (a.createdTime < b.createdTime ? 1 : -1));
    return newestFirst.map(({ secretSha256: _, ...key }) => key);
  }

  /** Repeatable. @throws ServiceError NOT_FOUND */
  revoke(id: string): ApiKey {
    const stored = this.#get(id);
    if (!stored) throw notFound(`API key not found: ${id}`);
    const { secretSha256, ...key } = stored;
    const revoked = { ...key, revokedTime: key.revokedTime ?? toTimestampJson(this.#now()) };
    if (!key.revokedTime) this.#put({ ...revoked, secretSha256 });
    return revoked;
  }

  /** For those who check keys: with its digest. An id that is unknown costs no storage. */
  find(id: string): StoredApiKey | undefined {
    const stored = this.#get(id);
    if (!stored || stored.revokedTime) return stored;
    const last = stored.lastUsedTime ? Date.parse(stored.lastUsedTime) : Number.NEGATIVE_INFINITY;
    if (this.#now() - last >= LAST_USED_EVERY_MS)
      this.#put({ ...stored, lastUsedTime: toTimestampJson(this.#now()) });
    return stored;
  }

  #forgetUseless(stored: StoredApiKey[]): void {
    for (const key of stored)
      if (key.revokedTime || isExpired(key, this.#now()))
        [...this.#sql.exec('DELETE FROM api_keys WHERE id = ?', key.id)];
  }

  #put(key: StoredApiKey): void {
    this.#schema.create();
    const upsert =
      'INSERT INTO api_keys (id, record) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record';
    [...this.#sql.exec(upsert, key.id, JSON.stringify(key))];
  }

  #get(id: string): StoredApiKey | undefined {
    if (!this.#schema.created) return undefined;
    const [row] = [...this.#sql.exec('SELECT record FROM api_keys WHERE id = ?', id)];
    return row && (JSON.parse(row.record as string) as StoredApiKey);
  }

  #all(): StoredApiKey[] {
    if (!this.#schema.created) return [];
    return [...this.#sql.exec('SELECT record FROM api_keys ORDER BY id')].map(
      (row) => JSON.parse(row.record as string) as StoredApiKey,
    );
  }
}

function random(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}
