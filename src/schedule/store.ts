/** The state of a schedule in a table: JSON in pieces, because a row of the platform is bounded. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';
import { textPieces } from '../text-pieces.ts';
import type { ScheduleStore } from './outside.ts';
import type { ScheduleState } from './state.ts';

const SCHEMA = 'CREATE TABLE IF NOT EXISTS state (n INTEGER PRIMARY KEY, piece TEXT NOT NULL)';
const PIECE = 500_000;

export interface SqlSchedulePorts {
  sql: Sql;
  transaction(work: () => void): void;
  setAlarm(time: EpochMs): void;
  deleteAll(): void;
}

export class SqlScheduleStore implements ScheduleStore {
  readonly #ports: SqlSchedulePorts;
  #schema: LazySchema;
  /** What the table holds, so that an object that stays awake does not read it again. */
  #text: string | undefined;

  constructor(ports: SqlSchedulePorts) {
    this.#ports = ports;
    this.#schema = new LazySchema(ports.sql, [SCHEMA], 'state');
  }

  load(): ScheduleState | undefined {
    if (this.#text === undefined) {
      if (!this.#schema.created) return undefined;
      const rows = [...this.#ports.sql.exec('SELECT piece FROM state ORDER BY n')];
      if (rows.length === 0) return undefined;
      this.#text = rows.map(({ piece }) => piece as string).join('');
    }
    return JSON.parse(this.#text) as ScheduleState;
  }

  commit(state: ScheduleState, alarm: EpochMs | undefined): void {
    const text = JSON.stringify(state);
    const { sql } = this.#ports;
    // Where this fails, perhaps behind the transaction, only what is stored is true.
    this.#text = undefined;
    // Before the transaction: one that is undone would take the table with it, unnoticed.
    this.#schema.create();
    this.#ports.transaction(() => {
      let pieces = 0;
      for (const piece of textPieces(text, PIECE))
        [...sql.exec('INSERT OR REPLACE INTO state (n, piece) VALUES (?, ?)', pieces++, piece)];
      [...sql.exec('DELETE FROM state WHERE n >= ?', pieces)];
    });
    // Same synchronous block as the transaction: the platform commits both together.
    if (alarm !== undefined) this.#ports.setAlarm(alarm);
    this.#text = text;
  }

  clear(): void {
    this.#text = undefined;
    this.#ports.deleteAll();
    this.#schema = new LazySchema(this.#ports.sql, [SCHEMA], 'state');
  }
}
