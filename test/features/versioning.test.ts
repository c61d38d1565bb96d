import { describe, expect, it } from 'vitest';
import { toOverrideJson, type VersioningOverride } from '../../sdk/common/versioning.ts';
import { errorOf, eventTypes, type Features, QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

const DEPLOYMENT = 'orders';
/** Where Workers have versions; the engine's own Worker, on QUEUE, has none. */
const VERSIONED = 'versioned';

const v = (buildId: string) => ({ deploymentName: DEPLOYMENT, buildId });

function serve(
  { env }: Features,
  buildId: string | undefined,
  behavior: 'PINNED' | 'AUTO_UPGRADE' = 'PINNED',
) {
  return env.serve({
    taskQueue: VERSIONED,
    workflows,
    activities: { buildOfActivity: async () => buildId ?? 'none' },
    ...(buildId && {
      workerDeploymentOptions: {
        version: v(buildId),
        useWorkerVersioning: true,
        defaultVersioningBehavior: behavior,
      },
    }),
  });
}

const service = ({ client }: Features) => client.workflow.workflowService;
const setCurrent = (features: Features, buildId?: string) =>
  service(features).setWorkerDeploymentCurrentVersion({
    namespace: 'default',
    deploymentName: DEPLOYMENT,
    ...(buildId && { buildId }),
  });
const setRamping = (features: Features, buildId: string, percentage: number) =>
  service(features).setWorkerDeploymentRampingVersion({
    namespace: 'default',
    deploymentName: DEPLOYMENT,
    buildId,
    percentage,
  });
const describeVersion = (features: Features, buildId: string) =>
  service(features).describeWorkerDeploymentVersion({
    namespace: 'default',
    deploymentVersion: v(buildId),
  });
const setOverride = (features: Features, workflowId: string, to: VersioningOverride | undefined) =>
  service(features).updateWorkflowExecutionOptions({
    namespace: 'default',
    workflowExecution: { workflowId },
    workflowExecutionOptions: to ? { versioningOverride: toOverrideJson(to) } : {},
  });

const looks = {
  byDefault: workflows.byDefault,
  pinned: workflows.pinned,
  autoUpgrade: workflows.autoUpgrade,
};
type Looks = keyof typeof looks;
const start = (
  { client }: Features,
  type: Looks,
  workflowId: string,
  signals = 1,
  versioningOverride?: VersioningOverride,
) =>
  client.workflow.start(looks[type], {
    taskQueue: VERSIONED,
    workflowId,
    args: [signals],
    ...(versioningOverride && { versioningOverride }),
  });

/** Two builds, the first one current. */
async function withTwoBuilds(
  test: (features: Features, stop: Record<'one' | 'two', () => void>) => Promise<void>,
): Promise<void> {
  await withEngine(async (features) => {
    const stop = { one: serve(features, 'one'), two: serve(features, 'two') };
    await setCurrent(features, 'one');
    await test(features, stop);
  });
}

describe('runs of Workers with versions', () => {
  it('begin on the current build; pinned ones end there, auto-upgrade ones move with their next task', () =>
    withTwoBuilds(async (features) => {
      const pinned = await start(features, 'pinned', 'p');
      const moving = await start(features, 'autoUpgrade', 'a');
      await features.env.sleep(1);
      await setCurrent(features, 'two');
      await pinned.signal('next');
      await moving.signal('next');
      expect(await pinned.result()).toEqual(['one', 'one', 'one', 'one']);
      expect(await moving.result()).toEqual(['one', 'one', 'two', 'two']);
      const late = await start(features, 'pinned', 'late', 0);
      expect(await late.result()).toEqual(['two', 'two']);
    }));

  it('say in history and in describe which build they belong to', () =>
    withTwoBuilds(async (features) => {
      const handle = await start(features, 'pinned', 'p');
      await features.env.sleep(1);
      const { events } = await handle.fetchHistory();
      expect(events.find(({ eventType }) => eventType.endsWith('TASK_COMPLETED'))).toMatchObject({
        workflowTaskCompletedEventAttributes: {
          versioningBehavior: 'VERSIONING_BEHAVIOR_PINNED',
          workerDeploymentName: DEPLOYMENT,
          deploymentVersion: v('one'),
        },
      });
      const { raw } = await handle.describe();
      expect(raw.workflowExecutionInfo.versioningInfo).toEqual({
        behavior: 'VERSIONING_BEHAVIOR_PINNED',
        deploymentVersion: v('one'),
      });
      await handle.signal('next');
      await handle.result();
    }));

  it('behave as their Worker says, where their code says nothing', () =>
    withEngine(async (features) => {
      serve(features, 'one', 'AUTO_UPGRADE');
      await setCurrent(features, 'one');
      const handle = await start(features, 'byDefault', 'd');
      await features.env.sleep(1);
      serve(features, 'two', 'AUTO_UPGRADE');
      await setCurrent(features, 'two');
      await handle.signal('next');
      expect(await handle.result()).toEqual(['one', 'one', 'two', 'two']);
    }));

  it('go to Workers without a version until a version is current, and move to it then', () =>
    withEngine(async (features) => {
      const stop = serve(features, undefined);
      serve(features, 'one', 'AUTO_UPGRADE');
      const handle = await start(features, 'byDefault', 'd', 2);
      await features.env.sleep(1);
      await setCurrent(features, 'one');
      await handle.signal('next');
      await features.env.sleep(1);
      await setCurrent(features, undefined);
      await handle.signal('next');
      // A workflow keeps in mind the last version it was on; its activities are where they are.
      expect(await handle.result()).toEqual(['none', 'none', 'one', 'one', 'one', 'none']);
      stop();
    }));

  it('wait, and say for which build, while nobody serves it; nobody else gets their tasks', () =>
    withTwoBuilds(async (features, stop) => {
      const handle = await start(features, 'pinned', 'p');
      await features.env.sleep(1);
      await setCurrent(features, 'two');
      stop.one();
      await handle.signal('next');
      await features.env.sleep(1_000);
      const { raw } = await handle.describe();
      expect(raw.problems).toContain('no Worker of version "orders:one" serves task queue "versioned"');
      serve(features, 'one');
      expect(await handle.result()).toEqual(['one', 'one', 'one', 'one']);
    }));

  it('ramp by their ids: each id always the same way', () =>
    withTwoBuilds(async (features) => {
      await setRamping(features, 'two', 50);
      const builds = async (round: string): Promise<string[]> => {
        const seen: string[] = [];
        for (let i = 0; i < 20; i++) {
          const handle = await start(features, 'pinned', `run-${i}`, 0);
          seen.push((await handle.result())[0]!);
        }
        expect(new Set(seen), round).toEqual(new Set(['one', 'two']));
        return seen;
      };
      expect(await builds('first')).toEqual(await builds('second'));
      await setRamping(features, 'two', 100);
      expect(await (await start(features, 'pinned', 'all', 0)).result()).toEqual(['two', 'two']);
    }));

  it('are pinned or freed by an override, at the start or later', () =>
    withTwoBuilds(async (features) => {
      const toTwo = await start(features, 'autoUpgrade', 'started', 1, { pinnedTo: v('two') });
      await toTwo.signal('next');
      expect(await toTwo.result()).toEqual(['two', 'two', 'two', 'two']);
      const handle = await start(features, 'pinned', 'p', 3);
      await features.env.sleep(1);
      await setOverride(features, 'p', { pinnedTo: v('two') });
      await handle.signal('next');
      await features.env.sleep(1);
      await setOverride(features, 'p', 'AUTO_UPGRADE');
      await handle.signal('next');
      await features.env.sleep(1);
      // Its code says pinned, and the build of its last task was the first one.
      await setOverride(features, 'p', undefined);
      await setCurrent(features, 'two');
      await handle.signal('next');
      expect(await handle.result()).toEqual(['one', 'one', 'two', 'two', 'one', 'one', 'one', 'one']);
      const updated = (await eventTypes(features, 'p')).filter((type) => type.endsWith('OptionsUpdated'));
      expect(updated).toHaveLength(3);
    }));

  it('hand their version to children on their task queue, and to no others', () =>
    withTwoBuilds(async (features) => {
      const options = { taskQueue: VERSIONED, workflowId: 'parent', args: [QUEUE] as [string] };
      await features.env.runUntil(
        { taskQueue: QUEUE, workflows, activities: { buildOfActivity: async () => 'none' } },
        async () => {
          const handle = await features.client.workflow.start(workflows.pinnedParent, options);
          await features.env.sleep(1);
          await setCurrent(features, 'two');
          await handle.signal('next');
          expect(await handle.result()).toEqual(['one', 'one', 'none']);
        },
      );
    }));

  it('stay with their version when they continue as new, unless they ask to leave it', () =>
    withTwoBuilds(async (features) => {
      const chain = (how: 'stay' | 'leave') =>
        features.client.workflow.start(workflows.pinnedChain, {
          taskQueue: VERSIONED,
          workflowId: how,
          args: [how] as ['stay' | 'leave'],
        });
      const [stays, leaves] = [await chain('stay'), await chain('leave')];
      await features.env.sleep(1);
      await setCurrent(features, 'two');
      await stays.signal('next');
      await leaves.signal('next');
      expect(await stays.result()).toEqual(['one', 'changed true', 'one']);
      expect(await leaves.result()).toEqual(['one', 'changed true', 'two']);
    }));

  it('go on with their build after the engine lost its memory', () =>
    withTwoBuilds(async (features) => {
      const handle = await start(features, 'pinned', 'p', 2);
      await features.env.sleep(1);
      await setOverride(features, 'p', { pinnedTo: v('two') });
      features.env.evictAll();
      await handle.signal('next');
      await features.env.sleep(1);
      features.env.evictAll();
      await setOverride(features, 'p', undefined);
      await handle.signal('next');
      expect(await handle.result()).toEqual(['one', 'one', 'two', 'two', 'two', 'two']);
    }));

  it('keep a version from being removed for as long as they are pinned to it', () =>
    withTwoBuilds(async (features, stop) => {
      const handle = await start(features, 'pinned', 'p');
      const moving = await start(features, 'autoUpgrade', 'a');
      await features.env.sleep(1);
      expect(await describeVersion(features, 'one')).toMatchObject({
        workerDeploymentVersionInfo: { status: 'WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT' },
        openPinnedWorkflowCount: '1',
        openWorkflowCount: '2',
        safeToRemove: false,
        notSafeToRemoveReason: 'it is current',
      });
      await setCurrent(features, 'two');
      const remove = () =>
        service(features).deleteWorkerDeploymentVersion({
          namespace: 'default',
          deploymentVersion: v('one'),
        });
      expect(await describeVersion(features, 'one')).toMatchObject({
        workerDeploymentVersionInfo: { status: 'WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING' },
        notSafeToRemoveReason: '1 open workflow is pinned to it',
      });
      expect((await errorOf(remove())).message).toContain('1 open workflow is pinned to it');
      const paused = { namespace: 'default', workflowId: 'p' };
      await service(features).pauseWorkflowExecution(paused);
      await features.env.sleep('1 minute');
      expect((await errorOf(remove())).message).toContain('1 open workflow is pinned to it');
      await service(features).unpauseWorkflowExecution(paused);
      await handle.signal('next');
      await handle.result();
      await features.env.sleep('1 minute');
      expect(await describeVersion(features, 'one')).toMatchObject({
        workerDeploymentVersionInfo: {
          status: 'WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED',
          drainageInfo: { status: 'VERSION_DRAINAGE_STATUS_DRAINED' },
        },
        openPinnedWorkflowCount: '0',
        openWorkflowCount: '1',
        safeToRemove: true,
      });
      stop.one();
      await remove();
      expect((await errorOf(describeVersion(features, 'one'))).message).toContain('orders:one');
      await moving.signal('next');
      expect(await moving.result()).toEqual(['one', 'one', 'two', 'two']);
    }));
});
