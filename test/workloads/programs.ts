/** W1: random programs, and what they come to. A program is data: the workflow interprets it, and so does the prediction. */

export type Step =
  /** An activity that fails so many times before it works. */
  | { do: 'add'; key: string; n: number; fails: number }
  /** An activity that is refused for good; the program goes on. */
  | { do: 'refused'; key: string; n: number }
  /** A local activity. */
  | { do: 'local'; key: string; n: number }
  /** An activity that is awaited at the end only. */
  | { do: 'later'; key: string; n: number }
  | { do: 'sleep'; ms: number }
  /** A timer of an hour that is cancelled at once. */
  | { do: 'cancelled'; key: string; n: number }
  | { do: 'all'; of: Step[][] }
  | { do: 'child'; of: Step[] }
  /** What follows is done by the next run. At the outermost level only. */
  | { do: 'continue' };

export type Counters = Record<string, number>;

const KEYS = ['a', 'b', 'c'];
const MAX_DEPTH = 3;

/** @param random below 1, as `Math.random` */
export function randomProgram(random: () => number, depth = 0): Step[] {
  const below = (n: number): number => Math.floor(random() * n);
  const key = (): string => KEYS[below(KEYS.length)]!;
  const n = (): number => 1 + below(9);
  const step = (): Step => {
    const chance = random();
    if (chance < 0.35) return { do: 'add', key: key(), n: n(), fails: random() < 0.2 ? 1 + below(2) : 0 };
    if (chance < 0.45) return { do: 'sleep', ms: 1 + below(800) };
    if (chance < 0.52) return { do: 'refused', key: key(), n: n() };
    if (chance < 0.6) return { do: 'local', key: key(), n: n() };
    if (chance < 0.68) return { do: 'later', key: key(), n: n() };
    if (chance < 0.74) return { do: 'cancelled', key: key(), n: n() };
    if (depth === MAX_DEPTH - 1) return { do: 'add', key: key(), n: n(), fails: 0 };
    if (chance < 0.84) {
      const of = Array.from({ length: 2 + below(2) }, () => randomProgram(random, MAX_DEPTH - 1));
      return { do: 'all', of };
    }
    if (chance < 0.94 || depth > 0) return { do: 'child', of: randomProgram(random, depth + 1) };
    return { do: 'continue' };
  };
  return Array.from({ length: 1 + below(depth === 0 ? 6 : 3) }, step);
}

export function predicted(steps: Step[], counters: Counters = {}): Counters {
  for (const step of steps) {
    if (step.do === 'all') for (const branch of step.of) predicted(branch, counters);
    else if (step.do === 'child') predicted(step.of, counters);
    else if ('n' in step) counters[step.key] = (counters[step.key] ?? 0) + step.n;
  }
  return sorted(counters);
}

/** One order of keys, so that equal counters are equal texts. */
export function sorted(counters: Counters): Counters {
  return Object.fromEntries(Object.entries(counters).sort(([a], [b]) => (a < b ? -1 : 1)));
}
