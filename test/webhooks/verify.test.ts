import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyDelivery } from '../../src/webhooks/verify.ts';
import { hmacHex, type Kind, SECRETS, signed } from './support.ts';

const NOW = 1_760_000_000_500;
const BODY = '{"id":"evt_1","n":1}';
const encoder = new TextEncoder();

function verify(
  kind: Kind,
  headers: Record<string, string> | Headers,
  {
    body = BODY,
    secrets = [SECRETS[kind]],
    now = NOW,
  }: { body?: string | Uint8Array; secrets?: string[]; now?: number } = {},
) {
  const bytes = new Uint8Array(typeof body === 'string' ? encoder.encode(body) : body);
  return verifyDelivery(kind, secrets, { headers: new Headers(headers), body: bytes, now });
}

const kinds = Object.keys(SECRETS) as Kind[];
const timed: Kind[] = ['stripe', 'slack', 'standard'];
const signing: Kind[] = ['stripe', 'github', 'slack', 'standard'];
const good = undefined;

describe('the vectors that the senders publish', () => {
  it('GitHub: the test values of its guide', async () => {
    const headers = {
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    };
    expect(await verify('github', headers, { body: 'Hello, World!' })).toBe(good);
    expect(await verify('github', headers, { body: 'Hello, World?' })).toContain('no signature');
  });

  it('Slack: the slash command of its guide', async () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar' +
      '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com' +
      '%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
      '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const headers = {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    };
    expect(await verify('slack', headers, { body, now: 1_531_420_618_000 })).toBe(good);
  });

  it('Standard Webhooks: the example of its specification', async () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const body = '{"test": 2432232314}';
    expect(await verify('standard', headers, { body, now: 1_614_265_330_000 })).toBe(good);
  });

  it('Stripe: several schemes and signatures in one header, in any order, as while a secret is rolled', async () => {
    const t = Math.floor(NOW / 1_000);
    const right = hmacHex(SECRETS.stripe, `${t}.${BODY}`);
    const header = `t=${t}, v1=${'0'.repeat(64)}, v0=${right}, v1=${right}`;
    expect(await verify('stripe', { 'stripe-signature': header })).toBe(good);
    // The scheme v0 is of test events; alone it proves nothing.
    const onlyV0 = `t=${t},v0=${right}`;
    expect(await verify('stripe', { 'stripe-signature': onlyV0 })).toContain('not signed');
  });
});

describe('every kind', () => {
  it.each(kinds)('%s takes what its sender made, by any of several secrets', async (kind) => {
    const headers = signed(kind, BODY, NOW);
    expect(await verify(kind, headers)).toBe(good);
    const other = kind === 'standard' ? `whsec_${btoa('x'.repeat(32))}` : 'z'.repeat(40);
    expect(await verify(kind, headers, { secrets: [other, SECRETS[kind]] })).toBe(good);
    expect(await verify(kind, headers, { secrets: [other] })).toBeTypeOf('string');
  });

  it.each(kinds)('%s without a secret, or with an empty one, takes nothing', async (kind) => {
    for (const secrets of [[], ['']])
      expect(await verify(kind, signed(kind, BODY, NOW), { secrets })).toContain('no secret');
  });

  it.each(kinds)('%s refuses a delivery without headers', async (kind) => {
    expect(await verify(kind, {})).toBeTypeOf('string');
  });

  it.each(signing)('%s refuses a body of which one byte is another', async (kind) => {
    const headers = signed(kind, BODY, NOW);
    expect(await verify(kind, headers, { body: BODY.replace('1}', '2}') })).toBeTypeOf('string');
    expect(await verify(kind, headers, { body: `${BODY} ` })).toBeTypeOf('string');
  });

  it.each(signing)('%s judges the bytes, which need not be text', async (kind) => {
    const headers = signed(kind, '\ufffd', NOW);
    // Decoded, both would read the same.
    expect(await verify(kind, headers, { body: Uint8Array.of(0xff) })).toBeTypeOf('string');
    expect(await verify(kind, headers, { body: '\ufffd' })).toBe(good);
  });
});

describe('SEC-T9: the time of a delivery', () => {
  it.each(timed)('%s may be 5 minutes off, to the second, either way', async (kind) => {
    for (const offset of [-300_000, 300_000])
      expect(await verify(kind, signed(kind, BODY, NOW + offset))).toBe(good);
    for (const offset of [-301_000, 301_000])
      expect(await verify(kind, signed(kind, BODY, NOW + offset))).toContain('5 minutes');
  });

  it.each(timed)('%s is digits alone, and there once', async (kind) => {
    const t = Math.floor(NOW / 1_000);
    for (const text of [
      `${t}.0`,
      `-${t}`,
      `+${t}`,
      ` `,
      `0x${t.toString(16)}`,
      '',
      `${t}e0`,
      '9'.repeat(40),
    ]) {
      const content = { stripe: `${text}.`, slack: `v0:${text}:`, standard: `delivery-1.${text}.` }[
        kind as 'slack'
      ];
      const hex = hmacHex(SECRETS[kind], `${content}${BODY}`);
      const headers = {
        stripe: { 'stripe-signature': `t=${text},v1=${hex}` },
        slack: { 'x-slack-request-timestamp': text, 'x-slack-signature': `v0=${hex}` },
        standard: { ...signed('standard', BODY, NOW), 'webhook-timestamp': text },
      }[kind as 'slack'];
      expect([text, typeof (await verify(kind, headers))]).toEqual([text, 'string']);
    }
    const twice = new Headers(signed(kind, BODY, NOW));
    if (kind === 'stripe') twice.set('stripe-signature', `t=${t},${twice.get('stripe-signature')}`);
    else twice.append(kind === 'slack' ? 'x-slack-request-timestamp' : 'webhook-timestamp', String(t));
    expect(await verify(kind, twice)).toBeTypeOf('string');
  });
});

describe('Standard Webhooks', () => {
  it('takes an Ed25519 signature by the public key of the sender', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const t = String(Math.floor(NOW / 1_000));
    const bytes = sign(null, Buffer.from(`m.${t}.${BODY}`), privateKey);
    const headers = {
      'webhook-id': 'm',
      'webhook-timestamp': t,
      'webhook-signature': `v1a,${bytes.toString('base64')}`,
    };
    expect(await verify('standard', headers, { secrets: [`whpk_${raw.toString('base64')}`] })).toBe(good);
    // The public key is public: nobody may sign with it as if it were a shared secret.
    const hex = signed('standard', BODY, NOW, { secret: `whsec_${raw.toString('base64')}`, id: 'm' });
    expect(await verify('standard', hex, { secrets: [`whpk_${raw.toString('base64')}`] })).toBeTypeOf(
      'string',
    );
  });

  it('tries the right signature behind wrong ones and those of versions that it does not know', async () => {
    const headers = signed('standard', BODY, NOW);
    const signature = `v9,AAAA v1,!!! v1,${btoa('x'.repeat(32))} ${headers['webhook-signature']}`;
    expect(await verify('standard', { ...headers, 'webhook-signature': signature })).toBe(good);
  });
});

describe('bearer', () => {
  it('takes the token and nothing that is only like it', async () => {
    for (const token of [SECRETS.bearer.slice(1), `${SECRETS.bearer}x`, '', SECRETS.bearer.toUpperCase()])
      expect(await verify('bearer', { authorization: `Bearer ${token}` })).toBeTypeOf('string');
    expect(await verify('bearer', { authorization: `Basic ${SECRETS.bearer}` })).toBeTypeOf('string');
  });
});
