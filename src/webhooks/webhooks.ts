/** The webhooks of a namespace, platform-free: their settings, their secrets, and what was delivered lately. */

import { keyBytes, PUBLIC_KEY_PREFIX, SECRET_PREFIX } from '../../sdk/common/dispatch-signature.ts';
import { type EpochMs, toTimestampJson } from '../../sdk/common/duration.ts';
import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import { bytesToBase64 } from '../../sdk/common/payload.ts';
import type { PageRequest } from '../../sdk/common/security.ts';
import type {
  CreateWebhookReply,
  PutWebhookRequest,
  Webhook,
  WebhookDeliveriesReply,
  WebhookDelivery,
  WebhookKind,
  WebhookSettings,
} from '../../sdk/common/webhooks.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';
import { mappingOf } from './mapping.ts';

/** With what is never shown. */
export interface StoredWebhook {
  webhook: Webhook;
  secrets: string[];
}

export const MAX_WEBHOOKS = 200;
/** Of all webhooks of the namespace together. */
export const MAX_DELIVERIES = 1_000;
/** Of refused ones, in memory alone: whoever is not let in writes nothing. */
export const MAX_REFUSALS = 50;
const MAX_PAGE = 1_000;
const MIN_SECRET_LENGTH = 16;
const MIN_TOKEN_LENGTH = 32;
const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS webhooks (id TEXT PRIMARY KEY, record TEXT NOT NULL, secrets TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS webhook_deliveries (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, record TEXT NOT NULL)',
];

const newestFirst = (a: WebhookDelivery, b: WebhookDelivery): number =>
  Date.parse(b.receivedTime) - Date.parse(a.receivedTime);

export class Webhooks {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #now: () => EpochMs;
  readonly #refusals: WebhookDelivery[] = [];

