/**
 * Every invariant that is checked has a log that breaks it, and the checker sees that. The good log is a real run's:
 * `npm run test:kill -- --kills 2 --clients 3 --record test/checker/evidence.json.gz` makes another.
 */

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as workloads from '../workloads/workflows.ts';
import { checkEvidence, violationsOf, workflowsOf } from './checker.ts';
import { corruptions } from './corruptions.ts';
import type { Evidence } from './evidence.ts';
import { invariants } from './invariants.ts';
import { isLinearizable } from './linearizable.ts';
import { unpackEvidence } from './packed.ts';

const workflows = workflowsOf(workloads);
let good: Evidence;

beforeAll(() => {
  good = unpackEvidence(join(import.meta.dirname, 'evidence.json.gz'));
});

describe('the checker', () => {
  it('finds nothing wrong with what a real engine left behind two kills', async () => {
    const report = await checkEvidence(good, workflows);
    expect(violationsOf(report)).toEqual([]);
    expect(report.runs).toBeGreaterThan(20);
  });

  it('knows all sixty invariants, and says of each that it does not check what looks after it', () => {
    expect(invariants.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, i) => `I${i + 1}`));
    const silent = invariants.filter(({ checks, instead }) => checks.length > 0 === Boolean(instead));
    expect(silent).toEqual([]);
  });

  it('is proven for every invariant that it checks', () => {
    const proven = new Set(corruptions.map(({ id }) => id));
    expect(
      invariants.filter(({ id, checks }) => checks.length > 0 && !proven.has(id)).map(({ id }) => id),
    ).toEqual([]);
  });

  it.each(corruptions)('sees $id broken: $what', async ({ id, corrupt }) => {
    const evidence = structuredClone(good);
    corrupt(evidence);
    const found = violationsOf(await checkEvidence(evidence, workflows));
    expect(found.filter((line) => line.startsWith(`${id}:`))).not.toEqual([]);
  });
});

describe('the search for an order', () => {
  const register = {
    initial: 0,
    apply: (state: number, args: { write?: number }) => ({
      state: args.write ?? state,
      result: args.write ?? state,
    }),
  };
  const call = (begin: number, end: number, args: { write?: number }, result?: number) => ({
    begin,
    end,
    args,
    result,
  });
  const never = Number.POSITIVE_INFINITY;

  it('lets a read that overlaps a write see either value', () => {
    expect(isLinearizable(register, [call(0, 10, { write: 1 }, 1), call(2, 4, {}, 0)])).toBe(true);
    expect(isLinearizable(register, [call(0, 10, { write: 1 }, 1), call(2, 4, {}, 1)])).toBe(true);
  });

  it('refuses a read of what was overwritten before it began', () => {
    const calls = [call(0, 1, { write: 1 }, 1), call(2, 3, { write: 2 }, 2), call(4, 5, {}, 1)];
    expect(isLinearizable(register, calls)).toBe(false);
  });

  it('lets a write that was never answered happen late, early or not at all, but not twice', () => {
    const open = call(0, never, { write: 7 });
    expect(isLinearizable(register, [open, call(5, 6, {}, 0)])).toBe(true);
    expect(isLinearizable(register, [open, call(5, 6, {}, 0), call(7, 8, {}, 7)])).toBe(true);
    const back = [open, call(5, 6, {}, 7), call(7, 8, { write: 0 }, 0), call(9, 10, {}, 7)];
    expect(isLinearizable(register, back)).toBe(false);
  });
});
