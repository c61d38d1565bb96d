/** The guide's commands and settings, run as they stand there against the real engine in memory. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import { Connection } from '../../sdk/client/index.ts';
import { MemoryEngine } from '../../sdk/testing/memory-engine.ts';
import { SECRETS, signed } from '../webhooks/support.ts';
import { served } from './memory-server.ts';

const guide = readFileSync(join(import.meta.dirname, '../../docs/webhooks.md'), 'utf8');
let engine: MemoryEngine;
let server: Server;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'perdure-webhooks-'));
  engine = new MemoryEngine(Date.UTC(2026, 0, 5, 12));
  server = await served(engine);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  server.close();
  engine.close();
});

const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function perdure(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await run(['operator', 'webhook', ...args], {
    print: (line) => out.push(line),
    complain: (line) => err.push(line),
    colors: plain,
    env: { PERDURE_ADDRESS: address() },
    abortSignal: new AbortController().signal,
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

/** The arguments of the guide's commands, each with its quotes taken off. */
function commands(): string[][] {
  const [, block] = /^```sh\n([\s\S]*?)^```/m.exec(guide)!;
  const lines = block!.replaceAll('\\\n', ' ').trim().split('\n');
  return lines.map((line) => {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
    expect(words.slice(0, 3)).toEqual(['perdure', 'operator', 'webhook']);
    return words.slice(3);
  });
}

it('the commands of the guide make a webhook that does what the guide says', async () => {
  const secretFile = join(folder, 'stripe.secret');
  writeFileSync(secretFile, `${SECRETS.stripe}\n`);
  const [create, deliveries] = commands().map((args) =>
    args.map((arg) => (arg === 'stripe.secret' ? secretFile : arg)),
  );
  const created = await perdure(...create!);
  expect(created).toEqual({
    exitCode: 0,
    err: '',
    out: `Deliveries are taken at ${address()}/webhooks/default/payments`,
  });
  const deliver = async (id: string, type: string) => {
    const object = { metadata: { order_id: '7' }, amount_total: 400 };
    const body = JSON.stringify({ id, type, data: { object } });
    const headers = signed('stripe', body, engine.now);
    const answer = await engine.fetch('http://localhost/webhooks/default/payments', {
      method: 'POST',
      headers,
      body,
    });
    return answer.status;
  };
  expect(await deliver('evt_1', 'charge.failed')).toBe(200);
  expect(await deliver('evt_2', 'checkout.session.completed')).toBe(404);
  await engine.settled();
  const { out } = await perdure(...deliveries!);
  const [, failed, ignored] = out.split('\n');
  expect(failed).toMatch(/failed +evt_2 .*workflow/);
  expect(ignored).toMatch(/ignored +evt_1/);
  expect(out).not.toContain('400');
});

it('the settings of the guide are taken, once the Worker secret that they name is there', async () => {
  const [, json] = /^```json\n([\s\S]*?)^```/m.exec(guide)!;
  const { webhook } = JSON.parse(json!) as Parameters<Connection['webhookService']['createWebhook']>[0];
  const connection = await Connection.connect({ address: address() });
  const create = (settings: typeof webhook, secrets?: string[]) =>
    connection.webhookService.createWebhook({
      namespace: 'default',
      webhookId: 'payments',
      webhook: settings,
      ...(secrets && { secrets }),
    });
  await expect(create(webhook)).rejects.toThrow('there is no such Worker secret');
  const { secretName: _, ...stored } = webhook;
  expect((await create(stored, [SECRETS.stripe])).webhook).toMatchObject({ ...stored, storedSecrets: 1 });
});

it('makes, updates, shows, lists and deletes a webhook, and shows a secret that it made once', async () => {
  const settings = ['--kind', 'github', '-w', 'pr-{$.number}', '--signal-name', 'reviewed'];
  expect((await perdure('list')).out).toBe('There are no webhooks.');
  const created = await perdure('create', '--webhook-id', 'reviews', ...settings);
  const [, secret] = /shown this once: (\S+)/.exec(created.out)!;
  expect(secret!.length).toBeGreaterThan(40);
  const start = ['--start-type', 'review', '--start-task-queue', 'q', '--start-arg', '$.number'];
  const when = ['--when', 'header:x-github-event=push', '--when', 'header:x-github-event=pull_request'];
  expect(await perdure('update', '--webhook-id', 'reviews', ...settings, ...start, ...when)).toMatchObject({
    exitCode: 0,
    err: '',
  });
  const described = await perdure('describe', '--webhook-id', 'reviews');
  expect(described.out).toMatch(/when +\{"header:x-github-event":\["push","pull_request"\]\}/);
  expect(described.out).toMatch(/storedSecrets +1/);
  expect((await perdure('list')).out).toMatch(/reviews +github +pr-\{\$\.number\} +reviewed +review/);
  expect(`${described.out}${(await perdure('list', '-o', 'json')).out}`).not.toContain(secret);
  expect((await perdure('create', '--webhook-id', 'reviews', ...settings)).err).toContain(
    'there is a webhook',
  );
  expect((await perdure('create', '--webhook-id', 'x', ...settings, '--start-type', 'a')).err).toContain(
    'together',
  );
  expect((await perdure('delete', '--webhook-id', 'reviews')).exitCode).toBe(0);
  expect((await perdure('describe', '--webhook-id', 'reviews')).err).toContain('no webhook "reviews"');
});
