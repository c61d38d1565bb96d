/**
 * The namespaces that were registered by the API, platform-free, in the engine's own object; and what those of the variable
 * NAMESPACES were given since. A name counts once, for the whole engine.
 */

import { type EpochMs, fromDurationJson, toTimestampJson } from '../../sdk/common/duration.ts';
import { invalidArgument, notFound, ServiceError } from '../../sdk/common/errors.ts';
import {
  DEFAULT_RETENTION,
  type NamespaceLimits,
  type NamespaceRecord,
  type RegisterNamespaceRequest,
  type UpdateNamespaceRequest,
} from '../../sdk/common/namespaces.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';

export const MAX_NAMESPACES = 1_000;
const HOUR_MS = 3_600_000;
const YEARS_MS = 10 * 365 * 24 * HOUR_MS;
const SCHEMA =
  'CREATE TABLE IF NOT EXISTS namespaces (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID';
/** Of every name that was ever registered: whoever remembers where its objects are is never wrong. */
const JURISDICTIONS =
  'CREATE TABLE IF NOT EXISTS jurisdictions (name TEXT PRIMARY KEY, jurisdiction TEXT NOT NULL) WITHOUT ROWID';

/** Of a namespace of the variable that nobody has given anything. */
export const configuredNamespace = (name: string): NamespaceRecord => ({
  name,
  id: name,
  description: '',
  ownerEmail: '',
  data: {},
  retention: DEFAULT_RETENTION,
  limits: {},
});

export class Namespaces {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #jurisdictions: LazySchema;
  readonly #now: () => EpochMs;

  constructor(sql: Sql, now: () => EpochMs) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [SCHEMA], 'namespaces');
    this.#jurisdictions = new LazySchema(sql, [JURISDICTIONS], 'jurisdictions');
    this.#now = now;
  }

  /** Ordered by name. */
  list(): NamespaceRecord[] {
    if (!this.#schema.created) return [];
    const rows = [...this.#sql.exec('SELECT record FROM namespaces ORDER BY name')];
    return rows.map((row) => JSON.parse(row.record as string) as NamespaceRecord);
  }

  /** An unknown name costs no storage. */
  find(name: string): NamespaceRecord | undefined {
    if (!this.#schema.created) return undefined;
    const [row] = [...this.#sql.exec('SELECT record FROM namespaces WHERE name = ?', name)];
    return row && (JSON.parse(row.record as string) as NamespaceRecord);
  }

  /** The same request id again changes nothing. @throws ServiceError ALREADY_EXISTS, RESOURCE_EXHAUSTED */
  register(request: RegisterNamespaceRequest, id: string): NamespaceRecord {
    const { namespace: name, description = '', ownerEmail = '', data = {} } = request;
    const limits = positive(request.limits ?? {});
    const known = this.find(name);
    if (known?.id === id) return known;
    if (known) throw new ServiceError('ALREADY_EXISTS', `Namespace ${name} already exists.`);
    if (this.list().length >= MAX_NAMESPACES)
      throw new ServiceError('RESOURCE_EXHAUSTED', `there are ${MAX_NAMESPACES} namespaces already`);
    const retention = checkedRetention(request.workflowExecutionRetentionPeriod);
    const createTime = toTimestampJson(this.#now());
    this.#keepJurisdiction(name, request.jurisdiction);
    const jurisdiction = request.jurisdiction && { jurisdiction: request.jurisdiction };
    return this.#put({
      name,
      id,
      description,
      ownerEmail,
      data,
      retention,
      limits,
      createTime,
      ...jurisdiction,
    });
  }

  /** @throws ServiceError FAILED_PRECONDITION when a namespace of that name was elsewhere */
  #keepJurisdiction(name: string, jurisdiction = ''): void {
    this.#jurisdictions.create();
    const [before] = [...this.#sql.exec('SELECT jurisdiction FROM jurisdictions WHERE name = ?', name)];
    if (before && before.jurisdiction !== jurisdiction) {
      const where = before.jurisdiction === '' ? 'that of the engine' : before.jurisdiction;
      throw new ServiceError(
        'FAILED_PRECONDITION',
        `a namespace ${name} was there before, and its jurisdiction was ${where}: a name keeps it`,
      );
    }
    this.#noteJurisdiction(name, jurisdiction);
  }

  #noteJurisdiction(name: string, jurisdiction = ''): void {
    this.#jurisdictions.create();
    [...this.#sql.exec('INSERT OR IGNORE INTO jurisdictions VALUES (?, ?)', name, jurisdiction)];
  }

  /** @param configured it is one of the variable, and so need not be here yet. @throws ServiceError NOT_FOUND */
  update(request: UpdateNamespaceRequest, configured: boolean): NamespaceRecord {
    const { namespace: name, updateInfo = {}, config = {}, limits } = request;
    const record = this.find(name) ?? (configured ? configuredNamespace(name) : undefined);
    if (!record) throw notFound(`Namespace ${name} is not found.`);
    const retention = config.workflowExecutionRetentionTtl;
    return this.#put({
      ...record,
      description: updateInfo.description ?? record.description,
      ownerEmail: updateInfo.ownerEmail ?? record.ownerEmail,
      data: { ...record.data, ...updateInfo.data },
      retention: retention === undefined ? record.retention : checkedRetention(retention),
      limits: positive({ ...record.limits, ...limits }),
    });
  }

  /** Answers whether there was one. */
  delete(name: string): boolean {
    const record = this.find(name);
    if (!record) return false;
    // One from before names were kept, or of the variable, was not noted when it was made.
    this.#noteJurisdiction(name, record.jurisdiction);
    [...this.#sql.exec('DELETE FROM namespaces WHERE name = ?', name)];
    return true;
  }

  /** Where the objects of a namespace were that is registered no more. `undefined`: there was none of that name. */
  homeOfDeleted(name: string): { jurisdiction?: string } | undefined {
    if (!this.#jurisdictions.created) return undefined;
    const [row] = [...this.#sql.exec('SELECT jurisdiction FROM jurisdictions WHERE name = ?', name)];
    return row && (row.jurisdiction === '' ? {} : { jurisdiction: row.jurisdiction as string });
  }

  #put(record: NamespaceRecord): NamespaceRecord {
    this.#schema.create();
    const upsert =
      'INSERT INTO namespaces (name, record) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record';
    [...this.#sql.exec(upsert, record.name, JSON.stringify(record))];
    return record;
  }
}

/** 0 is no limit. */
function positive(limits: NamespaceLimits): NamespaceLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit > 0));
}

/** In proto3 JSON, none and "0s" are the same: the default. */
function checkedRetention(duration = DEFAULT_RETENTION): string {
  const ms = fromDurationJson(duration);
  if (ms === 0) return DEFAULT_RETENTION;
  if (ms < HOUR_MS || ms > YEARS_MS)
    throw invalidArgument(`retention: ${duration} is not between an hour ("3600s") and ten years`);
  return duration;
}
