/** Webhooks that signal workflows, as the HTTP API has them. docs/webhooks.md says how they are used. */

import type { TimestampJson } from './duration.ts';

/** Who signs, and how. `standard`: Standard Webhooks. `bearer`: nothing is signed, the sender knows a token. */
export const webhookKinds = ['standard', 'stripe', 'github', 'slack', 'bearer'] as const;
export type WebhookKind = (typeof webhookKinds)[number];

/**
 * What an administrator decides. An expression reads from a delivery: `$.data.object.id`, `$['a key'][0]`,
 * `header:x-github-event`. A template is text with expressions in braces: `order-{$.order.id}`.
 */
export interface WebhookSettings {
  kind: WebhookKind;
  /** The Worker secret that has the secrets, separated by commas; starts with `WEBHOOK_`. Otherwise they are stored. */
  secretName?: string;
  /** Template: whom it is for. */
  workflowId: string;
  /** Template. */
  signalName: string;
  /** Expressions: the signal's arguments. Default: the whole body as the one argument. */
  signalArgs?: string[];
  /** Expression → the texts of which it must have one; a delivery for which it does not is acknowledged and dropped. */
  when?: Record<string, string[]>;
  /** Expression for what is the same when a delivery is repeated. Default: what the kind has for it. */
  deliveryId?: string;
  /** The workflow is started if it does not run. None of it but the arguments is taken from a delivery. */
  start?: WebhookStart;
}

export interface WebhookStart {
  workflowType: { name: string };
  taskQueue: { name: string };
  /** Expressions: the workflow's arguments. Default: none. */
  args?: string[];
  workflowExecutionTimeout?: string;
  workflowIdReusePolicy?: string;
}

export interface Webhook extends WebhookSettings {
  webhookId: string;
  /** Where deliveries are posted to, below the engine's address. */
  path: string;
  /** How many secrets are stored; they are never shown. */
  storedSecrets: number;
  createdTime: TimestampJson;
  updatedTime: TimestampJson;
}

export interface PutWebhookRequest {
  namespace: string;
  webhookId: string;
  webhook: WebhookSettings;
  /** To be stored. Several while one replaces another; left out in an update: those that are stored stay. */
  secrets?: string[];
}

export interface CreateWebhookReply {
  webhook: Webhook;
  /** Made by the engine, where none was given and the kind lets the receiver choose. Shown this once. */
  secret?: string;
}

/**
 * `refused`: not verified; these are only remembered for a while. `ignored`: verified, but not one of those asked for.
 * `failed`: verified, and no workflow took it; the sender was told so and may send it again.
 */
export type WebhookOutcome = 'signaled' | 'started' | 'ignored' | 'failed' | 'refused';

/** Nothing of what was sent, except ids. */
export interface WebhookDelivery {
  webhookId: string;
  receivedTime: TimestampJson;
  outcome: WebhookOutcome;
  deliveryId?: string;
  workflowId?: string;
  runId?: string;
  signalName?: string;
  /** Why it failed or was refused. */
  reason?: string;
}

export interface WebhookDeliveriesReply {
  /** The newest first. */
  deliveries: WebhookDelivery[];
  nextPageToken?: string;
}
