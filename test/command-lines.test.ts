/** The commands of package.json themselves: what is wrong is said in one line, with status 2; help is help. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Task of scripts/run.sh → a command line that makes no sense, and how the answer begins. */
const WRONG: Record<string, Array<[args: string, said: string]>> = {
  bench: [['--nonsense', 'there is no option --nonsense; there are: --quick']],
  conformance: [['--seeds x', "--seeds: a whole number of at least 1 is expected, not 'x'"]],
  demo: [['--nonsense', 'there is no option --nonsense']],
  deploy: [['--name 3', '--name 3: lower-case letters']],
  engine: [['--port x', "--port: a whole number from 1 to 65535 is expected, not 'x'"]],
  faults: [['--functional --seeds x', "--seeds: a whole number of at least 0 is expected, not 'x'"]],
  fuzz: [['x', 'a whole number of requests']],
  kill: [
    ['--kills x', "--kills: a whole number of at least 0 is expected, not 'x'"],
    ['--kills 0', '--kills 0 without --minutes: there is nothing to do'],
  ],
  mutation: [['nonsense', 'there is no src/core/nonsense.ts']],
  nightly: [['--minutes x', "--minutes: a number of at least 0.01 is expected, not 'x'"]],
  pack: [['--out --local', '--out FOLDER: a value is expected, not --local']],
  package: [['--nonsense', 'there is no option --nonsense']],
  programs: [['nonsense', "there is no PROGRAM 'nonsense'; there are: "]],
  sim: [['--seeds 0', "--seeds: a whole number of at least 1 is expected, not '0'"]],
  start: [['nonsense', "there is no EXAMPLE 'nonsense'; there are: "]],
  'temporal-project': [['', 'a FOLDER is expected']],
  upgrade: [
    ['--switches x', "--switches: a whole number of at least 0 is expected, not 'x'"],
    ['--from nonsense', '--from nonsense: there is no such commit here'],
  ],
  worker: [['--port 65536', "--port: a whole number from 1 to 65535 is expected, not '65536'"]],
  zoo: [
    ['--jobs 0', "--jobs: a whole number of at least 1 is expected, not '0'"],
    ['nonsense', "there is no DEFECT 'nonsense'; there are: acknowledges-before-the-commit "],
  ],
};

interface Said {
  status: number;
  stdout: string;
  stderr: string;
}

function run(task: string, ...args: string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile('sh', [join(root, 'scripts/run.sh'), task, ...args], (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const wrong = Object.entries(WRONG).flatMap(([task, rows]) =>
  rows.map(([args, said]) => ({ task, args, said })),
);

// A few at a time: each is a process that loads what the command would need.
describe.concurrent('a command', { timeout: 60_000 }, () => {
  it.each(wrong)('$task $args says in one line what is wrong', async ({ task, args, said }) => {
    const { status, stdout, stderr } = await run(task, ...args.split(' ').filter(Boolean));
    expect({ status, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({
      status: 2,
      stdout: '',
      lines: 1,
    });
    expect(stderr.slice(0, 9 + said.length)).toBe(`perdure: ${said}`);
  });

  it.each(Object.keys(WRONG))('%s --help prints how it is used', async (task) => {
    const before = task === 'faults' ? ['--functional'] : [];
    const { status, stdout, stderr } = await run(task, ...before, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^npm (run )?[\w:-]+ /);
  });

  it('test FILE is green when one of its halves has the file, and red when none has', async () => {
    const [one, none] = await Promise.all([
      run('test', 'test/lint/lint.test.ts'),
      run('test', 'test/nonsense.test.ts'),
    ]);
    expect([one.status, none.status]).toEqual([0, 1]);
    expect(none.stderr).toContain('perdure: no test file is named like this: test/nonsense.test.ts');
  });

  it('sim --trace explains its lines first, and counts one as one', async () => {
    const { status, stdout } = await run('sim', '--seed', '7', '--ops', '20', '--trace');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Each line: the virtual time/);
    expect(stdout).toMatch(/\n1 seed, \d+ operations? in /);
  });
});

it('every task that takes options has a row here', () => {
  const text = readFileSync(join(root, 'scripts/run.sh'), 'utf8');
  const tasks = [...text.matchAll(/^([a-z-]+)\) exec node \S+ "\$@"/gm)].map(([, task]) => task!);
  // A client of an example, and the command line that commander reads.
  const others = ['client', 'perdure'];
  expect(tasks.length).toBeGreaterThan(15);
  expect(tasks.filter((task) => !(task in WRONG || others.includes(task)))).toEqual([]);
});
