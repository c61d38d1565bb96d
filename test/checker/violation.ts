/** What an invariant that does not hold is reported as. */

export class Violation extends Error {
  override readonly name = 'Violation';
}

export function check(holds: unknown, message: string): asserts holds {
  if (!holds) throw new Violation(message);
}
