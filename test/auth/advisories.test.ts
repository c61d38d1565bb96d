/**
 * What others had to publish about themselves, and why it does not happen here. Those of the list that are about one part alone
 * stand with its tests: SEC-T1 task-token, SEC-T2, T5, T6, T8, T10 access, SEC-T3 namespace-border, SEC-T9 dispatch and verify.
 */

import { describe, expect, it } from 'vitest';
import { EncryptionCodec } from '../../examples/encryption/codec.ts';
import { codecEndpoint } from '../../examples/encryption/codec-endpoint.ts';
import type { StartBatchOperationRequest } from '../../sdk/common/batch.ts';
import { type Webhook, webhookKinds } from '../../sdk/common/webhooks.ts';
import { routes } from '../../src/api/routes.ts';
import { requestFor } from '../../src/batch/perform.ts';
import { Webhooks } from '../../src/webhooks/webhooks.ts';
import { NS } from '../api/engine.ts';
import { memorySql } from '../visibility/sqlite.ts';
import { bearer, guarded } from './support.ts';

const permissionOf = (rpc: string) => routes.find((route) => route.rpc === rpc)?.permission;

describe('SEC-T4 (CVE-2026-5199: a batch job checked one namespace and worked in another, with rights of its own)', () => {
  const operations = {
    terminationOperation: { identity: 'me' },
    cancellationOperation: { identity: 'me' },
    deletionOperation: { identity: 'me' },
    signalOperation: { signal: 'go', identity: 'me' },
    resetOperation: { options: { lastWorkflowTask: {} }, identity: 'me' },
    updateWorkflowOptionsOperation: {
      workflowExecutionOptions: {},
      updateMask: 'versioningOverride',
      identity: 'me',
    },
  };
  const jobs = Object.entries(operations).map(
    ([name, operation]) =>
      [name, { namespace: 'default', jobId: 'j', reason: 'r', [name]: operation }] as const,
  );

  it.each(jobs)('%s needs the role that the call itself needs', (_, job) => {
    const { kind } = requestFor(
      job as unknown as StartBatchOperationRequest,
      { workflowId: 'w', runId: '' },
      'q',
    );
    expect(permissionOf(kind)).toBeDefined();
    expect(permissionOf('StartBatchOperation')).toBe(permissionOf(kind));
  });

  it.each(jobs)('%s can name no namespace but the one of the path', async (name, job) => {
    const engine = guarded();
    const headers = bearer(await engine.keyWith('default:admin'));
    const { namespace: _, jobId: __, ...body } = job;
    const inner = [
      { ...body, visibilityQuery: 'x = 1', namespace: 'shop' },
      { ...body, visibilityQuery: 'x = 1', namespaceId: 'shop' },
      { ...body, executions: [{ workflowId: 'w', namespace: 'shop' }] },
      {
        ...body,
        visibilityQuery: 'x = 1',
        [name]: { ...operations[name as keyof typeof operations], namespace: 'shop' },
      },
    ];
    for (const one of inner) {
      const { status, text } = await engine.post(`${NS}/batch-operations/j`, one, headers);
      expect(status).toBe(400);
      expect(text).toContain('namespace');
    }
    expect(engine.touched()).toEqual([]);
    const foreign = await engine.post('/api/v1/namespaces/shop/batch-operations/j', body, headers);
    expect(foreign.status).toBe(403);
    await engine.post(`${NS}/batch-operations/j`, { ...body, executions: [{ workflowId: 'w' }] }, headers);
    expect(engine.touched().map(({ object }) => object)).toEqual(expect.arrayContaining(['batch default']));
    expect(JSON.stringify(engine.touched())).not.toContain('shop');
  });
});

