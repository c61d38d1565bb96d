/** Namespaces: those of the variable NAMESPACES, which are always there, and those that are registered here. */

import type { z } from 'zod';
import { invalidArgument, ServiceError } from '../../../sdk/common/errors.ts';
import type {
  ListNamespacesReply,
  NamespaceRecord,
  NamespaceReply,
  RegisterNamespaceRequest,
} from '../../../sdk/common/namespaces.ts';
import { allNamespaces, namespaceSettings } from '../../auth/namespace-cache.ts';
import { knowsNamespace } from '../../auth/principal.ts';
import { namespaces, visibilityShardCounts } from '../../env.ts';
import { countSchedules } from '../../visibility/schedules.ts';
import type { Call } from '../call.ts';
import { callDurable } from '../durable-call.ts';
import type * as namespaceSchemas from '../namespace-schemas.ts';
import type { inNamespace, page } from '../schemas.ts';
import { CLUSTER_NAME } from './cluster.ts';

const MAX_PAGE = 1_000;

/** For the audit log of the engine: the new one has none of its own yet. */
export const registered = (request: unknown): Record<string, string> => ({
  name: (request as RegisterNamespaceRequest).namespace,
});

export async function registerNamespace(
  { requestId, ...request }: z.output<typeof namespaceSchemas.registerNamespace>,
  call: Call,
): Promise<object> {
  if (namespaces(call.env).includes(request.namespace))
    throw new ServiceError('ALREADY_EXISTS', `Namespace ${request.namespace} already exists.`);
  const id = requestId || call.ports.newId();
  await call.system((stub) => stub.registerNamespace(request, id));
  call.caller.namespaceChanged(request.namespace);
  return {};
}

export async function updateNamespace(
  request: z.output<typeof namespaceSchemas.updateNamespace>,
  call: Call,
): Promise<NamespaceReply> {
  const configured = namespaces(call.env).includes(request.namespace);
  if (configured && request.limits)
    throw invalidArgument(
      'limits: those of a namespace of the variable NAMESPACES are set by RATE_LIMITS and RUN_LIMITS',
    );
  const record = await call.system((stub) => stub.updateNamespace(request, configured));
  call.caller.namespaceChanged(request.namespace);
  return replyOf(record);
}

/** Only an empty one, so that nothing is left that nobody can reach. */
export async function deleteNamespace(
  { namespace }: z.output<typeof inNamespace>,
  call: Call,
): Promise<object> {
  if (namespaces(call.env).includes(namespace))
    throw new ServiceError(
      'FAILED_PRECONDITION',
      `Namespace ${namespace} stands in the variable NAMESPACES: take it out there.`,
    );
  const counted = (kind: 'workflows' | 'activities') =>
    call.visibility(namespace, async (visibility) => (await visibility.count({ kind })).count);
  const [workflows, activities] = [await counted('workflows'), await counted('activities')];
  const schedules = await call.visibility(namespace, () => countSchedules(call.env, namespace));
  if (workflows !== '0' || activities !== '0' || schedules > 0)
    throw new ServiceError(
      'FAILED_PRECONDITION',
      `Namespace ${namespace} has ${workflows} workflow(s)${activities === '0' ? '' : `, ${activities} activity(s) of no workflow`} and ${schedules} schedule(s): delete them first.`,
    );
  await call.system(async (stub) => ({ ok: await stub.deleteNamespace(namespace) }));
  // In the engine's log too: nobody reads that of the namespace any more.
  await call.audit('DeleteNamespace', { name: namespace });
  call.caller.namespaceChanged(namespace);
  return {};
}

/** Those that the caller may know of. The token is the name of the last one. */
export async function listNamespaces(
  { pageSize, nextPageToken: after = '' }: z.output<typeof page>,
  call: Call,
): Promise<ListNamespacesReply> {
  const all = await callDurable(call.ports, () => allNamespaces(call.env), true);
  const size = Math.min(pageSize || MAX_PAGE, MAX_PAGE);
  const known = all.filter(({ name }) => name > after && knowsNamespace(call.caller.principal, name));
  const found = known.slice(0, size);
  return {
    namespaces: found.map(replyOf),
    ...(known.length > size && { nextPageToken: found.at(-1)!.name }),
  };
}

export async function describeNamespace(
  { namespace }: z.output<typeof inNamespace>,
  call: Call,
): Promise<NamespaceReply> {
  const settings = await callDurable(call.ports, () => namespaceSettings(call.env, namespace), true);
  const counts = visibilityShardCounts(call.env);
  if (counts.length === 1) return replyOf(settings);
  const moving = await call.visibility(namespace, (visibility) => visibility.moving());
  return { ...replyOf(settings), visibilityShards: { counts, moving } };
}

function replyOf({ name, id, description, ownerEmail, data, ...record }: NamespaceRecord): NamespaceReply {
  const { retention, limits, jurisdiction, createTime } = record;
  const state = 'NAMESPACE_STATE_REGISTERED';
  return {
    namespaceInfo: { name, id, state, description, ownerEmail, data, ...(createTime && { createTime }) },
    config: { workflowExecutionRetentionTtl: retention },
    limits,
    ...(jurisdiction && { jurisdiction }),
    replicationConfig: { activeClusterName: CLUSTER_NAME, clusters: [{ clusterName: CLUSTER_NAME }] },
    failoverVersion: '0',
    isGlobalNamespace: false,
  };
}
