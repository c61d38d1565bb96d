/** `perdure operator api-key …` and `perdure operator audit-log`: who may come in, and who did what. */

import type { Command } from 'commander';
import type { Connection } from '../client/connection.ts';
import { toClientError } from '../client/errors.ts';
import type { SecurityService } from '../client/security-service.ts';
import { type Duration, msToNumber } from '../common/duration.ts';
import { addCommand, type Invocation, noun, positiveInteger, type Terminal } from './context.ts';
import { table } from './render.ts';

interface CreateFlags {
  name: string;
  permission: string[];
  expiresIn?: string;
}
interface IdFlags {
  id: string;
}
interface AuditFlags {
  limit: number;
  system?: boolean;
}

const MAX_PAGE = 1_000;

export function apiKeyCommand(terminal: Terminal): Command {
  const apiKey = noun('api-key', 'make, list and revoke API keys');
  addCommand<CreateFlags>(
    apiKey,
    terminal,
    ['create', 'make an API key; it is shown this once'],
    (command) =>
      command
        .requiredOption('--name <name>', 'what it is for')
        .requiredOption(
          '--permission <namespace:role>',
          'reader, writer, worker or admin in a namespace, or in "system" for all; may be repeated',
          (text: string, before: string[] = []) => [...before, text],
        )
        .option('--expires-in <duration>', 'for example "90 days"; default: never'),
    create,
  );
  addCommand<object>(apiKey, terminal, ['list', 'list API keys'], (command) => command, list);
  addCommand<IdFlags>(
    apiKey,
    terminal,
    ['revoke', 'revoke an API key; it counts everywhere within a minute'],
    (command) => command.requiredOption('--id <id>', 'the id that the list shows'),
    revoke,
  );
  return apiKey;
}

export function addAuditLogCommand(operator: Command, terminal: Terminal): void {
  addCommand<AuditFlags>(
    operator,
    terminal,
    ['audit-log', 'who administrated and ended what, the newest first'],
    (command) =>
      command
        .option('--limit <count>', 'at most so many entries', positiveInteger, 100)
        .option('--system', 'of the engine as a whole, not of the namespace'),
    auditLog,
  );
}

export function addRotateKeysCommand(operator: Command, terminal: Terminal): void {
  addCommand<object>(
    operator,
    terminal,
    ['rotate-keys', 'new keys for task tokens and signed dispatches; old ones go on counting for a while'],
    (command) => command,
    async ({ client, show }) => {
      await security(client)
        .rotateEngineKeys()
        .catch((error) => {
          throw toClientError(error, 'rotate the keys of the engine');
        });
      show({ rotated: true }, 'Rotated. Workers with pinned keys need the new ones within a day.');
    },
  );
}

const security = (client: { connection: unknown }): SecurityService =>
  (client.connection as Connection).securityService;

async function create({ client, flags, show }: Invocation<CreateFlags>): Promise<void> {
  const { name, permission: permissions, expiresIn } = flags;
  const expirationTime =
    expiresIn === undefined
      ? undefined
      : new Date(Date.now() + msToNumber(expiresIn as Duration)).toISOString();
  const request = { name, permissions, ...(expirationTime && { expirationTime }) };
  const created = await security(client)
    .createApiKey(request)
    .catch((error) => {
      throw toClientError(error, 'create an API key');
    });
  show(created, `${created.key}\n\nThis is the only time that it is shown. Its id: ${created.apiKey.id}`);
}

async function list({ client, show }: Invocation<object>): Promise<void> {
  const { apiKeys } = await security(client)
    .listApiKeys()
    .catch((error) => {
      throw toClientError(error, 'list API keys');
    });
  const rows = apiKeys.map(({ id, name, permissions, createdTime, lastUsedTime, ...key }) => [
    id,
    name,
    permissions.join(' '),
    createdTime,
    lastUsedTime ?? '-',
    key.revokedTime ? 'revoked' : (key.expirationTime ?? 'never'),
  ]);
  const text = table([['Id', 'Name', 'Permissions', 'Created', 'Last used', 'Expires'], ...rows]);
  show(apiKeys, apiKeys.length > 0 ? text : 'There are no API keys.');
}

async function revoke({ client, flags, show }: Invocation<IdFlags>): Promise<void> {
  const { apiKey } = await security(client)
    .revokeApiKey({ id: flags.id })
    .catch((error) => {
      throw toClientError(error, `revoke API key ${flags.id}`);
    });
  show(apiKey, 'Revoked. Engines that know the key forget it within half a minute.');
}

async function auditLog({ client, flags, show }: Invocation<AuditFlags>): Promise<void> {
  const namespace = flags.system ? {} : { namespace: flags.namespace };
  const pageSize = Math.min(flags.limit, MAX_PAGE);
  const { entries } = await security(client)
    .getAuditLog({ ...namespace, pageSize })
    .catch((error) => {
      throw toClientError(error, 'read the audit log');
    });
  const rows = entries.map(({ sequence, time, principal, rpc, target }) => [
    String(sequence),
    time,
    principal,
    rpc,
    Object.values(target).join(' '),
  ]);
  show(
    entries,
    entries.length > 0 ? table([['#', 'Time', 'Who', 'Call', 'Of'], ...rows]) : 'Nothing was done.',
  );
}
