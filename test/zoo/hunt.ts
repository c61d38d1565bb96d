/** `hunt.ts FROM COUNT`: so many seeds of the simulator, until one of them is violated; that one is named, and the exit code is 1. */

import { Simulation } from '../sim/simulation.ts';

const OPS = 400;

const [from, count] = process.argv.slice(2).map(Number) as [number, number];
for (let seed = from; seed < from + count; seed++) {
  const { violations } = await new Simulation({ seed, ops: OPS }).run();
  if (violations.length === 0) continue;
  console.log(`seed ${seed}: ${violations[0]!.split('\n')[0]}`);
  process.exit(1);
}
