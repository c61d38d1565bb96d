/** `npm run bench`: measures and prints; asserts nothing. `--help` says how. */

import { commandLine } from '../../scripts/lib/options.ts';
import { endGroupsWithThisProcess } from '../../scripts/lib/process-group.ts';
import { benchmarks } from './benchmarks.ts';
import { writeDocument } from './document.ts';
import { longRuns } from './long-runs.ts';
import { type BenchmarkResult, comparisons, run, table } from './measure.ts';
import { processes } from './processes.ts';
import { processorTime } from './processor-time.ts';
import { profiles } from './profile.ts';
import { DOCUMENTED, environment, record } from './record.ts';
import { restate } from './restate.ts';
import { scale } from './scale-benchmarks.ts';
import { sizes } from './sizes.ts';
import type { System } from './systems.ts';
import { workloads } from './workloads.ts';

endGroupsWithThisProcess();
const known: Record<string, () => System> = { restate };
const { values } = commandLine({
  command: 'npm run bench',
  about: 'Measures and prints; asserts nothing. docs/performance.md says what, and how to read it.',
  options: {
    quick: { kind: 'flag', about: 'fewer and smaller runs, in some six minutes' },
    only: { kind: 'text', value: 'TEXT', about: 'benchmarks whose name contains it' },
    json: { kind: 'text', value: 'FILE', about: 'writes the results there too; those of others stay in it' },
    document: {
      kind: 'flag',
      about: 'the same to docs/performance.json, and the tables of docs/performance.md anew',
    },
    peer: {
      kind: 'texts',
      value: 'NAME',
      among: Object.keys(known),
      about: 'servers of others beside ours, installed from npm into a folder of their own',
    },
  },
});
const { quick, only = '' } = values;
const peers = values.peer.map((name) => known[name]!);
const file = values.document ? DOCUMENTED : values.json;
const groups = [
  sizes(),
  ...benchmarks(quick).map((benchmark) => [benchmark]),
  scale(quick),
  ...workloads(quick, peers),
  ...processorTime(quick),
  ...profiles(quick),
  ...longRuns(quick),
  ...processes(quick, peers),
];
const chosen = groups
  .map((group) => group.filter(({ name }) => name.includes(only)))
  .filter((group) => group.length > 0);
if (chosen.length === 0) {
  const names = groups.flat().map(({ name }) => `  ${name}`);
  console.error(`No benchmark is named like "${only}". There are:\n${names.join('\n')}`);
  process.exit(2);
}
const results: BenchmarkResult[] = [];
for (const group of chosen) {
  if (process.stderr.isTTY) process.stderr.write(`${group.map(({ name }) => name).join(', ')} …\n`);
  try {
    results.push(...(await run(group)));
  } catch (error) {
    // One that cannot be measured takes no other with it.
    process.exitCode = 1;
    console.error(`not measured: ${group.map(({ name }) => name).join(', ')}:`, error);
  }
  if (file !== undefined) record(file, results, quick);
}
const figures = [table(results), comparisons(results).join('\n')].filter((text) => text !== '').join('\n\n');
console.log(`${figures}\n\n${environment()}${quick ? '; quick: fewer and smaller runs' : ''}`);
if (values.document) writeDocument();
process.exit();
