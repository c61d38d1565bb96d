/** `npm test` that is interrupted: nothing of it stays, neither processes nor folders, and nobody gets to read half a log. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../scripts/lib/root.ts';
import { until } from '../http-api.ts';

/** The ids of those whose command says the text, and which the parent has started, if it is given. */
function processes(wanted: { parent?: number; text: string }): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, ppid, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    const fits = args?.includes(wanted.text) && (wanted.parent ?? Number(ppid)) === Number(ppid);
    return fits ? [Number(pid)] : [];
  });
}

it('Ctrl-C of npm test ends its Workers, and removes what they were built into', async () => {
  // One for each half, and the second takes long enough.
  const files = ['test/workerd/transfer.test.ts', 'test/sim/sim.test.ts'];
  const run = spawn('sh', [join(projectRoot, 'scripts/run.sh'), 'test', ...files], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // The runner of this test has told its own.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'))),
  });
  let output = '';
  for (const stream of [run.stdout, run.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const exited = once(run, 'exit');
  try {
    const [folder, workers] = await until('the Workers of the tests in workerd', () => {
      const [vitest] = processes({ parent: run.pid!, text: 'vitest.workerd.config.ts' });
      if (vitest === undefined) return undefined;
      const folder = join(tmpdir(), `perdure-workerd-${vitest}`);
      const workers = processes({ parent: vitest, text: folder });
      return workers.length === 2 ? ([folder, workers] as const) : undefined;
    });
    // Both halves, as the terminal does.
    process.kill(-run.pid!, 'SIGINT');
    await exited;
    await until('the end of the Workers', () => processes({ text: folder }).length === 0 || undefined);
    await until('the end of their folder', () => !existsSync(folder) || undefined);
    expect(workers).toHaveLength(2);
    // The log of the half in workerd begins with another.
    expect(output.match(/ RUN /g)).toHaveLength(1);
    expect(output).not.toContain('now the tests in workerd');
  } finally {
    try {
      process.kill(-run.pid!, 'SIGKILL');
    } catch {
      // It is gone, as it should be.
    }
  }
});
