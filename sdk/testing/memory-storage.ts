/** What stands in for the platform in an engine in memory: SQLite of Node, and answers as they cross RPC. */

import { DatabaseSync } from 'node:sqlite';
import type { Sql } from '../../src/lazy-schema.ts';
import { ServiceError } from '../common/errors.ts';
import type { Result } from '../common/service.ts';

export async function answered<T>(work: Promise<T> | (() => Promise<T>)): Promise<Result<T>> {
  try {
    return { ok: await (typeof work === 'function' ? work() : work) };
  } catch (error) {
    if (error instanceof ServiceError) return { error: error.toData() };
    throw error;
  }
}

const refuse = async (): Promise<never> => {
  throw new ServiceError('FAILED_PRECONDITION', 'an engine in memory has nothing to back up');
};

/** What objects offer to backups. */
export const noBackups = {
  dumpTables: refuse,
  restoreTables: refuse,
  exportPage: refuse,
  importPage: refuse,
  resume: refuse,
};

export function memorySql(): Sql {
  const database = new DatabaseSync(':memory:');
  return {
    exec: (query, ...bindings) => database.prepare(query).all(...bindings) as Array<Record<string, unknown>>,
  };
}
