import { describe, expect, it } from 'vitest';
import { ApiKeys, MAX_API_KEYS, parseApiKey } from '../../src/auth/api-keys.ts';
import { KeyCache } from '../../src/auth/key-cache.ts';
import type { Env } from '../../src/env.ts';
import { memorySql } from '../visibility/sqlite.ts';
import { ADMIN_KEY, bearer, guarded } from './support.ts';

const given = { name: 'ci', permissions: ['default:writer'], createdBy: 'admin-key' };

describe('an API key', () => {
  it('is 256 random bits behind a prefix and an id, and only its digest is stored', async () => {
    const sql = memorySql();
    const keys = new ApiKeys(sql, () => 0);
    const { apiKey, key } = await keys.create(given);
    const { id, secret } = parseApiKey(key)!;
    expect([id, key.startsWith('perdure_')]).toEqual([apiKey.id, true]);
    expect(Buffer.from(secret, 'base64url').length).toBe(32);
    const stored = JSON.stringify([...sql.exec('SELECT * FROM api_keys')]);
    expect(stored).not.toContain(secret);
    expect(JSON.stringify(keys.list())).not.toContain('secretSha256');
    expect((await keys.create(given)).key).not.toBe(key);
  });

  it('is one of two while it is replaced, and ends alone', async () => {
    const engine = guarded();
    const old = await engine.keyWith('default:reader');
    const fresh = await engine.keyWith('default:reader');
    const statuses = async () =>
      Promise.all(
        [old, fresh].map(async (key) => (await engine.get('/api/v1/system-info', bearer(key))).status),
      );
    expect(await statuses()).toEqual([200, 200]);
    const { id } = parseApiKey(old)!;
    engine.keys.revoke(id);
    // Another isolate has not asked again yet; this one is told.
    await engine.send('DELETE', `/api/v1/api-keys/${id}`, undefined, bearer(ADMIN_KEY));
    expect(await statuses()).toEqual([401, 200]);
  });

  it('that is revoked is refused everywhere within a minute', async () => {
    const clock = { now: 0 };
    const sql = memorySql();
    const keys = new ApiKeys(sql, () => clock.now);
    const { apiKey } = await keys.create(given);
    let asked = 0;
    const findApiKey = async (id: string) => {
      asked++;
      return keys.find(id);
    };
    const env = { NAMESPACE: { getByName: () => ({ findApiKey }) } } as unknown as Env;
    const cache = new KeyCache(() => clock.now);
    expect((await cache.find(env, apiKey.id))?.revokedTime).toBeUndefined();
    keys.revoke(apiKey.id);
    clock.now = 60_000;
    expect((await cache.find(env, apiKey.id))?.revokedTime).toBeDefined();
    await cache.find(env, apiKey.id);
    expect(asked).toBe(2);
  });

  it('that has expired is refused, to the millisecond', async () => {
    const engine = guarded();
    const expirationTime = new Date(Date.now() + 3_600_000).toISOString();
    const { key } = await engine.keys.create({ ...given, permissions: ['system:reader'], expirationTime });
    expect((await engine.get('/api/v1/system-info', bearer(key))).status).toBe(200);
    const late = guarded(
      { findApiKey: (id: string) => engine.keys.find(id) },
      { CLOCK_OFFSET_MS: '3600000' },
    );
    expect((await late.get('/api/v1/system-info', bearer(key))).status).toBe(401);
  });

  it('with another secret, and an id that is unknown, are refused in the same words and store nothing', async () => {
    const engine = guarded();
    const unknown = await engine.get(
      '/api/v1/system-info',
      bearer(`perdure_${'0'.repeat(16)}_${'A'.repeat(43)}`),
    );
    expect([...engine.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'")]).toEqual([]);
    const key = await engine.keyWith('system:admin');
    const wrong = await engine.get(
      '/api/v1/system-info',
      bearer(`${key.slice(0, -1)}${key.endsWith('A') ? 'E' : 'A'}`),
    );
    expect([unknown.status, wrong.status]).toEqual([401, 401]);
    expect(wrong.text).toBe(unknown.text);
  });

  it('is made only with permissions that mean something, and not for the past', async () => {
    const engine = guarded();
    const create = (body: object) => engine.post('/api/v1/api-keys', body, bearer(ADMIN_KEY));
    expect((await create({ name: 'x', permissions: ['default:king'] })).body.message).toContain(
      '"default:king" is none',
    );
    expect((await create({ name: 'x', permissions: [] })).status).toBe(400);
    const past = { name: 'x', permissions: ['a:read'], expirationTime: '2001-01-01T00:00:00Z' };
    expect((await create(past)).body.message).toBe('expirationTime: is in the past');
  });

  it('says about when it was used last, and writes that at most once an hour', async () => {
    const clock = { now: 0 };
    const keys = new ApiKeys(memorySql(), () => clock.now);
    const { apiKey } = await keys.create(given);
    const used = () => keys.list()[0]!.lastUsedTime;
    keys.find(apiKey.id);
    expect(used()).toBe('1970-01-01T00:00:00.000Z');
    clock.now = 3_599_999;
    keys.find(apiKey.id);
    expect(used()).toBe('1970-01-01T00:00:00.000Z');
    clock.now = 3_600_000;
    keys.find(apiKey.id);
    expect(used()).toBe('1970-01-01T01:00:00.000Z');
  });

  it('is refused beyond the bound until another is revoked', async () => {
    const keys = new ApiKeys(memorySql(), () => 0);
    const { apiKey } = await keys.create(given);
    for (let i = 1; i < MAX_API_KEYS; i++) await keys.create(given);
    await expect(keys.create(given)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    keys.revoke(apiKey.id);
    await keys.create(given);
  });
});
