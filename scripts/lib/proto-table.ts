/**
 * Makes, of the descriptors in `@temporalio/proto`, the table by which messages of protobuf are read and written, and their types:
 * all that a history and the answers of the engine's calls are made of. The notation is explained where it is read, in sdk/common/proto-table.ts.
 */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { serviceReplies } from '../../sdk/temporal/service-replies.ts';
import { projectRoot } from './root.ts';

/** What is used of protobufjs's reflection. */
interface Enum {
  name: string;
  fullName: string;
  values: Record<string, number>;
}
interface Field {
  name: string;
  type: string;
  repeated: boolean;
  map: boolean;
  partOf: { name: string } | null;
  resolvedType: Type | Enum | null;
  resolve(): Field;
}
interface Type {
  name: string;
  fullName: string;
  fieldsArray: Field[];
  oneofsArray: { name: string; oneof: string[] }[];
}

const SCALARS: Record<string, string> = {
  string: '',
  bool: '=b',
  bytes: '=y',
  int64: '=l',
  ...Object.fromEntries(['int32', 'uint32', 'float', 'double'].map((type) => [type, '=n'])),
};
const TYPES: Record<string, string> = {
  ...{ string: 'string', bool: 'boolean', bytes: 'Uint8Array', int64: 'Long' },
  ...Object.fromEntries(['int32', 'uint32', 'float', 'double'].map((type) => [type, 'number'])),
};

const replies = [...new Set<string>(Object.values(serviceReplies))];
const serviceOf = (reply: string): string =>
  reply === 'ListSearchAttributesResponse' ? 'operatorservice' : 'workflowservice';

const isEnum = (type: Type | Enum): type is Enum => 'values' in type;

/** File → its text. */
export function protoFiles(): Record<string, string> {
  const { types, enums } = reached();
  const names = namesOf(types);
  return {
    'sdk/common/proto-facts.ts': facts(types, enums, names),
    'sdk/common/proto-types.ts': declarations(types, names),
  };
}

function reached(): { types: Type[]; enums: Enum[] } {
  const require = createRequire(join(projectRoot, 'test/conformance/package.json'));
  const { patchProtobufRoot } = require('@temporalio/proto/lib/patch-protobuf-root') as {
    patchProtobufRoot(root: unknown): { lookupType(name: string): Type };
  };
  const root = patchProtobufRoot(require('@temporalio/proto'));
  const types = new Map<string, Type>();
  const enums = new Map<string, Enum>();
  const visit = (type: Type): void => {
    if (types.has(type.fullName)) return;
    types.set(type.fullName, type);
    for (const field of type.fieldsArray) {
      const { resolvedType } = field.resolve();
      if (!resolvedType) continue;
      if (isEnum(resolvedType)) enums.set(resolvedType.fullName, resolvedType);
      else visit(resolvedType);
    }
  };
  visit(root.lookupType('temporal.api.history.v1.History'));
  for (const reply of replies) visit(root.lookupType(`temporal.api.${serviceOf(reply)}.v1.${reply}`));
  const byName = <T extends { fullName: string }>(all: Iterable<T>): T[] =>
    [...all].sort((a, b) => (a.fullName < b.fullName ? -1 : 1));
  return { types: byName(types.values()), enums: byName(enums.values()) };
}

/** The short name; where several have it, with the names of what they are in, as many as tell them apart. */
function namesOf(types: Type[]): Map<string, string> {
  const names = new Map<string, string>();
  for (let depth = 1; names.size < types.length; depth++) {
    const left = types.filter(({ fullName }) => !names.has(fullName));
    const tried = left.map((type) => [type.fullName, longName(type, depth)] as const);
    const times = Map.groupBy(tried, ([, name]) => name);
    for (const [fullName, name] of tried) if (times.get(name)?.length === 1) names.set(fullName, name);
  }
  return names;
}

/** `.temporal.api.activity.v1.CallbackInfo` is `CallbackInfo`, `ActivityCallbackInfo`, … */
const longName = ({ fullName }: Type, depth: number): string =>
  fullName
    .split('.')
    .filter((part) => part !== 'v1')
    .slice(-depth)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');

