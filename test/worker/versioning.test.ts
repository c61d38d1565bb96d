import { describe, expect, it } from 'vitest';
import { workerPaths } from '../../sdk/common/worker-protocol.ts';
import { Worker } from '../../sdk/worker/node.ts';
import { createHandler, type HandlerOptions } from '../../sdk/worker/serve.ts';
import { activityTask } from './support.ts';

const version = { deploymentName: 'orders', buildId: 'one' };
const workerDeploymentOptions = {
  version,
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'PINNED',
} as const;
const workflows = { order: async () => 'done' };
const handler = (more: Partial<HandlerOptions> = {}) =>
  createHandler({ taskQueue: 'q', workflows, activities: { greet: async () => 'hi' }, ...more });
const init = { namespace: 'n', workflowId: 'w', runId: 'r', workflowType: 'order', taskQueue: 'q' };

describe('a Worker with a version', () => {
  it('says so to the engine, unless it is not to be used', () => {
    expect(handler({ workerDeploymentOptions }).describe()).toMatchObject({
      buildId: 'one',
      deploymentVersion: version,
    });
    const named = handler({ workerDeploymentOptions: { version, useWorkerVersioning: false } }).describe();
    expect(named.buildId).toBe('one');
    expect(named).not.toHaveProperty('deploymentVersion');
  });

  it('refuses the work of another version, and of none', async () => {
    const versioned = handler({ workerDeploymentOptions });
    const other = { ...init, deploymentVersion: { ...version, buildId: 'two' } };
    expect(() => versioned.openSession(other)).toThrow('version orders:two: it is orders:one');
    expect(() => versioned.openSession(init)).toThrow('version (none)');
    expect(() => handler().openSession(other)).toThrow('it is without a version');
    versioned.openSession({ ...init, deploymentVersion: version })[Symbol.dispose]();
    const call = async (deploymentVersion?: typeof version) => {
      const task = { ...activityTask({ activityType: 'greet', taskQueue: 'q' }), deploymentVersion };
      const body = JSON.stringify(task);
      const url = `http://w${workerPaths.activityTask}`;
      return (await versioned.fetch(new Request(url, { method: 'POST', body }))).status;
    };
    expect([await call(version), await call({ ...version, buildId: 'two' }), await call()]).toEqual([
      200, 404, 404,
    ]);
  });

  it('needs a behaviour, and names that can be', () => {
    const options = (given: object) => () =>
      handler({ workerDeploymentOptions: { ...workerDeploymentOptions, ...given } as never });
    expect(options({ defaultVersioningBehavior: undefined })).toThrow('defaultVersioningBehavior');
    expect(options({ version: { deploymentName: 'a.b', buildId: '1' } })).toThrow('version.deploymentName');
    expect(options({ version: { deploymentName: 'a', buildId: '' } })).toThrow('version.buildId');
    expect(() => handler({ workerDeploymentOptions, buildId: 'x' })).toThrow('buildId');
  });

  it('is not made by the option that Temporal has replaced', async () => {
    const legacy = { taskQueue: 'q', workflows, useVersioning: true, buildId: 'one' };
    await expect(Worker.create(legacy as never)).rejects.toThrow('workerDeploymentOptions');
  });
});
