import assert from 'node:assert/strict';
import { decode } from '@temporalio/common/lib/encoding';
import { ProtobufBinaryPayloadConverter } from '@temporalio/common/lib/protobufs';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import root, { type orders } from '../protos/root';
import * as activities from './activities';
import { payloadConverter } from './payload-converter';
import { anOrder, dataConverter, RECEIPT } from './shared';
import { buy } from './workflows';

describe('protobufs', function () {
  this.timeout(30_000);
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await TestWorkflowEnvironment.createTimeSkipping({ client: { dataConverter } });
  });
  after(() => env?.teardown());

  it('travel through workflows and activities', async () => {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'test',
      workflowsPath: require.resolve('./workflows'),
      activities,
      dataConverter,
    });
    const receipt = await worker.runUntil(
      env.client.workflow.execute(buy, { taskQueue: 'test', workflowId: 'order', args: [anOrder()] }),
    );
    assert.equal(receipt.text, RECEIPT);
  });

  it('have the JSON form of proto3', () => {
    const payload = payloadConverter.toPayload(anOrder())!;
    assert.deepEqual(JSON.parse(decode(payload.data!)), {
      customerName: 'Ada',
      items: [{ name: 'pen', count: '3', size: 'LARGE', picture: 'AQL/' }],
      byShelf: { left: { name: 'ink', count: '1' } },
      due: '2023-11-14T22:13:20.005Z',
      patience: '90s',
    });
    assert.equal(decode(payload.metadata!.messageType!), 'orders.v1.Order');
    assert.equal(decode(payload.metadata!.encoding!), 'json/protobuf');
    const order = payloadConverter.fromPayload<orders.v1.Order>(payload);
    assert.equal(order.customerName, 'Ada');
    assert.equal(String(order.items[0]!.count), '3');
    assert.equal(order.items[0]!.picture!.constructor, Uint8Array);
  });

  it('have a binary form', () => {
    const converter = new ProtobufBinaryPayloadConverter(root);
    const payload = converter.toPayload(anOrder())!;
    assert.equal(decode(payload.metadata!.encoding!), 'binary/protobuf');
    assert.equal(converter.fromPayload<orders.v1.Order>(payload).customerName, 'Ada');
    assert.equal(converter.toPayload({ plain: 'object' }), undefined);
  });
});
