/** `npm run mutation`: Stryker changes the core, one spot at a time, and the core's own tests are to notice. `--help` says how. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, refuse, UsageError } from '../../scripts/lib/options.ts';
import { projectRoot } from '../../scripts/lib/root.ts';

const here = import.meta.dirname;
const REPORT = join(projectRoot, '.perdure/mutation/report.json');

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

const command = {
  command: 'npm run mutation',
  about: `Stryker changes the core, one spot at a time, and the core's own tests are to notice. What a run has found is kept in
.perdure/mutation, so that the next one tries only what is new. The end is a table of scores; survivors stand above it.`,
  names: { value: 'FILE', about: 'of src/core, such as timer; without: all of them, which takes hours' },
  options: {},
};
const names = commandLine(command).names.map(
  (name) => `src/core/${name.replace(/^src\/core\/|\.ts$/g, '')}.ts`,
);
const unknown = names.find((name) => !existsSync(join(projectRoot, name)));
if (unknown) refuse(command, new UsageError(`there is no ${unknown}`));
const stryker = join(here, 'node_modules/@stryker-mutator/core/bin/stryker.js');
if (!existsSync(stryker))
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
const chosen = names.length > 0 ? ['--mutate', names.join(',')] : [];
const { status } = spawnSync(
  process.execPath,
  [stryker, 'run', join(here, 'stryker.config.json'), ...chosen],
  {
    cwd: projectRoot,
    stdio: 'inherit',
  },
);
if (status !== 0) process.exit(status ?? 1);

const { files } = JSON.parse(readFileSync(REPORT, 'utf8')) as Report;
const rows = Object.entries(files).map(([file, { mutants }]) =>
  scored(file.replace('src/core/', ''), mutants),
);
rows.push(
  scored(
    'all of these',
    Object.values(files).flatMap(({ mutants }) => mutants),
  ),
);
console.table(Object.fromEntries(rows.map(({ name, ...row }) => [name, row])));

/** As Stryker reckons: a mutant that made the tests run for ever was noticed too; those that cannot be compiled do not count. */
function scored(name: string, mutants: Report['files'][string]['mutants']) {
  const count = (...statuses: string[]) =>
    mutants.filter((mutant) => statuses.includes(mutant.status)).length;
  const noticed = count('Killed', 'Timeout');
  const survived = count('Survived');
  const untested = count('NoCoverage');
  const score = (100 * noticed) / (noticed + survived + untested || 1);
  return { name, noticed, survived, untested, 'score %': Number(score.toFixed(1)) };
}
