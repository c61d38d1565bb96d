import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CompleteAsyncError } from '../../sdk/activity/index.ts';
import { listen } from '../../sdk/worker/http-server.ts';
import { answerOf, withCommandLine } from './cli-engine.ts';

const account = ['--type', 'account', '-t', 'q', '-w', 'acct'];

describe('messages that start a workflow', () => {
  it('signal one that runs, and start it where none does', () =>
    withCommandLine(async (perdure) => {
      const signal = ['signal-with-start', ...account, '-i', '10', '--signal-name', 'note'];
      for (const text of ['one', 'two'])
        expect(await perdure('workflow', ...signal, '--signal-input', `"${text}"`)).toMatchObject({
          exitCode: 0,
          out: expect.stringMatching(/Workflow +acct\nRun .*\nSignal +note/),
        });
      expect((await perdure('workflow', 'count')).out).toBe('1');
      const { out } = await perdure('workflow', 'query', '-w', 'acct', '--name', 'journal');
      expect(JSON.parse(out)).toEqual(['note one', 'note two']);
    }));

  it('update one that runs, start it where none does, and print the result', () =>
    withCommandLine(async (perdure) => {
      const update = [...account, '--update-name', 'deposit', '--update-input', '5'];
      const execute = ['workflow', 'execute-update-with-start', ...update];
      expect((await perdure(...execute)).out).toBe('5');
      expect((await perdure(...execute)).out).toBe('10');
      const started = await perdure('workflow', 'start-update-with-start', ...update, '-o', 'jsonl');
      expect(JSON.parse(started.out)).toMatchObject({ workflowId: 'acct', name: 'deposit' });
    }));
});

describe('flags of all commands', () => {
  it('say who acts, give up in time, print nothing; and --yes is taken where nothing is asked', () =>
    withCommandLine(async (perdure, env) => {
      const start = ['workflow', 'start', '--type', 'waiter', '-t', 'q', '-w', 'w', '--fail-existing'];
      expect(await perdure(...start, '--identity', 'somebody', '-o', 'none', '--yes')).toMatchObject({
        exitCode: 0,
        out: '',
      });
      const { events } = await env.client.workflow.getHandle('w').fetchHistory();
      expect(JSON.stringify(events[0])).toContain('"identity":"somebody"');
      expect(await perdure(...start)).toMatchObject({ exitCode: 1 });
      const late = await perdure('workflow', 'result', '-w', 'w', '--command-timeout', '200ms');
      expect(late).toMatchObject({ exitCode: 1, err: expect.stringContaining('the deadline has passed') });
      expect((await perdure('worker', 'count')).out).toMatch(/^\d+$/);
    }));

  it('say where a key goes when the engine wants one', async () => {
    const server = await listen(
      async () => Response.json({ code: 16, message: 'a credential is required' }, { status: 401 }),
      () => new Response(null, { status: 404 }),
      '127.0.0.1',
      0,
    );
    const env = { PERDURE_ADDRESS: `http://127.0.0.1:${server.port}` };
    const { exitCode, err } = await answerOf(['workflow', 'count'], env);
    await server.close();
    expect([exitCode, err]).toEqual([
      1,
      expect.stringMatching(/credential is required\n.*--api-key or PERDURE_API_KEY/),
    ]);
  });

  it('read arguments from files, in their place among the others', () =>
    withCommandLine(async (perdure) => {
      const folder = mkdtempSync(join(tmpdir(), 'perdure-input-'));
      const file = join(folder, 'input.json');
      writeFileSync(file, '"of a file"');
      const execute = ['workflow', 'execute', '--type', 'echo', '-t', 'q', '-w', 'e', '-o', 'json'];
      const { out } = await perdure(...execute, '--input-file', file, '-i', '2');
      expect(JSON.parse(out)).toMatchObject({ result: 'echo of a file' });
      const absent = await perdure(...execute, '--input-file', join(folder, 'nothing'));
      expect(absent).toMatchObject({ exitCode: 2, err: expect.stringContaining('cannot be read') });
      writeFileSync(file, 'no JSON');
      expect(await perdure(...execute, '--input-file', file)).toMatchObject({ exitCode: 2 });
      rmSync(folder, { recursive: true });
    }));
});