  constructor(sql: Sql, now: () => EpochMs) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, SCHEMA, 'webhook_deliveries');
    this.#now = now;
  }

  /** @throws ServiceError ALREADY_EXISTS, INVALID_ARGUMENT, RESOURCE_EXHAUSTED */
  create({ namespace, webhookId, webhook, secrets: given }: PutWebhookRequest): CreateWebhookReply {
    const all = this.list();
    if (all.some((one) => one.webhookId === webhookId))
      throw new ServiceError('ALREADY_EXISTS', `there is a webhook "${webhookId}" in this namespace`);
    if (all.length >= MAX_WEBHOOKS)
      throw new ServiceError('RESOURCE_EXHAUSTED', `a namespace has at most ${MAX_WEBHOOKS} webhooks`);
    const made = given || webhook.secretName ? undefined : madeSecret(webhook.kind);
    const time = toTimestampJson(this.#now());
    const path = `/webhooks/${encodeURIComponent(namespace)}/${encodeURIComponent(webhookId)}`;
    const secrets = made ? [made] : (given ?? []);
    const created = { webhookId, ...webhook, path, createdTime: time, updatedTime: time };
    return { webhook: this.#put(created, secrets), ...(made && { secret: made }) };
  }

  /** All settings are replaced; the stored secrets only when others are given. @throws ServiceError NOT_FOUND, INVALID_ARGUMENT */
  update({ webhookId, webhook, secrets }: PutWebhookRequest): Webhook {
    const { webhook: before, secrets: stored } = this.#required(webhookId);
    const { path, createdTime } = before;
    const updated = { webhookId, ...webhook, path, createdTime, updatedTime: toTimestampJson(this.#now()) };
    return this.#put(updated, secrets ?? (webhook.secretName ? [] : stored));
  }

  delete(webhookId: string): void {
    this.#required(webhookId);
    [...this.#sql.exec('DELETE FROM webhooks WHERE id = ?', webhookId)];
  }

  get(webhookId: string): Webhook {
    return this.#required(webhookId).webhook;
  }

  find(webhookId: string): StoredWebhook | undefined {
    if (!this.#schema.created) return undefined;
    const [row] = [...this.#sql.exec('SELECT record, secrets FROM webhooks WHERE id = ?', webhookId)];
    return row && { webhook: parsed<Webhook>(row.record), secrets: parsed<string[]>(row.secrets) };
  }

  list(): Webhook[] {
    if (!this.#schema.created) return [];
    return [...this.#sql.exec('SELECT record FROM webhooks ORDER BY id')].map(({ record }) =>
      parsed<Webhook>(record),
    );
  }

  /** The oldest are forgotten beyond the bound. */
  record(delivery: WebhookDelivery): void {
    if (delivery.outcome === 'refused') {
      this.#refusals.unshift(delivery);
      this.#refusals.splice(MAX_REFUSALS);
      return;
    }
    this.#schema.create();
    const insert = 'INSERT INTO webhook_deliveries (id, record) VALUES (?, ?) RETURNING sequence';
    const [row] = [...this.#sql.exec(insert, delivery.webhookId, JSON.stringify(delivery))];
    const oldest = Number(row!.sequence) - MAX_DELIVERIES;
    [...this.#sql.exec('DELETE FROM webhook_deliveries WHERE sequence <= ?', oldest)];
  }

  /** The newest first; those that were refused are all on the first page. */
  deliveries(webhookId: string, { pageSize, nextPageToken }: PageRequest): WebhookDeliveriesReply {
    this.#required(webhookId);
    if (nextPageToken !== undefined && !/^\d{1,15}$/.test(nextPageToken))
      throw invalidArgument('nextPageToken: not a token of this engine; start again without one');
    const size = Math.min(pageSize || 100, MAX_PAGE);
    const before = nextPageToken === undefined ? Number.MAX_SAFE_INTEGER : Number(nextPageToken);
    const select =
      'SELECT sequence, record FROM webhook_deliveries WHERE id = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?';
    const rows = [...this.#sql.exec(select, webhookId, before, size + 1)];
    const page = rows.slice(0, size);
    const refused =
      nextPageToken === undefined ? this.#refusals.filter((one) => one.webhookId === webhookId) : [];
    const deliveries = [...refused, ...page.map(({ record }) => parsed<WebhookDelivery>(record))];
    return {
      deliveries: refused.length > 0 ? deliveries.sort(newestFirst) : deliveries,
      ...(rows.length > size && { nextPageToken: String(page.at(-1)!.sequence) }),
    };
  }

  #put(webhook: Omit<Webhook, 'storedSecrets'>, secrets: string[]): Webhook {
    checkSettings(webhook, secrets);
    const record = { ...webhook, storedSecrets: secrets.length };
    this.#schema.create();
    const upsert =
      'INSERT INTO webhooks (id, record, secrets) VALUES (?, ?, ?) ' +
      'ON CONFLICT (id) DO UPDATE SET record = excluded.record, secrets = excluded.secrets';
    [...this.#sql.exec(upsert, webhook.webhookId, JSON.stringify(record), JSON.stringify(secrets))];
    return record;
  }

  #required(webhookId: string): StoredWebhook {
    const found = this.find(webhookId);
    if (found) return found;
    throw new ServiceError('NOT_FOUND', `there is no webhook "${webhookId}" in this namespace`);
  }
}

const parsed = <T>(json: unknown): T => JSON.parse(json as string) as T;

/** @throws ServiceError INVALID_ARGUMENT */
function checkSettings(settings: WebhookSettings, secrets: string[]): void {
  const { kind, secretName } = settings;
  mappingOf(settings);
  if (secretName && secrets.length > 0)
    throw invalidArgument('secrets: are in the Worker secret that secretName names; give one or the other');
  if (!secretName && secrets.length === 0)
    throw invalidArgument(`secrets: ${kind} makes one for this webhook; it is needed here`);
  for (const [i, secret] of secrets.entries()) {
    const problem = problemOf(kind, secret);
    if (problem) throw invalidArgument(`secrets.${i}: ${problem}`);
  }
}

/** What is wrong with a secret of this kind. */
export function problemOf(kind: WebhookKind, secret: string): string | undefined {
  if (kind === 'standard') {
    if (keyBytes(secret, SECRET_PREFIX) || keyBytes(secret, PUBLIC_KEY_PREFIX)) return undefined;
    return `must be ${SECRET_PREFIX} and base64 of 24 to 64 bytes, or ${PUBLIC_KEY_PREFIX} and base64 of 32`;
  }
  const least = kind === 'bearer' ? MIN_TOKEN_LENGTH : MIN_SECRET_LENGTH;
  return secret.length >= least ? undefined : `must have at least ${least} characters`;
}

/** For the kinds whose sender takes a secret of the receiver's. */
function madeSecret(kind: WebhookKind): string | undefined {
  const random = bytesToBase64(crypto.getRandomValues(new Uint8Array(32)));
  if (kind === 'standard') return `${SECRET_PREFIX}${random}`;
  if (kind === 'github' || kind === 'bearer')
    return random.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return undefined;
}
