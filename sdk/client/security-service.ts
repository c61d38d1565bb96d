/** API keys and the audit log: what administrators ask of an engine. */

import type {
  ApiKey,
  AuditPage,
  CreateApiKeyReply,
  CreateApiKeyRequest,
  PageRequest,
} from '../common/security.ts';
import type { Caller } from './cluster-service.ts';

const KEYS = '/api/v1/api-keys';

export class SecurityService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    this.#call = caller;
  }

  createApiKey(request: CreateApiKeyRequest): Promise<CreateApiKeyReply> {
    return this.#call({ method: 'POST', path: KEYS, body: request }, {});
  }

  listApiKeys(): Promise<{ apiKeys: ApiKey[] }> {
    return this.#call({ method: 'GET', path: KEYS }, {});
  }

  /** Counts everywhere within a minute. May be repeated. */
  revokeApiKey({ id }: { id: string }): Promise<{ apiKey: ApiKey }> {
    return this.#call({ method: 'DELETE', path: `${KEYS}/${encodeURIComponent(id)}` }, {});
  }

  /** Task tokens are sealed and dispatches signed with new keys from now on; the old ones go on counting for a while. */
  rotateEngineKeys(): Promise<object> {
    return this.#call({ method: 'POST', path: '/api/v1/engine-keys/rotate', body: {} }, {});
  }

  /** The newest first. Without a namespace: what concerned the whole engine. */
  getAuditLog({ namespace, ...page }: PageRequest & { namespace?: string }): Promise<AuditPage> {
    const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
    return this.#call({ method: 'GET', path: `/api/v1${within}/audit-log`, query: { ...page } }, {});
  }
}
