/** `npm run deploy` against a stand-in for wrangler that remembers what exists, and a real engine over memory behind the address. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createActivities } from '../examples/money-transfer/activities.ts';
import { Ledger, openBank } from '../examples/money-transfer/bank.ts';
import { TASK_QUEUE } from '../examples/money-transfer/shared.ts';
import * as workflows from '../examples/money-transfer/workflows.ts';
import { TestWorkflowEnvironment } from '../sdk/testing/index.ts';

const root = join(import.meta.dirname, '..');
const name = `deploy-test-${process.pid}`;
const remembered = join(root, '.perdure/deploy', name);

/** Queues and secrets are there once they were made; every call is written down. */
const WRANGLER = `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const { FAKE_HOME: home, FAKE_TARGET, FAKE_FAILS, WRANGLER_OUTPUT_FILE_PATH } = process.env;
const args = process.argv.slice(2);
const flag = (name) => args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
const state = existsSync(home + '/state.json') ? JSON.parse(readFileSync(home + '/state.json', 'utf8')) : {};
const save = () => writeFileSync(home + '/state.json', JSON.stringify(state));
appendFileSync(home + '/calls', args.join(' ') + '\\n');
if (FAKE_FAILS && args.join(' ').startsWith(FAKE_FAILS)) { console.error('You are not logged in.'); process.exit(1); }
const worker = flag('-c');
const secrets = (state[worker] ??= []);
const [noun, verb, subject] = args;
if (noun === 'queues' && verb === 'info') process.exit(state.queues?.includes(subject) ? 0 : 1);
if (noun === 'queues' && verb === 'create') { (state.queues ??= []).push(subject); save(); }
if (noun === 'secret' && verb === 'list') console.log(JSON.stringify(secrets.map((name) => ({ name, type: 'secret_text' }))));
if (noun === 'secret' && verb === 'put') {
  appendFileSync(home + '/given', subject + '=' + readFileSync(0, 'utf8') + '\\n');
  secrets.push(subject); save();
}
if (noun === 'deploy') {
  const file = flag('--secrets-file');
  for (const [key, value] of Object.entries(file ? JSON.parse(readFileSync(file, 'utf8')) : {})) {
    appendFileSync(home + '/given', key + '=' + value + '\\n');
    secrets.push(key);
  }
  save();
  if (!args.includes('--dry-run'))
    appendFileSync(WRANGLER_OUTPUT_FILE_PATH, JSON.stringify({ type: 'deploy', targets: ['schedule: * * * * *', FAKE_TARGET] }) + '\\n');
}
`;

let home: string;
let env: TestWorkflowEnvironment;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'perdure-deploy-'));
  writeFileSync(join(home, 'wrangler'), WRANGLER, { mode: 0o755 });
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterEach(async () => {
  rmSync(home, { recursive: true });
  rmSync(remembered, { recursive: true, force: true });
  await env.teardown();
});

const deploy = (args: string[], more: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, ['scripts/deploy.ts', '--name', name, ...args], {
    cwd: root,
    env: { ...process.env, PATH: `${home}:${process.env.PATH}`, FAKE_HOME: home, ...more },
  });

/** What wrangler was told to change, without the paths of this machine. */
const changes = (): string[] =>
  readFileSync(join(home, 'calls'), 'utf8')
    .replaceAll(root, '.')
    .replaceAll(name, 'NAME')
    .split('\n')
    .filter((call) => /^(queues create|secret put|deploy)/.test(call));

/** The engine behind the address that wrangler names; it serves the example. */
async function withEngine<T>(work: (target: string) => Promise<T>): Promise<T> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const answer = await env.fetch(request.url!, {
      method: request.method!,
      headers: { 'content-type': 'application/json' },
      ...(body.length > 0 && { body }),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const ledger = new Ledger();
  const bank = openBank({
    record: async (entry) => ledger.apply(entry),
    balances: async (accounts) => Object.fromEntries(accounts.map((each) => [each, ledger.balance(each)])),
  });
  try {
    return await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities: createActivities(bank) }, () =>
      work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('creates queues, deploys, gives keys and makes a transfer; again, it makes nothing twice', async () => {
  await withEngine(async (target) => {
    const first = await deploy([], { FAKE_TARGET: target });
    expect(first.stdout).toContain('has not been run against a real account');
    expect(first.stdout).toMatch(/Smoke transfer smoke-\d+: Transfer complete/);
    const worker = './examples/money-transfer/wrangler.toml';
    const engine = './.perdure/deploy/NAME/wrangler.toml';
    expect(changes()).toEqual([
      'queues create NAME-task-queue',
      'queues create NAME-task-queue-dead',
      `deploy -c ${worker}`,
      `deploy -c ${engine} --keep-vars --secrets-file ./.perdure/deploy/NAME/secrets.json`,
      `deploy -c ${engine} --keep-vars --var ENGINE_URL:${target}`,
      `secret put PERDURE_API_KEY -c ${worker}`,
    ]);
    const given = readFileSync(join(home, 'given'), 'utf8');
    expect(given).toMatch(/^PERDURE_ADMIN_KEY=[0-9a-f]{64}\nPERDURE_API_KEY=\S+\n$/);
    const key = /^ {2}(\S+)$/m.exec(first.stdout)![1]!;
    expect(given).not.toContain(key);
    expect(first.stdout).not.toContain(/PERDURE_API_KEY=(\S+)/.exec(given)![1]!);
    expect(statSync(join(remembered, 'admin.key')).mode & 0o777).toBe(0o600);

    rmSync(join(home, 'calls'));
    const second = await deploy(['--var', 'NAMESPACES:default,shop'], { FAKE_TARGET: target });
    expect(second.stdout).toMatch(/Smoke transfer/);
    expect(second.stdout).not.toContain('A first API key');
    expect(changes()).toEqual([
      `deploy -c ${worker}`,
      `deploy -c ${engine} --keep-vars --var NAMESPACES:default,shop --var ENGINE_URL:${target}`,
    ]);
  });
}, 120_000);

it('a dry run builds everything and changes nothing', async () => {
  const { stdout } = await deploy(['--dry-run', '--domain', 'engine.example.com']);
  expect(stdout).toContain(`$ wrangler queues create ${name}-task-queue-dead`);
  expect(stdout).toContain('nothing was deployed');
  const calls = changes();
  expect(calls).toHaveLength(2);
  expect(calls.filter((call) => !/^deploy .*--dry-run --outdir/.test(call))).toEqual([]);
  expect(calls[1]).toContain('--domain engine.example.com --var ENGINE_URL:https://engine.example.com');
}, 60_000);

it('ends where wrangler does, with a message and exit code 1', async () => {
  const failing = deploy([], { FAKE_FAILS: 'queues create' });
  await expect(failing).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/not logged in[\s\S]*queues create .* ended with 1/),
  });
  expect(changes()).toHaveLength(1);
}, 60_000);
