/** Lives of the workflows in workflows-versioning.ts: on one build, moving to another, pinned and freed from outside. */

import type { VersioningOverrideJson } from '../../sdk/common/versioning.ts';
import type { Driver } from '../runtime/driver.ts';
import { finish, type Scenario } from './scenario.ts';
import * as workflows from './workflows-versioning.ts';

const pinned = (buildId: string): VersioningOverrideJson => ({
  pinned: { behavior: 'PINNED_OVERRIDE_BEHAVIOR_PINNED', version: { deploymentName: 'orders', buildId } },
});

/** The activity that told what was seen completes, and a signal asks for another look. */
async function again(run: Driver, during: () => void = () => undefined): Promise<void> {
  for (const id of run.history.activities.keys()) run.history.completeActivity(id);
  run.history.signal('go');
  await run.task(during);
}

const override = (run: Driver, versioningOverride?: VersioningOverrideJson): void =>
  run.history.arrive('WorkflowExecutionOptionsUpdated', () => ({
    ...(versioningOverride ? { versioningOverride } : { unsetVersioningOverride: true }),
    identity: 'operator',
  }));

export const versioningScenarios: Record<string, Scenario> = {
  'pinned-to-its-build': {
    workflow: workflows.pinnedLooks,
    args: [1],
    build: 'one',
    async drive(run) {
      await run.task();
      run.restart();
      await again(run);
      await finish(run);
    },
  },
  'auto-upgraded-twice': {
    workflow: workflows.movingLooks,
    args: [2],
    build: 'one',
    async drive(run) {
      await run.task();
      run.moveTo('two');
      await again(run);
      run.moveTo('three');
      await again(run);
      await finish(run);
    },
  },
  'versioned-by-the-default-of-its-worker': {
    workflow: workflows.looks,
    args: [1],
    build: 'one',
    async drive(run) {
      await run.task();
      await again(run);
      await finish(run);
    },
  },
  'unversioned-and-moved-to-a-version': {
    workflow: workflows.movingLooks,
    args: [2],
    async drive(run) {
      await run.task();
      run.moveTo('one');
      await again(run);
      run.moveTo(undefined);
      await again(run);
      await finish(run);
    },
  },
  'pinned-from-outside': {
    workflow: workflows.movingLooks,
    args: [2],
    build: 'one',
    async drive(run) {
      await run.task();
      override(run, pinned('two'));
      run.moveTo('two');
      await again(run);
      override(run);
      run.moveTo('three');
      await again(run);
      await finish(run);
    },
  },
  'freed-from-outside-while-a-task-runs': {
    workflow: workflows.pinnedLooks,
    args: [2],
    build: 'one',
    async drive(run) {
      await run.task(() => override(run, { autoUpgrade: true }));
      run.moveTo('two');
      await again(run, () => override(run));
      await again(run);
      await finish(run);
    },
  },
  'started-with-an-override': {
    workflow: workflows.pinnedLooks,
    args: [1],
    build: 'two',
    started: { versioningOverride: pinned('two') },
    async drive(run) {
      await run.task();
      override(run, pinned('one'));
      run.moveTo('one');
      await again(run);
      await finish(run);
    },
  },
  'continued-on-its-version': {
    workflow: workflows.leavesWhenTold,
    build: 'one',
    started: {
      initiator: 'CONTINUE_AS_NEW_INITIATOR_WORKFLOW',
      continuedExecutionRunId: '0198c0de-0000-7000-8000-00000000b4b4',
      inheritedPinnedVersion: { deploymentName: 'orders', buildId: 'one' },
    },
    async drive(run) {
      await run.task();
      await again(run);
      await finish(run);
    },
  },
  'left-its-version': {
    workflow: workflows.leavesWhenTold,
    build: 'one',
    async drive(run) {
      await run.task();
      run.history.signal('go');
      await run.task(undefined, { targetWorkerDeploymentVersionChanged: true });
      await finish(run);
    },
  },
};
