import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../sdk/common/encoding.ts';
import type { DataConverter, Payload } from '../../sdk/common/index.ts';
import {
  DefaultPayloadConverterWithProtobufs,
  ProtobufBinaryPayloadConverter,
  ProtobufJsonPayloadConverter,
  patchProtobufRoot,
} from '../../sdk/common/protobufs.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { Item, makeRoot, Order, Root, wellKnown } from './protobufs/messages.ts';
import * as workflows from './protobufs/workflows.ts';

const root = makeRoot();
const json = new ProtobufJsonPayloadConverter(root);
const picture = new Uint8Array([1, 2, 255]);
const order = () =>
  Order.create({
    customer_name: 'Ada',
    items: [Item.create({ name: 'pen', unit_price: '3', picture })],
    by_shelf: { left: Item.create({ name: 'ink' }) },
  });
const jsonOf = (payload: Payload | undefined): unknown => JSON.parse(decode(payload!.data!));
const metadataOf = ({ metadata }: Payload) =>
  Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, decode(value)]));

describe('payload converters for messages of protobufjs', () => {
  it('write the JSON of proto3, names in camel case and bytes in base64, and the name of the message', () => {
    const payload = json.toPayload(order())!;
    expect(metadataOf(payload)).toEqual({ encoding: 'json/protobuf', messageType: 'orders.v1.Order' });
    expect(jsonOf(payload)).toEqual({
      customerName: 'Ada',
      items: [{ name: 'pen', unitPrice: '3', picture: 'AQL/' }],
      byShelf: { left: { name: 'ink' } },
    });
  });

  it('read it back, bytes as plain Uint8Arrays, names in either case, and pass over what the message has not', () => {
    const back = json.fromPayload<typeof Order.create>(json.toPayload(order())!);
    expect(back).toEqual(order());
    const [item] = (back as unknown as { items: { picture: Uint8Array }[] }).items;
    expect(item!.picture.constructor).toBe(Uint8Array);
    const given = { ...json.toPayload(order())!, data: encode('{"customer_name":"Bob","unheard_of":1}') };
    expect(json.fromPayload(given)).toEqual(Order.create({ customer_name: 'Bob' }));
  });

  it('write bytes of a message where they are to be binary', () => {
    const binary = new ProtobufBinaryPayloadConverter(root);
    const payload = binary.toPayload(order())!;
    expect(metadataOf(payload)).toEqual({ encoding: 'binary/protobuf', messageType: 'orders.v1.Order' });
    expect(decode(payload.data!)).toMatch(/^bytes of /);
    expect(binary.toPayload(binary.fromPayload(payload))).toEqual(payload);
  });

  const value = (fields: object) => wellKnown.Value.create({ ...fields });
  const struct = (fields: object) => wellKnown.Struct.create({ fields });
  it.each<[keyof typeof wellKnown, object, unknown]>([
    ['Timestamp', { seconds: '1700000000', nanos: 5_000_000 }, '2023-11-14T22:13:20.005Z'],
    ['Timestamp', { seconds: '1700000000', nanos: 0 }, '2023-11-14T22:13:20Z'],
    ['Timestamp', { seconds: '-1', nanos: 1 }, '1969-12-31T23:59:59.000000001Z'],
    ['Duration', { seconds: '90', nanos: 0 }, '90s'],
    ['Duration', { seconds: '-1', nanos: -500_000_000 }, '-1.500s'],
    ['StringValue', { value: 'x' }, 'x'],
    ['StringValue', {}, ''],
    ['Int64Value', { value: '9007199254740993' }, '9007199254740993'],
    ['FieldMask', { paths: ['a_field', 'b.c_d'] }, 'aField,b.cD'],
    ['ListValue', { values: [value({ numberValue: 1 }), value({ nullValue: 0 })] }, [1, null]],
    [
      'Struct',
      struct({
        on: value({ boolValue: true }),
        in: value({ structValue: struct({ s: value({ stringValue: 'x' }) }) }),
      }),
      { on: true, in: { s: 'x' } },
    ],
  ])('give google.protobuf.%s the JSON that it has in proto3: %j', (name, fields, expected) => {
    const field = name.toLowerCase();
    const message = Order.create({ [field]: wellKnown[name].create({ ...fields }) });
    const payload = json.toPayload(message)!;
    const camel = field.replace(/_+([a-z])/g, (_, letter: string) => letter.toUpperCase());
    expect(jsonOf(payload)).toEqual({ [camel]: expected });
    const again = json.toPayload(json.fromPayload(payload))!;
    expect(jsonOf(again)).toEqual({ [camel]: expected });
  });

  it.each([
    ['{"timestamp":"yesterday"}', 'expected a timestamp'],
    ['{"duration":"2 minutes"}', 'expected a duration'],
    ['{"any":{}}', 'google.protobuf.Any has no JSON form'],
    ['7', 'expected an object'],
  ])('refuse JSON that is none of the message: %s', (text, message) => {
    const payload = { ...json.toPayload(order())!, data: encode(text) };
    expect(() => json.fromPayload(payload)).toThrow(message);
  });

  it('leave what is no message to others', () => {
    expect(json.toPayload({ plain: 'object' })).toBeUndefined();
    expect(json.toPayload(null)).toBeUndefined();
    const both = new DefaultPayloadConverterWithProtobufs({ protobufRoot: root });
    expect(metadataOf(both.toPayload({ plain: 'object' })).encoding).toBe('json/plain');
    expect(metadataOf(both.toPayload(order())).encoding).toBe('json/protobuf');
    const binary = new ProtobufBinaryPayloadConverter(root).toPayload(order())!;
    expect(both.toPayload(both.fromPayload(binary))).toEqual(both.toPayload(order()));
  });

  it('say what is missing', () => {
    const payload = json.toPayload(order())!;
    expect(() => new ProtobufJsonPayloadConverter().fromPayload(payload)).toThrow('without `root`');
    const stranger = {
      ...payload,
      metadata: { ...payload.metadata, messageType: encode('orders.v2.Order') },
    };
    expect(() => json.fromPayload(stranger)).toThrow(
      'Got a `orders.v2.Order` protobuf message but cannot find',
    );
    const { messageType: _, ...nameless } = payload.metadata!;
    expect(() => json.fromPayload({ ...payload, metadata: nameless })).toThrow(
      'without metadata.messageType',
    );
    expect(() => json.fromPayload({ metadata: payload.metadata! })).toThrow('no data');
    expect(() => new ProtobufJsonPayloadConverter({ lookupType() {} })).toThrow(
      'instance of a protobufjs Root',
    );
  });

  it('a root that was patched has its packages and messages as properties, and is found in a module of it', () => {
    const patched = patchProtobufRoot(makeRoot()) as unknown as { orders: { v1: { Order: unknown } } };
    expect(patched.orders.v1.Order).toBe(Order);
    expect(patchProtobufRoot(new Root({ lookupType: Item }) as never)).toHaveProperty(
      'lookupType',
      Root.prototype.lookupType,
    );
    const module = { ...patched };
    expect(new ProtobufJsonPayloadConverter(module).fromPayload(json.toPayload(order())!)).toEqual(order());
  });
});

it('messages travel through workflows and activities, and their history has them in JSON', async () => {
  const dataConverter: DataConverter = {
    payloadConverter: new DefaultPayloadConverterWithProtobufs({ protobufRoot: root }),
  };
  const env = await TestWorkflowEnvironment.createTimeSkipping({ client: { dataConverter } });
  const activities = {
    confirm: async (given: object) => Order.create({ ...given, customer_name: 'Ada, confirmed' }),
  };
  await env.runUntil({ taskQueue: 'q', workflows, activities, dataConverter }, async () => {
    const options = { taskQueue: 'q', workflowId: 'order', args: [order()] as [object] };
    const handle = await env.client.workflow.start(workflows.confirmed, options);
    expect(await handle.result()).toEqual(Order.create({ ...order(), customer_name: 'Ada, confirmed' }));
    const { events } = await handle.fetchHistory();
    const [input] = events[0]!.workflowExecutionStartedEventAttributes!.input!.payloads!;
    expect(atob(input!.metadata!.encoding!)).toBe('json/protobuf');
    expect(JSON.parse(atob(input!.data!))).toMatchObject({ customerName: 'Ada' });
  });
  await env.teardown();
});
