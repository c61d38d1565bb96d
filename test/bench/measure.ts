/** Repeats a measurement and says how far its results lie apart. A number without its spread says little. */

export interface Benchmark {
  name: string;
  unit: string;
  /** One result in `unit`. */
  measure(): Promise<number>;
  /** Results that count, after one that does not. */
  repeats: number;
  /** Ends what `measure` has begun. */
  close?(): Promise<void>;
}

export interface BenchmarkResult {
  name: string;
  unit: string;
  median: number;
  lowest: number;
  highest: number;
  repeats: number;
}

export async function run({ name, unit, measure, repeats, close }: Benchmark): Promise<BenchmarkResult> {
  const results: number[] = [];
  try {
    await measure();
    for (let i = 0; i < repeats; i++) results.push(await measure());
  } finally {
    await close?.();
  }
  results.sort((a, b) => a - b);
  return { name, unit, median: median(results), lowest: results[0]!, highest: results.at(-1)!, repeats };
}

function median(sorted: number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
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

function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(3);
}
