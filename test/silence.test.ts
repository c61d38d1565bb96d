import { expect, it } from 'vitest';
import { Silence } from '../scripts/lib/silence.ts';

it('an engine that answers nobody is told of once, not at the first try, and again when it answers', () => {
  const silence = new Silence();
  const told = [true, false, true, false, false, false, false, false, true, true, false, false, false].map(
    (answered) => silence.heard(answered)?.split('.')[0],
  );
  const nobody = 'The engine answers nobody any more';
  expect(told.filter(Boolean)).toEqual([nobody, 'The engine answers again', nobody]);
  expect(told.indexOf(nobody)).toBe(5);
});
