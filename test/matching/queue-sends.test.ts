import { describe, expect, it } from 'vitest';
import { QueueSends } from '../../src/effects/queue-sends.ts';

interface Message {
  n: number;
  filler?: string;
}

/** Notes what it is given, a list a call. */
function queue({ fails = false } = {}) {
  const calls: number[][] = [];
  const take = async (messages: Message[]): Promise<void> => {
    calls.push(messages.map(({ n }) => n));
    if (fails) throw new Error('the Queue is away');
  };
  const binding = {
    send: (message: Message) => take([message]),
    sendBatch: (messages: Array<{ body: Message }>) => take(messages.map(({ body }) => body)),
  };
  return { calls, binding: binding as unknown as Queue<Message> };
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

describe('what is sent to a Queue', () => {
  it('goes out in one call when it is sent at once, and by itself when it is not', async () => {
    const { calls, binding } = queue();
    const sends = new QueueSends<Message>();
    await Promise.all([1, 2, 3].map((n) => sends.send(binding, { n })));
    await sends.send(binding, { n: 4 });
    await sends.send(binding, { n: 5 });
    expect(calls).toEqual([[1, 2, 3], [4], [5]]);
  });

  it('goes together too when each sender had as much to wait for before', async () => {
    const { calls, binding } = queue();
    const sends = new QueueSends<Message>();
    const later = async (n: number): Promise<void> => {
      await undefined;
      await Promise.resolve();
      await sends.send(binding, { n });
    };
    await Promise.all([1, 2, 3].map(later));
    expect(calls).toEqual([[1, 2, 3]]);
  });

  it('is a hundred messages a call at the most', async () => {
    const { calls, binding } = queue();
    const sends = new QueueSends<Message>();
    await Promise.all(numbers(0, 250).map((n) => sends.send(binding, { n })));
    expect(calls).toEqual([numbers(0, 100), numbers(100, 200), numbers(200, 250)]);
  });

  it('is no more than 256 KB a call, whatever characters it is made of', async () => {
    const { calls, binding } = queue();
    const sends = new QueueSends<Message>();
    const filler = '語'.repeat(20_000);
    await Promise.all(numbers(0, 8).map((n) => sends.send(binding, { n, filler })));
    expect(calls).toEqual([numbers(0, 4), numbers(4, 8)]);
  });

  it('goes to each Queue by itself', async () => {
    const [one, other] = [queue(), queue()];
    const sends = new QueueSends<Message>();
    await Promise.all([sends.send(one.binding, { n: 1 }), sends.send(other.binding, { n: 2 })]);
    expect([one.calls, other.calls]).toEqual([[[1]], [[2]]]);
  });

  it('fails for all that the call was to bring, and for nobody else', async () => {
    const [away, there] = [queue({ fails: true }), queue()];
    const sends = new QueueSends<Message>();
    const outcomes = await Promise.allSettled([
      sends.send(away.binding, { n: 1 }),
      sends.send(there.binding, { n: 2 }),
      sends.send(away.binding, { n: 3 }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });
});
