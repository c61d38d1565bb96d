import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forgetKeySets } from '../../src/auth/jwt.ts';
import { NS, startBody } from '../api/engine.ts';
import { bearer, guarded } from './support.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
const issuer = 'https://id.example.com/';
const audience = 'perdure';
const vars = {
  PERDURE_ADMIN_KEY: undefined,
  JWT_JWKS_URL: 'https://id.example.com/jwks',
  JWT_ISSUER: issuer,
  JWT_AUDIENCE: audience,
};
let pair: Pair;
let stranger: Pair;
let jwks: object;
let fetched: string[] = [];

beforeAll(async () => {
  pair = await generateKeyPair('RS256', { extractable: true });
  stranger = await generateKeyPair('RS256');
  jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256' }] };
});
beforeEach(() => {
  forgetKeySets();
  fetched = [];
});

const seconds = (): number => Math.floor(Date.now() / 1_000);
const claims = (): JWTPayload => ({
  iss: issuer,
  aud: audience,
  sub: 'ann',
  exp: seconds() + 300,
  permissions: ['default:write'],
});
const sign = (payload: JWTPayload, header: { alg?: string; kid?: string } = {}, key = pair.privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(key);

function engine(more: Record<string, string | undefined> = {}, answer = () => Response.json(jwks)) {
  const fetchKeys = async (url: string) => {
    fetched.push(String(url));
    return answer();
  };
  return guarded({}, { ...vars, ...more }, { fetch: fetchKeys });
}
const statusOf = async (token: string): Promise<number> =>
  (await engine().post(`${NS}/workflows/w`, startBody, bearer(token))).status;

describe('a JWT', () => {
  it('of the issuer grants what its permissions claim says, in the words of Temporal', async () => {
    expect(await statusOf(await sign(claims()))).toBe(200);
    expect(fetched).toEqual(['https://id.example.com/jwks']);
    expect(await statusOf(await sign({ ...claims(), permissions: ['default:read', 'shop:admin'] }))).toBe(
      403,
    );
    expect(await statusOf(await sign({ ...claims(), permissions: ['system:admin'] }))).toBe(200);
    expect(await statusOf(await sign({ ...claims(), permissions: 'default:write' }))).toBe(403);
    expect(await statusOf(await sign({ ...claims(), permissions: undefined }))).toBe(403);
  });

  it('may carry them under another name', async () => {
    const other = engine({ JWT_PERMISSIONS_CLAIM: 'https://example.com/perms' });
    const token = await sign({
      ...claims(),
      permissions: [],
      'https://example.com/perms': ['default:write'],
    });
    expect((await other.post(`${NS}/workflows/w`, startBody, bearer(token))).status).toBe(200);
  });

  it('is refused for another issuer, audience, key or key id, or without an end', async () => {
    const { exp: _, ...endless } = claims();
    const wrong = [
      await sign({ ...claims(), iss: 'https://evil.example.com/' }),
      await sign({ ...claims(), aud: 'another' }),
      await sign(claims(), {}, stranger.privateKey),
      await sign(claims(), { kid: 'two' }),
      await sign(endless),
      `${(await sign(claims())).slice(0, -6)}AAAAAA`,
    ];
    for (const token of wrong) expect(await statusOf(token)).toBe(401);
  });

  it('is refused with no algorithm, or with one in which the public key would be the secret', async () => {
    const unsecured = new UnsecuredJWT(claims()).encode();
    expect(await statusOf(`${unsecured}x`)).toBe(401);
    const publicKey = new TextEncoder().encode(JSON.stringify(jwks));
    const symmetric = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(publicKey);
    expect(await statusOf(symmetric)).toBe(401);
  });

  it('counts from nbf to exp, a minute of clock difference aside', async () => {
    expect(await statusOf(await sign({ ...claims(), exp: seconds() - 50 }))).toBe(200);
    expect(await statusOf(await sign({ ...claims(), exp: seconds() - 70 }))).toBe(401);
    expect(await statusOf(await sign({ ...claims(), nbf: seconds() + 50 }))).toBe(200);
    expect(await statusOf(await sign({ ...claims(), nbf: seconds() + 70 }))).toBe(401);
  });

  it('cannot be judged while the issuer is away: 503, not 401', async () => {
    const away = engine({}, () => new Response('', { status: 500 }));
    const reply = await away.get('/api/v1/system-info', bearer(await sign(claims())));
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('is known in the audit log by its subject', async () => {
    const one = engine();
    await one.post(`${NS}/workflows/w/terminate`, {}, bearer(await sign(claims())));
    expect(one.asked[0]).toMatchObject({ method: 'audit', args: [{ principal: 'jwt:ann' }] });
  });
});

describe('Cloudflare Access', () => {
  const access = {
    PERDURE_ADMIN_KEY: undefined,
    JWT_JWKS_URL: undefined,
    JWT_ISSUER: undefined,
    JWT_AUDIENCE: undefined,
    ACCESS_TEAM_DOMAIN: 'team.cloudflareaccess.com',
    ACCESS_AUDIENCE: 'tag',
    ACCESS_PERMISSIONS:
      '{"*": ["system:read"], "ann@example.com": ["default:write"], "ci.access": ["default:worker"]}',
  };
  const assertion = (more: JWTPayload) =>
    sign({ iss: 'https://team.cloudflareaccess.com', aud: ['tag'], exp: seconds() + 60, ...more });
  const ask = async (token: string, headers: Record<string, string> = {}) =>
    (
      await engine(access).post(`${NS}/workflows/w`, startBody, {
        'cf-access-jwt-assertion': token,
        ...headers,
      })
    ).status;

  it('says who it let through, and the engine what they may do', async () => {
    expect(await ask(await assertion({ email: 'Ann@example.com' }))).toBe(200);
    expect(fetched).toEqual(['https://team.cloudflareaccess.com/cdn-cgi/access/certs']);
    expect(await ask(await assertion({ email: 'bob@example.com' }))).toBe(403);
    expect(await ask(await assertion({ common_name: 'ci.access' }))).toBe(403);
    expect(await ask(await assertion({ email: '__proto__' }))).toBe(403);
  });

  it('is not believed by the e-mail header, nor for another application', async () => {
    const headers = { 'cf-access-authenticated-user-email': 'ann@example.com' };
    expect((await engine(access).post(`${NS}/workflows/w`, startBody, headers)).status).toBe(401);
    expect(await ask(await sign({ ...claims(), email: 'ann@example.com' }))).toBe(401);
    const other = await sign({ iss: 'https://team.cloudflareaccess.com', aud: 'x', exp: seconds() + 60 });
    expect(await ask(other)).toBe(401);
  });

  it('lets no other site use the browser of somebody who is signed in', async () => {
    const token = await assertion({ email: 'ann@example.com' });
    expect(await ask(token, { origin: 'https://evil.example.com' })).toBe(403);
    expect(await ask(token, { origin: 'http://127.0.0.1:8787' })).toBe(200);
  });
});
