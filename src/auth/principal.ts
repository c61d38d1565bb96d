/** Who asks, and what they may do: roles per namespace, in the words of Temporal's `permissions` claim ("namespace:role"). */

import { invalidArgument } from '../../sdk/common/errors.ts';

export type Role = 'reader' | 'writer' | 'worker' | 'admin';
/** What a route asks for: a role in the namespace of its path (without one: in `system`), or only to be somebody. */
export type Permission = Role | 'any';

/** In the place of a namespace: all of them, and what belongs to none. */
export const SYSTEM = 'system';

export interface Principal {
  /** For the audit log: what kind of credential, and whose. */
  readonly subject: string;
  readonly grants: ReadonlyMap<string, ReadonlySet<Role>>;
}

/** Temporal's words for them, and ours. */
const roles: Record<string, Role> = {
  read: 'reader',
  reader: 'reader',
  write: 'writer',
  writer: 'writer',
  worker: 'worker',
  admin: 'admin',
};
const systemNames = new Set([SYSTEM, 'temporal-system']);

/** `namespace:role`; `undefined` for anything else. The role is behind the last colon: namespaces may have some. */
export function parsePermission(text: string): { namespace: string; role: Role } | undefined {
  const at = text.lastIndexOf(':');
  const name = text.slice(at + 1).toLowerCase();
  const role = Object.hasOwn(roles, name) ? roles[name] : undefined;
  if (at < 1 || !role) return undefined;
  const namespace = text.slice(0, at);
  return { namespace: systemNames.has(namespace) ? SYSTEM : namespace, role };
}

/** What is no permission grants nothing: of a claim that others write, only what is understood counts. */
export function grantsOf(permissions: readonly unknown[]): Principal['grants'] {
  const grants = new Map<string, Set<Role>>();
  for (const text of permissions) {
    const permission = typeof text === 'string' ? parsePermission(text) : undefined;
    if (!permission) continue;
    const { namespace, role } = permission;
    grants.set(namespace, (grants.get(namespace) ?? new Set()).add(role));
  }
  return grants;
}

/** @throws ServiceError INVALID_ARGUMENT naming the one that is none. */
export function checkedPermissions(permissions: readonly string[]): string[] {
  return permissions.map((text) => {
    const permission = parsePermission(text);
    if (permission) return `${permission.namespace}:${permission.role}`;
    throw invalidArgument(
      `permissions: "${text}" is none; write namespace:role, with reader, writer, worker or admin as the role, ` +
        `and "${SYSTEM}" for all namespaces`,
    );
  });
}

/** Deny by default. Admins may do everything; writers may read; all else is granted by name. */
export function allows(
  { grants }: Principal,
  permission: Permission,
  namespace: string | undefined,
): boolean {
  if (permission === 'any') return true;
  const granted = [grants.get(SYSTEM), namespace === undefined ? undefined : grants.get(namespace)];
  return granted.some(
    (held) =>
      held !== undefined &&
      (held.has('admin') || held.has(permission) || (permission === 'reader' && held.has('writer'))),
  );
}

/** Does anything that it may do concern this namespace? */
export function knowsNamespace({ grants }: Principal, namespace: string): boolean {
  return grants.has(SYSTEM) || grants.has(namespace);
}