const HEAD = 'Made by `node scripts/proto-table.ts` of the descriptors in `@temporalio/proto`.';

function facts(types: Type[], enums: Enum[], names: Map<string, string>): string {
  const messages = types.map((type) => {
    const fields = type.fieldsArray.map((field) => fieldText(field, names));
    return [names.get(type.fullName), ...fields, ...type.oneofsArray.map((o) => oneofText(type, o))].join(
      ' ',
    );
  });
  return `/** ${HEAD} sdk/common/proto-table.ts reads it. */

export const messages = \`
${messages.join('\n')}
\`;

export const enums = \`
${enums.map(enumText).join('\n')}
\`;
`;
}

function fieldText(field: Field, names: Map<string, string>): string {
  const { name, repeated, map, partOf, resolvedType } = field;
  const rule = repeated ? '*' : map ? '%' : partOf && (!resolvedType || isEnum(resolvedType)) ? '?' : '';
  if (!resolvedType) {
    const scalar = SCALARS[field.type];
    if (scalar === undefined) throw new Error(`${name}: nobody knows the type ${field.type}`);
    return `${rule}${name}${scalar}`;
  }
  const type = isEnum(resolvedType) ? resolvedType.name : names.get(resolvedType.fullName)!;
  return `${rule}${name}=${type === name.charAt(0).toUpperCase() + name.slice(1) ? '' : type}`;
}

/** The fields of a oneof stand side by side: the first one and how many there are. */
function oneofText(type: Type, { name, oneof }: Type['oneofsArray'][number]): string {
  const first = type.fieldsArray.findIndex((field) => field.name === oneof[0]);
  const same = oneof.every((field, i) => type.fieldsArray[first + i]?.name === field);
  if (!same) throw new Error(`${type.name}: the fields of ${name} do not stand side by side`);
  return `|${name}=${first},${oneof.length}`;
}

/** The names in the order of their numbers, without what all begin with; the number where it is not that of the place. */
function enumText({ name, values }: Enum): string {
  const pairs = Object.entries(values).sort(([, a], [, b]) => a - b);
  const zero = pairs[0]![0];
  const prefix = zero.endsWith('_UNSPECIFIED') ? zero.slice(0, -'UNSPECIFIED'.length) : '';
  if (!pairs.every(([value]) => value.startsWith(prefix)))
    throw new Error(`${name}: values that do not begin with ${prefix}`);
  let next = 0;
  const values_ = pairs.map(([value, number]) => {
    const short = value.slice(prefix.length);
    const text = number === next ? short : `${short}=${number}`;
    next = number + 1;
    return text;
  });
  return [name, prefix, ...values_].join(' ');
}

function declarations(types: Type[], names: Map<string, string>): string {
  const interfaces = types.map((type) => {
    const name = names.get(type.fullName)!;
    const fields = type.fieldsArray.map((field) => {
      // An answer is never without its lists and texts: they are empty.
      const certain =
        replies.includes(name) && (field.repeated || field.map || !isMessage(field)) && !field.partOf;
      return certain
        ? `${field.name}: ${typeText(field, names)}`
        : `${field.name}?: ${typeText(field, names)} | null`;
    });
    return fields.length > 0
      ? `export interface ${name} { ${fields.join('; ')} }`
      : `export type ${name} = Record<never, never>;`;
  });
  return `/**
 * Messages of protobuf as \`@temporalio/proto\` has them, as far as histories and answers of the engine are made of them. An enum is its number.
 * ${HEAD}
 */

import type Long from 'long';

${interfaces.join('\n')}

/** Answers of calls, by name. */
export interface Replies { ${replies.map((reply) => `${reply}: ${reply}`).join('; ')} }
`;
}

const isMessage = ({ resolvedType }: Field): boolean => resolvedType !== null && !isEnum(resolvedType);

function typeText({ type, repeated, map, resolvedType }: Field, names: Map<string, string>): string {
  const one = !resolvedType
    ? TYPES[type]!
    : isEnum(resolvedType)
      ? 'number'
      : names.get(resolvedType.fullName)!;
  if (repeated) return `${one}[]`;
  return map ? `{ [key: string]: ${one} }` : one;
}
