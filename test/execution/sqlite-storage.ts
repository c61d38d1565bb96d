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

  /** As the platform: at once, with the alarm. */
  async deleteAll(): Promise<void> {
    for (const table of this.tables) this.database.exec(`DROP TABLE ${table}`);
    this.alarms.length = 0;
  }

  async setAlarm(time: number): Promise<void> {
    this.alarms.push(time);
  }

  /** Bytes of the longest text in any row. */
  longestText(): number {
    const of = (table: string): number => {
      const sql = `SELECT MAX(LENGTH(CAST(data AS BLOB))) AS bytes FROM ${table}`;
      return Number(this.database.prepare(sql).get()!.bytes);
    };
    return Math.max(...this.tables.map(of));
  }

  /** Tables in which some row has this text, plain or in base64. */
  find(text: string): string[] {
    const coded = [text, ...[0, 1, 2].map((shift) => inBase64(text, shift))];
    return this.tables.filter((table) => {
      const rows = JSON.stringify(this.database.prepare(`SELECT * FROM ${table}`).all());
      return coded.some((form) => rows.includes(form));
    });
  }

  /** Whose texts are kept in pieces. */
  owners(): string[] {
    const rows = this.database.prepare('SELECT DISTINCT owner FROM pieces ORDER BY owner').all();
    return rows.map(({ owner }) => String(owner));
  }

  /** Names of all tables. */
  get tables(): string[] {
    const rows = this.database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return rows.map(({ name }) => String(name)).sort();
  }
}

/** What is sure to be in the base64 of anything that has the text `shift` bytes behind a multiple of three. */
function inBase64(text: string, shift: number): string {
  return btoa(' '.repeat(shift) + text).slice(shift === 0 ? 0 : 4, -4);
}
