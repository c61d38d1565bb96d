/** All tables of a small object, out and in again. Read in one go: nothing changes between two tables. */

import type { TableDump } from '../sdk/common/backup.ts';
import { invalidArgument } from '../sdk/common/errors.ts';
import type { Sql, SqlValue } from './lazy-schema.ts';

const NAME = /^[a-z_]+$/;

/** Tables first, then their indexes. */
export function dumpTables(sql: Sql): TableDump[] {
  const made =
    "SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf%' ESCAPE '\\'";
  const all = [...sql.exec(`${made} ORDER BY type DESC, name`)];
  return all.map(({ name, type, sql: statement }) => {
    const found = type === 'table' ? [...sql.exec(`SELECT * FROM ${name as string}`)] : [];
    const columns = Object.keys(found[0] ?? {});
    const rows = found.map((row) => columns.map((column) => row[column] as SqlValue));
    return { name: name as string, sql: statement as string, columns, rows };
  });
}

/** May be repeated. What is there under the same key is replaced. */
export function restoreTables(sql: Sql, tables: readonly TableDump[]): void {
  for (const { name, sql: statement, columns, rows } of tables) {
    if (
      !NAME.test(name) ||
      !columns.every((column) => NAME.test(column)) ||
      !/^CREATE (TABLE|INDEX) /.test(statement)
    )
      throw invalidArgument(`entries: the table ${name} is none of an engine`);
    const exists = [...sql.exec('SELECT 1 FROM sqlite_master WHERE name = ?', name)].length > 0;
    if (!exists) [...sql.exec(statement)];
    const places = columns.map(() => '?').join(', ');
    const insert = `INSERT OR REPLACE INTO ${name} (${columns.join(', ')}) VALUES (${places})`;
    for (const row of rows) [...sql.exec(insert, ...row)];
  }
}
