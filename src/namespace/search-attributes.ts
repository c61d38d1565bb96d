/** A namespace's own search attributes, added and removed while it runs: one row each. */

import type { SearchAttributeType } from '../../sdk/common/search-attributes.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';
import { type AttributeTypes, withAttributes, withoutAttributes } from '../visibility/fields.ts';

const SCHEMA =
  'CREATE TABLE IF NOT EXISTS search_attributes (name TEXT PRIMARY KEY, type TEXT NOT NULL) WITHOUT ROWID';

export class SearchAttributeRegistry {
  readonly #sql: Sql;
  readonly #schema: LazySchema;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [SCHEMA], 'search_attributes');
  }

  all(): AttributeTypes {
    if (!this.#schema.created) return {};
    const rows = [...this.#sql.exec('SELECT name, type FROM search_attributes ORDER BY name')];
    return Object.fromEntries(rows.map(({ name, type }) => [name as string, type as SearchAttributeType]));
  }

  /** Adding again what is there changes nothing. @throws ServiceError as {@link withAttributes} does. */
  add(attributes: AttributeTypes): AttributeTypes {
    const all = withAttributes(this.all(), attributes);
    this.#schema.create();
    const insert = 'INSERT INTO search_attributes (name, type) VALUES (?, ?) ON CONFLICT (name) DO NOTHING';
    for (const [name, type] of Object.entries(attributes)) [...this.#sql.exec(insert, name, type)];
    return all;
  }

  /** Runs keep their values; filters do not know the name any more. @throws ServiceError as {@link withoutAttributes}. */
  remove(names: readonly string[]): AttributeTypes {
    const rest = withoutAttributes(this.all(), names);
    for (const name of names) [...this.#sql.exec('DELETE FROM search_attributes WHERE name = ?', name)];
    return rest;
  }
}
