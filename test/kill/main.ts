/**
 * `npm run test:kill -- [--kills K] [--seed N] [--minutes M] [--clients C] [--keep DIR] [--record FILE]`: a real engine under load, killed
 * with -9, paused and reloaded at random moments. After every ten kills everything must come to rest by itself, and the
 * checker reads all that was written. Ends with a table, and with status 1 when anything was lost.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
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

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '0' },
    clients: { type: 'string', default: '8' },
    keep: { type: 'string' },
    record: { type: 'string' },
  },
});
const kills = Number(values.kills);
const until = Date.now() + Number(values.minutes) * 60_000;
const seed = Number(values.seed);
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
  const load = new Load(prefix, Number(values.clients), ports);
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
  const kinds = new Map<string, Record<Op['outcome'], number>>();
  for (const { kind, outcome } of ops) {
    const row = kinds.get(kind) ?? { ok: 0, fail: 0, unknown: 0 };
    row[outcome]++;
    kinds.set(kind, row);
  }
  console.table(Object.fromEntries(kinds));
  console.table(nemesis.table());
  for (const line of violations.slice(0, 40)) console.log(`VIOLATION ${line}`);
  const acknowledged = ops.filter(({ outcome }) => outcome === 'ok').length;
  console.log(
    `seed ${seed}: ${nemesis.kills} kills, ${nemesis.hits} of them hit work in flight; ${acknowledged} operations acknowledged; ${violations.length} violations`,
  );
}
