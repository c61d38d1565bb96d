/** The raw results, and the circumstances under which they were got. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/lib/root.ts';
import type { BenchmarkResult } from './measure.ts';

export const DOCUMENTED = join(projectRoot, 'docs/performance.json');

export interface Recorded extends BenchmarkResult {
  /** When it was measured, how busy the machine was then with other things too, and whether in the quick form. */
  time: string;
  load: number;
  quick: boolean;
}

export interface Records {
  environment: string;
  results: Recorded[];
}

export function environment(): string {
  const { version } = JSON.parse(
    readFileSync(join(projectRoot, 'node_modules/wrangler/package.json'), 'utf8'),
  ) as { version: string };
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `Node ${process.version}, wrangler ${version}, ${process.platform}, ${machine}, ${memory}`;
}

/** Results of the same names are replaced, others are kept. */
export function record(file: string, results: BenchmarkResult[], quick: boolean): void {
  const old = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Records).results : [];
  const kept = new Map(old.map((result) => [result.name, result]));
  const time = new Date().toISOString();
  const load = Number(loadavg()[0]!.toFixed(1));
  for (const result of results) {
    const known = kept.get(result.name);
    const same = known?.median === result.median && known.repeats === result.repeats;
    if (!same) kept.set(result.name, { ...result, time, load, quick });
  }
  const records: Records = { environment: environment(), results: [...kept.values()] };
  writeFileSync(file, `${JSON.stringify(records, null, 2)}\n`);
}
