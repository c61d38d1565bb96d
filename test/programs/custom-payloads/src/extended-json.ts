/** JSON with dates, bytes, patterns, big numbers and classes of one's own in it. */

type Tagged = { $type: string; value: unknown };

interface CustomType<T> {
  is(value: unknown): value is T;
  encode(value: T): unknown;
  decode(value: any): T;
}

const types = new Map<string, CustomType<any>>();

export function addType<T>(name: string, type: CustomType<T>): void {
  types.set(name, type);
}

addType<Date>('date', {
  is: (v): v is Date => v instanceof Date,
  encode: (v) => v.getTime(),
  decode: (v: number) => new Date(v),
});
addType<RegExp>('regexp', {
  is: (v): v is RegExp => v instanceof RegExp,
  encode: (v) => [v.source, v.flags],
  decode: ([source, flags]: [string, string]) => new RegExp(source, flags),
});
addType<Uint8Array>('bytes', {
  is: (v): v is Uint8Array => v instanceof Uint8Array,
  encode: (v) => [...v],
  decode: (v: number[]) => Uint8Array.from(v),
});
addType<number>('number', {
  is: (v): v is number => typeof v === 'number' && !Number.isFinite(v),
  encode: String,
  decode: Number,
});
addType<bigint>('bigint', { is: (v): v is bigint => typeof v === 'bigint', encode: String, decode: BigInt });

function toPlain(value: unknown): unknown {
  for (const [name, type] of types) {
    if (type.is(value)) return { $type: name, value: type.encode(value) } satisfies Tagged;
  }
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toPlain(inner)]));
}

function fromPlain(value: any): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== 'object' || value === null) return value;
  const type = types.get(value.$type);
  if (type) return type.decode(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromPlain(inner)]));
}

export const stringify = (value: unknown): string => {
  if (typeof value === 'function') throw new TypeError('a function is no value');
  return JSON.stringify(toPlain(value));
};
export const parse = (text: string): any => fromPlain(JSON.parse(text));
