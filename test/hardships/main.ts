/** `npm run faults -- --functional`: the functional suite again, on an engine that has a hard time. `--help` says how. */

import { spawnSync } from 'node:child_process';
import { commandLine } from '../../scripts/lib/options.ts';

const SUITES = ['test/features', 'examples'];

const { values } = commandLine({
  command: 'npm run faults -- --functional',
  about: `The functional suite again, on an engine that has a hard time: objects lose their memory between any two calls, one call in a
hundred fails, and both at once. Nothing may come out differently.`,
  options: {
    seeds: { kind: 'number', least: 0, default: 5, about: 'how many times one call in a hundred fails' },
    first: { kind: 'number', least: 0, default: 1, about: 'the first of these seeds' },
  },
});
const { first } = values;
const seeds = Array.from({ length: values.seeds }, (_, n) => first + n);
const modes = ['evict', ...seeds.map((seed) => `faults=${seed}`), `evict,faults=${first + seeds.length}`];

const results = modes.map((mode) => {
  console.log(`\n== PERDURE_TEST_ENGINE=${mode} vitest run ${SUITES.join(' ')}`);
  const env = { ...process.env, PERDURE_TEST_ENGINE: mode };
  const { status } = spawnSync('vitest', ['run', '--reporter=dot', ...SUITES], { stdio: 'inherit', env });
  return { mode, passed: status === 0 };
});
console.table(results);
const failed = results.filter(({ passed }) => !passed);
console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
