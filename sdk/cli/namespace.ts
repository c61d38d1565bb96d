/** `perdure operator namespace …` and `perdure operator cluster …`: what an engine has, and whether it is there. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { toClientError } from '../client/errors.ts';
import { fromDurationJson, msToNumber, toDurationJson } from '../common/duration.ts';
import {
  type Jurisdiction,
  jurisdictions,
  type NamespaceLimits,
  type NamespaceReply,
  namespaceLimits,
  type VisibilityShards,
} from '../common/namespaces.ts';
import { addCommand, collectPairs, type Invocation, noun, type Terminal } from './context.ts';
import { table } from './render.ts';

interface NamespaceFlags {
  description?: string;
  email?: string;
  retention?: string;
  data?: Record<string, unknown>;
  requestsPerSecond?: number;
  limit?: Record<string, unknown>;
  jurisdiction?: Jurisdiction;
}

const DAY_MS = 86_400_000;

export function namespaceCommand(terminal: Terminal): Command {
  const command = noun('namespace', 'make, describe, change, list and delete namespaces');
  const add = <F>(
    name: string,
    description: string,
    define: (command: Command) => Command,
    action: (invocation: Invocation<F>) => Promise<void>,
  ): void => addCommand(command, terminal, [name, description], define, action);
  const made = (c: Command): Command =>
    settings(c).addOption(
      new Option(
        '--jurisdiction <name>',
        'all of it runs and is stored there only, for good; default as the engine',
      ).choices(jurisdictions),
    );
  add<NamespaceFlags>('create', 'make the namespace that --namespace names', made, create);
  add<object>('describe', 'what a namespace is', (c) => c, describe);
  add<NamespaceFlags>('update', 'change what is given of a namespace', settings, update);
  add<object>('list', 'list namespaces', (c) => c, list);
  add<object>('delete', 'delete an empty namespace', (c) => c, remove);
  return command;
}

const settings = (command: Command): Command =>
  command
    .option('--description <text>', 'what it is for')
    .option('--email <address>', 'of its owner')
    .option(
      '--retention <duration>',
      "how long closed workflows are kept, for example '72h'; default 30 days",
    )
    .option('--data <key=value>', 'free data; repeat for more', collectPairs)
    .option(
      '--limit <name=number>',
      `${namespaceLimits.join(', ')}: beyond it callers get 429; 0 takes it away; repeat for more`,
      collectPairs,
    )
    .option('--requests-per-second <n>', 'another way to write --limit requestsPerSecond=n', Number);

function fields({ client, flags }: Invocation<NamespaceFlags>) {
  const { description, email: ownerEmail, retention, data } = flags;
  const limits = limitsOf(flags);
  const texts = data && Object.fromEntries(Object.entries(data).map(([key, value]) => [key, String(value)]));
  return {
    namespace: client.namespace,
    info: {
      ...(description !== undefined && { description }),
      ...(ownerEmail !== undefined && { ownerEmail }),
      ...(texts && { data: texts }),
    },
    retention: retention === undefined ? undefined : toDurationJson(msToNumber(retention)),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}

function limitsOf({ limit = {}, requestsPerSecond }: NamespaceFlags): NamespaceLimits {
  const given = { ...limit, ...(requestsPerSecond !== undefined && { requestsPerSecond }) };
  for (const [name, value] of Object.entries(given)) {
    if (!namespaceLimits.some((known) => known === name))
      throw new InvalidArgumentError(`--limit: There is no limit "${name}": ${namespaceLimits.join(', ')}.`);
    if (typeof value !== 'number' || !(value >= 0))
      throw new InvalidArgumentError(`--limit: ${name} is not a number of 0 or more.`);
  }
  return given;
}

async function create(invocation: Invocation<NamespaceFlags>): Promise<void> {
  const { info, retention, ...given } = fields(invocation);
  const { jurisdiction } = invocation.flags;
  const period = retention === undefined ? {} : { workflowExecutionRetentionPeriod: retention };
  await invocation.client.workflowService
    .registerNamespace({ ...given, ...info, ...period, ...(jurisdiction && { jurisdiction }) })
    .catch((error) => {
      throw toClientError(error, 'create the namespace');
    });
  const { namespace } = given;
  invocation.show({ namespace, created: true }, `Namespace ${namespace} is there.`);
}

async function update(invocation: Invocation<NamespaceFlags>): Promise<void> {
  const { info, retention, ...given } = fields(invocation);
  const reply = await invocation.client.workflowService
    .updateNamespace({
      ...given,
      ...(Object.keys(info).length > 0 && { updateInfo: info }),
      ...(retention !== undefined && { config: { workflowExecutionRetentionTtl: retention } }),
    })
    .catch((error) => {
      throw toClientError(error, 'update the namespace');
    });
  invocation.show(reply, namespaceText(reply));
}

async function describe(invocation: Invocation<object>): Promise<void> {
  const { namespace } = invocation.client;
  const reply = await invocation.client.workflowService.describeNamespace({ namespace }).catch((error) => {
    throw toClientError(error, 'describe the namespace');
  });
  invocation.show(reply, namespaceText(reply));
}

async function list(invocation: Invocation<object>): Promise<void> {
  const { namespaces } = await invocation.client.workflowService.listNamespaces().catch((error) => {
    throw toClientError(error, 'list namespaces');
  });
  const rows = namespaces.map((reply) => [
    reply.namespaceInfo.name,
    retentionOf(reply),
    reply.namespaceInfo.description,
  ]);
  invocation.show(namespaces, table([['Namespace', 'Retention', 'Description'], ...rows]));
}

async function remove(invocation: Invocation<object>): Promise<void> {
  const { namespace } = invocation.client;
  await invocation.client.workflowService.deleteNamespace({ namespace }).catch((error) => {
    throw toClientError(error, 'delete the namespace');
  });
  invocation.show({ namespace, deleted: true }, `Namespace ${namespace} is deleted.`);
}

function retentionOf({ config }: NamespaceReply): string {
  const days = fromDurationJson(config.workflowExecutionRetentionTtl) / DAY_MS;
  return Number.isInteger(days)
    ? `${days} day${days === 1 ? '' : 's'}`
    : config.workflowExecutionRetentionTtl;
}

function namespaceText(reply: NamespaceReply): string {
  const { name, id, description, ownerEmail, data, createTime } = reply.namespaceInfo;
  return table([
    ['Namespace', name],
    ['Id', id],
    ...(description ? [['Description', description]] : []),
    ...(ownerEmail ? [['Owner', ownerEmail]] : []),
    ...(createTime ? [['Created', createTime]] : []),
    ['Retention', retentionOf(reply)],
    ...(reply.jurisdiction ? [['Jurisdiction', reply.jurisdiction]] : []),
    ...(reply.visibilityShards ? [['Shards of the list', shardsText(reply.visibilityShards)]] : []),
    ...Object.entries(reply.limits).map(([limit, value]) => [`Limit ${limit}`, String(value)]),
    ...Object.entries(data).map(([key, value]) => [`  ${key}`, value]),
  ]);
}

function shardsText({ counts, moving }: VisibilityShards): string {
  const state =
    moving === 0
      ? `all rows are at home, VISIBILITY_SHARDS may become "${counts.at(-1)}"`
      : `rows are moving, ${moving} are not done`;
  return `${counts.join(', then ')}: ${state}`;
}

export function clusterCommand(terminal: Terminal): Command {
  const cluster = noun('cluster', 'the engine itself');
  addCommand<object>(cluster, terminal, ['health', 'does the engine answer?'], (c) => c, health);
  addCommand<object>(cluster, terminal, ['describe', 'where the engine keeps what it has'], (c) => c, info);
  addCommand<object>(cluster, terminal, ['system', 'its version, and what it can do'], (c) => c, system);
  return cluster;
}

/** Connecting has asked it already: an engine that does not answer does not come here. */
async function health({ client, show }: Invocation<object>): Promise<void> {
  await client.workflowService.getSystemInfo();
  show({ status: 'SERVING' }, 'SERVING');
}

async function info(invocation: Invocation<object>): Promise<void> {
  const reply = await invocation.client.workflowService.getClusterInfo();
  const rows = [
    ['Engine', reply.clusterName],
    ['Version', reply.serverVersion],
    ['Runs', reply.persistenceStore],
    ['Lists', reply.visibilityStore],
  ];
  invocation.show(reply, table(rows));
}

async function system({ client, show }: Invocation<object>): Promise<void> {
  const reply: { serverVersion?: string; capabilities?: Record<string, boolean> } =
    await client.workflowService.getSystemInfo();
  const { serverVersion = '', capabilities = {} } = reply;
  const rows = Object.entries(capabilities).map(([name, can]) => [name, can ? 'yes' : 'no']);
  show(reply, table([['Version', serverVersion], ...rows]));
}
