/**
 * `npm run sim -- [--seed N] [--seeds K] [--ops M] [--jobs J] [--without FAULT,…] [--trace]`: runs seeds of the simulator.
 * `--seed N`: begin with this seed (alone, unless `--seeds` says more). Default: 300 seeds from 1, 400 operations each,
 * on all cores. A seed that fails is shrunk: fewer operations, fewer kinds of faults, as long as it fails.
 */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Coverage } from './coverage.ts';
import { expected } from './expected.ts';
import type { SeedReport } from './seeds.ts';
import { type Fault, faultNames } from './settings.ts';
import { shrink } from './shrink.ts';
import { Simulation, type SimulationReport } from './simulation.ts';

const DEFAULT_SEEDS = 300;
const DEFAULT_OPS = 400;
const TRACE_TAIL = 120;
const MAX_FAILURES = 5;
/** So many must hit everything there is; fewer may miss something rare. */
const OPS_FOR_COVERAGE = 60_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    ops: { type: 'string' },
    jobs: { type: 'string' },
    without: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});
const first = number('seed', values.seed, 1);
const seeds = number('seeds', values.seeds, values.seed === undefined ? DEFAULT_SEEDS : 1);
const ops = number('ops', values.ops, DEFAULT_OPS);
const jobs = Math.min(number('jobs', values.jobs, availableParallelism()), seeds);
const without = (values.without?.split(',') ?? []) as Fault[];
const unknown = without.find((name) => !faultNames.includes(name));
if (unknown !== undefined)
  throw new Error(`--without: there is no fault ${unknown}: ${faultNames.join(' ')}`);

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
    `${seeds} seeds, ${steps} operations in ${Math.round(seconds)} s, ${rate} a second, ${jobs} jobs`,
  );
  if (failed.length >= MAX_FAILURES)
    console.log(`stopped after ${MAX_FAILURES} failures: ${failed.join(' ')}`);
  const missed = steps >= OPS_FOR_COVERAGE ? coverage.missed(expected) : [];
  if (missed.length > 0) console.log(`NEVER HIT, though so many operations should: ${missed.join(' ')}`);
  console.log(`${passed} passed, ${failed.length + missed.length} failed`);
  process.exitCode = failed.length + missed.length > 0 ? 1 : 0;
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

function number(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name}: not a whole number: ${text}`);
  return value;
}
