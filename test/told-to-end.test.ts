/** Programs that start others and are told to end: all of it ends, and then they, with the code of the signal. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { groupLives } from '../scripts/lib/process-group.ts';
import { projectRoot } from '../scripts/lib/root.ts';
import { until } from './http-api.ts';

/** As `npm start`: starts a group, one of whose processes does not hear of requests, and fails when the group has ended by itself. */
const PROGRAM = `
import { endGroupsWithThisProcess, ProcessGroup } from ${JSON.stringify(pathToFileURL(join(projectRoot, 'scripts/lib/process-group.ts')))};
endGroupsWithThisProcess();
const script = 'trap "sleep ${'$'}{LAST_WORDS_AFTER:-0}; echo over; exit" TERM; (trap "" TERM; sleep 1000; sleep 1000) & echo ready; wait';
const group = new ProcessGroup('sh', ['-c', script], {
  onOutput: (text) => console.log(text.includes('ready') ? group.pid : text.trim()),
});
await group.exited;
console.log('The group is gone.');
process.exit(1);
`;

const started: number[] = [];
afterEach(() => {
  for (const group of started.splice(0)) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // It is gone, as it should be.
    }
  }
});

/** @returns the first line that it prints, as a number, and the others later */
async function launch(command: string[], env: Record<string, string> = {}) {
  const child = spawn(command[0]!, command.slice(1), {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, npm_lifecycle_event: '', ...env },
  });
  started.push(child.pid!);
  const lines: string[] = [];
  const reader = createInterface(child.stdout!).on('line', (line) => lines.push(line));
  await Promise.race([once(reader, 'line'), once(reader, 'close')]);
  const group = Number(lines[0]);
  started.push(group);
  return { child, group, lines };
}

const program = [process.execPath, '--input-type=module', '-e', PROGRAM];

const exitOf = async (child: ChildProcess): Promise<unknown> => (await once(child, 'close'))[0];

describe('a program that is told to end', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('by %s ends what it started, waits for it, and exits with %d', async (signal, code) => {
    const { child, group, lines } = await launch(program);
    expect(groupLives(group)).toBe(true);
    child.kill(signal);
    expect(await exitOf(child)).toBe(code);
    expect(groupLives(group)).toBe(false);
    expect(lines).toEqual([String(group), 'over']);
  });

  it('ends with the shell that npm has run it in: npm tells nobody else', async () => {
    const inShell = ['sh', '-c', '"$@"; :', 'sh', ...program];
    const { child, group } = await launch(inShell, { npm_lifecycle_event: 'npx' });
    expect(groupLives(group)).toBe(true);
    child.kill('SIGTERM');
    await exitOf(child);
    await until('the end of the group', () => !groupLives(group) || undefined);
  });

  it('goes on where that shell had put it behind itself: the one of another that was not is over by then', async () => {
    const npm = { npm_lifecycle_event: 'pretest' };
    const behind = await launch(['sh', '-c', '"$@" 2>&1 & sleep 100', 'sh', ...program], npm);
    const beside = await launch(['sh', '-c', 'true && "$@" 2>&1; :', 'sh', ...program], npm);
    for (const { child } of [behind, beside]) child.kill('SIGKILL');
    await until('the end of the group', () => !groupLives(beside.group) || undefined);
    expect(groupLives(behind.group)).toBe(true);
  });

  it('together with that shell is told once: what it started ends in good order', async () => {
    const inShell = ['sh', '-c', '"$@"; :', 'sh', ...program];
    const { child, group, lines } = await launch(inShell, {
      npm_lifecycle_event: 'npx',
      LAST_WORDS_AFTER: '1',
    });
    process.kill(-child.pid!, 'SIGTERM');
    await exitOf(child);
    expect(groupLives(group)).toBe(false);
    expect(lines).toEqual([String(group), 'over']);
  });
});

/** Starts a process in a group of its own, and then never hears that it has ended. */
const NEGLIGENT = `
require('node:child_process').spawn('sh', ['-c', 'echo $$'], { detached: true, stdio: ['ignore', 'inherit', 'ignore'] });
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
`;

it('a group of which only the dead are left does not live, whoever is to bury them', async () => {
  const { group } = await launch([process.execPath, '-e', NEGLIGENT]);
  await until('its end', () => !groupLives(group) || undefined);
  expect(() => process.kill(-group, 0)).not.toThrow();
});
