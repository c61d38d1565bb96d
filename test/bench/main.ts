/**
 * `npm run bench -- [--quick] [--only NAME] [--peer restate] [--json FILE] [--document]`: measures and prints; asserts nothing.
 * `--only`: benchmarks whose name contains the text. `--quick`: fewer and smaller runs, in some six minutes.
 * `--peer restate`: Restate's server from npm, installed into a folder of its own, beside the others.
 * `--json`: writes the results to a file as well; a file that is there keeps those of other benchmarks.
 * `--document`: the same to docs/performance.json, and writes the tables of docs/performance.md anew from it.
 */

import { parseArgs } from 'node:util';
import { endGroupsWithThisProcess } from '../../scripts/lib/process-group.ts';
import { benchmarks } from './benchmarks.ts';
import { writeDocument } from './document.ts';
import { longRuns } from './long-runs.ts';
import { type BenchmarkResult, comparisons, run, table } from './measure.ts';
import { processes } from './processes.ts';
import { processorTime } from './processor-time.ts';
import { DOCUMENTED, environment, record } from './record.ts';
import { restate } from './restate.ts';
import { scale } from './scale-benchmarks.ts';
import { sizes } from './sizes.ts';
import type { System } from './systems.ts';
import { workloads } from './workloads.ts';

endGroupsWithThisProcess();
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    document: { type: 'boolean', default: false },
    peer: { type: 'string', multiple: true, default: [] },
  },
});
const { quick, only } = values;
const known: Record<string, () => System> = { restate };
const peers = values.peer.map((name) => {
  const peer = known[name];
  if (peer) return peer;
  console.error(`--peer: not one of ${Object.keys(known).join(', ')}: ${name}`);
  return process.exit(1);
});
const file = values.document ? DOCUMENTED : values.json;
const groups = [
  sizes(),
  ...benchmarks(quick).map((benchmark) => [benchmark]),
  scale(quick),
  ...workloads(quick, peers),
  ...processorTime(quick),
  ...longRuns(quick),
  ...processes(quick, peers),
];
const chosen = groups
  .map((group) => group.filter(({ name }) => name.includes(only)))
  .filter((group) => group.length > 0);
if (chosen.length === 0) {
  const names = groups.flat().map(({ name }) => `  ${name}`);
  console.error(`No benchmark is named like "${only}". There are:\n${names.join('\n')}`);
  process.exit(1);
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
