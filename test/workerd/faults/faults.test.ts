/**
 * The Nth call fails, N counting up until a scenario runs clean: each storage, queue, RPC and fetch call of each scenario,
 * failing before it is done, or done and reported as failed, or late. Then everything is healed, comes to rest, and the
 * checker reads what is stored. `PERDURE_FAULTS=all` takes every N, `PERDURE_FAULTS=storage-before-5` that one; otherwise it is
 * an even spread of a few.
 */

import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { checkEvidence, violationsOf } from '../../checker/checker.ts';
import { FaultClient } from './client.ts';
import { evidenceOf, storyOf } from './collect.ts';
import { arm, type CallKind, callKinds, disarm, type Fault, modes, type Plan } from './injector.ts';
import { type Scenario, scenarios } from './scenarios.ts';

const CHOSEN = inject('faults');
const ALL = CHOSEN !== '';
/** Of each kind of call and each way of failing, where there are more. */
const MOST = ALL ? Number.POSITIVE_INFINITY : 2;
const AT_A_TIME = 24;
/** What a closed run still owes (visibility, its parent) comes a little later; then it must be there. */
const REST_MS = 30_000;
const LOOK_MS = 300;

afterEach(() => {
  disarm();
  vi.restoreAllMocks();
});

interface Played {
  key: string;
  client: FaultClient;
  plan: Plan;
}

async function play(scenario: Scenario, key: string, fault?: Fault): Promise<Played> {
  const client = new FaultClient(key);
  const plan = arm(key, fault);
  try {
    await scenario.run(client);
  } catch (error) {
    const last = JSON.stringify(client.ops.slice(-2));
    const story = await storyOf(client.workflowId).catch(String);
    throw new Error(
      `${key} (${plan.hit ?? 'not hit'}), behind ${last}: ${String(error)}; stored:\n  ${story}`,
    );
  }
  return { key, client, plan };
}

/** Storage is synchronous: it cannot be late. */
const modesOf = (kind: CallKind): readonly Fault['mode'][] =>
  kind === 'storage' ? modes.filter((mode) => mode !== 'late') : modes;

const callsOf = ({ plan }: Played): number => callKinds.reduce((sum, kind) => sum + plan.counts[kind], 0);

function* faultsOf({ counts }: Plan): Iterable<Fault> {
  for (const kind of callKinds) {
    // As many calls as the clean run had; a fault makes for more, which another scenario begins with.
    const step = Math.max(1, counts[kind] / MOST);
    for (const mode of modesOf(kind))
      for (let nth = 1; nth < counts[kind] + 1; nth += step) yield { kind, mode, nth: Math.floor(nth) };
  }
}

/** What the checker calls broken, each with what was made to fail. */
async function judge(played: Played[]): Promise<string[]> {
  // Healed: what reads the evidence is not to be hit.
  disarm();
  const healed = Date.now();
  const ops = played.flatMap(({ client }) => client.ops);
  const keys = played.map(({ key }) => key);
  const look = async () => violationsOf(await checkEvidence(await evidenceOf(keys, ops, healed)));
  let found = await look();
  while (found.length > 0 && Date.now() < healed + REST_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    found = await look();
  }
  const about = new Map(played.map(({ key, plan }) => [key, plan.hit ?? 'not hit']));
  return found.map((line) => `${line} (${about.get(/~([\w-]+)~/.exec(line)?.[1] ?? '')})`);
}

describe('whatever call fails, what was acknowledged is there and the run comes to its end', () => {
  it.each(scenarios)('$name', { timeout: 900_000 }, async (scenario) => {
    for (const method of ['log', 'error', 'warn'] as const)
      vi.spyOn(console, method).mockImplementation(() => undefined);
    // What is late on a busy machine makes for more calls than most plays have: of two, the one with fewer is the measure.
    const cleanly = [];
    for (const name of ['clean', 'clean-again'])
      cleanly.push(await play(scenario, `${scenario.name}-${name}`));
    const broken = await judge(cleanly);
    const clean = cleanly.reduce((fewer, one) => (callsOf(one) < callsOf(fewer) ? one : fewer));
    const nameOf = ({ kind, mode, nth }: Fault): string => `${kind}-${mode}-${nth}`;
    const all = [...faultsOf(clean.plan)];
    const faults = ALL && CHOSEN !== 'all' ? all.filter((fault) => nameOf(fault) === CHOSEN) : all;
    let hits = 0;
    for (let i = 0; i < faults.length; i += AT_A_TIME) {
      const batch = faults.slice(i, i + AT_A_TIME);
      const playing = batch.map((fault) => play(scenario, `${scenario.name}-${nameOf(fault)}`, fault));
      const ends = await Promise.allSettled(playing);
      const played = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
      broken.push(...ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : [])));
      hits += played.filter(({ plan }) => plan.hit !== undefined).length;
      broken.push(...(await judge(played)));
    }
    // The console of a test is silent here, but for this.
    if (ALL) console.info(`${scenario.name}: ${hits} faults, calls ${JSON.stringify(clean.plan.counts)}`);
    expect(broken).toEqual([]);
    // Timing decides about a few of the last calls.
    expect(hits).toBeGreaterThan(faults.length / 2);
  });
});
