/** Who may come in: authentication, then the route's permission, then the namespace's share of requests. */

import { errorDetailType, ServiceError } from '../../sdk/common/errors.ts';
import type { NamespaceRecord } from '../../sdk/common/namespaces.ts';
import { authenticate, refuseUnlessOpen } from '../auth/authenticate.ts';
import { KeyCache } from '../auth/key-cache.ts';
import { NamespaceCache } from '../auth/namespace-cache.ts';
import { allows, type Permission, type Principal } from '../auth/principal.ts';
import { RateLimiter } from '../auth/rate-limit.ts';
import { type Env, namespaces } from '../env.ts';
import { callDurable } from './durable-call.ts';
import { type PlainRoute, plainRouteList } from './plain-routes.ts';
import type { ApiPorts } from './ports.ts';
import { isWebUiPath } from './web-ui.ts';

/** What anybody may ask, without a credential. */
const PUBLIC = new Set(pathsOf('public'));
/** Below these, what is sent carries its own proof: webhook-door.ts asks for it. */
const SIGNED = pathsOf('signed').map((path) => path.slice(0, path.indexOf('{')));

export class Admission {
  readonly keys = new KeyCache();
  readonly namespaces = new NamespaceCache();
  readonly #ports: ApiPorts;
  readonly #limiter = new RateLimiter();

  constructor(ports: ApiPorts) {
    this.#ports = ports;
  }

  /** `undefined`: somebody unknown, who asks what anybody may. @throws ServiceError UNAUTHENTICATED, PERMISSION_DENIED */
  async admit(env: Env, request: Request): Promise<Principal | undefined> {
    const { url, headers } = request;
    const { pathname } = new URL(url);
    if (SIGNED.some((prefix) => pathname.startsWith(prefix))) return undefined;
    if (PUBLIC.has(pathname) || isWebUiPath(pathname)) {
      refuseUnlessOpen(env, url, headers);
      return undefined;
    }
    return this.authenticate(env, url, headers);
  }

  /** @throws ServiceError UNAUTHENTICATED, PERMISSION_DENIED */
  authenticate(env: Env, url: string, headers: Headers): Promise<Principal> {
    return authenticate(env, url, headers, {
      findApiKey: (id) => this.keys.find(env, id),
      fetch: (input, init) => this.#ports.fetch(input, init as RequestInit),
    });
  }

  /** Before the body is read. The namespace is the path's: nothing else names one. */
  authorize(principal: Principal, permission: Permission, namespace: string | undefined): void {
    if (!allows(principal, permission, namespace)) {
      const where = namespace === undefined ? 'in the system' : `in namespace "${namespace}"`;
      // The same whether or not there is such a namespace.
      throw new ServiceError('PERMISSION_DENIED', `this credential has no role "${permission}" ${where}`);
    }
  }

  /** Is there such a namespace, and is there room for one more request to it? @throws ServiceError NOT_FOUND, RESOURCE_EXHAUSTED */
  async enter(env: Env, namespace: string): Promise<void> {
    const configured = namespaces(env).includes(namespace);
    const record = configured ? undefined : await this.#find(env, namespace);
    if (!configured && !record) {
      const detail = { '@type': errorDetailType.namespaceNotFound, namespace };
      throw new ServiceError('NOT_FOUND', `Namespace ${namespace} is not found.`, [detail]);
    }
    this.#limiter.take(env, namespace, record?.limits ?? {});
  }

  async knows(env: Env, namespace: string): Promise<boolean> {
    return namespaces(env).includes(namespace) || (await this.#find(env, namespace)) !== undefined;
  }

  #find(env: Env, namespace: string): Promise<NamespaceRecord | undefined> {
    return callDurable(this.#ports, () => this.namespaces.find(env, namespace), true);
  }
}

function pathsOf(permission: PlainRoute['permission']): string[] {
  return plainRouteList.flatMap(([, route]) => (route.permission === permission ? [route.path] : []));
}