describe('SEC-T7 (GHSA-9r75-g2cr-3h76: who could guess a webhook’s address could resume a workflow)', () => {
  const settings = { workflowId: 'order-{$.id}', signalName: 'paid' };
  const put = (webhooks: Webhooks, kind: Webhook['kind'], secrets?: string[]) =>
    webhooks.create({
      namespace: 'default',
      webhookId: kind,
      webhook: { kind, ...settings },
      ...(secrets && { secrets }),
    });

  it('no webhook is without a proof: the engine makes 256 bits where the sender takes them, and wants them elsewhere', () => {
    const webhooks = new Webhooks(memorySql(), () => 0);
    const others = new Webhooks(memorySql(), () => 0);
    for (const kind of webhookKinds) {
      if (kind === 'stripe' || kind === 'slack') {
        expect(() => put(webhooks, kind), kind).toThrow('secrets');
        continue;
      }
      const made = [webhooks, others].map((all) => put(all, kind).secret!.replace('whsec_', ''));
      expect(made[0]).not.toBe(made[1]);
      for (const secret of made) expect(Buffer.from(secret, 'base64url').length).toBeGreaterThanOrEqual(32);
    }
  });

  it.each(webhookKinds)('of %s none can be given an empty secret, or one that could be guessed', (kind) => {
    for (const secrets of [[], [''], ['secret'], ['a'.repeat(15)]])
      expect(() => put(new Webhooks(memorySql(), () => 0), kind, secrets)).toThrow('secrets');
  });

  it('its address alone opens nothing, and does not say whether it is one', async () => {
    const engine = guarded();
    const answers = [];
    for (const path of ['/webhooks/default/orders', '/webhooks/default/nope', '/webhooks/nowhere/orders'])
      answers.push(await engine.post(path, { id: 1 }));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]!.status).toBeGreaterThanOrEqual(400);
    expect(engine.asked.some(({ object }) => object.startsWith('execution'))).toBe(false);
  });
});

describe('SEC-T11: a codec server', () => {
  const codecs = { a: codecWith(1), b: codecWith(2) } as Record<string, EncryptionCodec>;
  const readers: Record<string, string> = { 'Bearer of-a': 'a', 'Bearer of-b': 'b' };
  const decoded: string[] = [];
  const endpoint = codecEndpoint(
    (namespace) => {
      decoded.push(String(namespace));
      return codecs[namespace!]!;
    },
    {
      authorize: (authorization, namespace) =>
        readers[String(authorization)] === namespace && namespace !== null,
    },
  );
  const ask = async (namespace: string | null, authorization: string, payloads: unknown) => {
    const headers = { authorization, ...(namespace !== null && { 'x-namespace': namespace }) };
    const body = JSON.stringify({ payloads });
    return endpoint(new Request('http://codec/decode', { method: 'POST', headers, body }));
  };
  const text = new TextEncoder();
  const sealedIn = async (namespace: string) => {
    const plain = { metadata: { encoding: text.encode('json/plain') }, data: text.encode('"secret"') };
    const [sealed] = await codecs[namespace]!.encode([plain]);
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
    const metadata = Object.entries(sealed!.metadata!).map(([name, value]) => [name, base64(value)]);
    return [{ metadata: Object.fromEntries(metadata), data: base64(sealed!.data!) }];
  };

  it('decodes for whoever may read the namespace, and asks no codec for anybody else', async () => {
    const ofB = await sealedIn('b');
    const reply = await ask('b', 'Bearer of-b', ofB);
    expect(await reply.json()).toMatchObject({ payloads: [{ data: btoa('"secret"') }] });
    decoded.length = 0;
    for (const [namespace, who] of [
      ['b', 'Bearer of-a'],
      ['b', 'Bearer nonsense'],
      [null, 'Bearer of-a'],
      ['', 'Bearer of-a'],
    ] as const) {
      const refused = await ask(namespace, who, ofB);
      expect([namespace, who, refused.status]).toEqual([namespace, who, 403]);
    }
    expect(decoded).toEqual([]);
  });

  it('does not decode what is of another namespace for who calls it his own', async () => {
    const refused = await ask('a', 'Bearer of-a', await sealedIn('b'));
    expect(refused.status).toBe(400);
    expect(await refused.text()).not.toContain('secret');
  });
});

function codecWith(seed: number): EncryptionCodec {
  return new EncryptionCodec({ keys: new Map([['key', new Uint8Array(32).fill(seed)]]), current: 'key' });
}
