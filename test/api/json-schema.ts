/** As much of JSON Schema as the API's description uses: does a value fit, and values that fit, or nearly so. */

import fc from 'fast-check';
import type { JsonSchema, OpenApi } from '../../src/api/openapi.ts';

type Schemas = OpenApi['components']['schemas'];
const PREFIX = '#/components/schemas/';

export function resolved(schema: JsonSchema, schemas: Schemas): JsonSchema {
  if (!schema.$ref) return schema;
  const found = schemas[schema.$ref.slice(PREFIX.length)];
  if (!schema.$ref.startsWith(PREFIX) || !found) throw new Error(`nothing is at ${schema.$ref}`);
  return resolved(found, schemas);
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

/** What is wrong with the value, with the place; empty when it fits. */
export function misfits(value: unknown, given: JsonSchema, schemas: Schemas, path = ''): string[] {
  const schema = resolved(given, schemas);
  const wrong: string[] = [];
  const say = (what: string): void => void wrong.push(`${path || 'it'}: ${what}`);
  if (schema.const !== undefined && value !== schema.const) say(`is not ${schema.const}`);
  if (schema.enum && !schema.enum.includes(value)) say(`${JSON.stringify(value)} is none of its values`);
  if (schema.anyOf) {
    const tried = schema.anyOf.map((member) => misfits(value, member, schemas, path));
    if (!tried.some((list) => list.length === 0)) wrong.push(...tried.flat().slice(0, 3));
  }
  if (schema.type !== undefined) {
    const type = typeOf(value);
    const types = [schema.type].flat();
    const integer = types.includes('integer') && Number.isInteger(value);
    if (!types.includes(type) && !integer) {
      say(`is ${type}, not ${types.join(' or ')}`);
      return wrong;
    }
  }
  if (Array.isArray(value) && schema.items)
    for (const [i, item] of value.entries())
      wrong.push(...misfits(item, schema.items, schemas, `${path}[${i}]`));
  if (typeOf(value) === 'object') wrong.push(...fieldMisfits(value as object, schema, schemas, path));
  return wrong;
}

function fieldMisfits(value: object, schema: JsonSchema, schemas: Schemas, path: string): string[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const wrong = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${path}.${name}: is missing`);
  for (const [name, field] of Object.entries(value)) {
    if (Object.hasOwn(properties, name))
      wrong.push(...misfits(field, properties[name]!, schemas, `${path}.${name}`));
    else if (additionalProperties === false) wrong.push(`${path}.${name}: is not described`);
    else if (typeof additionalProperties === 'object')
      wrong.push(...misfits(field, additionalProperties, schemas, `${path}.${name}`));
  }
  return wrong;
}

const words = fc.constantFrom(
  'w', 'q', 'default', 'transfer', '10s', '0s', '1', 'e30=', 'anNvbi9wbGFpbg==', '2026-01-05T12:00:00Z', '* * * * *',
  "ExecutionStatus = 'Running'", 'http://127.0.0.1:1', 'run', 'a', 'UTC', '',
); // biome-ignore format: a list
const edges = fc.constantFrom(
  '', ' ', '\u0000', '\ud800', 'ü€\u{1F600}', 'x'.repeat(1_000), 'x'.repeat(1_001), 'x'.repeat(10_001), '__proto__', '../..',
  '-1', '999999999999999999999', '99999999999999s', '-5s', '1e400', '0000-00-00', '%', 'null', '[]', 'a\nb', "' OR 1=1 --",
); // biome-ignore format: a list
const numbers = fc.constantFrom(0, 1, 2, 50, 1_000, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308);

/** Values that a schema describes; of texts and numbers also those at, and beyond, what may be meant. */
export function valuesOf(given: JsonSchema, schemas: Schemas, depth = 0): fc.Arbitrary<unknown> {
  const schema = resolved(given, schemas);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((member) => valuesOf(member, schemas, depth)));
  const [type] = [schema.type].flat();
  switch (type) {
    case 'string':
      return fc.oneof({ weight: 5, arbitrary: words }, edges, fc.string({ maxLength: 12 }));
    case 'integer':
    case 'number':
      return fc.oneof({ weight: 3, arbitrary: fc.nat(100) }, numbers);
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, schemas, depth + 1), { maxLength: depth > 4 ? 0 : 2 });
    case 'object':
      return objectsOf(schema, schemas, depth);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectsOf(schema: JsonSchema, schemas: Schemas, depth: number): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const names = Object.keys(properties).filter((name) => depth < 6 || required.includes(name));
  const fields = Object.fromEntries(
    names.map((name) => [name, valuesOf(properties[name]!, schemas, depth + 1)]),
  );
  const known = fc.record(fields, { requiredKeys: required });
  if (typeof additionalProperties !== 'object' || depth > 6) return known;
  const more = fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    valuesOf(additionalProperties, schemas, depth + 1),
    {
      maxKeys: 2,
    },
  );
  return fc.tuple(known, more).map(([one, two]) => ({ ...two, ...(one as object) }));
}
