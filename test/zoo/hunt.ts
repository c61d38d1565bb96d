/** Seeds of the simulator from 1 on, until one of them is violated; that one is named, and the exit code is 1. */

import { Simulation } from '../sim/simulation.ts';

const OPS = 400;

const seeds = Number(process.argv[2]);
for (let seed = 1; seed <= seeds; seed++) {
  const { violations } = await new Simulation({ seed, ops: OPS }).run();
  if (violations.length === 0) continue;
  console.log(`seed ${seed}: ${violations[0]!.split('\n')[0]}`);
  process.exit(1);
}
