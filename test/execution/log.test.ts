import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { piecesOf } from '../../src/execution/log.ts';

describe('a text in pieces', () => {
  it('is whole again when they are put together, and none ends within a character', () => {
    fc.assert(
      fc.property(
        fc.nat(1_200_000),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 9 }),
        (length, unit) => {
          const text = unit.repeat(Math.ceil(length / unit.length));
          const pieces = piecesOf(text);
          expect(pieces.join('') === text).toBe(true);
          expect(pieces.length).toBeLessThanOrEqual(Math.max(1, Math.ceil(text.length / 499_999)));
          const stored = pieces.map((piece) => new TextDecoder().decode(new TextEncoder().encode(piece)));
          expect(stored.join('') === text).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('that is empty is one piece', () => {
    expect(piecesOf('')).toEqual(['']);
  });
});
