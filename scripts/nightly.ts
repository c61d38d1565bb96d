/** The long forms of the checks: `npm run nightly [NAME…]`. Each is run whatever the others say. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Arguments of `scripts/run.sh`. */
const CHECKS: Record<string, string[]> = {
  conformance: ['conformance', '--seeds', '5000'],
  // A million operations and more.
  sim: ['sim', '--seeds', '1500'],
  faults: ['faults'],
  zoo: ['zoo'],
  fuzz: ['fuzz', '100000'],
  e2e: ['e2e'],
  kill: ['kill', '--kills', '200'],
  programs: ['programs'],
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in CHECKS));
if (unknown.length > 0) {
  console.error(`perdure: there is no check '${unknown[0]}'; there are: ${Object.keys(CHECKS).join(' ')}`);
  process.exit(2);
}

const failed: string[] = [];
const names = asked.length > 0 ? asked : Object.keys(CHECKS);
for (const name of names) {
  console.log(`\n== ${name}: scripts/run.sh ${CHECKS[name]!.join(' ')}`);
  const { status } = spawnSync('sh', [join(import.meta.dirname, 'run.sh'), ...CHECKS[name]!], {
    stdio: 'inherit',
  });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.log(`\nfailed: ${failed.join(' ')}`);
console.log(`\n${names.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length > 0 ? 1 : 0);
