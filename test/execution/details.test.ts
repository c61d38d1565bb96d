import { expect, it } from 'vitest';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import { DetailsWriter } from '../../src/execution/details.ts';
import type { Outside } from '../../src/execution/outside.ts';
import { makeRecord } from '../visibility/records.ts';

function writer(rows: Array<string[] | undefined>, fails = 0) {
  const timers: Array<() => void> = [];
  const written: string[][] = [];
  const clock = { now: 1_000_000 };
  const pauses: number[] = [];
  const kept: Array<Promise<unknown>> = [];
  let failures = fails;
  let sequence = 0;
  const outside = {
    now: () => clock.now,
    detailsPauseMs: 2_000,
    after: (ms: number, callback: () => void) => {
      pauses.push(ms);
      timers.push(callback);
      return () => void timers.splice(timers.indexOf(callback), 1);
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
  return { details, timers, written, pass, clock, pauses };
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

it('what a row has told already is not told again, and nobody stays awake for it', async () => {
  const { details, timers, written, pass } = writer([['timer'], ['activity']]);
  details.changed();
  const row = makeRecord({ details: { sequence: 1, waitingOn: ['timer'], pendingActivityAttempts: 0 } });
  details.told(row, details.changes);
  expect(timers).toEqual([]);
  details.changed();
  await pass();
  expect(written).toEqual([]);
  const { changes } = details;
  details.changed();
  details.told(row, changes);
  await pass();
  expect(written).toEqual([['activity']]);
});

it('a run that is over has nothing to wait for', () => {
  const { details, timers } = writer([['timer']]);
  details.changed();
  details.over();
  expect(timers).toEqual([]);
});

it('a change after a quiet time is told soon, one that follows it closely later', async () => {
  const { details, pauses, pass, clock } = writer([['timer'], ['activity'], ['timer']]);
  for (const quiet of [500, 100, 5_000]) {
    details.changed();
    await pass();
    clock.now += quiet;
  }
  expect(pauses).toEqual([600, 1_500, 1_900]);
  details.changed();
  expect(pauses.at(-1)).toBe(600);
});

it('a clock that was set back makes nobody wait for more than a pause', async () => {
  const { details, pauses, pass, clock } = writer([['timer'], ['activity']]);
  details.changed();
  await pass();
  clock.now -= 3_600_000;
  details.changed();
  expect(pauses).toEqual([600, 2_000]);
});
