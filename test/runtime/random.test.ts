import { describe, expect, it } from 'vitest';
import { SeededRandom, sipHash13, uuidFrom } from '../../sdk/workflow/runtime/random.ts';

/** Computed with @temporalio/workflow 1.24.0 (seed → draws, uuid4); its replayer confirmed the seeds. */
const known = [
  {
    runId: '',
    hash: '30406ea523c53def',
    draws: [0.26134478277526796, 0.4353937453124672],
    uuid: '42e77ddf-6f75-46e9-a3a4-b07df0b66074',
  },
  {
    runId: 'run',
    hash: '27e9ab0fdb496fa4',
    draws: [0.26338457805104554, 0.47373591898940504],
    uuid: '436d2bf5-7946-41d7-a68e-6cda74a2515b',
  },
  {
    runId: '0198c0de-0000-7000-8000-000000000001',
    hash: '24cb40d977221b9',
    draws: [0.19902729475870728, 0.02675538556650281],
    uuid: '32f373ea-06d9-40e2-8e10-24c940921dbf',
  },
  {
    runId: 'ünïcode-ключ',
    hash: 'bb41ed7f9db7ec7b',
    draws: [0.14313388313166797, 0.9117121454328299],
    uuid: '24a46c13-e965-4798-be2f-a3f769916b46',
  },
];

describe('random numbers of a run', () => {
  for (const { runId, hash, draws, uuid } of known) {
    it(`of ${JSON.stringify(runId)} are those that Temporal's SDK draws`, () => {
      expect(sipHash13(runId).toString(16)).toBe(hash);
      const random = new SeededRandom(runId);
      expect([random.next(), random.next()]).toEqual(draws);
      const fresh = new SeededRandom(runId);
      expect(uuidFrom(() => fresh.next())).toBe(uuid);
    });
  }

  it('of a named stream are those that Temporal’s SDK draws, and leave the main ones where they are', () => {
    const random = new SeededRandom('run');
    const stream = random.stream('my plugin ü');
    expect([stream.next(), random.stream('my plugin ü').next()]).toEqual([
      0.21609140071086586, 0.504468648461625,
    ]);
    expect(random.next()).toBe(known[1]!.draws[0]);
    const ahead = random.copy().stream('my plugin ü').next();
    expect(stream.next()).toBe(ahead);
    const fresh = new SeededRandom('run', 'my plugin ü');
    expect(uuidFrom(() => fresh.next())).toBe('3751c41b-8124-4b7b-a66f-ee33339ac970');
  });

  it('of a copy go on from the same place without moving the original', () => {
    const random = new SeededRandom('run');
    random.next();
    const copy = random.copy();
    const ahead = [copy.next(), copy.next()];
    expect([random.next(), random.next()]).toEqual(ahead);
  });
});
