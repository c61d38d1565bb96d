import { describe, expect, it } from 'vitest';
import { pinOf, routeOf } from '../../src/core/versioning.ts';
import {
  completeWorkflow,
  continueAsNew,
  Driver,
  failWorkflow,
  parent,
  running,
  scheduleActivity,
} from './harness.ts';

const v = (buildId: string) => ({ deploymentName: 'orders', buildId });
const pinnedTo = (buildId: string) => ({
  pinned: { behavior: 'PINNED_OVERRIDE_BEHAVIOR_PINNED', version: v(buildId) },
});
const workflowExecution = { workflowId: 'order-1' };

/** Starts the task of the newest run as a Worker of that build. */
function startTask(driver: Driver, buildId?: string) {
  return driver.send('RecordWorkflowTaskStarted', {
    runId: driver.run.runId,
    identity: `worker ${buildId}`,
    ...(buildId && { deploymentVersion: v(buildId) }),
  });
}

function completeTask(driver: Driver, buildId: string | undefined, behavior?: string, ...commands: object[]) {
  const { runId, startedEventId, attempt } = startTask(driver, buildId);
  driver.send('RespondWorkflowTaskCompleted', {
    runId,
    startedEventId,
    attempt,
    commands: commands as never,
    ...(behavior && { versioningBehavior: behavior }),
  });
}

const override = (driver: Driver, versioningOverride?: ReturnType<typeof pinnedTo> | { autoUpgrade: true }) =>
  driver.send('UpdateWorkflowExecutionOptions', {
    namespace: 'default',
    workflowExecution,
    workflowExecutionOptions: versioningOverride ? { versioningOverride } : {},
    identity: 'operator',
  });

describe('an attempt whose Worker was found before its run was pinned elsewhere', () => {
  it('is not claimed for that Worker, and is claimed for one of the version that it belongs to now', () => {
    const driver = running(scheduleActivity('pay'));
    const task = driver.task('pay');
    override(driver, pinnedTo('two'));
    const claim = (pin?: ReturnType<typeof v>) => ({
      task,
      claimant: 'm',
      route: pin ? { pinnedTo: pin } : {},
    });
    for (const pin of [undefined, v('one')])
      expect(driver.refusal('RecordActivityTaskStarted', claim(pin)).code).toBe('NOT_FOUND');
    driver.send('RecordActivityTaskStarted', claim(v('two')));
    // Asked again by the same: it has it already, wherever the run may go now.
    override(driver, undefined);
    expect(driver.send('RecordActivityTaskStarted', claim(v('two')))).toMatchObject({ attempt: 1 });
  });
});

describe('the version of a run', () => {
  it('is that of the Worker that completed its last task, and binds it only when its code is pinned', () => {
    const driver = new Driver();
    driver.start();
    expect(routeOf(driver.run)).toEqual({ workflowId: 'order-1' });
    completeTask(driver, 'one', 'AUTO_UPGRADE');
    expect(pinOf(driver.run)).toBeUndefined();
    driver.signal('go');
    completeTask(driver, 'two', 'PINNED');
    expect(routeOf(driver.run)).toEqual({ workflowId: 'order-1', pinnedTo: v('two') });
    expect(driver.last('WorkflowTaskCompleted')).toMatchObject({
      versioningBehavior: 'VERSIONING_BEHAVIOR_PINNED',
      workerDeploymentName: 'orders',
      deploymentVersion: v('two'),
    });
  });

  it('is none after a Worker without one, whatever that Worker says', () => {
    const driver = new Driver();
    driver.start();
    completeTask(driver, undefined, 'PINNED');
    expect(driver.last('WorkflowTaskCompleted')).not.toHaveProperty('versioningBehavior');
    expect(driver.run.versioning).toBeUndefined();
  });

  it('refuses the task of a pinned run to every other build', () => {
    const driver = new Driver();
    driver.start();
    completeTask(driver, 'one', 'PINNED');
    driver.signal('go');
    const other = { runId: driver.run.runId, identity: 'w', deploymentVersion: v('two') };
    expect(driver.refusal('RecordWorkflowTaskStarted', other).code).toBe('NOT_FOUND');
    expect(
      driver.refusal('RecordWorkflowTaskStarted', { ...other, deploymentVersion: undefined }).message,
    ).toContain('pinned to version orders:one');
    expect(startTask(driver, 'one').attempt).toBe(1);
  });

  it('tells a pinned workflow that new runs go elsewhere', () => {
    const driver = new Driver();
    driver.start();
    const { runId } = driver.run;
    const by = { runId, identity: 'w', deploymentVersion: v('one'), targetChanged: true as const };
    expect(driver.send('RecordWorkflowTaskStarted', by).virtualEvents[0]).toMatchObject({
      workflowTaskStartedEventAttributes: { targetWorkerDeploymentVersionChanged: true },
    });
  });

  it('is shown to visibility when it changes, and not when it stays', () => {
    const driver = new Driver();
    driver.start();
    completeTask(driver, 'one', 'AUTO_UPGRADE');
    const version = driver.run.visibilityVersion;
    driver.signal('go');
    completeTask(driver, 'one', 'AUTO_UPGRADE');
    expect(driver.run.visibilityVersion).toBe(version);
    driver.signal('go');
    completeTask(driver, 'two', 'AUTO_UPGRADE');
    expect(driver.run.visibilityVersion).toBe(version + 1);
  });
});

