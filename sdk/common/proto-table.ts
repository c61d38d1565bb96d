/**
 * What is known of Temporal's messages of protobuf, read from the lines of proto-facts.ts: `Message field field …`. A field is
 * `name=type`, with `*` before it for a list, `%` for a map and `?` for one of several of which one is set. A type is that of a message or an
 * enum, `l` (64 bits), `n` (number), `b` (boolean), `y` (bytes), nothing at all for a text, or what is left out: the field's own name. `|name=3,2`
 * says which of several is set: of two fields, the first of them the fourth.
 */

import { enums, messages } from './proto-facts.ts';

export interface ProtoField {
  readonly name: string;
  readonly rule: '' | '*' | '%';
  readonly kind: 'text' | 'long' | 'number' | 'boolean' | 'bytes' | 'enum' | 'message';
  /** Of a message or an enum. */
  readonly type: string;
  /** One of several of which one is set: it is there even with the value that others have by default. */
  readonly choice: boolean;
}

export interface ProtoChoice {
  readonly name: string;
  readonly fields: readonly string[];
}

export interface ProtoMessage {
  readonly fields: ReadonlyMap<string, ProtoField>;
  readonly choices: readonly ProtoChoice[];
}

export interface ProtoEnum {
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
}

const KINDS: Record<string, ProtoField['kind']> = { l: 'long', n: 'number', b: 'boolean', y: 'bytes' };

const linesOf = (text: string): Map<string, string> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => [line.split(' ', 1)[0]!, line]),
  );
let lines: { messages: Map<string, string>; enums: Map<string, string> } | undefined;
const known = () => (lines ??= { messages: linesOf(messages), enums: linesOf(enums) });

/** Reads each line once, when somebody asks. */
function remembered<T>(
  lineOf: (name: string) => string | undefined,
  read: (line: string) => T,
): (name: string) => T {
  const all = new Map<string, T>();
  return (name) => {
    const before = all.get(name);
    if (before) return before;
    const line = lineOf(name);
    if (line === undefined) throw new TypeError(`${name} is no message that is known`);
    const made = read(line);
    all.set(name, made);
    return made;
  };
}

export const messageNamed = /* @__PURE__ */ remembered((name) => known().messages.get(name), readMessage);
export const enumNamed = /* @__PURE__ */ remembered((name) => known().enums.get(name), readEnum);

function readMessage(line: string): ProtoMessage {
  const [, ...parts] = line.split(' ').filter(Boolean);
  const fields = parts.filter((part) => !part.startsWith('|')).map(readField);
  const choices = parts
    .filter((part) => part.startsWith('|'))
    .map((part) => {
      const [name, place] = part.slice(1).split('=') as [string, string];
      const [first, count] = place.split(',').map(Number) as [number, number];
      return { name, fields: fields.slice(first, first + count).map((field) => field.name) };
    });
  return { fields: new Map(fields.map((field) => [field.name, field])), choices };
}

function readField(part: string): ProtoField {
  const [, rule, name, type] = /^([*%?]?)([^=]+)(?:=(.*))?$/.exec(part) as unknown as [
    string,
    string,
    string,
    string?,
  ];
  const named = type === '' ? name.charAt(0).toUpperCase() + name.slice(1) : (type ?? '');
  return {
    name,
    rule: rule === '?' ? '' : (rule as ProtoField['rule']),
    kind: kindOf(named),
    type: named,
    choice: rule === '?',
  };
}

function kindOf(type: string): ProtoField['kind'] {
  if (type === '') return 'text';
  return KINDS[type] ?? (known().enums.has(type) ? 'enum' : 'message');
}

function readEnum(line: string): ProtoEnum {
  const [, prefix, ...values] = line.split(' ') as [string, string, ...string[]];
  const numbers = new Map<string, number>();
  let next = 0;
  for (const value of values) {
    const [name, number = next] = value.split('=') as [string, (string | number)?];
    numbers.set(prefix + name, Number(number));
    next = Number(number) + 1;
  }
  return { numbers, names: new Map([...numbers].map(([name, number]) => [number, name])) };
}
