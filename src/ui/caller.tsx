/** Who looks, and what they may do: what would be refused is not offered. The engine decides; this only hides. */

import { type ComponentChildren, createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Caller } from './engine.ts';

type Role = 'writer' | 'admin';

export interface Access {
  may(role: Role): boolean;
}

/** Until the engine has said who it is: nothing is hidden from somebody who may see it. */
export const AccessContext = createContext<Access>({ may: () => true });

/** In this namespace. Admins may do all. */
export function accessOf({ permissions }: Caller, namespace: string): Access {
  const held = (role: string): boolean =>
    permissions.includes(`system:${role}`) || permissions.includes(`${namespace}:${role}`);
  return { may: (role) => held('admin') || held(role) };
}

export const useMay = (role: Role = 'writer'): boolean => useContext(AccessContext).may(role);

/** What only those see who may change things, or (with `role`) only admins. */
export function Only({ role = 'writer', children }: { role?: Role; children: ComponentChildren }) {
  return useMay(role) ? children : null;
}
