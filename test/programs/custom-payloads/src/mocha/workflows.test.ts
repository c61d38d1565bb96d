import assert from 'node:assert';
import { randomUUID as uuid } from 'node:crypto';
import { PayloadConverterError } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { before, describe, it } from 'mocha';
import * as activities from '../activities';
import { example, type User } from '../workflows';

describe('example workflow', async function () {
  this.slow(10_000);
  this.timeout(20_000);
  let env: TestWorkflowEnvironment;
  const dataConverter = { payloadConverterPath: require.resolve('../payload-converter') };
  before(async () => {
    env = await TestWorkflowEnvironment.createLocal({ client: { dataConverter } });
  });
  after(async () => {
    await env?.teardown();
  });

  it('says what it cannot convert', async () => {
    const handle = env.client.workflow.start(example, {
      args: [(() => 1) as never],
      workflowId: uuid(),
      taskQueue: 'test-payloads',
    });
    await assert.rejects(
      handle,
      (err: Error) => err instanceof PayloadConverterError && err.name === 'UnsupportedTypeError',
    );
  });

  it('returns success', async () => {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'test-payloads',
      workflowsPath: require.resolve('../workflows'),
      activities,
      dataConverter,
    });
    const user: User = {
      id: uuid(),
      hp: Infinity,
      matcher: /.*lol.*/,
      token: Uint8Array.from([1, 2, 3]),
      createdAt: new Date(),
    };
    await worker.runUntil(async () => {
      const result = await env.client.workflow.execute(example, {
        args: [user],
        workflowId: uuid(),
        taskQueue: 'test-payloads',
      });
      assert.equal(result.success, true);
      assert.equal(result.at.getTime(), user.createdAt.getTime() + 3 * 86400_000);
    });
  });
});
