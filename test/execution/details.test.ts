import { expect, it } from 'vitest';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import { DetailsWriter } from '../../src/execution/details.ts';
import type { Outside } from '../../src/execution/outside.ts';
import { makeRecord } from '../visibility/records.ts';

function writer(rows: Array<string[] | undefined>, fails = 0) {
  const timers: Array<() => void> = [];
  const written: string[][] = [];
  const kept: Array<Promise<unknown>> = [];
  let failures = fails;
  let sequence = 0;
  const outside = {
    detailsPauseMs: 2_000,
    after: (_: number, callback: () => void) => {
      timers.push(callback);
      return () => undefined;
    },
    keepAlive: (promise: Promise<unknown>) => void kept.push(promise),
    recordVisibility: async ({ details }: VisibilityRecord) => {
      if (failures-- > 0) throw new Error('away');
      written.push(details!.waitingOn);
    },
    log: () => undefined,
  } as unknown as Outside;
  const details = new DetailsWriter(outside, async () => {
    const waitingOn = rows.shift();
    return (
      waitingOn && makeRecord({ details: { sequence: ++sequence, waitingOn, pendingActivityAttempts: 0 } })
    );
  });
  const pass = async () => {
    for (const timer of timers.splice(0)) timer();
    await Promise.all(kept.splice(0));
  };
  return { details, timers, written, pass };
}

it('what changed within a pause is one row, and what did not change is none', async () => {
  const { details, timers, written, pass } = writer([['timer'], ['timer'], ['activity'], undefined]);
  for (let i = 0; i < 5; i++) details.changed();
  expect(timers).toHaveLength(1);
  await pass();
  for (let i = 0; i < 3; i++) {
    details.changed();
    await pass();
  }
  expect(written).toEqual([['timer'], ['activity']]);
});

it('what could not be written is written with the next change', async () => {
  const { details, written, pass } = writer([['timer'], ['timer']], 1);
  details.changed();
  await pass();
  expect(written).toEqual([]);
  details.changed();
  await pass();
  expect(written).toEqual([['timer']]);
});
