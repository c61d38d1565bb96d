import { WorkflowFailedError } from 'perdure/client';
import { ApplicationFailure } from 'perdure/common';
import { crashEverywhere, TestWorkflowEnvironment } from 'perdure/testing';
import { describe, expect, it } from 'vitest';
import * as activities from './activities.ts';
import { EncryptionCodec, type KeyRing } from './codec.ts';
import { codecEndpoint } from './codec-endpoint.ts';
import { encrypted, keyRing, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { letter, approve, draft } = workflows;
const key = (fill: number): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(fill);
const old: KeyRing = { keys: new Map([['2026-01', key(1)]]), current: '2026-01' };
const rotated: KeyRing = {
  keys: new Map([
    ['2026-01', key(1)],
    ['2026-02', key(2)],
  ]),
  current: '2026-02',
};

async function withEngine(test: (env: TestWorkflowEnvironment) => Promise<void>, ring = old): Promise<void> {
  const dataConverter = encrypted(ring);
  const env = await TestWorkflowEnvironment.createTimeSkipping({ client: { dataConverter } });
  try {
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities, dataConverter }, () => test(env));
  } finally {
    await env.teardown();
  }
}

/** All that the engine has of a run, with every payload's bytes as text. */
async function storedText(env: TestWorkflowEnvironment, workflowId: string): Promise<string> {
  const handle = env.client.workflow.getHandle(workflowId);
  const json = JSON.stringify([await handle.fetchHistory(), (await handle.describe()).raw]);
  const base64 = json.match(/[A-Za-z0-9+/]{8,}={0,2}/g) ?? [];
  return json + base64.map((found) => Buffer.from(found, 'base64').toString('latin1')).join('\n');
}

describe('an encrypted letter', () => {
  it('is plain text for workflow, activities and client, and nowhere in what the engine has', () =>
    withEngine(async (env) => {
      const options = { taskQueue: TASK_QUEUE, workflowId: 'w', memo: { ward: 'Ward Seven' } };
      const handle = await env.client.workflow.start(letter, { ...options, args: ['p-1', 'all is well.'] });
      await env.sleep('1s');
      expect(await handle.query(draft)).toBe('Dear Mrs. Winterbottom, all is well.');
      await handle.signal(approve, 'Dr. Moreau');
      expect(await handle.result()).toBe('sent: Dear Mrs. Winterbottom, all is well. (Dr. Moreau)');
      expect((await handle.describe()).memo).toEqual({ patient: 'Mrs. Winterbottom', ward: 'Ward Seven' });
      const stored = await storedText(env, 'w');
      expect(stored).toContain('binary/encrypted');
      for (const secret of ['p-1', 'well', 'Winterbottom', 'Moreau', 'Seven'])
        expect(stored).not.toContain(secret);
    }));

  it('whose patient nobody knows fails with an error that only those with the key can read', () =>
    withEngine(async (env) => {
      const start = { taskQueue: TASK_QUEUE, workflowId: 'w', args: ['p-99', ''] as [string, string] };
      const error = await env.client.workflow.execute(letter, start).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect(error.cause.cause).toBeInstanceOf(ApplicationFailure);
      expect(error.cause.cause).toMatchObject({
        message: 'Nobody has the number p-99',
        type: 'UnknownPatient',
      });
      const stored = await storedText(env, 'w');
      expect(stored).toContain('Encoded failure');
      for (const secret of ['p-99', 'Nobody', 'activities.ts'])
        expect(stored.includes(secret), secret).toBe(false);
    }));
});

it('an encrypted letter is sent wherever the engine dies', async () => {
  const dataConverter = encrypted(old);
  const worker = { taskQueue: TASK_QUEUE, workflows, activities, dataConverter };
  const { result } = await crashEverywhere(
    (env) =>
      env.runUntil(worker, async () => {
        const start = { taskQueue: TASK_QUEUE, workflowId: 'w', args: ['p-1', 'hello.'] as [string, string] };
        const handle = await env.client.workflow.start(letter, start);
        await handle.signal(approve, 'Dr. Moreau');
        return handle.result();
      }),
    { client: { dataConverter } },
  );
  expect(result).toBe('sent: Dear Mrs. Winterbottom, hello. (Dr. Moreau)');
});

describe('the codec', () => {
  const payload = { metadata: { encoding: new TextEncoder().encode('json/plain') }, data: key(7) };

  it('reads what older keys wrote, and writes with the current one', async () => {
    const [before] = await new EncryptionCodec(old).encode([payload]);
    const codec = new EncryptionCodec(rotated);
    const [after] = await codec.encode([payload]);
    const ids = [before, after].map((p) => new TextDecoder().decode(p!.metadata!['encryption-key-id']));
    expect(ids).toEqual(['2026-01', '2026-02']);
    expect(await codec.decode([before!, after!, payload])).toEqual([payload, payload, payload]);
  });

  it('names a key that is not there, and refuses bytes that somebody changed', async () => {
    const [after] = await new EncryptionCodec(rotated).encode([payload]);
    await expect(new EncryptionCodec(old).decode([after!])).rejects.toThrow('no encryption key "2026-02"');
    after!.data![20]! ^= 1;
    await expect(new EncryptionCodec(rotated).decode([after!])).rejects.toThrow();
  });

  it('takes its keys from one text, the last of which encrypts', () => {
    const ring = keyRing('a=AAAA, b=AQAB');
    expect([...ring.keys.keys()]).toEqual(['a', 'b']);
    expect(ring.current).toBe('b');
  });
});

describe('the codec endpoint', () => {
  const endpoint = codecEndpoint(() => new EncryptionCodec(old), {
    origins: ['http://localhost:8080'],
    authorize: (authorization, namespace) => authorization === 'Bearer t' && namespace === 'default',
  });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    endpoint(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { authorization: 'Bearer t', 'x-namespace': 'default', ...headers },
      }),
    );

  it('encodes and decodes lists of payloads', async () => {
    const plain = { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'Ingi' }] };
    const encoded = (await (await post('/codec/encode', plain)).json()) as object;
    expect(JSON.stringify(encoded)).not.toContain('IngI');
    expect(await (await post('/codec/decode', encoded)).json()).toEqual(plain);
  });

  it('answers web pages of the origins it knows, and nobody without the right to read', async () => {
    const origin = 'http://localhost:8080';
    const asked = await endpoint(
      new Request('http://localhost/decode', { method: 'OPTIONS', headers: { origin } }),
    );
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    expect(asked.headers.get('access-control-allow-headers')).toContain('x-namespace');
    const foreign = await post('/decode', { payloads: [] }, { origin: 'http://elsewhere' });
    expect(foreign.headers.has('access-control-allow-origin')).toBe(false);
    expect((await post('/decode', { payloads: [] }, { authorization: 'Bearer x' })).status).toBe(403);
    expect((await post('/decode', 'nonsense')).status).toBe(400);
    expect((await post('/other', {})).status).toBe(404);
  });
});
