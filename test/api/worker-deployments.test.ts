import { describe, expect, it } from 'vitest';
import type { WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import { MAX_VERSIONS, WorkerDeployments } from '../../src/namespace/deployments.ts';
import { SqlDeploymentStore } from '../../src/namespace/store.ts';
import { refusedWith } from '../core/harness.ts';
import { memorySql } from '../visibility/sqlite.ts';

const worker = (buildId: string, queues = ['q'], deploymentName = 'orders'): WorkerDescription => ({
  identity: 'w',
  deploymentVersion: { deploymentName, buildId },
  sdk: { name: 'perdure-typescript', version: '0.1.0' },
  taskQueues: queues.map((name) => ({ name, workflowTypes: ['order'], activityTypes: ['pay'] })),
});
const orders = { namespace: 'default', deploymentName: 'orders' };

function setUp() {
  const sql = memorySql();
  const clock = { now: Date.UTC(2026, 0, 1) };
  const open = () => new WorkerDeployments(new SqlDeploymentStore(sql), () => clock.now);
  return { clock, open, deployments: open() };
}

describe('Worker Deployments', () => {
  it('are there from the first Worker on, with what their versions have been seen to serve', () => {
    const { deployments, open } = setUp();
    expect(deployments.sighted(worker('one'))).toBe(true);
    expect(deployments.sighted(worker('one'))).toBe(false);
    expect(deployments.sighted(worker('one', ['mail']))).toBe(true);
    expect(open().routing()).toEqual([
      {
        name: 'orders',
        currentChangedTime: 0,
        versions: [{ buildId: 'one', workflowQueues: ['q', 'mail'], activityQueues: ['q', 'mail'] }],
      },
    ]);
    const { deploymentVersion: _, ...unversioned } = worker('one');
    expect(deployments.sighted(unversioned)).toBe(false);
  });

  it('remember when versions became current or ramping, and when they stopped', () => {
    const { clock, deployments } = setUp();
    for (const buildId of ['one', 'two']) deployments.sighted(worker(buildId));
    const at = (hour: number): string => {
      clock.now = Date.UTC(2026, 0, 1, hour);
      return new Date(clock.now).toISOString();
    };
    const [first, second, third] = [at(1), at(2), at(3)];
    clock.now = Date.parse(first);
    expect(deployments.setCurrentVersion({ ...orders, buildId: 'one' })).toEqual({
      conflictToken: btoa('1'),
    });
    clock.now = Date.parse(second);
    deployments.setRampingVersion({ ...orders, buildId: 'two', percentage: 5 });
    clock.now = Date.parse(third);
    const current = deployments.setCurrentVersion({ ...orders, buildId: 'two', identity: 'me' });
    expect(current.previousDeploymentVersion).toEqual({ deploymentName: 'orders', buildId: 'one' });
    const { versions, ramping, lastModifierIdentity } = deployments.get('orders');
    expect([ramping, lastModifierIdentity]).toEqual([undefined, 'me']);
    expect(versions.one).toMatchObject({
      firstActivationTime: first,
      lastCurrentTime: third,
      lastDeactivationTime: third,
    });
    expect(versions.one).not.toHaveProperty('currentSinceTime');
    expect(versions.two).toMatchObject({ firstActivationTime: second, currentSinceTime: third });
    expect(versions.two).not.toHaveProperty('rampingSinceTime');
  });

  it('refuse a change of somebody who has read an older state', () => {
    const { deployments } = setUp();
    for (const buildId of ['one', 'two']) deployments.sighted(worker(buildId));
    const { conflictToken } = deployments.setCurrentVersion({ ...orders, buildId: 'one' });
    deployments.setRampingVersion({ ...orders, buildId: 'two', percentage: 5, conflictToken });
    const late = refusedWith(() =>
      deployments.setCurrentVersion({ ...orders, buildId: 'two', conflictToken }),
    );
    expect([late.code, late.message]).toEqual([
      'FAILED_PRECONDITION',
      expect.stringContaining('conflictToken'),
    ]);
  });

  it('refuse a version that nobody has seen, or that serves fewer task queues, unless told otherwise', () => {
    const { deployments } = setUp();
    deployments.sighted(worker('one', ['q', 'mail']));
    deployments.sighted(worker('two'));
    deployments.setCurrentVersion({ ...orders, buildId: 'one' });
    expect(refusedWith(() => deployments.setCurrentVersion({ ...orders, buildId: 'three' })).code).toBe(
      'NOT_FOUND',
    );
    const fewer = refusedWith(() => deployments.setCurrentVersion({ ...orders, buildId: 'two' }));
    expect(fewer.message).toContain('"mail"');
    deployments.setCurrentVersion({ ...orders, buildId: 'two', ignoreMissingTaskQueues: true });
    deployments.setCurrentVersion({
      ...orders,
      buildId: 'three',
      allowNoPollers: true,
      ignoreMissingTaskQueues: true,
    });
    expect(deployments.get('orders').currentBuildId).toBe('three');
  });

  it('ramp from 0 to 100 %, not to what is current, and to nobody when told so', () => {
    const { deployments } = setUp();
    for (const buildId of ['one', 'two']) deployments.sighted(worker(buildId));
    deployments.setCurrentVersion({ ...orders, buildId: 'one' });
    const ramp = (buildId: string | undefined, percentage: number) => () =>
      deployments.setRampingVersion({ ...orders, buildId, percentage });
    expect(refusedWith(ramp('two', 101)).code).toBe('INVALID_ARGUMENT');
    expect(refusedWith(ramp('one', 5)).code).toBe('FAILED_PRECONDITION');
    ramp('two', 5)();
    expect(ramp(undefined, 0)()).toMatchObject({ previousPercentage: 5 });
    expect(deployments.get('orders').ramping).toBeUndefined();
    ramp(undefined, 50)();
    expect(deployments.routing()[0]).toMatchObject({ ramping: { percentage: 50 } });
  });

  it('give up versions that get nothing, and are forgotten when they have none', () => {
    const { deployments } = setUp();
    for (const buildId of ['one', 'two']) deployments.sighted(worker(buildId));
    deployments.setCurrentVersion({ ...orders, buildId: 'one' });
    const version = (buildId: string) => ({ deploymentName: 'orders', buildId });
    expect(refusedWith(() => deployments.deleteVersion(version('one'))).message).toContain('is current');
    deployments.deleteVersion(version('two'));
    expect(refusedWith(() => deployments.deleteVersion(version('two'))).code).toBe('NOT_FOUND');
    expect(refusedWith(() => deployments.deleteDeployment('orders')).code).toBe('FAILED_PRECONDITION');
    deployments.setCurrentVersion(orders);
    deployments.deleteVersion(version('one'));
    deployments.deleteDeployment('orders');
    expect(deployments.list()).toEqual([]);
  });

  it('are bounded, and have names that can be', () => {
    const { deployments } = setUp();
    for (let i = 0; i < MAX_VERSIONS; i++) deployments.sighted(worker(`b${i}`));
    expect(refusedWith(() => deployments.sighted(worker('one more'))).code).toBe('RESOURCE_EXHAUSTED');
    for (const name of ['', 'a.b', 'a:b', '__mine']) {
      expect([name, refusedWith(() => deployments.sighted(worker('one', ['q'], name))).code]).toEqual([
        name,
        'INVALID_ARGUMENT',
      ]);
    }
    expect(refusedWith(() => deployments.sighted(worker('__proto__'))).code).toBe('INVALID_ARGUMENT');
    expect(setUp().deployments.sighted(worker('constructor'))).toBe(true);
  });
});
