/** `npm run test:kill`: a real engine under load, killed at random moments, and checked. `--help` says how. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { commandLine, refuse, UsageError } from '../../scripts/lib/options.ts';
import { checkEvidence, reportLines, violationsOf, workflowsOf } from '../checker/checker.ts';
import { type Op, saveEvidence } from '../checker/evidence.ts';
import { packEvidence } from '../checker/packed.ts';
import { reapFolder } from '../e2e/reaper.ts';
import { Random } from '../sim/random.ts';
import * as workflows from '../workloads/workflows.ts';
import { collectEvidence, comeToRest } from './collect.ts';
import { Load } from './load.ts';
import { Nemesis } from './nemesis.ts';
import { KillWorld } from './world.ts';

const KILLS_PER_ROUND = 10;
/** At least so much of what was killed was at work. */
const LEAST_HITS = 0.3;

const command = {
  command: 'npm run test:kill',
  about: `A real engine under load, killed with -9, paused and reloaded at random moments. After every ten kills everything must
come to rest by itself, and the checker reads all that was written. Ends with a table, and with status 1 when anything was lost.`,
  options: {
    kills: { kind: 'number', least: 0, default: 10, about: 'how many kills' },
    seed: { kind: 'number', least: 0, about: "of the load and the faults; the moments are the machine's" },
    minutes: { kind: 'number', fractions: true, least: 0, default: 0, about: 'goes on for at least so long' },
    clients: { kind: 'number', least: 1, default: 8, about: 'clients at once' },
    keep: { kind: 'text', value: 'FOLDER', about: 'keeps the evidence of every round' },
    record: {
      kind: 'text',
      value: 'FILE',
      about: 'packs the evidence into one file, for the tests of the checker',
    },
  },
} as const;
const { values } = commandLine(command);
const { kills, seed = Date.now() % 1_000_000 } = values;
if (kills === 0 && values.minutes === 0)
  refuse(command, new UsageError('--kills 0 without --minutes: there is nothing to do'));
const until = Date.now() + values.minutes * 60_000;
const random = new Random(seed);
const begun = Date.now();
const say = (line: string): void =>
  console.log(`${((Date.now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

const dir = mkdtempSync(join(tmpdir(), 'perdure-kill-'));
reapFolder(dir);
const world = new KillWorld(dir);
const nemesis = new Nemesis(world, random, say);
const ops: Op[] = [];
const violations: string[] = [];
let rounds = 0;

/** Load and faults, rest, verdict. */
async function round(killsNow: number): Promise<void> {
  const prefix = `e${++rounds}-`;
  const ports = {
    url: world.url,
    random: () => random.next(),
    log: (op: Op) => ops.push(op),
  };
  const load = new Load(prefix, values.clients, ports);
  load.begin();
  await nemesis.strike(killsNow);
  await load.end();
  const healed = Date.now();
  const left = await comeToRest(world, say);
  const rested = Date.now();
  const evidence = await collectEvidence(world, { prefix, ops, kills: nemesis.kills, healed, rested, left });
  const report = await checkEvidence(evidence, workflowsOf(workflows));
  for (const line of reportLines(report, { whole: false })) say(line);
  const found = violationsOf(report);
  violations.push(...found);
  if (values.keep || found.length > 0) {
    const kept = resolve(values.keep ?? `.perdure/kill-${seed}`, `round-${rounds}`);
    saveEvidence(kept, evidence);
    say(`the evidence: ${kept} (node test/checker/main.ts ${kept})`);
  }
  if (values.record) packEvidence(values.record, evidence);
  say(
    `round ${rounds}: ${report.runs} runs at rest ${((rested - healed) / 1_000).toFixed(1)} s after the last fault`,
  );
  await world.startEngine();
}

say(`seed ${seed}, ${kills} kills`);
try {
  await world.start();
  while ((nemesis.kills < kills || Date.now() < until) && violations.length === 0) {
    const left = kills - nemesis.kills;
    await round(left > 0 ? Math.min(left, KILLS_PER_ROUND) : KILLS_PER_ROUND);
  }
} catch (error) {
  violations.push((error as Error).stack ?? String(error));
  say(world.output.slice(-4_000));
} finally {
  await world.end();
}
summary();
rmSync(dir, { recursive: true, force: true });
process.exit(violations.length > 0 ? 1 : 0);

function summary(): void {
  const hits = nemesis.kills === 0 ? 0 : nemesis.hits / nemesis.kills;
  if (nemesis.kills >= 5 && hits < LEAST_HITS)
    violations.push(`only ${nemesis.hits} of ${nemesis.kills} kills hit work in flight`);
  const acknowledged = ops.filter(({ outcome }) => outcome === 'ok').length;
  // What has seen nothing proves nothing.
  if (nemesis.kills === 0) violations.push('nothing was killed');
  if (acknowledged === 0) violations.push('no operation was acknowledged');
  const kinds = new Map<string, Record<Op['outcome'], number>>();
  for (const { kind, outcome } of ops) {
    const row = kinds.get(kind) ?? { ok: 0, fail: 0, unknown: 0 };
    row[outcome]++;
    kinds.set(kind, row);
  }
  console.table(Object.fromEntries(kinds));
  console.table(nemesis.table());
  for (const line of violations.slice(0, 40)) console.log(`VIOLATION ${line}`);
  console.log(
    `seed ${seed}: ${nemesis.kills} kills, ${nemesis.hits} of them hit work in flight; ${acknowledged} operations acknowledged; ${violations.length} violations`,
  );
}
