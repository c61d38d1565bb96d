/** Webhooks as administrators see them. What comes in by them: see webhook-door.ts. */

import type { z } from 'zod';
import { ServiceError } from '../../../sdk/common/errors.ts';
import type { CreateWebhookReply, Webhook, WebhookDeliveriesReply } from '../../../sdk/common/webhooks.ts';
import { webhookSecrets } from '../../env.ts';
import { problemOf } from '../../webhooks/webhooks.ts';
import type { Call } from '../call.ts';
import type { inNamespace } from '../schemas.ts';
import type * as schemas from '../webhook-schemas.ts';

type Put = z.output<typeof schemas.putWebhook>;
type One = z.output<typeof schemas.webhook>;

/** The one answer that ever has a secret: one that the engine made. */
export async function createWebhook(request: Put, call: Call): Promise<CreateWebhookReply> {
  requireSecret(request, call);
  const created = await call.change(request.namespace, (stub) => stub.createWebhook(request));
  call.caller.webhookChanged(request);
  return created;
}

export async function updateWebhook(request: Put, call: Call): Promise<{ webhook: Webhook }> {
  requireSecret(request, call);
  const webhook = await call.namespace(request.namespace, (stub) => stub.updateWebhook(request));
  call.caller.webhookChanged(request);
  return { webhook };
}

export async function describeWebhook(
  { namespace, webhookId }: One,
  call: Call,
): Promise<{ webhook: Webhook }> {
  return { webhook: await call.namespace(namespace, (stub) => stub.getWebhook(webhookId)) };
}

export async function listWebhooks(
  { namespace }: z.output<typeof inNamespace>,
  call: Call,
): Promise<{ webhooks: Webhook[] }> {
  return { webhooks: await call.namespace(namespace, async (stub) => ({ ok: await stub.listWebhooks() })) };
}

/** Counts in this isolate at once, everywhere else within half a minute. */
export async function deleteWebhook(request: One, call: Call): Promise<object> {
  await call.change(request.namespace, (stub) => stub.deleteWebhook(request.webhookId));
  call.caller.webhookChanged(request);
  return {};
}

export function listWebhookDeliveries(
  { namespace, webhookId, ...page }: z.output<typeof schemas.webhookDeliveries>,
  call: Call,
): Promise<WebhookDeliveriesReply> {
  return call.namespace(namespace, (stub) => stub.webhookDeliveries(webhookId, page));
}

/** A Worker secret that is missing or wrong is noticed now, not at the first delivery. */
function requireSecret({ webhook: { kind, secretName } }: Put, call: Call): void {
  if (secretName === undefined) return;
  const secrets = webhookSecrets(call.env, secretName);
  const problem =
    secrets.length === 0
      ? 'there is no such Worker secret'
      : secrets.map((s) => problemOf(kind, s)).find(Boolean);
  if (problem)
    throw new ServiceError(
      'FAILED_PRECONDITION',
      `secretName: ${secretName}: ${problem} (wrangler secret put ${secretName})`,
    );
}
