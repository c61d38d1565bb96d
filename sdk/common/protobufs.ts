/**
 * Payload converters for messages of protobufjs, by the names of Temporal's `@temporalio/common/lib/protobufs`. The library
 * itself is the user's: it comes in with `root` and with the messages.
 * @module perdure/common/protobufs
 */

import { decode, encode } from './encoding.ts';
import { PayloadConverterError, ValueError } from './errors.ts';
import {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  encodingTypes,
  JsonPayloadConverter,
  METADATA_ENCODING_KEY,
  METADATA_MESSAGE_TYPE_KEY,
  type Payload,
  type PayloadConverterWithEncoding,
  UndefinedPayloadConverter,
} from './payload.ts';
import { fromProtoJson, type ProtoType, toProtoJson } from './proto-json.ts';

/** What is used of protobufjs's `Root`. */
interface ProtoRoot {
  lookupType(name: string): ProtoType;
}

abstract class ProtobufPayloadConverter implements PayloadConverterWithEncoding {
  abstract readonly encodingType: PayloadConverterWithEncoding['encodingType'];
  protected readonly root: ProtoRoot | undefined;

  /** @param root what {@link patchProtobufRoot} answers, or a `Root` of protobufjs. Without it messages can only be written. */
  constructor(root?: unknown) {
    this.root = root === undefined || root === null ? undefined : rootOf(root);
  }

  protected abstract bytesOf(type: ProtoType, message: object): Uint8Array;
  protected abstract messageOf(type: ProtoType, bytes: Uint8Array): object;

  toPayload(value: unknown): Payload | undefined {
    const type = messageType(value);
    if (!type) return undefined;
    const metadata = {
      [METADATA_ENCODING_KEY]: encode(this.encodingType),
      [METADATA_MESSAGE_TYPE_KEY]: encode(type.fullName.replace(/^\./, '')),
    };
    return { metadata, data: this.bytesOf(type, value as object) };
  }

  fromPayload<T>({ metadata, data }: Payload): T {
    if (!data) throw new ValueError('Got payload with no data');
    const named = metadata?.[METADATA_MESSAGE_TYPE_KEY];
    if (!named) throw new ValueError(`Got protobuf payload without metadata.${METADATA_MESSAGE_TYPE_KEY}`);
    return this.messageOf(this.typeNamed(decode(named)), data) as T;
  }

  private typeNamed(name: string): ProtoType {
    if (!this.root) {
      throw new PayloadConverterError('Unable to deserialize protobuf message without `root` being provided');
    }
    try {
      return this.root.lookupType(name);
    } catch (cause) {
      const message = `Got a \`${name}\` protobuf message but cannot find corresponding message class in \`root\``;
      throw new PayloadConverterError(message, { cause });
    }
  }
}

/** Messages ↔ `binary/protobuf`. */
export class ProtobufBinaryPayloadConverter extends ProtobufPayloadConverter {
  readonly encodingType = encodingTypes.METADATA_ENCODING_PROTOBUF;
  protected bytesOf(type: ProtoType, message: object): Uint8Array {
    return type.encode(message).finish();
  }
  protected messageOf(type: ProtoType, bytes: Uint8Array): object {
    return type.decode(bytes);
  }
}

/** Messages ↔ `json/protobuf`. */
export class ProtobufJsonPayloadConverter extends ProtobufPayloadConverter {
  readonly encodingType = encodingTypes.METADATA_ENCODING_PROTOBUF_JSON;
  protected bytesOf(type: ProtoType, message: object): Uint8Array {
    return encode(JSON.stringify(toProtoJson(type, message)));
  }
  protected messageOf(type: ProtoType, bytes: Uint8Array): object {
    return withoutBuffers(fromProtoJson(type, JSON.parse(decode(bytes)))) as object;
  }
}

export interface DefaultPayloadConverterWithProtobufsOptions {
  /** What {@link patchProtobufRoot} answers. */
  protobufRoot: Record<string, unknown>;
}

/** The default converter that also knows messages; they are written as JSON. */
export class DefaultPayloadConverterWithProtobufs extends CompositePayloadConverter {
  constructor({ protobufRoot }: DefaultPayloadConverterWithProtobufsOptions) {
    super(
      new UndefinedPayloadConverter(),
      new BinaryPayloadConverter(),
      new ProtobufJsonPayloadConverter(protobufRoot),
      new ProtobufBinaryPayloadConverter(protobufRoot),
      new JsonPayloadConverter(),
    );
  }
}

/**
 * Makes packages and messages of a root reachable as its properties (`root.foo.bar.Message`), as the types that `pbts`
 * generates say they are; names that protobufjs uses itself are left alone. Changes `root` and returns it.
 */
export function patchProtobufRoot<T extends Record<string, unknown>>(root: T): T {
  nestedAsProperties(root);
  // `import * as` copies own properties only: the copy still leads to the root.
  for (const [key, value] of Object.entries({ root, constructor: root.constructor })) {
    Object.defineProperty(root, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return root;
}

function nestedAsProperties(namespace: Record<string, unknown>): void {
  for (const [name, nested] of Object.entries(namespace.nested ?? {})) {
    if (className(nested) === 'Namespace' || className(nested) === 'Type') nestedAsProperties(nested);
    if (!(name in namespace)) namespace[name] = nested;
  }
}

/** @throws TypeError when it is none. */
function rootOf(given: unknown): ProtoRoot {
  const { root, default: exported } = given as { root?: unknown; default?: unknown };
  const found = [given, root, exported].find(
    (candidate) => className(candidate) === 'Root' && 'lookupType' in (candidate as object),
  );
  if (!found) throw new TypeError('root must be an instance of a protobufjs Root');
  return found as ProtoRoot;
}

/** Protobufjs's classes have their names in a property, which survives minifiers. */
function className(value: unknown): string | undefined {
  return (value as { constructor?: { className?: string } } | undefined)?.constructor?.className;
}

function messageType(value: unknown): ProtoType | undefined {
  const type = (value as { $type?: unknown } | null | undefined)?.$type;
  return className(type) === 'Type' ? (type as ProtoType) : undefined;
}

/** On Node protobufjs reads bytes as `Buffer`s, which are no plain `Uint8Array`s to a comparison or to JSON. */
function withoutBuffers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'object' && item !== null)
      (value as Record<string, unknown>)[key] = withoutBuffers(item);
  }
  return value;
}
