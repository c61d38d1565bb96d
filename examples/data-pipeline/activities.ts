/**
 * The stages. Between them travel references; here they are data URLs, so that this example needs no storage: yours would
 * name a file.
 */

import { ApplicationFailure, heartbeat, log } from 'perdure/activity';
import type { Retry, Source } from './shared.ts';

const PREFIX = 'data:application/json,';
const write = (value: unknown): string => `${PREFIX}${encodeURIComponent(JSON.stringify(value))}`;
const read = <T>(reference: string): T => JSON.parse(decodeURIComponent(reference.slice(PREFIX.length))) as T;

export async function extract({ rows }: Source): Promise<string> {
  return write(rows);
}

export async function clean(raw: string, { tolerant = false }: Retry): Promise<string> {
  const rows = read<string[]>(raw);
  const bad = rows.findIndex((row) => !/^\d+$/.test(row));
  if (bad >= 0 && !tolerant) {
    throw ApplicationFailure.create({ message: `row ${bad + 1} is no number`, type: 'BadData' });
  }
  heartbeat();
  return write(rows.filter((row) => /^\d+$/.test(row)).map(Number));
}

export async function aggregate(cleaned: string): Promise<string> {
  const numbers = read<number[]>(cleaned);
  return write({ rows: numbers.length, total: numbers.reduce((sum, number) => sum + number, 0) });
}

export async function publish(report: string): Promise<string> {
  const { rows, total } = read<{ rows: number; total: number }>(report);
  log.info('Published', { rows, total });
  return `${total} in ${rows} rows`;
}
