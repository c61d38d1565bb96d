/** What somebody who makes a mistake, or waits in vain, is told: in terms of the flags, with the right exit code. */

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Terminal } from '../../sdk/cli/context.ts';
import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import { MemoryEngine } from '../../sdk/testing/memory-engine.ts';
import { served } from './memory-server.ts';

let engine: MemoryEngine;
let server: Server;
let interrupt: AbortController;

/** The engine in memory, on a real port, and no Worker. */
beforeEach(async () => {
  interrupt = new AbortController();
  engine = new MemoryEngine(Date.UTC(2026, 0, 5, 12));
  server = await served(engine);
});
afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
  engine.close();
});

const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function perdure(
  args: string[],
  complained: (line: string) => void = () => undefined,
  confirm?: Terminal['confirm'],
) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await run(args, {
    print: (line) => out.push(line),
    complain: (line) => {
      err.push(line);
      complained(line);
    },
    colors: plain,
    env: { PERDURE_ADDRESS: address(), PERDURE_ENV_FILE: '/nonexistent/env.json' },
    ...(confirm && { confirm }),
    abortSignal: interrupt.signal,
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}
const told = async (line: string) => {
  const { exitCode, err } = await perdure(line.split(' '));
  return [exitCode, err];
};

const start = 'workflow start --type t -t q -w w';
const schedule = 'schedule create -s s --type t -t q';

describe('a command line that makes no sense ends with exit code 2', () => {
  it.each([
    [`${start} --run-timeout 5fortnights`, /--run-timeout.*no duration/],
    [`${schedule} --interval 5x`, /--interval.*no duration/],
    [`${schedule} --interval 1h/x`, /--interval.*no duration/],
    [`${schedule} --cron @daily --start-time soon`, /"soon" is no time/],
    [`${schedule} --cron @daily --overlap-policy Never`, /--overlap-policy.*Skip, BufferOne, .*AllowAll/],
    ['schedule toggle -s s', /--pause or --unpause/],
    ['workflow reset -w w --reason r', /--event-id <n>, or --type/],
    ['workflow reset -w w --reason r --type foo', /--type: one of/],
    ['task-queue describe -t q --task-queue-type nexus', /--task-queue-type/],
    ['worker deployment set-ramping-version --deployment-name d', /--percentage/],
  ])('%s', async (line, message) => {
    expect(await told(line)).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('a command line that makes no sense says where it is told what would', () => {
  it.each([
    ['workflow start --type t', '--task-queue', 'perdure workflow start --help'],
    ['workflow describe w', '--workflow-id', 'perdure workflow describe --help'],
    ['workflow frobnicate', 'frobnicate', 'perdure workflow --help'],
    ['frobnicate', 'frobnicate', 'perdure --help'],
    [`${start} --frobnicate 1`, 'frobnicate', 'perdure workflow start --help'],
    [`${start} --run-timeout x`, 'duration', 'perdure workflow start --help'],
  ])('%s', async (line, wrong, help) => {
    const [exitCode, err] = await told(line);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(wrong)]);
    expect(err).toMatch(new RegExp(`\n${help} says what there is\\.$`));
  });
});

it('a handler may be named by --type, as at Temporal', async () => {
  await told(start);
  await engine.settled();
  expect(await told('workflow signal -w w --type go')).toEqual([0, '']);
  expect((await perdure(['workflow', 'show', '-w', 'w'])).out).toContain('go()');
});

describe('what the engine refuses is said about flags', () => {
  it.each([
    ['workflow reset -w w --reason r --event-id 999', /--event-id: must be/],
    [`${schedule} --calendar {"hour":"25"}`, /--calendar: hour: cannot be "25"/],
    [`${schedule} --cron 1`, /--cron: expected five/],
    [
      'operator webhook create --webhook-id h --kind stripe -w w --signal-name s',
      /--secret-file or --secret-name: stripe makes one/,
    ],
  ])('%s', async (line, message) => {
    await told(start);
    await engine.settled();
    expect(await told(line)).toEqual([1, expect.stringMatching(message)]);
  });
});

describe('a command that waits where no Worker serves the task queue says so once', () => {
  it.each([
    'workflow result -w w',
    'workflow update execute -w w --name n',
    'workflow execute --type t -t q -w other',
    'workflow execute-update-with-start --type t -t q -w w --update-name n',
  ])('%s', async (line) => {
    await told(start);
    await engine.settled();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const lines: string[] = [];
    const asked = perdure(line.split(' '), (text) => {
      lines.push(text);
      interrupt.abort();
    });
    await vi.waitFor(
      () => {
        vi.advanceTimersByTime(500);
        expect(lines).not.toEqual([]);
      },
      { timeout: 9_000 },
    );
    expect(lines).toEqual([expect.stringMatching(/^no Worker serves task queue .*q.*; waiting$/)]);
    expect((await asked).exitCode).toBe(130);
  });
});

it('an engine that cannot be reached: what runs one in every project', async () => {
  const { exitCode, err } = await perdure(['workflow', 'list', '--address', 'http://127.0.0.1:1']);
  expect([exitCode, err]).toEqual([1, expect.stringContaining('`perdure server start-dev` runs one')]);
});

describe('what acts on all that match a query', () => {
  const terminate = ['workflow', 'terminate', '-q', 'WorkflowType = "t"'];
  beforeEach(async () => {
    await told(start);
    await engine.settled();
  });

  it('asks whoever sits there, with the count; no is no', async () => {
    const questions: string[] = [];
    const answer = (yes: boolean) => async (question: string) => {
      questions.push(question);
      return yes;
    };
    const refused = await perdure(terminate, undefined, answer(false));
    expect(refused).toMatchObject({ exitCode: 1, out: '', err: 'No batch job was started.' });
    expect((await perdure(['batch', 'list'])).out).toBe('No batch jobs.');
    expect((await perdure(terminate, undefined, answer(true))).out).toContain('Started batch job');
    expect(questions).toEqual(Array(2).fill('Start batch against approximately 1 workflow(s)? y/N '));
  });

  it('wants --yes where nobody can be asked, and where JSON is asked for', async () => {
    const json = await perdure([...terminate, '-o', 'json'], undefined, async () => true);
    for (const { exitCode, err } of [await perdure(terminate), json])
      expect([exitCode, err]).toEqual([2, expect.stringContaining('1 workflow(s) match')]);
    expect((await perdure(['batch', 'list'])).out).toBe('No batch jobs.');
    expect((await perdure([...terminate, '--yes'])).out).toContain('Started batch job');
    expect((await perdure(['workflow', 'terminate', '--help'])).out).toContain('-y, --yes');
  });
});

it('flags of all commands may stand before the noun, in every form', async () => {
  await told(start);
  await engine.settled();
  const elsewhere = ['--address', 'http://127.0.0.1:1'];
  const before = ['--address', address(), '--namespace=default', '-o', 'json', '-y'];
  const { exitCode, out } = await perdure([...before, 'workflow', 'list', '--limit', '1']);
  expect([exitCode, JSON.parse(out)]).toEqual([0, [expect.objectContaining({ taskQueue: 'q' })]]);
  expect((await perdure([...elsewhere, 'workflow', 'count', '--address', address()])).out).toBe('1');
  expect(await perdure(['--adress', 'x', 'workflow', 'list'])).toMatchObject({ exitCode: 2 });
  expect((await perdure(['--version'])).exitCode).toBe(0);
});
