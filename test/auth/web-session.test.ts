import { describe, expect, it } from 'vitest';
import { ADMIN_KEY, guarded } from './support.ts';

const HOST = 'http://127.0.0.1:8787';
const same = { origin: HOST, 'sec-fetch-site': 'same-origin' };
const login = (
  engine: ReturnType<typeof guarded>,
  credential: unknown,
  headers: Record<string, string> = same,
) => engine.send('POST', '/ui/session', { credential }, headers);
const cookieOf = (reply: { headers: Headers }): string => reply.headers.get('set-cookie')!.split(';')[0]!;

describe('a browser signs in', () => {
  it('with a credential that counts, which becomes a cookie that scripts and other sites cannot use', async () => {
    const engine = guarded();
    const key = await engine.keyWith('default:reader');
    const reply = await login(engine, key);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('set-cookie')).toBe(
      `__Host-perdure=${key}; Path=/; Secure; HttpOnly; SameSite=Strict`,
    );
    const cookie = { cookie: `theme=dark; ${cookieOf(reply)}`, ...same };
    expect((await engine.get('/api/v1/me', cookie)).body).toMatchObject({
      permissions: ['default:reader'],
    });
    expect((await engine.get('/api/v1/namespaces/shop/workflows', cookie)).status).toBe(403);
    const [stored] = await engine.keys.list();
    await engine.keys.revoke(stored!.id);
    const later = guarded({ findApiKey: (id: string) => engine.keys.find(id) });
    expect((await later.get('/api/v1/me', cookie)).status).toBe(401);
  });

  it('not with anything else', async () => {
    const engine = guarded();
    for (const wrong of ['nonsense', 'a b', `${ADMIN_KEY}x`])
      expect([wrong, (await login(engine, wrong)).status]).toEqual([wrong, 401]);
    for (const none of [undefined, '', 5, 'x'.repeat(4_000)])
      expect((await login(engine, none)).status).toBe(400);
    const forged = { cookie: '__Host-perdure=nonsense', ...same };
    expect((await engine.get('/api/v1/me', forged)).status).toBe(401);
    expect((await engine.get('/api/v1/me', { cookie: '__Host-perdure=%', ...same })).status).toBe(401);
  });

  it('and no page of another site can do it, or use it', async () => {
    const engine = guarded();
    const cookie = cookieOf(await login(engine, ADMIN_KEY));
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    ] as Array<Record<string, string>>) {
      expect((await engine.get('/api/v1/me', { cookie, ...headers })).status).toBe(403);
      expect((await login(engine, ADMIN_KEY, headers)).status).toBe(403);
      expect((await engine.send('DELETE', '/ui/session', undefined, headers)).status).toBe(403);
    }
  });

  it('and out: the cookie is gone', async () => {
    const reply = await guarded().send('DELETE', '/ui/session', undefined, same);
    expect(reply.headers.get('set-cookie')).toMatch(/^__Host-perdure=; Max-Age=0;/);
  });

  it('an engine in development says that anybody on this machine may do everything', async () => {
    const engine = guarded({}, { PERDURE_DEV: '1', PERDURE_ADMIN_KEY: undefined });
    expect((await engine.get('/api/v1/me')).body).toEqual({
      subject: 'development',
      permissions: ['system:admin'],
    });
  });
});
