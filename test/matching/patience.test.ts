import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Found, Match } from '../../src/matching/directory.ts';
import { Patience } from '../../src/matching/patience.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const none = { waitingReason: 'no Worker serves task queue "q"' };
const found = { worker: { id: 'a', fetch: () => Promise.reject(new Error()) }, identity: 'a@host' } as Found;

/** How long it is looked for, on a clock of the test's own. */
async function lookFor(
  patience: Patience,
  look: () => Promise<Match>,
  asked = 'q',
): Promise<[Match, number]> {
  const begun = Date.now();
  const looking = patience.find(asked, look).then((match): [Match, number] => [match, Date.now() - begun]);
  await vi.runAllTimersAsync();
  return looking;
}

describe('who looks for a Worker patiently', () => {
  it('finds one that is just coming', async () => {
    const patience = new Patience(Date.now);
    const answers: Match[] = [none, none, none, found];
    expect(await lookFor(patience, async () => answers.shift()!)).toEqual([found, 750]);
  });

  it('waits two seconds in vain, and then not again for what was looked for a moment ago', async () => {
    const patience = new Patience(Date.now);
    const never = async (): Promise<Match> => none;
    expect(await lookFor(patience, never)).toEqual([none, 2_000]);
    for (let query = 0; query < 3; query++) {
      expect(await lookFor(patience, never)).toEqual([none, 250]);
      vi.advanceTimersByTime(15_000);
    }
    const other = { waitingReason: 'no Worker serves task queue "other"' };
    expect(await lookFor(patience, async () => other, 'other')).toEqual([other, 2_000]);
    vi.advanceTimersByTime(20_001);
    expect(await lookFor(patience, never)).toEqual([none, 2_000]);
  });

  it('finds one that begins as it is looked for, though nobody came a moment ago', async () => {
    const patience = new Patience(Date.now);
    await lookFor(patience, async () => none);
    const answers: Match[] = [none, found];
    expect(await lookFor(patience, async () => answers.shift()!)).toEqual([found, 250]);
  });

  it('waits as long as ever for one that was there meanwhile: it may be on its way back', async () => {
    const patience = new Patience(Date.now);
    await lookFor(patience, async () => none);
    await lookFor(patience, async () => found);
    const answers: Match[] = [none, none, none, none, none, found];
    expect(await lookFor(patience, async () => answers.shift()!)).toEqual([found, 1_250]);
  });

  it('is patient again where the reason is another: something has happened', async () => {
    const patience = new Patience(Date.now);
    await lookFor(patience, async () => none);
    const down = { waitingReason: 'no Worker serves task queue "q" (not answering: a: no answer)' };
    expect(await lookFor(patience, async () => down)).toEqual([down, 2_000]);
  });
});
