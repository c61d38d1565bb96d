/** API keys end to end: an engine that is not in development, its own objects, nothing in between. */

import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test';
import { expect, it } from 'vitest';
import type { ApiKey, CreateApiKeyReply } from '../../sdk/common/security.ts';
import type { Env } from '../../src/env.ts';
import engine from '../../src/index.ts';
import { env, tablesOf } from './support.ts';

const ADMIN_KEY = 'a'.repeat(64);
const deployed: Env = { ...env, PERDURE_DEV: '', PERDURE_ADMIN_KEY: ADMIN_KEY };
const start = { workflowType: { name: 'gather' }, taskQueue: { name: 'plain' }, input: [1] };

async function send(key: string | undefined, method: string, path: string, body?: object) {
  const ctx = createExecutionContext();
  const request = new Request(`https://engine.example.com${path}`, {
    method,
    ...(key && { headers: { authorization: `Bearer ${key}` } }),
    ...(body && { body: JSON.stringify(body) }),
  });
  const response = await engine.fetch!(
    request as Request<unknown, IncomingRequestCfProperties>,
    deployed,
    ctx,
  );
  const reply = { status: response.status, body: (await response.json()) as Record<string, any> };
  await waitOnExecutionContext(ctx);
  return reply;
}
const create = async (name: string, ...permissions: string[]): Promise<CreateApiKeyReply> =>
  (await send(ADMIN_KEY, 'POST', '/api/v1/api-keys', { name, permissions })).body as CreateApiKeyReply;
const ns = '/api/v1/namespaces/default';
const run = (id: string) => `${ns}/workflows/${id}`;

/** 32 bytes in base64url, in which an underscore may stand anywhere. */
const SECRET_LENGTH = 43;

it('a key does what it was made for, from its making to its revocation, and stands nowhere in storage', async () => {
  expect((await send(undefined, 'POST', run('key-1'), start)).status).toBe(401);
  const writer = await create('writer', 'default:writer');
  expect((await send(writer.key, 'POST', run('key-1'), start)).status).toBe(200);
  expect((await send(writer.key, 'POST', `${run('key-1')}/signal/add`, { input: ['x'] })).status).toBe(200);
  const result = await send(writer.key, 'GET', `${run('key-1')}/result?waitMs=20000`);
  expect(result.body.status).toBe('WORKFLOW_EXECUTION_STATUS_COMPLETED');

  const reader = await create('reader', 'default:reader');
  const worker = await create('worker', 'default:worker');
  expect((await send(reader.key, 'GET', run('key-1'))).status).toBe(200);
  expect((await send(reader.key, 'POST', run('key-2'), start)).status).toBe(403);
  expect((await send(worker.key, 'POST', run('key-2'), start)).status).toBe(403);
  expect((await send(worker.key, 'GET', run('key-1'))).status).toBe(403);
  const elsewhere = await create('elsewhere', 'shop:admin');
  expect((await send(elsewhere.key, 'GET', run('key-1'))).status).toBe(403);
  for (const { key } of [writer, reader, worker])
    expect((await send(key, 'POST', '/api/v1/api-keys', { name: 'mine', permissions: [] })).status).toBe(403);

  // One key replaces another: both count until the old one is revoked, which counts at once where it was done.
  const next = await create('writer', 'default:writer');
  expect((await send(writer.key, 'POST', run('key-2'), start)).status).toBe(200);
  expect((await send(next.key, 'POST', run('key-3'), start)).status).toBe(200);
  expect((await send(ADMIN_KEY, 'DELETE', `/api/v1/api-keys/${writer.apiKey.id}`)).status).toBe(200);
  expect((await send(writer.key, 'GET', run('key-1'))).status).toBe(401);
  expect((await send(next.key, 'GET', run('key-1'))).status).toBe(200);

  const { apiKeys } = (await send(ADMIN_KEY, 'GET', '/api/v1/api-keys')).body as { apiKeys: ApiKey[] };
  const listed = apiKeys.find(({ id }) => id === writer.apiKey.id)!;
  expect(listed).toMatchObject({ name: 'writer', permissions: ['default:writer'] });
  expect(listed.revokedTime).toBeDefined();
  expect(listed.lastUsedTime).toBeDefined();

  const system = env.NAMESPACE.getByName('\u0000system');
  const tables = await tablesOf(system);
  const stored = await runInDurableObject(system, (_, { storage }) =>
    JSON.stringify(tables.map((table) => storage.sql.exec(`SELECT * FROM "${table}"`).toArray())),
  );
  expect(stored).toContain('CreateApiKey');
  expect(stored).toContain(writer.apiKey.id);
  for (const { key } of [writer, reader, worker, next])
    expect(stored).not.toContain(key.slice(-SECRET_LENGTH));
  expect(stored).not.toContain(ADMIN_KEY);
});

it('a key that has expired, was guessed or was cut is answered like none at all', async () => {
  const expirationTime = new Date(Date.now() + 1_000).toISOString();
  const reply = await send(ADMIN_KEY, 'POST', '/api/v1/api-keys', {
    name: 'brief',
    permissions: ['default:admin'],
    expirationTime,
  });
  const { key } = reply.body as CreateApiKeyReply;
  const refusals = [
    key.slice(0, -1),
    `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`,
    `perdure_0123456789abcdef_${key.slice(-SECRET_LENGTH)}`,
  ];
  const answers = await Promise.all(refusals.map((guess) => send(guess, 'GET', `${ns}/workflows`)));
  await expect
    .poll(async () => (await send(key, 'GET', `${ns}/workflows`)).status, { timeout: 10_000 })
    .toBe(401);
  answers.push(await send(key, 'GET', `${ns}/workflows`));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]!.status).toBe(401);
});
