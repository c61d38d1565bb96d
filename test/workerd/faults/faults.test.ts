/**
 * The Nth call fails, N counting up until a scenario runs clean: each storage, queue, RPC and fetch call of each scenario,
 * failing before it is done, or done and reported as failed, or late. Then everything is healed, comes to rest, and the
 * checker reads what is stored. `PERDURE_FAULTS=all` takes every N; otherwise an even spread of a few.
 */

import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { checkEvidence, violationsOf } from '../../checker/checker.ts';
import { FaultClient } from './client.ts';
import { evidenceOf } from './collect.ts';
import { arm, type CallKind, callKinds, disarm, type Fault, modes, type Plan } from './injector.ts';
import { type Scenario, scenarios } from './scenarios.ts';

const ALL = inject('faults') === 'all';
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
    throw new Error(`${key} (${plan.hit ?? 'not hit'}), behind ${last}: ${String(error)}`, { cause: error });
  }
  return { key, client, plan };
}

/** Storage is synchronous: it cannot be late. */
const modesOf = (kind: CallKind): readonly Fault['mode'][] =>
  kind === 'storage' ? modes.filter((mode) => mode !== 'late') : modes;

function* faultsOf({ counts }: Plan): Iterable<Fault> {
  for (const kind of callKinds) {
    // As many calls as the clean run had; a fault makes for more, which another scenario begins with.
    const step = Math.max(1, counts[kind] / MOST);
    for (const mode of modesOf(kind))
      for (let nth = 1; nth < counts[kind] + 1; nth += step) yield { kind, mode, nth: Math.floor(nth) };
  }
}

async function judge(played: Played[]): Promise<void> {
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
  const explained = found.map((line) => `${line} (${about.get(/~([\w-]+)~/.exec(line)?.[1] ?? '')})`);
  expect(explained).toEqual([]);
}

describe('whatever call fails, what was acknowledged is there and the run comes to its end', () => {
  it.each(scenarios)('$name', { timeout: 900_000 }, async (scenario) => {
    for (const method of ['log', 'error', 'warn'] as const)
      vi.spyOn(console, method).mockImplementation(() => undefined);
    const clean = await play(scenario, `${scenario.name}-clean`);
    await judge([clean]);
    const faults = [...faultsOf(clean.plan)];
    let hits = 0;
    for (let i = 0; i < faults.length; i += AT_A_TIME) {
      const batch = faults.slice(i, i + AT_A_TIME);
      const playing = batch.map((fault) =>
        play(scenario, `${scenario.name}-${fault.kind}-${fault.mode}-${fault.nth}`, fault),
      );
      const played = await Promise.all(playing);
      hits += played.filter(({ plan }) => plan.hit !== undefined).length;
      await judge(played);
    }
    // Timing decides about a few of the last calls.
    expect(hits).toBeGreaterThan(faults.length / 2);
    if (ALL)
      process.stdout.write(`${scenario.name}: ${hits} faults, calls ${JSON.stringify(clean.plan.counts)}\n`);
  });
});
