/** Webhooks: what administrators ask of an engine about them. */

import type { PageRequest } from '../common/security.ts';
import type {
  CreateWebhookReply,
  PutWebhookRequest,
  Webhook,
  WebhookDeliveriesReply,
} from '../common/webhooks.ts';
import type { Caller } from './cluster-service.ts';

interface WebhookName {
  namespace: string;
  webhookId: string;
}

export class WebhookService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    this.#call = caller;
  }

  createWebhook({ namespace, webhookId, ...body }: PutWebhookRequest): Promise<CreateWebhookReply> {
    return this.#call({ method: 'POST', path: pathOf({ namespace, webhookId }), body }, {});
  }

  /** All settings are replaced; the secrets only when some are given. */
  updateWebhook({ namespace, webhookId, ...body }: PutWebhookRequest): Promise<{ webhook: Webhook }> {
    return this.#call({ method: 'POST', path: `${pathOf({ namespace, webhookId })}/update`, body }, {});
  }

  describeWebhook(name: WebhookName): Promise<{ webhook: Webhook }> {
    return this.#call({ method: 'GET', path: pathOf(name) }, {});
  }

  listWebhooks({ namespace }: { namespace: string }): Promise<{ webhooks: Webhook[] }> {
    return this.#call({ method: 'GET', path: `${inNamespace(namespace)}/webhooks` }, {});
  }

  deleteWebhook(name: WebhookName): Promise<object> {
    return this.#call({ method: 'DELETE', path: pathOf(name) }, {});
  }

  /** The newest first. */
  listWebhookDeliveries({
    pageSize,
    nextPageToken,
    ...name
  }: WebhookName & PageRequest): Promise<WebhookDeliveriesReply> {
    const query = { pageSize, nextPageToken };
    return this.#call({ method: 'GET', path: `${pathOf(name)}/deliveries`, query }, {});
  }
}

const inNamespace = (namespace: string): string => `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
const pathOf = ({ namespace, webhookId }: WebhookName): string =>
  `${inNamespace(namespace)}/webhooks/${encodeURIComponent(webhookId)}`;
