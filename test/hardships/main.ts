/**
 * `npm run faults -- --functional [--seeds K] [--first N]`: the functional suite again, on an engine that has a hard time: objects lose
 * their memory between any two calls, one call in a hundred fails (K seeds, from N), and both at once. Nothing may come out
 * differently.
 */

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const SUITES = ['test/features', 'examples'];

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    first: { type: 'string', default: '1' },
  },
});
const first = Number(values.first);
const seeds = Array.from({ length: Number(values.seeds) }, (_, n) => first + n);
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
