import { describe, expect, it } from 'vitest';
import type { DeploymentRouting } from '../../sdk/common/versioning.ts';
import { destinationOf, isRamped } from '../../src/matching/routing.ts';

const serving = (buildId: string, workflowQueues = ['q'], activityQueues = ['q']) => ({
  buildId,
  workflowQueues,
  activityQueues,
});
const orders = (more: Partial<DeploymentRouting> = {}): DeploymentRouting => ({
  name: 'orders',
  currentBuildId: 'one',
  currentChangedTime: 1,
  versions: [serving('one'), serving('two')],
  ...more,
});
const v = (buildId: string, deploymentName = 'orders') => ({ deploymentName, buildId });
const buildFor = (deployments: DeploymentRouting[], workflowId = 'w', more: object = {}): string =>
  destinationOf(deployments, 'workflow', 'q', { workflowId, ...more }).version?.buildId ?? 'none';

describe('the destination of a task', () => {
  it('is the current version, or Workers without one where none is current', () => {
    expect(buildFor([orders()])).toBe('one');
    expect(buildFor([])).toBe('none');
    expect(buildFor([orders({ currentBuildId: undefined })])).toBe('none');
  });

  it('is nobody with a version on a task queue that the current version does not serve', () => {
    const deployments = [orders({ versions: [serving('one', ['other']), serving('two')] })];
    expect(buildFor(deployments)).toBe('none');
  });

  it('is the version that an activity is pinned to for as long as nobody has seen what that one serves', () => {
    const spokenOf = orders({ versions: [serving('one'), serving('later', [], [])] });
    for (const buildId of ['gone', 'later'])
      expect(
        destinationOf([spokenOf], 'activity', 'q', { workflowId: 'w', pinnedTo: v(buildId) }).version,
      ).toEqual(v(buildId));
  });

  it('is the version that a run is pinned to, also when it is not known', () => {
    const pinned = destinationOf([orders()], 'workflow', 'q', { workflowId: 'w', pinnedTo: v('gone') });
    expect(pinned).toEqual({ version: v('gone'), targetChanged: true });
    expect(destinationOf([orders()], 'workflow', 'q', { workflowId: 'w', pinnedTo: v('one') })).toEqual({
      version: v('one'),
    });
  });

  it('of an activity follows the pin only to task queues that the version serves', () => {
    const deployments = [
      orders({ versions: [serving('one', ['q'], ['q', 'mail']), serving('two', ['q'], ['q'])] }),
      orders({ name: 'mail', currentBuildId: 'm', versions: [serving('m', [], ['mail'])] }),
    ];
    const to = (taskQueue: string, pinnedTo: ReturnType<typeof v>) =>
      destinationOf(deployments, 'activity', taskQueue, { workflowId: 'w', pinnedTo }).version;
    expect(to('mail', v('one'))).toEqual(v('one'));
    expect(to('mail', v('two'))).toEqual(v('one'));
    expect(to('nobody', v('two'))).toBeUndefined();
  });

  it('is that of the deployment whose routing was changed last, where two serve the queue', () => {
    const other = orders({
      name: 'other',
      currentBuildId: 'x',
      versions: [serving('x')],
      currentChangedTime: 5,
    });
    expect(buildFor([orders(), other])).toBe('x');
    expect(buildFor([orders({ currentChangedTime: 9 }), other])).toBe('one');
  });

  it('is the ramping version for its percentage of ids, each id always the same way', () => {
    const ids = Array.from({ length: 2_000 }, (_, i) => `order-${i}`);
    for (const percentage of [0, 10, 50, 100]) {
      const deployments = [orders({ ramping: { buildId: 'two', percentage, changedTime: 2 } })];
      const ramped = ids.filter((id) => buildFor(deployments, id) === 'two');
      expect(Math.abs(ramped.length / ids.length - percentage / 100)).toBeLessThan(0.03);
      expect(ids.filter((id) => buildFor(deployments, id) === 'two')).toEqual(ramped);
    }
    // Whoever is among the first 10 % is among the first 50 % too: a ramp that grows moves nobody back.
    expect(ids.filter((id) => isRamped(id, 10) && !isRamped(id, 50))).toEqual([]);
  });

  it('may ramp to Workers without a version, or from them', () => {
    expect(buildFor([orders({ ramping: { percentage: 100, changedTime: 2 } })])).toBe('none');
    const first = orders({
      currentBuildId: undefined,
      ramping: { buildId: 'two', percentage: 100, changedTime: 2 },
    });
    expect(buildFor([first])).toBe('two');
  });

  it('is the ramping version for a run that asked for it, whatever its id', () => {
    const deployments = [orders({ ramping: { buildId: 'two', percentage: 0, changedTime: 2 } })];
    expect(buildFor(deployments, 'w', { useRamping: true })).toBe('two');
    expect(buildFor([orders()], 'w', { useRamping: true })).toBe('one');
  });
});
