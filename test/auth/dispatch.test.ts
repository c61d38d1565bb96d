import { createHmac, createPublicKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { DispatchVerifier } from '../../sdk/worker/dispatch-verifier.ts';
import { EngineKeys } from '../../src/auth/engine-keys.ts';
import { type EngineSecret, EngineSecrets, SIGNING_OVERLAP_MS } from '../../src/auth/engine-secrets.ts';
import { memorySql } from '../visibility/sqlite.ts';

const NOW = 1_800_000_000_000;
const url = 'https://worker.example.com';
const to = { namespace: 'default', url };
const secretsOf = (seed: string): EngineSecret[] => [
  { kid: '00000001', secret: btoa(seed.repeat(32)), createdTime: NOW },
];
const engine = new EngineKeys(secretsOf('a'));
const shared = `whsec_${btoa('s'.repeat(32))}`;

const request = (headers: Record<string, string>, at = `${url}/perdure/v1/activity-task`) =>
  new Request(at, { method: 'POST', headers });
async function verifier(more: Partial<ConstructorParameters<typeof DispatchVerifier>[0] & object> = {}) {
  const keys = await engine.publicKeys(to, NOW);
  return new DispatchVerifier({ keys, clock: () => NOW, ...more });
}
const signed = (body = '{"a":1}', more: object = {}, now = NOW) =>
  engine.sign({ ...to, ...more }, 'run/5/1', body, now);

describe('a dispatch', () => {
  it('is signed as Standard Webhooks has it: other implementations agree', async () => {
    const body = '{"money":"ü€"}';
    const headers = await signed(body, { signingSecret: shared });
    const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
    const [asymmetric, symmetric] = headers['webhook-signature']!.split(' ');
    const [whpk] = await engine.publicKeys(to, NOW);
    const x = Buffer.from(whpk!.replace('whpk_', ''), 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(verify(null, content, key, Buffer.from(asymmetric!.replace('v1a,', ''), 'base64'))).toBe(true);
    const hmac = createHmac('sha256', 's'.repeat(32)).update(content).digest('base64');
    expect(symmetric).toBe(`v1,${hmac}`);
  });

  it('is taken by the library of Standard Webhooks, and what that signs is taken here', async () => {
    const library = new Webhook(shared);
    const now = Date.now();
    const body = '{"money":"ü€"}';
    const headers = await signed(body, { signingSecret: shared }, now);
    expect(library.verify(body, headers)).toEqual({ money: 'ü€' });
    const { 'webhook-signature': both = '' } = headers;
    expect(both.split(' ').map((one) => one.split(',')[0])).toEqual(['v1a', 'v1']);
    for (const changed of [{ ...headers, 'webhook-id': 'other' }, await signed(body, {}, now)])
      expect(() => library.verify(body, changed)).toThrow();
    expect(() => library.verify('{}', headers)).toThrow();

    const judge = new DispatchVerifier({ keys: [shared], clock: () => now });
    const theirs = (text: string) => ({
      'webhook-id': 'run/5/1',
      'webhook-timestamp': String(Math.floor(now / 1_000)),
      'webhook-signature': library.sign('run/5/1', new Date(now), text),
    });
    await judge.verify(request(theirs(body)), body);
    await expect(judge.verify(request(theirs('{}')), body)).rejects.toThrow('no signature of it');
  });

  it('of the documented example is taken', async () => {
    const given = new DispatchVerifier({
      keys: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
      clock: () => 1_614_265_330_000,
    });
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    await given.verify(request(headers), '{"test": 2432232314}');
  });

  it('is taken once: a copy of it is refused, one that is sent again is signed again', async () => {
    const one = await verifier();
    const headers = await signed();
    await one.verify(request(headers), '{"a":1}');
    await expect(one.verify(request(headers), '{"a":1}')).rejects.toThrow('it came before');
    await one.verify(request(await signed('{"a":1,"token":"sealed anew"}')), '{"a":1,"token":"sealed anew"}');
    await one.verify(request(await signed('{"a":1}', {}, NOW + 1_000)), '{"a":1}');
  });

  it.each([
    ['another body', {}, '{"a":2}'],
    ['another id', { 'webhook-id': 'run/5/2' }, undefined],
    ['another time', { 'webhook-timestamp': String(NOW / 1_000 + 1) }, undefined],
    ['no signature', { 'webhook-signature': '' }, undefined],
    ['no version of it', { 'webhook-signature': 'v9,AAAA' }, undefined],
    ['broken base64', { 'webhook-signature': 'v1a,*' }, undefined],
    ['an HMAC by the public key', { 'webhook-signature': 'v1,AAAA' }, undefined],
  ])('with %s is refused', async (_, changed, body = '{"a":1}') => {
    const headers = { ...(await signed()), ...changed };
    await expect((await verifier()).verify(request(headers), body)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  it('SEC-T9: counts for five minutes, to the second, and its time is digits alone', async () => {
    const at = async (seconds: number) => {
      const headers = await signed('x', {}, NOW + seconds * 1_000);
      return (await verifier()).verify(request(headers), 'x').then(
        () => 'taken',
        () => 'refused',
      );
    };
    expect(await Promise.all([-301, -300, 0, 300, 301, 86_400].map(at))).toEqual([
      'refused',
      'taken',
      'taken',
      'taken',
      'refused',
      'refused',
    ]);
    const seconds = NOW / 1_000;
    for (const timestamp of [
      `0x${seconds.toString(16)}`,
      `${seconds}.0`,
      `-${seconds}`,
      `+${seconds}`,
      '1e999',
      '',
      `${seconds}, ${seconds}`,
      '9'.repeat(40),
    ]) {
      const headers = { ...(await signed()), 'webhook-timestamp': timestamp };
      await expect((await verifier()).verify(request(headers), '{"a":1}')).rejects.toThrow();
    }
    const twice = new Request(url, { method: 'POST', headers: await signed() });
    twice.headers.append('webhook-id', 'run/5/1');
    await expect((await verifier()).verify(twice, '{"a":1}')).rejects.toThrow();
  });

  it('proves nothing to another Worker, nor to the same one in another namespace', async () => {
    for (const other of [
      { ...to, namespace: 'shop' },
      { ...to, url: 'https://other.example.com' },
    ]) {
      const keys = await engine.publicKeys(other, NOW);
      const judge = new DispatchVerifier({ keys, clock: () => NOW });
      await expect(judge.verify(request(await signed()), '{"a":1}')).rejects.toThrow(
        'by a key of the engine',
      );
    }
    expect(await new EngineKeys(secretsOf('b')).publicKeys(to, NOW)).not.toEqual(
      await engine.publicKeys(to, NOW),
    );
  });

  it('is signed with the old key too for a day after a new one took over', async () => {
    const clock = { now: NOW };
    const secrets = new EngineSecrets(memorySql(), () => clock.now);
    const pinned = await new EngineKeys(secrets.list()).publicKeys(to, NOW);
    const judge = () => new DispatchVerifier({ keys: pinned, clock: () => clock.now });
    const rotated = new EngineKeys(secrets.rotate());
    expect(await rotated.publicKeys(to, NOW)).toEqual([expect.any(String), ...pinned]);
    clock.now = NOW + SIGNING_OVERLAP_MS;
    await judge().verify(request(await rotated.sign(to, 'i', 'x', clock.now)), 'x');
    clock.now += 1_000;
    await expect(judge().verify(request(await rotated.sign(to, 'i', 'x', clock.now)), 'x')).rejects.toThrow();
  });
});

describe('SEC-T8: a Worker without keys', () => {
  it('takes what is not signed from its own machine only', async () => {
    const open = new DispatchVerifier({ clock: () => NOW });
    await open.verify(request({}, 'http://127.0.0.1:9233/perdure/v1/activity-task'), '');
    await expect(open.verify(request({}), '')).rejects.toThrow('PERDURE_ENGINE_KEYS');
  });

  it('that registers itself waits for them, and refuses while there are none', async () => {
    const learning = new DispatchVerifier({ willLearn: true, clock: () => NOW });
    const waiting = learning.verify(request(await signed()), '{"a":1}');
    const forged = expect(learning.verify(request({}), '{"a":1}')).rejects.toThrow('it is not signed');
    learning.learn(await engine.publicKeys(to, NOW));
    await waiting;
    await forged;
  });

  it('does not begin with a key that is none', () => {
    for (const key of ['', 'whpk_', 'whpk_AAAA', 'whsec_AAAA', 'secret'])
      expect(() => new DispatchVerifier({ keys: [key] })).toThrow('engineKeys');
  });
});
