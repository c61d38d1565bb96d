import { expect, it } from 'vitest';
import { reasonsToContinueAsNew } from '../../src/core/continue-as-new-reasons.ts';

const short = { startedEventId: 4_095, historySizeBytes: 4_194_303, updateCount: 1_799 };

it.each([
  [{}, []],
  [{ startedEventId: 4_096 }, ['TOO_MANY_HISTORY_EVENTS']],
  [{ historySizeBytes: 4_194_304 }, ['HISTORY_SIZE_TOO_LARGE']],
  [{ updateCount: 1_800 }, ['TOO_MANY_UPDATES']],
  [
    { startedEventId: 5_000, historySizeBytes: 5_000_000, updateCount: 1_900 },
    ['HISTORY_SIZE_TOO_LARGE', 'TOO_MANY_HISTORY_EVENTS', 'TOO_MANY_UPDATES'],
  ],
])('a workflow is told to continue as new at Temporal’s thresholds: %j', (long, reasons) => {
  const expected = reasons.map((reason) => `SUGGEST_CONTINUE_AS_NEW_REASON_${reason}`);
  expect(reasonsToContinueAsNew({ ...short, ...long })).toEqual(expected);
});
