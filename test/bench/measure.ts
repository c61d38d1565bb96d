/** Repeats a measurement and says how far its results lie apart. A number without its spread says little. */

export interface Benchmark {
  name: string;
  unit: string;
  /** One result in `unit`. */
  measure(): Promise<number>;
  /** Results that count. */
  repeats: number;
  /** Results before them that do not. Default 1. */
  warmUps?: number;
  /** Takes long, or can be done once only: none that does not count comes before. */
  once?: boolean;
  /** Ends what `measure` has begun. */
  close?(): Promise<void>;
  /** Name of the benchmark of its group that it is to be compared with. */
  against?: string;
}

export interface BenchmarkResult {
  name: string;
  unit: string;
  median: number;
  lowest: number;
  highest: number;
  repeats: number;
  against?: string;
}

/**
 * Takes the benchmarks of a group in turns: what is compared is measured within the same seconds, so that other load on
 * the machine falls on all of them. Each round has an order of its own, because what one leaves to be done falls on the next.
 */
export async function run(group: Benchmark[]): Promise<BenchmarkResult[]> {
  const results = group.map(() => [] as number[]);
  try {
    for (const { measure, once, warmUps = 1 } of group)
      for (let n = 0; n < (once ? 0 : warmUps); n++) await measure();
    const rounds = Math.max(...group.map(({ repeats }) => repeats));
    for (let round = 0; round < rounds; round++) {
      for (const n of shuffled([...group.keys()])) {
        const { measure, repeats } = group[n]!;
        if (round < repeats) results[n]!.push(await measure());
      }
    }
  } finally {
    for (const { close } of group) await close?.();
  }
  return group.map(({ name, unit, repeats, against }, n) => {
    const sorted = results[n]!.sort((a, b) => a - b);
    const figures = { median: median(sorted), lowest: sorted[0]!, highest: sorted.at(-1)! };
    return { name, unit, ...figures, repeats, ...(against && { against }) };
  });
}

function shuffled<T>(items: T[]): T[] {
  for (let left = items.length; left > 1; left--) {
    const at = Math.floor(Math.random() * left);
    [items[left - 1], items[at]] = [items[at]!, items[left - 1]!];
  }
  return items;
}

export function median(sorted: number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One line for each result that is to be compared with another one. */
export function comparisons(results: BenchmarkResult[]): string[] {
  return results.flatMap((result) => {
    const other = results.find(({ name }) => name === result.against);
    if (!other) return [];
    return [`${result.name}: ${(result.median / other.median).toFixed(2)} × ${other.name}`];
  });
}

/** Milliseconds that `work` takes. */
export async function milliseconds(work: () => unknown): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

/** How many of `count` a second. */
export async function perSecond(count: number, work: () => unknown): Promise<number> {
  return (count * 1_000) / (await milliseconds(work));
}

export function table(results: BenchmarkResult[]): string {
  const rows = results.map(({ name, unit, median: middle, lowest, highest, repeats }) => [
    name,
    figure(middle),
    unit,
    `${figure(lowest)} … ${figure(highest)}`,
    String(repeats),
  ]);
  const all = [['benchmark', 'median', 'unit', 'lowest … highest', 'runs'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: string[]): string =>
    row.map((cell, n) => (n === 1 ? cell.padStart(widths[n]!) : cell.padEnd(widths[n]!))).join('  ');
  return all.map((row) => line(row).trimEnd()).join('\n');
}

export function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(3);
}
