/** `npm run zoo`: defects are put into the engine, and a suite must find each. `--help` says how. */

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { commandLine } from '../../scripts/lib/options.ts';
import { type Defect, defects } from './defects.ts';

/** What a suite may take to find a defect, on a machine that does much else: beside the other lanes of `.ci/run` it takes five times as long. */
const LIMIT_MS = 300_000;

interface Found {
  name: string;
  by: string;
  seconds: number;
  /** The first line that says what is wrong; none: it was not found. */
  said?: string;
}

const root = join(import.meta.dirname, '../..');
const { values, names: asked } = commandLine({
  command: 'npm run zoo',
  about: `Puts each defect of the zoo into the engine, asks the suite that should find it, and prints who found what in how long.
Red when one is not found, or not within its time.`,
  names: { value: 'DEFECT', among: Object.keys(defects), about: 'only these' },
  options: { jobs: { kind: 'number', least: 1, default: availableParallelism(), about: 'defects at once' } },
});
const names = asked.length > 0 ? asked : Object.keys(defects);
const width = Math.max(...names.map((name) => name.length));

const waiting = [...names];
const found: Found[] = [];
await Promise.all(
  Array.from({ length: values.jobs }, async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const one = await hunt(name, defects[name]!);
      found.push(one);
      const { by, seconds, said } = one;
      console.log(
        `${name.padEnd(width)}  ${(said ? by : 'NOT FOUND').padEnd(12)} ${seconds.toFixed(1).padStart(5)} s  ${said ?? by}`,
      );
    }
  }),
);
const missed = found.filter(({ said }) => !said).map(({ name }) => name);
console.log(`${found.length - missed.length} of ${found.length} defects found`);
if (missed.length > 0) console.log(`not found: ${missed.join(' ')}`);
process.exitCode = found.length === 0 || missed.length > 0 ? 1 : 0;

async function hunt(name: string, { by }: Defect): Promise<Found> {
  const begin = performance.now();
  const loader = join(import.meta.dirname, 'loader.ts');
  const args =
    'sim' in by
      ? ['--import', loader, join(import.meta.dirname, 'hunt.ts'), String(by.from), String(by.sim)]
      : [
          join(root, 'node_modules/vitest/vitest.mjs'),
          ...['run', '--config', join(import.meta.dirname, 'vitest.config.ts'), by.test],
        ];
  const { code, output } = await run(args, name);
  const said = code === 1 ? complaint(output) : undefined;
  return {
    name,
    by: 'sim' in by ? 'sim' : by.test,
    seconds: (performance.now() - begin) / 1_000,
    ...(said && { said }),
  };
}

function run(args: string[], defect: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, PERDURE_DEFECT: defect, NO_COLOR: '1' };
    const child = spawn(process.execPath, args, { cwd: root, env, timeout: LIMIT_MS });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Only a violated seed or a failed test counts: an engine that does not even load proves nothing about the suite. */
function complaint(output: string): string | undefined {
  const line = output.split('\n').find((text) => /^seed \d+: |^\s*(×|FAIL) /.test(text));
  return line?.trim().slice(0, 140);
}
