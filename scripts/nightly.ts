/** `npm run nightly`: the long forms of all checks, one after the other. `--help` says how. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { commandLine } from './lib/options.ts';
import { projectRoot } from './lib/root.ts';

interface Check {
  /** What `scripts/run.sh` is given. */
  full: string[];
  /** The same for so many seconds. Absent: it takes as long as it takes, and is left out of a taste. */
  taste?: (seconds: number) => string[];
  /** Left out where this is not there. */
  needs?: string;
}

const TAIL = 2_000;

const count = (seconds: number, each: number): string => String(Math.max(1, Math.floor(seconds / each)));

// biome-ignore format: a table reads best as one
const CHECKS: Record<string, Check> = {
  // A million operations and more.
  sim: { full: ['sim', '--seeds', '1500'], taste: (s) => ['sim', '--seeds', count(s, 0.5)] },
  kill: { full: ['kill', '--kills', '200', '--minutes', '60'], taste: (s) => ['kill', '--kills', count(s, 15)] },
  upgrade: { full: ['upgrade', '--switches', '60'], taste: () => ['upgrade', '--switches', '6'] },
  faults: { full: ['faults'], taste: () => ['faults', '-t', 'activity-direct'] },
  functional: { full: ['faults', '--functional', '--seeds', '20'], taste: () => ['faults', '--functional', '--seeds', '0'] },
  fuzz: { full: ['fuzz', '100000'], taste: (s) => ['fuzz', String(s * 100)] },
  conformance: { full: ['conformance', '--seeds', '5000'], taste: (s) => ['conformance', '--seeds', count(s, 0.5)] },
  mutation: { full: ['mutation'], needs: 'test/mutation/main.ts' },
  zoo: { full: ['zoo'] },
  e2e: { full: ['e2e'] },
  programs: { full: ['programs'] },
  bench: { full: ['bench', '--quick'] },
};

const checks = Object.keys(CHECKS);
const { values, names } = commandLine({
  command: 'npm run nightly',
  about: `The long forms of all checks, one after the other. Each is run whatever the others say; a table stands at the end, and the
status is 1 when any failed.`,
  names: { value: 'CHECK', among: checks, about: 'only these' },
  options: {
    only: { kind: 'list', value: 'CHECK', among: checks, about: 'the same' },
    minutes: {
      kind: 'number',
      fractions: true,
      least: 0.01,
      about: 'a taste of all of it in about so many minutes, to see that everything runs',
    },
  },
});
const { minutes } = values;
const asked = [...names, ...values.only];

const chosen = Object.entries(CHECKS).filter(([name, { taste }]) =>
  asked.length > 0 ? asked.includes(name) : minutes === undefined || taste !== undefined,
);
const seconds = minutes === undefined ? undefined : (minutes * 60) / chosen.length;

interface Outcome {
  result: 'passed' | 'FAILED' | 'not there';
  seconds: number;
  command: string;
  /** The last line that it printed. */
  said: string;
}

async function run(name: string, { full, taste, needs }: Check): Promise<Outcome> {
  const args = seconds === undefined || !taste ? full : taste(seconds);
  const command = `scripts/run.sh ${args.join(' ')}`;
  if (needs && !existsSync(join(projectRoot, needs)))
    return { result: 'not there', seconds: 0, command, said: `there is no ${needs}` };
  console.log(`\n== ${name}: ${command}`);
  const begun = performance.now();
  const { passed, output } = await shown(['sh', join(projectRoot, 'scripts/run.sh'), ...args]);
  const lines = stripVTControlCharacters(output).split('\n');
  const said = lines.findLast((line) => line.trim() !== '')?.trim() ?? '';
  const took = Math.round((performance.now() - begun) / 1_000);
  return { result: passed ? 'passed' : 'FAILED', seconds: took, command, said: said.slice(0, 100) };
}

/** What it prints is shown as it comes, and its end kept. */
async function shown([program, ...args]: string[]): Promise<{ passed: boolean; output: string }> {
  const child = spawn(program!, args, { stdio: ['inherit', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text);
      output = (output + text).slice(-TAIL);
    });
  const [code] = (await once(child, 'close')) as [number | null];
  return { passed: code === 0, output };
}

const outcomes: Array<[string, Outcome]> = [];
for (const [name, check] of chosen) outcomes.push([name, await run(name, check)]);
console.log('');
console.table(Object.fromEntries(outcomes));
const failed = outcomes.filter(([, { result }]) => result === 'FAILED').map(([name]) => name);
if (failed.length > 0) console.log(`failed: ${failed.join(' ')}`);
const passed = outcomes.filter(([, { result }]) => result === 'passed').length;
console.log(`${passed} passed, ${failed.length} failed`);
process.exit(passed === 0 || failed.length > 0 ? 1 : 0);
