/**
 * Messages as protobufjs makes them, as far as the converters look at them: types with fields, plain objects of messages and
 * back (bytes are base64 in the plain ones, and `Buffer`s when they come back), and bytes of a message. That the library itself is so,
 * test/programs/protobufs sees.
 */

interface FieldOptions {
  type?: Type;
  bytes?: boolean;
  repeated?: boolean;
  map?: boolean;
}

class Field {
  readonly name: string;
  readonly repeated: boolean;
  readonly map: boolean;
  readonly bytes: boolean;
  resolvedType: Type | null = null;
  readonly #type: Type | undefined;
  constructor(name: string, { type, bytes = false, repeated = false, map = false }: FieldOptions) {
    this.name = name;
    this.#type = type;
    this.bytes = bytes;
    this.repeated = repeated;
    this.map = map;
  }
  /** A field does not know its type before. */
  resolve(): this {
    this.resolvedType = this.#type ?? null;
    return this;
  }
}

type Plain = Record<string, unknown>;

export class Type {
  static readonly className = 'Type';
  readonly name: string;
  readonly fullName: string;
  readonly fieldsArray: Field[];
  readonly #prototype: object;

  constructor(fullName: string, fields: Record<string, FieldOptions> = {}) {
    this.fullName = `.${fullName}`;
    this.name = fullName.split('.').at(-1)!;
    this.fieldsArray = Object.entries(fields).map(([name, options]) => new Field(name, options));
    this.#prototype = Object.defineProperty({}, '$type', { value: this });
  }

  create(fields: Plain): Plain {
    return Object.assign(Object.create(this.#prototype) as Plain, fields);
  }
  toObject(message: object): Plain {
    return this.#each(
      message as Plain,
      (type, value) => type.toObject(value as object),
      (value) => Buffer.from(value as Uint8Array).toString('base64'),
    );
  }
  fromObject(plain: object): Plain {
    const fields = this.#each(
      plain as Plain,
      (type, value) => type.fromObject(value as object),
      (value) => Buffer.from(value as string, 'base64'),
    );
    return this.create(fields);
  }
  encode(message: object) {
    return { finish: () => new TextEncoder().encode(`bytes of ${JSON.stringify(this.toObject(message))}`) };
  }
  decode(bytes: Uint8Array): Plain {
    return this.fromObject(JSON.parse(new TextDecoder().decode(bytes).slice('bytes of '.length)) as object);
  }

  #each(
    from: Plain,
    message: (type: Type, value: unknown) => unknown,
    bytes: (value: unknown) => unknown,
  ): Plain {
    const to: Plain = {};
    for (const field of this.fieldsArray) {
      const value = from[field.name];
      if (value === undefined) continue;
      const type = field.resolve().resolvedType;
      const one = (item: unknown): unknown => (type ? message(type, item) : field.bytes ? bytes(item) : item);
      const entries = () => Object.entries(value as Plain).map(([key, item]) => [key, one(item)]);
      to[field.name] = field.repeated
        ? (value as unknown[]).map(one)
        : field.map
          ? Object.fromEntries(entries())
          : one(value);
    }
    return to;
  }
}

class Namespace {
  static readonly className: string = 'Namespace';
  readonly nested: Record<string, unknown>;
  constructor(nested: Record<string, unknown>) {
    this.nested = nested;
  }
}

export class Root extends Namespace {
  static override readonly className = 'Root';
  [name: string]: unknown;
  lookupType(path: string): Type {
    let found: unknown = this;
    for (const name of path.split('.'))
      found = (found as { nested?: Record<string, unknown> }).nested?.[name];
    if (!(found instanceof Type)) throw new Error(`no such type: ${path}`);
    return found;
  }
}

const google = (name: string, ...fields: string[]): Type =>
  new Type(`google.protobuf.${name}`, Object.fromEntries(fields.map((field) => [field, {}])));
export const wellKnown = {
  Timestamp: google('Timestamp', 'seconds', 'nanos'),
  Duration: google('Duration', 'seconds', 'nanos'),
  StringValue: google('StringValue', 'value'),
  Int64Value: google('Int64Value', 'value'),
  FieldMask: google('FieldMask', 'paths'),
  Struct: google('Struct', 'fields'),
  Value: google('Value', 'nullValue', 'numberValue', 'stringValue', 'boolValue', 'structValue', 'listValue'),
  ListValue: google('ListValue', 'values'),
  Any: google('Any', 'type_url', 'value'),
};

export const Item = new Type('orders.v1.Item', { name: {}, unit_price: {}, picture: { bytes: true } });
const fields: Record<string, FieldOptions> = {
  customer_name: {},
  items: { type: Item, repeated: true },
  by_shelf: { type: Item, map: true },
  ...Object.fromEntries(Object.entries(wellKnown).map(([name, type]) => [name.toLowerCase(), { type }])),
};
export const Order = new Type('orders.v1.Order', fields);
export const makeRoot = (): Root =>
  new Root({ orders: new Namespace({ v1: new Namespace({ Order, Item }) }) });
