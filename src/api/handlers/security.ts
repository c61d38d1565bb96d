/** API keys, and who did what. */

import type { z } from 'zod';
import { invalidArgument, ServiceError } from '../../../sdk/common/errors.ts';
import type { ApiKey, AuditPage, CreateApiKeyReply } from '../../../sdk/common/security.ts';
import { forgetEngineKeys } from '../../auth/key-ring.ts';
import { checkedPermissions } from '../../auth/principal.ts';
import { engineSecrets, now } from '../../env.ts';
import type { Call } from '../call.ts';
import type * as schemas from '../schemas.ts';

/** Who asks, and what they may do: a page shows no buttons that would be refused. */
export async function describeCaller(_: unknown, call: Call): Promise<CallerInfo> {
  const { subject, grants } = call.caller.principal;
  return {
    subject,
    permissions: [...grants].flatMap(([namespace, roles]) =>
      [...roles].map((role) => `${namespace}:${role}`),
    ),
  };
}

export interface CallerInfo {
  /** The credential: what kind, and whose. */
  subject: string;
  /** `namespace:role`, as API keys have them; `system:role` holds everywhere. */
  permissions: string[];
}

/** The one answer that ever has the key itself. */
export async function createApiKey(
  { name, permissions, expirationTime }: z.output<typeof schemas.createApiKey>,
  call: Call,
): Promise<CreateApiKeyReply> {
  if (expirationTime !== undefined && Date.parse(expirationTime) <= now(call.env))
    throw invalidArgument('expirationTime: is in the past');
  const created = {
    name,
    permissions: checkedPermissions(permissions),
    createdBy: call.caller.principal.subject,
    ...(expirationTime && { expirationTime }),
  };
  return call.system((stub) => stub.createApiKey(created));
}

export async function listApiKeys(_: unknown, call: Call): Promise<{ apiKeys: ApiKey[] }> {
  return { apiKeys: await call.system(async (stub) => ({ ok: await stub.listApiKeys() })) };
}

/** Counts in this isolate at once, everywhere else within half a minute. */
export async function revokeApiKey(
  { id }: z.output<typeof schemas.apiKey>,
  call: Call,
): Promise<{ apiKey: ApiKey }> {
  const apiKey = await call.system((stub) => stub.revokeApiKey(id));
  call.caller.keyRevoked(id);
  return { apiKey };
}

export function getAuditLog(
  { namespace, ...page }: z.output<typeof schemas.auditLog>,
  call: Call,
): Promise<AuditPage> {
  return call.namespace(namespace, (stub) => stub.auditLog(page));
}

export function getSystemAuditLog(page: z.output<typeof schemas.page>, call: Call): Promise<AuditPage> {
  return call.system((stub) => stub.auditLog(page));
}

/** Dispatches are signed with the old keys as well for a day, task tokens of theirs taken for thirty. */
export async function rotateEngineKeys(_: unknown, call: Call): Promise<object> {
  if (engineSecrets(call.env).length > 0)
    throw new ServiceError(
      'FAILED_PRECONDITION',
      'the keys come from the secret PERDURE_ENGINE_SECRET: put the new one in front of the old one, with a comma',
    );
  await call.system(async (stub) => ({ ok: await stub.rotateEngineSecret() }));
  forgetEngineKeys();
  return {};
}
