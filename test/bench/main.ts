/**
 * `npm run bench -- [--quick] [--only NAME] [--engine] [--json FILE]`: measures and prints; asserts nothing.
 * `--only`: benchmarks whose name contains the text. `--engine`: those that launch a real engine, too.
 * `--json`: writes the results to a file as well.
 */

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchmarks } from './benchmarks.ts';
import { engineBenchmarks } from './engine.ts';
import { type BenchmarkResult, comparisons, run, table } from './measure.ts';
import { transportBenchmarks } from './transports.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    engine: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const groups = benchmarks(values.quick).map((benchmark) => [benchmark]);
if (values.engine) groups.push(engineBenchmarks(values.quick), ...transportBenchmarks(values.quick));
const chosen = groups
  .map((group) => group.filter(({ name }) => name.includes(values.only)))
  .filter((group) => group.length > 0);
if (chosen.length === 0) {
  const names = groups.flat().map(({ name }) => `  ${name}`);
  console.error(`No benchmark is named like "${values.only}". There are:\n${names.join('\n')}`);
  process.exit(1);
}
const results: BenchmarkResult[] = [];
for (const group of chosen) {
  if (process.stderr.isTTY) process.stderr.write(`${group.map(({ name }) => name).join(', ')} …\n`);
  results.push(...(await run(group)));
}
const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`;
const figures = [table(results), comparisons(results).join('\n')].filter((text) => text !== '').join('\n\n');
console.log(`${figures}\n\n${machine}${values.quick ? '; quick: fewer and smaller runs' : ''}`);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine, quick: values.quick, results }, null, 2)}\n`);
}
