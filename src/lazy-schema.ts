/** A schema that the first write creates: reading an object that was never written allocates nothing. */

export type SqlValue = string | number | null;

/** The part of the platform's `SqlStorage` that is used here. */
export interface Sql {
  exec(query: string, ...bindings: SqlValue[]): Iterable<Record<string, unknown>>;
}

export class LazySchema {
  readonly #sql: Sql;
  readonly #statements: readonly string[];
  readonly #last: string;
  #created = false;

  /** @param last name of the table or index that the last statement creates */
  constructor(sql: Sql, statements: readonly string[], last: string) {
    this.#sql = sql;
    this.#statements = statements;
    this.#last = last;
  }

  get created(): boolean {
    this.#created ||=
      [...this.#sql.exec('SELECT 1 FROM sqlite_master WHERE name = ?', this.#last)].length > 0;
    return this.#created;
  }

  create(): void {
    if (this.created) return;
    for (const statement of this.#statements) [...this.#sql.exec(statement)];
    this.#created = true;
  }
}
