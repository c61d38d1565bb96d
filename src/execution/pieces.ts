/**
 * Texts that are too long for one row. The platform refuses rows over 2 MB (`wrangler dev` does not), so a long text is
 * kept in pieces beside its row; the row itself then has an empty text. The table is made with the first of them.
 * Large payloads are kept in pieces alone, under an owner that begins with that of the run or row which they belong to.
 */

import { textPieces } from '../text-pieces.ts';

/** In UTF-16 units, of which each is at most three bytes. */
const LONGEST = 600_000;

const SCHEMA = `CREATE TABLE IF NOT EXISTS pieces
  (owner TEXT NOT NULL, n INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (owner, n)) WITHOUT ROWID`;

/** How many a text has; a row keeps a text of one itself. */
export const piecesOf = (text: string): number => Math.ceil(text.length / LONGEST);

export class Pieces {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** What to write into the row of `owner`, which has no pieces: the text, or nothing when it is kept here. */
  put(owner: string, text: string): string {
    if (text.length <= LONGEST) return text;
    this.keep(owner, text);
    return '';
  }

  /** Any text that has no row. */
  keep(owner: string, text: string): void {
    this.#sql.exec(SCHEMA);
    let n = 0;
    for (const piece of textPieces(text, LONGEST))
      this.#sql.exec('INSERT INTO pieces VALUES (?, ?, ?)', owner, n++, piece);
  }

  /** The text of `owner`, given what its row has. */
  get(owner: string, text: string): string {
    return text === '' ? (this.kept(owner) ?? '') : text;
  }

  kept(owner: string): string | undefined {
    if (!this.#exists()) return undefined;
    const sql = 'SELECT data FROM pieces WHERE owner = ? ORDER BY n';
    const pieces = this.#sql.exec<{ data: string }>(sql, owner).toArray();
    return pieces.length > 0 ? pieces.map(({ data }) => data).join('') : undefined;
  }

  has(owner: string): boolean {
    if (!this.#exists()) return false;
    return this.#sql.exec('SELECT 1 FROM pieces WHERE owner = ? AND n = 0', owner).toArray().length > 0;
  }

  /** An owner that begins and ends with these texts. */
  find(start: string, end: string): string | undefined {
    if (!this.#exists()) return undefined;
    const sql = 'SELECT owner FROM pieces WHERE owner > ? AND owner < ? AND n = 0';
    const owners = this.#sql.exec<{ owner: string }>(sql, start, after(start)).toArray();
    return owners.find(({ owner }) => owner.endsWith(end))?.owner;
  }

  /** What it has, and what begins with it. */
  remove(owner: string): void {
    if (!this.#exists()) return;
    this.#sql.exec('DELETE FROM pieces WHERE owner = ?', owner);
    this.#sql.exec('DELETE FROM pieces WHERE owner > ? AND owner < ?', `${owner}/`, after(`${owner}/`));
  }

  /** Asked each time: a transaction that made the table may be undone. */
  #exists(): boolean {
    const sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'pieces'";
    return this.#sql.exec(sql).toArray().length > 0;
  }
}

/** The first text behind all that begin with `start`. */
function after(start: string): string {
  return start.slice(0, -1) + String.fromCharCode(start.charCodeAt(start.length - 1) + 1);
}
