/** SQLite of Node in place of the platform's, behind the little that the stores use of it. */

import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Sql } from '../../src/lazy-schema.ts';

export interface TestSql extends Sql {
  /** All statements executed so far, first words only. */
  readonly statements: string[];
}

export function memorySql(): TestSql {
  const database = new DatabaseSync(':memory:');
  const statements: string[] = [];
  return {
    statements,
    exec(query, ...bindings) {
      statements.push(query.trim().split(/\s+/, 2).join(' '));
      return database.prepare(query).all(...(bindings as SQLInputValue[])) as Array<Record<string, unknown>>;
    },
  };
}
