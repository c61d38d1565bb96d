/** `npm run sim`: runs seeds of the simulator. `--help` says how. */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { commandLine } from '../../scripts/lib/options.ts';
import { Coverage } from './coverage.ts';
import { expected } from './expected.ts';
import type { SeedReport } from './seeds.ts';
import { type Fault, faultNames } from './settings.ts';
import { shrink } from './shrink.ts';
import { Simulation, type SimulationReport } from './simulation.ts';

const DEFAULT_SEEDS = 300;
const TRACE_TAIL = 120;
const MAX_FAILURES = 5;
/** So many must hit everything there is; fewer may miss something rare. */
const OPS_FOR_COVERAGE = 60_000;

const LEGEND = `Each line: the virtual time (ms since 1970), then
  >  a step is taken, which the seed has chosen among those that are due
  =  an object has committed: the characters of events, turn by turn, + activities whose progress it
     wrote; when its alarm will ring (-: never)
  !  a fault    x  an object is lost from memory (#n: how often it had been loaded)
  cN: what a client asks for, and what it was refused; anything else is said in words`;

const { values } = commandLine({
  command: 'npm run sim',
  about: `Runs seeds of the simulator: ${DEFAULT_SEEDS} from 1, on all cores, unless told otherwise. A seed that fails is shrunk: fewer
operations, fewer kinds of faults, as long as it fails. docs/reliability.md says how to read a trace.`,
  options: {
    seed: { kind: 'number', least: 0, about: 'begins with this seed; alone, unless --seeds says more' },
    seeds: { kind: 'number', least: 1, about: 'how many' },
    ops: { kind: 'number', least: 1, default: 400, about: 'operations of a seed' },
    jobs: { kind: 'number', least: 1, default: availableParallelism(), about: 'seeds at once' },
    without: { kind: 'list', value: 'FAULT', among: faultNames, about: 'faults that do not happen' },
    trace: { kind: 'flag', about: 'prints every step as it is taken, in one thread' },
  },
});
const first = values.seed ?? 1;
const seeds = values.seeds ?? (values.seed === undefined ? DEFAULT_SEEDS : 1);
const { ops } = values;
const jobs = values.trace ? 1 : Math.min(values.jobs, seeds);
const without = values.without as Fault[];

const begin = performance.now();
const coverage = new Coverage();
const failed: number[] = [];
let passed = 0;
let steps = 0;
let next = first;
if (values.trace) await live();
else await Promise.all(Array.from({ length: jobs }, run));
for (const seed of failed) await explain(seed);
summarize();

/** One worker thread, until there is no seed left. */
function run(): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(join(import.meta.dirname, 'seeds.ts'));
    const give = (): void => {
      if (next >= first + seeds || failed.length >= MAX_FAILURES) thread.postMessage(undefined);
      else thread.postMessage({ seed: next++, ops, without });
    };
    thread.on('message', (report: SeedReport) => {
      take(report);
      give();
    });
    thread.on('error', reject);
    thread.on('exit', () => resolve());
    give();
  });
}

function take({ seed, violations, steps: taken, counts }: SeedReport): void {
  coverage.add(Coverage.from(counts));
  steps += taken;
  if (violations.length === 0) passed++;
  else {
    failed.push(seed);
    console.log(`seed ${seed} FAILED: ${violations[0]!.split('\n')[0]}`);
  }
  const done = passed + failed.length;
  if (done % 100 === 0) console.log(`${done} of ${seeds} seeds, ${failed.length} failed`);
}

/** Here and now, with every line as it comes. */
async function live(): Promise<void> {
  console.log(LEGEND);
  for (let seed = first; seed < first + seeds; seed++) {
    const report = await new Simulation({ seed, ops, without, live: true }).run();
    const { violations, steps, coverage } = report;
    take({ seed, violations, steps, counts: coverage.counts });
  }
}

function summarize(): void {
  for (const line of coverage.lines(expected)) console.log(line);
  const seconds = (performance.now() - begin) / 1_000;
  const rate = Math.round(steps / seconds);
  console.log(
    `${counted(seeds, 'seed')}, ${counted(steps, 'operation')} in ${Math.round(seconds)} s, ${rate} a second, ${counted(jobs, 'job')}`,
  );
  if (failed.length >= MAX_FAILURES)
    console.log(`stopped after ${MAX_FAILURES} failures: ${failed.join(' ')}`);
  const missed = steps >= OPS_FOR_COVERAGE ? coverage.missed(expected) : [];
  if (missed.length > 0) console.log(`NEVER HIT, though so many operations should: ${missed.join(', ')}`);
  console.log(`${passed} passed, ${failed.length + missed.length} failed`);
  process.exitCode = passed === 0 || failed.length + missed.length > 0 ? 1 : 0;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

async function explain(seed: number): Promise<void> {
  const small = await shrink({ seed, ops, without });
  const left = small.without.length > 0 ? ` --without ${small.without.join(',')}` : '';
  report(await new Simulation(small).run());
  console.log(
    `shrunk to ${small.ops} operations and ${faultNames.length - small.without.length} kinds of faults`,
  );
  console.log(
    `again, with its whole trace: npm run sim -- --seed ${seed} --ops ${small.ops}${left} --trace\n`,
  );
}

function report({ seed, violations, trace, histories, settings }: SimulationReport): void {
  console.log(`\nseed ${seed} FAILED`);
  console.log(`settings ${JSON.stringify(settings)}`);
  for (const history of histories) console.log(history);
  console.log(`the last ${TRACE_TAIL} lines of its trace:`);
  for (const line of trace.slice(-TRACE_TAIL)) console.log(`  ${line}`);
  for (const violation of violations) console.log(`seed ${seed}: ${violation}`);
}
