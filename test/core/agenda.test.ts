import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Agenda } from '../../src/core/agenda.ts';

function drain(agenda: Agenda, now = Number.POSITIVE_INFINITY): string[] {
  const keys: string[] = [];
  for (let entry = agenda.popDue(now); entry; entry = agenda.popDue(now)) keys.push(entry.key);
  return keys;
}

describe('agenda', () => {
  it('gives out entries by time, and those of the same time by order', () => {
    const agenda = new Agenda();
    agenda.set('late', 30);
    agenda.set('second', 10, 2);
    agenda.set('first', 10, 1);
    expect(drain(agenda)).toEqual(['first', 'second', 'late']);
  });

  it('keeps what is not due yet', () => {
    const agenda = new Agenda();
    agenda.set('a', 10);
    agenda.set('b', 20);
    expect(drain(agenda, 10)).toEqual(['a']);
    expect(agenda.peek()).toEqual({ key: 'b', time: 20, order: 0 });
  });

  it('says what is due first beside one of them, first or not', () => {
    const agenda = new Agenda();
    expect(agenda.peek('a')).toBeUndefined();
    for (const [key, time] of Object.entries({ a: 10, c: 30, b: 20 })) agenda.set(key, time);
    expect(agenda.peek('a')?.key).toBe('b');
    expect(agenda.peek('c')?.key).toBe('a');
    agenda.remove('b');
    expect(agenda.peek('a')?.key).toBe('c');
    agenda.remove('c');
    expect(agenda.peek('a')).toBeUndefined();
  });

  it('moves a key that is set again, earlier and later', () => {
    const agenda = new Agenda();
    agenda.set('a', 10);
    agenda.set('b', 20);
    agenda.set('a', 30);
    agenda.set('b', 5);
    agenda.set('c', 7);
    expect(drain(agenda)).toEqual(['b', 'c', 'a']);
  });

  it('removes keys anywhere, and ignores unknown ones', () => {
    const agenda = new Agenda();
    for (const key of ['a', 'b', 'c', 'd', 'e']) agenda.set(key, key.charCodeAt(0));
    agenda.remove('b');
    agenda.remove('nobody');
    agenda.remove('e');
    expect(agenda.size).toBe(3);
    expect(drain(agenda)).toEqual(['a', 'c', 'd']);
  });

  it('agrees with a sorted list after any sequence of changes', () => {
    const change = fc.oneof(
      fc.record({
        kind: fc.constant('set' as const),
        key: fc.integer({ min: 0, max: 30 }),
        time: fc.nat(50),
      }),
      fc.record({
        kind: fc.constant('remove' as const),
        key: fc.integer({ min: 0, max: 30 }),
        time: fc.nat(50),
      }),
      fc.record({ kind: fc.constant('pop' as const), key: fc.constant(0), time: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const agenda = new Agenda();
        const model = new Map<string, { time: number; order: number }>();
        const first = () => [...model].sort(([, a], [, b]) => a.time - b.time || a.order - b.order)[0];
        for (const { kind, key, time } of changes) {
          if (kind === 'set') {
            agenda.set(String(key), time, key);
            model.set(String(key), { time, order: key });
          } else if (kind === 'remove') {
            agenda.remove(String(key));
            model.delete(String(key));
          } else {
            const expected = first();
            const due = expected && expected[1].time <= time ? expected[0] : undefined;
            expect(agenda.popDue(time)?.key).toBe(due);
            if (due !== undefined) model.delete(due);
          }
          expect(agenda.size).toBe(model.size);
          expect(agenda.peek()?.key).toBe(first()?.[0]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('compares O(log n) entries per change with ten thousand of them', () => {
    let comparisons = 0;
    const counted = (time: number) => ({
      valueOf() {
        comparisons++;
        return time;
      },
    });
    const agenda = new Agenda();
    const n = 10_000;
    for (let i = 0; i < n; i++) {
      agenda.set(`timer/${i}`, counted((i * 7919) % n) as unknown as number, i);
    }
    for (let i = 0; i < n; i += 2) agenda.remove(`timer/${i}`);
    while (agenda.size > 0) agenda.remove(agenda.peek()!.key);
    expect(comparisons).toBeLessThan(n * 14 * 12);
  });
});
