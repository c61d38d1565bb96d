/** As much of a Durable Object's storage as the SqlStore uses, over Node's SQLite. */

import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

export class SqliteStorage {
  readonly database = new DatabaseSync(':memory:');
  readonly alarms: number[] = [];
  readonly sql = {
    exec: (query: string, ...bindings: SQLInputValue[]) => {
      const several = bindings.length === 0 && query.includes(';');
      if (several) this.database.exec(query);
      const rows = several ? [] : this.database.prepare(query).all(...bindings);
      return Object.assign(rows.values(), { toArray: () => rows });
    },
  };

  transactionSync<T>(work: () => T): T {
    this.database.exec('BEGIN');
    try {
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
  }

  async setAlarm(time: number): Promise<void> {
    this.alarms.push(time);
  }

  /** Names of all tables. */
  get tables(): string[] {
    const rows = this.database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return rows.map(({ name }) => String(name)).sort();
  }
}