describe('a versioning override', () => {
  it('counts before what the code says, until it is taken away', () => {
    const driver = new Driver();
    driver.start();
    completeTask(driver, 'one', 'PINNED');
    expect(override(driver, pinnedTo('two'))).toEqual({
      workflowExecutionOptions: { versioningOverride: pinnedTo('two') },
    });
    expect(driver.last('WorkflowExecutionOptionsUpdated')).toEqual({
      versioningOverride: pinnedTo('two'),
      identity: 'operator',
    });
    expect(pinOf(driver.run)).toEqual(v('two'));
    override(driver, { autoUpgrade: true });
    expect(pinOf(driver.run)).toBeUndefined();
    override(driver);
    expect(driver.last('WorkflowExecutionOptionsUpdated')).toMatchObject({ unsetVersioningOverride: true });
    expect(pinOf(driver.run)).toEqual(v('one'));
  });

  it('that is there already leaves no second event', () => {
    const driver = new Driver();
    driver.start({ versioningOverride: pinnedTo('two') });
    override(driver, pinnedTo('two'));
    expect(driver.names()).not.toContain('WorkflowExecutionOptionsUpdated');
    expect(pinOf(driver.run)).toEqual(v('two'));
  });

  it('sends again what waits for a Worker: another one is meant now', () => {
    const driver = new Driver();
    driver.start();
    completeTask(driver, 'one', 'PINNED', scheduleActivity('a'));
    driver.signal('go');
    driver.effectsOf('RunWorkflowTask');
    expect(driver.effectsOf('RunWorkflowTask')).toEqual([]);
    override(driver, pinnedTo('two'));
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(1);
  });

  it('that comes while a Worker has the task counts at once, enters history behind it, and fails no closing', () => {
    const driver = new Driver();
    driver.start();
    const { runId, startedEventId, attempt } = startTask(driver, 'one');
    override(driver, pinnedTo('two'));
    expect(pinOf(driver.run)).toEqual(v('two'));
    driver.send('RespondWorkflowTaskCompleted', {
      runId,
      startedEventId,
      attempt,
      commands: [],
      versioningBehavior: 'PINNED',
    });
    expect(driver.names().slice(-2)).toEqual(['WorkflowTaskCompleted', 'WorkflowExecutionOptionsUpdated']);
    driver.signal('go');
    const second = startTask(driver, 'two');
    override(driver);
    driver.send('RespondWorkflowTaskCompleted', {
      runId,
      startedEventId: second.startedEventId,
      attempt: 1,
      commands: [completeWorkflow()],
    });
    expect(driver.names().at(-1)).toBe('WorkflowExecutionCompleted');
  });

  it('names a version that can be, of a run that is open', () => {
    const driver = new Driver();
    driver.start();
    const request = { namespace: 'default', workflowExecution };
    const bad = { versioningOverride: pinnedTo('') };
    const refused = driver.refusal('UpdateWorkflowExecutionOptions', {
      ...request,
      workflowExecutionOptions: bad,
    });
    expect(refused.message).toContain('workflowExecutionOptions.versioningOverride.pinned.version.buildId');
    completeTask(driver, 'one', 'PINNED', completeWorkflow());
    expect(
      driver.refusal('UpdateWorkflowExecutionOptions', { ...request, workflowExecutionOptions: {} }).code,
    ).toBe('NOT_FOUND');
  });
});

describe('the next run of a chain', () => {
  const continued = (commands: object[], start: Parameters<Driver['start']>[0] = {}) => {
    const driver = new Driver();
    driver.start(start);
    completeTask(driver, 'one', 'PINNED', ...commands);
    return driver;
  };

  it('begins on the version that the run before was pinned to, after continue-as-new', () => {
    const driver = continued([continueAsNew()]);
    expect(driver.last('WorkflowExecutionStarted').inheritedPinnedVersion).toEqual(v('one'));
    expect(pinOf(driver.run)).toEqual(v('one'));
    completeTask(driver, 'one', 'AUTO_UPGRADE');
    expect(pinOf(driver.run)).toBeUndefined();
  });

  it('leaves it on another task queue, or when the workflow asks for it', () => {
    const elsewhere = continued([continueAsNew({ taskQueue: { name: 'other' } })]);
    expect(pinOf(elsewhere.run)).toBeUndefined();
    const leaves = continued([
      continueAsNew({ initialVersioningBehavior: 'CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_AUTO_UPGRADE' }),
    ]);
    expect(pinOf(leaves.run)).toBeUndefined();
    const ramps = continued([
      continueAsNew({ initialVersioningBehavior: 'CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_USE_RAMPING_VERSION' }),
    ]);
    expect(routeOf(ramps.run)).toEqual({ workflowId: 'order-1', useRamping: true });
    completeTask(ramps, 'two', 'AUTO_UPGRADE');
    expect(routeOf(ramps.run)).toEqual({ workflowId: 'order-1' });
  });

  it('keeps a pinned override, whatever the workflow asks for', () => {
    const driver = new Driver();
    driver.start({ versioningOverride: pinnedTo('two') });
    const initial = 'CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_AUTO_UPGRADE';
    completeTask(driver, 'two', 'PINNED', continueAsNew({ initialVersioningBehavior: initial }));
    expect(driver.last('WorkflowExecutionStarted').versioningOverride).toEqual(pinnedTo('two'));
    expect(pinOf(driver.run)).toEqual(v('two'));
  });

  it('is pinned after a retry only if the run before had inherited its version', () => {
    const retryPolicy = { maximumAttempts: 5 };
    expect(pinOf(continued([failWorkflow()], { retryPolicy }).run)).toBeUndefined();
    const child = continued([failWorkflow()], {
      retryPolicy,
      parent: { ...parent, pinnedVersion: v('one') },
    });
    expect(child.last('WorkflowExecutionStarted')).toMatchObject({
      attempt: 2,
      inheritedPinnedVersion: v('one'),
    });
  });
});
