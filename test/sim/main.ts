/**
 * `npm run sim -- [--seed N] [--seeds K] [--ops M] [--trace]`: runs seeds of the simulator.
 * `--seed N`: begin with this seed (alone, unless `--seeds` says more). Default: 300 seeds from 1, 400 operations each.
 */

import { parseArgs } from 'node:util';
import { commands } from '../../sdk/common/command.ts';
import { historyEvents, transientEvents } from '../../sdk/common/history.ts';
import { Coverage } from './coverage.ts';
import { faultNames } from './settings.ts';
import { Simulation, type SimulationReport } from './simulation.ts';

const DEFAULT_SEEDS = 300;
const DEFAULT_OPS = 400;
const TRACE_TAIL = 120;
const MAX_FAILURES = 5;
/** Kept in rows of its own, not in the log. */
const NOT_LOGGED = ['ActivityTaskHeartbeatRecorded'];

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    ops: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});
const first = number('seed', values.seed, 1);
const seeds = number('seeds', values.seeds, values.seed === undefined ? DEFAULT_SEEDS : 1);
const ops = number('ops', values.ops, DEFAULT_OPS);

let passed = 0;
let failed = 0;
const coverage = new Coverage();
for (let seed = first; seed < first + seeds && failed < MAX_FAILURES; seed++) {
  const report = await new Simulation({ seed, ops, live: values.trace }).run();
  coverage.add(report.coverage);
  if (report.violations.length === 0) passed++;
  else {
    failed++;
    explain(report);
  }
  if ((seed - first + 1) % 25 === 0) console.log(`${seed - first + 1} of ${seeds} seeds, ${failed} failed`);
}
for (const line of coverage.lines(expected())) console.log(line);
if (failed === MAX_FAILURES) console.log(`stopped after ${MAX_FAILURES} failures`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function explain({ seed, violations, trace, histories, settings }: SimulationReport): void {
  console.log(`\nseed ${seed} FAILED`);
  console.log(`settings ${JSON.stringify(settings)}`);
  for (const history of histories) console.log(history);
  console.log(`the last ${TRACE_TAIL} lines of its trace:`);
  for (const line of trace.slice(-TRACE_TAIL)) console.log(`  ${line}`);
  for (const violation of violations) console.log(`seed ${seed}: ${violation}`);
  console.log(`again, with its whole trace: npm run sim -- --seed ${seed} --ops ${ops} --trace\n`);
}

function expected(): Parameters<Coverage['lines']>[0] {
  const screaming = (name: string): string => name.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase();
  const transient = Object.keys(transientEvents).filter((name) => !NOT_LOGGED.includes(name));
  return {
    events: [...Object.keys(historyEvents).map(screaming), ...transient],
    commands: Object.keys(commands),
    faults: faultNames,
  };
}

function number(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name}: not a whole number: ${text}`);
  return value;
}
