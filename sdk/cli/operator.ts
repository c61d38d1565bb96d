/** `perdure operator …`: what administrators do. */

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { toClientError } from '../client/errors.ts';
import { SearchAttributeType, searchAttributeType } from '../common/search-attributes.ts';
import { backupCommand } from './backup.ts';
import { addCommand, type Invocation, noun, type Terminal } from './context.ts';
import { clusterCommand, namespaceCommand } from './namespace.ts';
import { table } from './render.ts';
import { addAuditLogCommand, addRotateKeysCommand, apiKeyCommand } from './security.ts';
import { webhookCommand } from './webhook.ts';

interface CreateFlags {
  name: string[];
  type: string[];
}

export function operatorCommand(terminal: Terminal): Command {
  const operator = noun('operator', 'administrate namespaces and the engine');
  const attribute = noun('search-attribute', 'add, list and remove search attributes');
  operator.addCommand(namespaceCommand(terminal));
  operator.addCommand(clusterCommand(terminal));
  operator.addCommand(attribute);
  operator.addCommand(apiKeyCommand(terminal));
  operator.addCommand(backupCommand(terminal));
  operator.addCommand(webhookCommand(terminal));
  addAuditLogCommand(operator, terminal);
  addRotateKeysCommand(operator, terminal);
  const names = (command: Command): Command =>
    command.requiredOption('--name <name>', 'the search attribute; repeat for more', collect);
  addCommand<CreateFlags>(
    attribute,
    terminal,
    ['create', 'add search attributes, which workflows may set and filters may name'],
    (command) =>
      names(command).requiredOption('--type <type>', `one for each name: ${readableTypes()}`, collectType),
    create,
  );
  addCommand<object>(attribute, terminal, ['list', 'list search attributes'], (c) => c, list);
  addCommand<{ name: string[] }>(attribute, terminal, ['remove', 'remove search attributes'], names, remove);
  return operator;
}

const collect = (name: string, previous: string[] = []): string[] => [...previous, name];

function collectType(text: string, previous: string[] = []): string[] {
  const type = searchAttributeType(text) ?? searchAttributeType(`INDEXED_VALUE_TYPE_${text.toUpperCase()}`);
  if (!type) throw new InvalidArgumentError(`The types are ${readableTypes()}.`);
  return [...previous, `INDEXED_VALUE_TYPE_${type}`];
}

const readable = (type: string): string =>
  type
    .replace('INDEXED_VALUE_TYPE_', '')
    .toLowerCase()
    .replace(/(^|_)([a-z])/g, (_, _separator, letter: string) => letter.toUpperCase());

const readableTypes = (): string => Object.keys(SearchAttributeType).map(readable).join(', ');

async function create({ client, flags, show }: Invocation<CreateFlags>): Promise<void> {
  const { name: names, type: types } = flags;
  if (names.length !== types.length)
    throw new InvalidArgumentError(
      `Give one --type for each --name: ${names.length} and ${types.length} are given.`,
    );
  const searchAttributes = Object.fromEntries(names.map((name, i) => [name, types[i]!]));
  const { namespace, workflowService } = client;
  await workflowService.addSearchAttributes({ namespace, searchAttributes }).catch((error) => {
    throw toClientError(error, 'add search attributes');
  });
  show({ searchAttributes }, `Search attributes ${names.join(', ')} are there.`);
}

async function list({ client, show }: Invocation<object>): Promise<void> {
  const { namespace, workflowService } = client;
  const reply = await workflowService.listSearchAttributes({ namespace }).catch((error) => {
    throw toClientError(error, 'list search attributes');
  });
  const rows = [reply.customAttributes, reply.systemAttributes].flatMap((types, i) =>
    Object.entries(types).map(([name, type]) => [name, readable(type), i === 0 ? 'custom' : 'system']),
  );
  show(reply, table([['Name', 'Type', 'Of'], ...rows]));
}

async function remove({ client, flags, show }: Invocation<{ name: string[] }>): Promise<void> {
  const { namespace, workflowService } = client;
  const { name: searchAttributes } = flags;
  await workflowService.removeSearchAttributes({ namespace, searchAttributes }).catch((error) => {
    throw toClientError(error, 'remove search attributes');
  });
  show({ removed: searchAttributes }, `Search attributes ${searchAttributes.join(', ')} are removed.`);
}