describe('looking into a workflow', () => {
  it('shows its stack, its handlers and the tree of what it and its children did', () =>
    withCommandLine(async (perdure, env) => {
      await env.client.workflow.start('parent', {
        taskQueue: 'q',
        workflowId: 'p',
        args: [{ type: 'waiter', workflowId: 'c' }],
      });
      await env.sleep(0);
      expect((await perdure('workflow', 'stack', '-w', 'c')).out).toContain('waiter');
      const metadata = JSON.parse((await perdure('workflow', 'metadata', '-w', 'c')).out);
      expect(metadata.definition.signalDefinitions).toMatchObject([{ name: 'finish' }]);
      const { out } = await perdure('workflow', 'trace', '-w', 'p');
      expect(out).toMatch(/^RUNNING parent p \(run .*\n└── RUNNING waiter c \(run /);
      await env.client.workflow.start('account', { taskQueue: 'q', workflowId: 'a' });
      await perdure('workflow', 'update', 'execute', '-w', 'a', '--name', 'depositDouble', '-i', '1');
      expect((await perdure('workflow', 'trace', '-w', 'a')).out).toMatch(/└── activity 1 double, completed/);
    }));

  it('shows the newest event first with --reverse, in every form', () =>
    withCommandLine(async (perdure, env) => {
      await env.client.workflow.execute('echo', { taskQueue: 'q', workflowId: 'e', args: ['x'] });
      const show = ['workflow', 'show', '-w', 'e', '--reverse'];
      const [, ...lines] = (await perdure(...show)).out.split('\n');
      expect(lines.map((line) => line.trim().split(/ +/)[0])).toEqual(['5', '4', '3', '2', '1']);
      const { events } = JSON.parse((await perdure(...show, '-o', 'json')).out);
      expect(events.map(({ eventId }: { eventId: string }) => eventId)).toEqual(['5', '4', '3', '2', '1']);
      expect((await perdure(...show, '-o', 'jsonl')).out.split('\n')).toHaveLength(5);
      expect(await perdure(...show, '--follow')).toMatchObject({ exitCode: 2 });
    }));

  it('prints one JSON value a line with -o jsonl, events as they come among them', () =>
    withCommandLine(async (perdure, env) => {
      await env.client.workflow.execute('echo', { taskQueue: 'q', workflowId: 'e', args: ['x'] });
      const show = await perdure('workflow', 'show', '-w', 'e', '--follow', '-o', 'jsonl');
      const events = show.out.split('\n').map((line) => JSON.parse(line));
      expect(events.map(({ eventId }) => eventId)).toEqual(['1', '2', '3', '4', '5']);
      const list = await perdure('workflow', 'list', '-o', 'jsonl');
      expect(JSON.parse(list.out)).toMatchObject({ execution: { workflowId: 'e' } });
    }));
});

describe('activities', () => {
  const pending = (test: Parameters<typeof withCommandLine>[0]) =>
    withCommandLine(
      async (perdure, env, address) => {
        await env.client.workflow.start('account', { taskQueue: 'q', workflowId: 'a' });
        const deposit = ['--name', 'depositDouble', '-i', '21', '--update-id', 'u'];
        await perdure('workflow', 'update', 'start', '-w', 'a', ...deposit, '--wait-for-stage', 'accepted');
        await test(perdure, env, address);
      },
      () => Promise.reject(new CompleteAsyncError()),
    );
  const answer = ['-w', 'a', '--activity-id', '1'];

  it('are listed while they are pending, and completed by hand', () =>
    pending(async (perdure) => {
      expect((await perdure('activity', 'list', '-w', 'a')).out).toMatch(/^1 +double +started +1$/m);
      expect((await perdure('activity', 'complete', ...answer, '--result', '7')).exitCode).toBe(0);
      expect((await perdure('workflow', 'update', 'result', '-w', 'a', '--update-id', 'u')).out).toBe('7');
      expect((await perdure('activity', 'list', '-w', 'a')).out).toBe('No activity is pending.');
      expect((await perdure('activity', 'complete', ...answer, '--result', '7')).exitCode).toBe(1);
    }));

  it('are failed by hand for good, with a reason', () =>
    pending(async (perdure) => {
      expect((await perdure('activity', 'fail', ...answer, '--reason', 'given up')).exitCode).toBe(0);
      const outcome = await perdure('workflow', 'update', 'result', '-w', 'a', '--update-id', 'u');
      expect([outcome.exitCode, outcome.err]).toEqual([1, expect.stringContaining('given up')]);
    }));
});

describe('what operators ask of an engine', () => {
  it('namespaces are made, changed, listed and deleted', () =>
    withCommandLine(async (perdure) => {
      const namespace = (...args: string[]) => perdure('operator', 'namespace', ...args);
      const shop = ['-n', 'shop'];
      const create = ['create', ...shop, '--description', 'a shop', '--retention', '72h', '--data', 'team=a'];
      expect(await namespace(...create)).toMatchObject({ exitCode: 0, out: 'Namespace shop is there.' });
      expect((await namespace('describe', ...shop)).out).toMatch(/Retention +3 days\n +team +a$/);
      expect((await namespace('update', ...shop, '--email', 'a@b.c')).out).toMatch(/Owner +a@b\.c/);
      const limits = ['--limit', 'historyEvents=500', '--limit', 'requestsPerSecond=1e3'];
      expect((await namespace('update', ...shop, ...limits)).out).toMatch(/Limit historyEvents +500/);
      expect((await namespace('update', ...shop, '--limit', 'historyEvents=0')).out).not.toMatch(
        /historyEvents/,
      );
      expect((await namespace('update', ...shop, '--limit', 'runs=1')).err).toContain('no limit "runs"');
      expect((await namespace('list')).out).toMatch(/^default +30 days\nshop +3 days +a shop$/m);
      expect((await namespace('delete', ...shop)).exitCode).toBe(0);
      expect((await namespace('describe', ...shop)).err).toContain("Namespace not found: 'shop'");
    }));

  it.each([
    [3, /^Shards of the list +4, then 16: rows are moving, 3 are not done$/m],
    [0, /^Shards of the list +4, then 16: all rows are at home, VISIBILITY_SHARDS may become "16"$/m],
  ])('a namespace whose list grows says how far it is, with %i shards to go', async (moving, text) => {
    const reply = {
      namespaceInfo: { name: 'default', id: 'i', state: 'NAMESPACE_STATE_REGISTERED', data: {} },
      config: { workflowExecutionRetentionTtl: '86400s' },
      limits: {},
      visibilityShards: { counts: [4, 16], moving },
    };
    const server = await listen(
      async () => Response.json(reply),
      () => new Response(null, { status: 404 }),
      '127.0.0.1',
      0,
    );
    try {
      const where = { PERDURE_ADDRESS: `http://127.0.0.1:${server.port}`, PERDURE_ENV_FILE: '/nonexistent' };
      const answer = await answerOf(['operator', 'namespace', 'describe'], where);
      expect([answer.out, answer.err]).toEqual([expect.stringMatching(text), '']);
    } finally {
      server.closeAllConnections();
      await server.close();
    }
  });

  it('the engine says that it is there, and what it is', () =>
    withCommandLine(async (perdure) => {
      expect((await perdure('operator', 'cluster', 'health')).out).toBe('SERVING');
      expect((await perdure('operator', 'cluster', 'describe')).out).toMatch(/^Runs +durable-objects$/m);
      expect((await perdure('operator', 'cluster', 'system')).out).toMatch(/^supportsSchedules +yes$/m);
      const queue = await perdure('task-queue', 'describe', '-t', 'q');
      expect(queue.out).toMatch(/^activity +\S+ +service:\S+/m);
      expect(queue.out).toMatch(/^activity +0 +0\.00$/m);
      const nobody = await perdure('task-queue', 'describe', '-t', 'other', '--disable-stats');
      expect(nobody.out).toBe('No Worker serves other.');
      expect((await perdure('worker', 'list')).out).toMatch(/^service:\S+ +q .* 0$/m);
    }));
});

describe('environments', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'perdure-env-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('stand for flags; variables and flags count more; keys are never shown', () =>
    withCommandLine(async (_, _env, address) => {
      const file = join(folder, 'env.json');
      const perdure = (args: string[], env: Record<string, string> = {}) =>
        answerOf(args, { PERDURE_ENV_FILE: file, ...env });
      const set = (key: string, value: string) =>
        perdure(['env', 'set', '--env', 'prod', '--key', key, '--value', value]);
      expect((await set('address', address)).exitCode).toBe(0);
      await set('api-key', 'perdure_secret');
      expect((await perdure(['env', 'list'])).out).toBe('prod');
      const shown = await perdure(['env', 'get', '--env', 'prod']);
      expect(shown.out).toContain(`address  ${address}`);
      expect(shown.out).not.toContain('perdure_secret');
      expect(statSync(file).mode & 0o077).toBe(0);
      const health = ['operator', 'cluster', 'health', '--env', 'prod'];
      expect(await perdure(health)).toMatchObject({ exitCode: 0, out: 'SERVING' });
      const other = { PERDURE_ADDRESS: 'http://127.0.0.1:1' };
      expect((await perdure(health, other)).exitCode).toBe(1);
      expect((await perdure([...health, '--address', address], other)).exitCode).toBe(0);
      await perdure(['env', 'delete', '--env', 'prod', '--key', 'api-key']);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ prod: { address } });
      const missing = await perdure(['workflow', 'list', '--env', 'test']);
      expect([missing.exitCode, missing.err]).toEqual([1, expect.stringContaining('no environment "test"')]);
      const wrong = await set('colour', 'red');
      expect([wrong.exitCode, wrong.err]).toEqual([2, expect.stringContaining('The flags are address')]);
    }));
});
