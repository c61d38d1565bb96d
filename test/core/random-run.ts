/** Random sequences of requests, sensible and senseless ones, and what must hold after each of them. */

import fc from 'fast-check';
import { expect } from 'vitest';
import { type Command, makeCommand } from '../../sdk/common/command.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import {
  attributesOf,
  type HistoryEvent,
  historyEventName,
  historyEvents,
  isTransient,
} from '../../sdk/common/history.ts';
import type { ActivityTaskRef, ChildClose } from '../../sdk/common/service.ts';
import { allRuns, isSettled } from '../../src/core/state.ts';
import { isOpen } from '../../src/core/transition.ts';
import { pinOf } from '../../src/core/versioning.ts';
import {
  acceptUpdate,
  applicationFailure,
  cancelExternal,
  cancelTimer,
  completeUpdate,
  completeWorkflow,
  continueAsNew,
  Driver,
  failUpdate,
  fold,
  MINUTE,
  parent,
  payloads,
  rejectUpdate,
  requestCancelActivity,
  SECOND,
  scheduleActivity,
  signalExternal,
  startChild,
  startRequest,
  startTimer,
  stateOf,
  updateRequest,
} from './harness.ts';

/** What a random number picks; `undefined` only when there is nothing. */
const pick = <T>(from: Iterable<T>, n: number): T | undefined => {
  const list = [...from];
  return list[n % list.length];
};

/** A driver that also keeps what a client knows: which signals were acknowledged, which tasks it has seen. */
class RandomDriver extends Driver {
  readonly acknowledgedSignals = new Set<string>();
  acknowledgedUpdates: Array<{ updateId: string; chain: string }> = [];
  readonly seenRefs: Array<{ runId: string; initiatedEventId: number }> = [];
  readonly seenTasks: ActivityTaskRef[] = [];
  readonly seenWorkflowTasks: Array<{ runId: string; startedEventId: number; attempt: number }> = [];
  signals = 0;

  /** A refusal is an answer like any other here. */
  try(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
    }
  }
}

type Move = (driver: RandomDriver, a: number, b: number) => void;

const waits = [0, 1, 300, SECOND, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, MINUTE];
const conflicts = ['FAIL', 'USE_EXISTING', 'TERMINATE_EXISTING'];
const reuses = ['ALLOW_DUPLICATE', 'ALLOW_DUPLICATE_FAILED_ONLY', 'REJECT_DUPLICATE'];
const workflowExecution = { workflowId: 'order-1' };

/** A schedule has started it. */
const scheduled = { indexedFields: { TemporalScheduledById: payloads('s').payloads[0]! } };

function startOptions(a: number, b: number) {
  return startRequest({
    ...(a % 3 > 0 && { requestId: `start-${b % 4}` }),
    ...(b % 5 === 0 && { workflowRunTimeout: '20s' }),
    ...(b % 6 === 0 && { parent }),
    ...(b % 5 === 0 && { searchAttributes: scheduled }),
    ...(b % 7 === 0 && { retryPolicy: { maximumAttempts: 3 } }),
    ...(b % 11 === 0 && { cronSchedule: '@every 15s' }),
    ...(a % 13 === 0 && b % 11 !== 0 && { workflowStartDelay: '4s' }),
    workflowIdConflictPolicy: `WORKFLOW_ID_CONFLICT_POLICY_${conflicts[a % 17 === 0 ? 2 : a % 2]}`,
    workflowIdReusePolicy: `WORKFLOW_ID_REUSE_POLICY_${reuses[a % 11 === 0 ? b % 3 : 0]}`,
  });
}

/** Commands that fit the state, now and then one that may not. */
function randomCommands(driver: RandomDriver, a: number, b: number): Command[] {
  const { run } = driver;
  const timer = pick([...run.timers.keys(), ...run.firedTimers.keys()], a);
  const activity = pick(run.activities.keys(), b);
  const unused = String(run.nextEventId);
  const options = [
    scheduleActivity(`${unused}a`, { heartbeatTimeout: '7s', retryPolicy: { maximumAttempts: b % 4 } }),
    scheduleActivity(`${unused}b`, { scheduleToCloseTimeout: '30s', scheduleToStartTimeout: '11s' }),
    scheduleActivity(`${unused}c`),
    startTimer(`${unused}t`, `${b % 12}s`),
    startTimer(timer && run.firedTimers.has(timer) ? timer : `${unused}u`, '3s'),
    ...(timer === undefined ? [] : [cancelTimer(timer)]),
    ...(activity === undefined ? [] : [requestCancelActivity(activity)]),
    makeCommand('RecordMarker', { markerName: 'patch' }),
    makeCommand('UpsertWorkflowSearchAttributes', {
      searchAttributes: { indexedFields: { [`f${a % 3}`]: { data: btoa(String(b)) } } },
    }),
  ];
  const child = pick(driver.run.children.values(), a);
  options.push(
    startChild(`${unused}child`, { parentClosePolicy: closePolicies[b % closePolicies.length]! }),
    signalExternal(child ? child.workflowId : 'another', { childWorkflowOnly: child !== undefined }),
    cancelExternal(child ? child.workflowId : 'another', { childWorkflowOnly: child !== undefined }),
    makeCommand('ModifyWorkflowProperties', { upsertedMemo: { fields: { m: payloads(b).payloads[0]! } } }),
  );
  const updateCommands = randomUpdateCommands(driver, a, b);
  // Now and then a task answers nothing but updates: what only they asked for leaves no trace then.
  if (a % 3 === 0 && b % 2 === 0) return updateCommands;
  const commands = Array.from({ length: a % 4 }, (_, i) => options[(a + b * (i + 1)) % options.length]!);
  if (a % 29 === 0) commands.push(cancelTimer('nobody'), requestCancelActivity(3));
  if (b % 31 === 1) commands.unshift(completeWorkflow(b));
  if (b % 37 === 1)
    commands.push(makeCommand('FailWorkflowExecution', { failure: applicationFailure('no') }));
  if (b % 41 === 1) commands.push(makeCommand('CancelWorkflowExecution', {}));
  if (b % 23 === 1) commands.push(continueAsNew({ ...(a % 4 === 0 && { backoffStartInterval: '3s' }) }));
  return [...updateCommands, ...commands];
}

function randomUpdateCommands({ run }: RandomDriver, a: number, b: number): Command[] {
  const commands: Command[] = [];
  for (const [i, updateId] of (run.workflowTask?.started?.updates ?? []).entries()) {
    const n = (a + b + i) % 7;
    if (n === 0) continue;
    commands.push(...(n < 3 ? [rejectUpdate(updateId)] : [acceptUpdate(updateId)]));
    if (n === 6) commands.push(completeUpdate(updateId, b));
  }
  const accepted = b % 3 === 0 ? pick(run.updates.accepted.keys(), a) : undefined;
  if (accepted) commands.push(a % 2 === 0 ? completeUpdate(accepted) : failUpdate(accepted));
  if (a % 43 === 0) commands.push(acceptUpdate('nobody'));
  return commands;
}

/** Outcomes of what runs asked of other workflows, of the newest run and of older ones. */
function familyMove(
  act: (driver: RandomDriver, ref: { runId: string; initiatedEventId: number }, a: number, b: number) => void,
): Move {
  return (driver, a, b) => {
    const refs = [...allRuns(driver.execution)].flatMap(({ runId, children, externals }) =>
      [...children.keys(), ...externals.keys()].map((initiatedEventId) => ({ runId, initiatedEventId })),
    );
    const ref = b % 5 === 0 ? pick(driver.seenRefs, a) : pick(refs, a);
    if (!ref) return;
    driver.seenRefs.push(ref);
    driver.try(() => act(driver, ref, a, b));
  };
}
const closePolicies = ['TERMINATE', 'ABANDON', 'REQUEST_CANCEL'].map((name) => `PARENT_CLOSE_POLICY_${name}`);
const closes: ChildClose[] = [
  { kind: 'Completed', result: payloads('done') },
  { kind: 'Failed', failure: applicationFailure('no'), retryState: 'RETRY_STATE_RETRY_POLICY_NOT_SET' },
  { kind: 'Canceled' },
  { kind: 'TimedOut', retryState: 'RETRY_STATE_RETRY_POLICY_NOT_SET' },
  { kind: 'Terminated' },
];

function activityMove(act: (driver: RandomDriver, task: ActivityTaskRef, n: number) => void): Move {
  return (driver, a, b) => {
    const task = b % 4 === 0 ? pick(driver.seenTasks, a) : pendingTask(driver, a);
    if (task) driver.try(() => act(driver, task, b));
  };
}
function pendingTask(driver: RandomDriver, n: number): ActivityTaskRef | undefined {
  const activityId = driver.execution.run && pick(driver.run.activityIds.keys(), n);
  if (activityId === undefined) return undefined;
  const task = driver.task(activityId);
  driver.seenTasks.push(task);
  return task;
}
function workflowTaskMove(
  act: (
    driver: RandomDriver,
    answer: RandomDriver['seenWorkflowTasks'][number],
    a: number,
    b: number,
  ) => void,
): Move {
  return (driver, a, b) => {
    const stale = b % 6 === 0 ? pick(driver.seenWorkflowTasks, a) : undefined;
    const answer = stale ?? driver.seenWorkflowTasks.at(-1);
    if (answer) driver.try(() => act(driver, answer, a, b));
  };
}

const builds = ['one', 'two'];
const version = (buildId: string) => ({ deploymentName: 'orders', buildId });
const pinnedTo = (buildId: string) => ({
  pinned: { behavior: 'PINNED_OVERRIDE_BEHAVIOR_PINNED', version: version(buildId) },
});

const moves: Record<string, Move> = {
  start: (driver, a, b) => driver.try(() => driver.send('StartWorkflowExecution', startOptions(a, b))),
  signalWithStart(driver, a, b) {
    const signalName = `s${driver.signals++}`;
    const { requestId: _unused, ...options } = startOptions(a, b);
    const body = { ...options, signalName, workflowIdConflictPolicy: '' };
    driver.try(() => {
      driver.send('SignalWithStartWorkflowExecution', body);
      driver.acknowledgedSignals.add(signalName);
    });
  },
  signal(driver, a) {
    const requestId = a % 3 === 0 ? `signal-${a % 5}` : undefined;
    const repeated = requestId && driver.execution.requestIds.has(`SignalWorkflowExecution/${requestId}`);
    const signalName = `s${driver.signals++}`;
    driver.try(() => {
      driver.signal(signalName, requestId);
      if (!repeated) driver.acknowledgedSignals.add(signalName);
    });
  },
  cancel: (driver, a) =>
    driver.try(() =>
      driver.send('RequestCancelWorkflowExecution', {
        namespace: 'default',
        workflowExecution,
        ...(a % 2 && { requestId: `cancel-${a % 3}` }),
      }),
    ),
  pauseWorkflow: (driver, a) =>
    driver.try(() =>
      driver.send(a % 3 === 0 ? 'PauseWorkflowExecution' : 'UnpauseWorkflowExecution', {
        namespace: 'default',
        workflowId: 'order-1',
      }),
    ),
  operateActivity(driver, a, b) {
    const id = driver.execution.run && pick(driver.run.activityIds.keys(), a);
    if (id === undefined) return;
    const on = { namespace: 'default', execution: workflowExecution, id };
    const activityOptions = {
      taskQueue: { name: ['money', 'other'][b % 2]! },
      retryPolicy: { maximumAttempts: b % 5 },
    };
    driver.try(() => {
      if (b % 6 === 0) driver.send('PauseActivity', on);
      else if (b % 6 < 3) driver.send('UnpauseActivity', { ...on, resetAttempts: a % 2 === 0 });
      else if (b % 6 < 5) driver.send('ResetActivity', { ...on, resetHeartbeat: a % 2 === 0 });
      else driver.send('UpdateActivityOptions', { ...on, activityOptions });
    });
  },
  terminate(driver, a) {
    if (a % 12 !== 0) return;
    driver.try(() => driver.send('TerminateWorkflowExecution', { namespace: 'default', workflowExecution }));
  },
  advance: (driver, a) => driver.advance(waits[a % waits.length]!),
  // Time passes without a tick; now and then the clock steps back.
  drift(driver, a) {
    driver.now += a % 10 === 0 ? -SECOND : waits[a % waits.length]!;
  },
  deadline(driver) {
    driver.effects();
    if (driver.deadline === undefined) return;
    driver.now = Math.max(driver.now, driver.deadline);
    driver.tick();
  },
  updateOptions(driver, a) {
    const [pinned, autoUpgrade] = [
      { versioningOverride: pinnedTo(builds[a % 2]!) },
      { autoUpgrade: true as const },
    ];
    const workflowExecutionOptions = [pinned, { versioningOverride: autoUpgrade }, {}][a % 3]!;
    const request = { namespace: 'default', workflowExecution, workflowExecutionOptions };
    driver.try(() => driver.send('UpdateWorkflowExecutionOptions', request));
  },
  // By a Worker of the right build; now and then by any, which a pinned run refuses.
  startTask(driver, a) {
    driver.try(() => {
      const { run } = driver.execution;
      const random = a % 3 === 0 ? undefined : version(builds[a % 2]!);
      const deploymentVersion = a % 7 === 0 ? random : ((run && pinOf(run)) ?? random);
      const { runId, startedEventId, attempt } = driver.send('RecordWorkflowTaskStarted', {
        runId: driver.run.runId,
        identity: 'worker',
        ...(deploymentVersion && { deploymentVersion }),
      });
      driver.seenWorkflowTasks.push({ runId, startedEventId, attempt });
    });
  },
  completeTask: workflowTaskMove((driver, answer, a, b) =>
    driver.send('RespondWorkflowTaskCompleted', {
      ...answer,
      commands: a % 6 === 0 ? [] : randomCommands(driver, a, b),
      ...(a % 4 === 0 && { forceCreateNewWorkflowTask: true }),
      ...(b % 3 > 0 && { versioningBehavior: b % 3 === 1 ? 'PINNED' : 'AUTO_UPGRADE' }),
    }),
  ),
  failTask: workflowTaskMove((driver, answer) =>
    driver.send('RespondWorkflowTaskFailed', { ...answer, cause: 'NON_DETERMINISTIC_ERROR' }),
  ),
  releaseTask: workflowTaskMove((driver, answer) =>
    driver.send('ReleaseWorkflowTask', { ...answer, reason: 'no Worker' }),
  ),
  claim: activityMove((driver, task, n) =>
    driver.send('RecordActivityTaskStarted', { task, claimant: ['m1', 'm2', 'object'][n % 3]! }),
  ),
  accept: activityMove((driver, task) => driver.send('AcceptActivityTask', { task })),
  release: activityMove((driver, task, n) =>
    driver.send('ReleaseActivityTask', { task, claimant: ['m1', 'm2', 'object'][n % 3]!, reason: 'refused' }),
  ),
  heartbeat: activityMove((driver, task, n) =>
    driver.send('RecordActivityTaskHeartbeat', { task, details: payloads(n) }),
  ),
  complete: activityMove((driver, task, n) =>
    driver.send('RespondActivityTaskCompleted', { task, result: payloads(n) }),
  ),
  fail: activityMove((driver, task, n) =>
    driver.send('RespondActivityTaskFailed', {
      task,
      failure: applicationFailure('no', { nonRetryable: n % 5 === 0 }),
      ...(n % 3 === 0 && { lastHeartbeatDetails: payloads(n) }),
    }),
  ),
  canceled: activityMove((driver, task) => driver.send('RespondActivityTaskCanceled', { task })),
  written(driver, a, b) {
    const runId = pick(allRuns(driver.execution), a)?.runId ?? 'run-0';
    driver.send('RecordVisibilityWritten', { runId, version: b % 6 });
  },
  update: (driver, a) =>
    driver.try(() => {
      const updateId = `u${a % 25}`;
      driver.update(updateId);
      driver.acknowledgedUpdates.push({ updateId, chain: driver.run.firstExecutionRunId });
    }),
  updateWithStart: (driver, a, b) =>
    driver.try(() => {
      const updateId = `u${b % 25}`;
      driver.send('ExecuteMultiOperation', {
        namespace: 'default',
        startWorkflow: { ...startOptions(a, b), requestId: `multi-${b % 4}` },
        updateWorkflow: updateRequest(updateId),
      });
      driver.acknowledgedUpdates.push({ updateId, chain: driver.run.firstExecutionRunId });
    }),
  childStarted: familyMove((driver, ref, a) =>
    driver.send('RecordChildStarted', { ...ref, childRunId: `child-run-${a}` }),
  ),
  childStartFailed: familyMove((driver, ref) =>
    driver.send('RecordChildStartFailed', { ...ref, cause: 'START_CHILD_…_WORKFLOW_ALREADY_EXISTS' }),
  ),
  childClosed: familyMove((driver, ref, a, b) => {
    const workflowId = driver.run.children.get(ref.initiatedEventId)?.workflowId ?? 'nobody';
    const child = { workflowId, runId: `child-run-${a}` };
    const close = closes[b % closes.length]!;
    const workflowType = { name: 'child' };
    driver.send('RecordChildClosed', {
      ...ref,
      child,
      firstExecutionRunId: child.runId,
      workflowType,
      close,
    });
  }),
  childFoundOpen: familyMove((driver, ref) => driver.send('RecordChildFoundOpen', ref)),
  policyApplied: familyMove((driver, ref) => driver.send('RecordParentClosePolicyApplied', ref)),
  signaled: familyMove((driver, ref, a) =>
    driver.send('RecordExternalSignaled', { ...ref, ...(a % 2 === 0 && { failedCause: 'NOT_FOUND' }) }),
  ),
  cancelRequested: familyMove((driver, ref, a) =>
    driver.send('RecordExternalCancelRequested', {
      ...ref,
      ...(a % 2 === 0 && { failedCause: 'NOT_FOUND' }),
    }),
  ),
  parentNotified(driver, a) {
    const run = pick(allRuns(driver.execution), a);
    if (run) driver.send('RecordParentNotified', { runId: run.runId });
  },
  reset(driver, a, b) {
    if (a % 5 !== 0) return;
    const runId = a % 2 === 0 ? undefined : `run-${b % 4}`;
    const point =
      b % 3 === 0
        ? { options: b % 2 === 0 ? { firstWorkflowTask: {} } : { lastWorkflowTask: {} } }
        : { workflowTaskFinishEventId: b % 40 };
    driver.try(() =>
      driver.send('ResetWorkflowExecution', {
        namespace: 'default',
        workflowExecution: { ...workflowExecution, ...(runId && { runId }) },
        ...point,
        ...(a % 3 === 0 && { requestId: `reset-${b % 5}` }),
      }),
    );
  },
  delete(driver, a, b) {
    if (a % 7 !== 0) return;
    const which = { ...workflowExecution, ...(b % 5 > 0 && { runId: `run-${b % 5}` }) };
    driver.try(() =>
      driver.send('DeleteWorkflowExecution', { namespace: 'default', workflowExecution: which }),
    );
  },
  import(driver, a, b) {
    if (a % 11 !== 0) return;
    const events = driver.history(0).slice(0, 1);
    driver.try(() =>
      driver.send('ImportWorkflowExecution', { runId: `imported-${b % 3}`, history: { events } }),
    );
  },
  scheduleNotified(driver, a) {
    const run = pick(allRuns(driver.execution), a);
    if (run) driver.send('RecordScheduleNotified', { runId: run.runId });
  },
  effects: (driver) => void driver.effects(),
  reload: (driver) => driver.reload(),
};

/** Weighted towards what moves a run forward. */
const weights: Record<string, number> = {
  completeTask: 6,
  startTask: 6,
  claim: 4,
  complete: 3,
  fail: 3,
  signal: 3,
};

export const randomMoves = fc.array(
  fc.tuple(
    fc.oneof(
      ...Object.keys(moves).map((name) => ({ arbitrary: fc.constant(name), weight: weights[name] ?? 1 })),
    ),
    fc.nat(1_000),
    fc.nat(1_000),
  ),
  { minLength: 30, maxLength: 200, size: 'max' },
);

export function play(
  sequence: Array<[string, number, number]>,
  after: (driver: RandomDriver) => void,
): RandomDriver {
  const driver = new RandomDriver();
  driver.start();
  for (const [name, a, b] of sequence) {
    moves[name]!(driver, a, b);
    // What a chain had not accepted when it ended was refused: a reset that revives it owes nobody an answer.
    const chain = isOpen(driver.run) ? driver.run.firstExecutionRunId : undefined;
    driver.acknowledgedUpdates = driver.acknowledgedUpdates.filter((update) => update.chain === chain);
    after(driver);
  }
  return driver;
}

const SETTLEMENTS =
  /^(VisibilityRecorded|RequestIdRecorded|ParentNotified|ScheduleNotified|ParentClosePolicyApplied|ExternalCallSettled|RunSuperseded|RunDeletionRequested)$/;

const runNumbers = (driver: Driver): number[] => [...new Set(driver.log.map((part) => part.runNumber))];
const nameOf = (event: HistoryEvent) => historyEventName(event.eventType)!;

export function checkHistory(driver: Driver): void {
  for (const runNumber of runNumbers(driver)) {
    const history = driver.history(runNumber);
    expect(history.map((event) => event.eventId)).toEqual(history.map((_, i) => String(i + 1)));
    expect(nameOf(history[0]!)).toBe('WorkflowExecutionStarted');
    history.forEach((event, i) => {
      const next = history[i + 1];
      // ActivityTaskStarted alone carries an earlier time, that of its attempt.
      if (next && next.eventType !== 'EVENT_TYPE_ACTIVITY_TASK_STARTED') {
        expect(Date.parse(next.eventTime)).toBeGreaterThanOrEqual(Date.parse(event.eventTime));
      }
      if (next && nameOf(event) === 'WorkflowTaskStarted') {
        expect(nameOf(next)).toMatch(/^WorkflowTask(Completed|Failed|TimedOut)$/);
      }
      if ('closes' in historyEvents[nameOf(event)]) expect(next).toBeUndefined();
    });
    checkResolutions(history);
  }
}

/** Everything scheduled or started resolves at most once, after it began, and names its beginning. */
function checkResolutions(history: HistoryEvent[]): void {
  const resolved = new Set<string>();
  const at = (eventId: string) => history[Number(eventId) - 1]!;
  const once = (key: string) => {
    expect(resolved.has(key)).toBe(false);
    resolved.add(key);
  };
  for (const event of history) {
    const name = nameOf(event);
    if (name === 'TimerFired' || name === 'TimerCanceled') {
      const { timerId, startedEventId } = attributesOf(event, name);
      expect(attributesOf(at(startedEventId), 'TimerStarted').timerId).toBe(timerId);
      once(`timer ${startedEventId}`);
    } else if (/^ActivityTask(Completed|Failed|TimedOut|Canceled)$/.test(name)) {
      const { scheduledEventId, startedEventId } = attributesOf(event, name as 'ActivityTaskCompleted');
      expect(nameOf(at(scheduledEventId))).toBe('ActivityTaskScheduled');
      once(`activity ${scheduledEventId}`);
      if (startedEventId === '0') continue;
      expect(attributesOf(at(startedEventId), 'ActivityTaskStarted').scheduledEventId).toBe(scheduledEventId);
    } else if (/^WorkflowTask(Completed|Failed|TimedOut)$/.test(name)) {
      const { scheduledEventId, startedEventId } = attributesOf(event, name as 'WorkflowTaskCompleted');
      expect(attributesOf(at(startedEventId), 'WorkflowTaskStarted').scheduledEventId).toBe(scheduledEventId);
      once(`task ${scheduledEventId}`);
    } else if (/^ChildWorkflowExecution(Completed|Failed|Canceled|TimedOut|Terminated)$/.test(name)) {
      const outcome = attributesOf(event, name as 'ChildWorkflowExecutionCompleted');
      const started = attributesOf(at(outcome.startedEventId), 'ChildWorkflowExecutionStarted');
      expect(started.initiatedEventId).toBe(outcome.initiatedEventId);
      once(`child ${outcome.initiatedEventId}`);
    } else if (name === 'WorkflowExecutionUpdateAccepted') {
      const { protocolInstanceId, ...accepted } = attributesOf(event, name);
      once(`update ${protocolInstanceId}`);
      const next = String(Number(accepted.acceptedRequestSequencingEventId) + 1);
      expect(nameOf(at(next))).toBe('WorkflowTaskStarted');
    } else if (name === 'WorkflowExecutionUpdateCompleted') {
      const { meta, acceptedEventId } = attributesOf(event, name);
      once(`outcome of update ${meta.updateId}`);
      const accepted = attributesOf(at(acceptedEventId), 'WorkflowExecutionUpdateAccepted');
      expect(accepted.protocolInstanceId).toBe(meta.updateId);
    } else if (
      /^(StartChild.*Failed|.*ExternalWorkflowExecution(Failed|Signaled|CancelRequested))$/.test(name)
    ) {
      const { initiatedEventId } = attributesOf(event, name as 'ExternalWorkflowExecutionSignaled');
      expect(nameOf(at(initiatedEventId))).toMatch(/Initiated$/);
      once(`outcome of ${initiatedEventId}`);
    } else if ('command' in historyEvents[name]) {
      const attributes = attributesOf(event, name as 'TimerStarted');
      expect(nameOf(at(attributes.workflowTaskCompletedEventId))).toBe('WorkflowTaskCompleted');
    }
  }
}

/** Each signal that was acknowledged is in some history, or held back by the run that is open: once. */
export function checkSignals(driver: RandomDriver): void {
  const all = new Set<string>();
  for (const runNumber of runNumbers(driver)) {
    const found = signalsIn(driver, runNumber);
    expect(new Set(found).size).toBe(found.length);
    for (const name of found) all.add(name);
  }
  for (const held of driver.execution.run?.heldBack ?? []) {
    if (held.name !== 'WorkflowExecutionSignaled') continue;
    expect(signalsIn(driver, driver.execution.runNumber)).not.toContain(held.attributes.signalName);
    all.add(held.attributes.signalName);
  }
  expect([...all].sort()).toEqual([...driver.acknowledgedSignals].sort());
}

function signalsIn(driver: Driver, runNumber: number): string[] {
  return driver
    .history(runNumber)
    .filter((event) => nameOf(event) === 'WorkflowExecutionSignaled')
    .map((event) => attributesOf(event, 'WorkflowExecutionSignaled').signalName);
}

/** A run that was reset begins with what its base began with, to the letter, and has all signals that its base had. */
export function checkResets(driver: Driver): void {
  const runIds = new Map<string, number>();
  for (const runNumber of runNumbers(driver)) {
    const [first] = driver.events(runNumber);
    const [started] = driver.history(runNumber);
    const { originalExecutionRunId } = attributesOf(started!, 'WorkflowExecutionStarted');
    const origin = first && isTransient(first) ? first : undefined;
    const imported = origin?.transient === 'RunImported' ? origin.attributes.runId : undefined;
    const reset = origin?.transient === 'RunReset' ? origin.attributes : undefined;
    runIds.set(imported ?? reset?.runId ?? originalExecutionRunId, runNumber);
    if (!reset) continue;
    const base = runIds.get(reset.baseRunId)!;
    const prefix = (number: number) => driver.history(number).slice(0, reset.eventId - 1);
    expect(JSON.stringify(prefix(runNumber))).toBe(JSON.stringify(prefix(base)));
    for (const told of [base, ...continuationsOf(driver, base, runNumber)])
      expect(signalsIn(driver, runNumber)).toEqual(expect.arrayContaining(signalsIn(driver, told)));
    expect(updatesIn(driver, runNumber)).toEqual(
      expect.arrayContaining(owedUpdates(driver, base, runNumber)),
    );
    expect(driver.history(base).at(-1)!.eventType).not.toBe('EVENT_TYPE_WORKFLOW_TASK_SCHEDULED');
  }
  expect(runIds.size).toBe(runNumbers(driver).length);
}

/** The runs that had continued this one when the reset began its run. */
function continuationsOf(driver: Driver, base: number, before: number): number[] {
  const runs: number[] = [];
  for (let last = base; last + 1 < before && driver.events(last + 1).length > 0; last++) {
    const [started] = driver.history(last + 1);
    const { continuedExecutionRunId, originalExecutionRunId } = attributesOf(
      started!,
      'WorkflowExecutionStarted',
    );
    const next = nextRunOf(driver.history(last).at(-1)!);
    if (!continuedExecutionRunId || next !== originalExecutionRunId) break;
    runs.push(last + 1);
  }
  return runs;
}

const nextRunOf = (close: HistoryEvent): string | undefined =>
  (attributesOf(close, nameOf(close)) as { newExecutionRunId?: string }).newExecutionRunId;

/** What a reset of this run has to ask again: updates that it, or a run that continued it, had accepted. */
function owedUpdates(driver: Driver, base: number, before: number): string[] {
  return [base, ...continuationsOf(driver, base, before)].flatMap((number) => acceptedIn(driver, number));
}

const acceptedIn = (driver: Driver, runNumber: number): string[] =>
  driver
    .history(runNumber)
    .filter((event) => nameOf(event) === 'WorkflowExecutionUpdateAccepted')
    .map((event) => attributesOf(event, 'WorkflowExecutionUpdateAccepted').protocolInstanceId);

/** Updates that the run was asked, now or in the beginning that it took over. */
function updatesIn(driver: Driver, runNumber: number): string[] {
  const admitted = driver
    .events(runNumber)
    .flatMap((event) =>
      isTransient(event) && event.transient === 'UpdateAdmitted'
        ? [event.attributes.request.meta.updateId]
        : [],
    );
  return [...admitted, ...acceptedIn(driver, runNumber)];
}

/** Each update that was taken in and not rejected is in history, or admitted still, for as long as its chain goes on. */
export function checkUpdates(driver: RandomDriver): void {
  const known = new Set<string>();
  for (const runNumber of runNumbers(driver)) {
    for (const event of driver.events(runNumber)) {
      if (isTransient(event)) {
        if (event.transient === 'UpdateRejected') known.add(event.attributes.updateId);
      } else if (nameOf(event) === 'WorkflowExecutionUpdateAccepted') {
        known.add(attributesOf(event, 'WorkflowExecutionUpdateAccepted').protocolInstanceId);
      }
    }
  }
  const { run } = driver;
  if (!isOpen(run)) return;
  for (const { updateId } of driver.acknowledgedUpdates)
    if (!run.updates.admitted.has(updateId)) expect(known).toContain(updateId);
}

export function checkState(driver: Driver): void {
  const { run } = driver;
  if (isOpen(run)) {
    if (!run.inBackoff && !run.pause && (run.unseen || run.updates.admitted.size > 0))
      expect(run.workflowTask).toBeDefined();
    if (run.inBackoff) expect(run.workflowTask).toBeUndefined();
    if (!run.workflowTask?.started) expect(run.heldBack).toEqual([]);
  } else {
    expect(run.activities.size + run.timers.size + run.firedTimers.size + run.heldBack.length).toBe(0);
    expect(run.workflowTask).toBeUndefined();
    expect(run.updates.admitted.size).toBe(0);
  }
  for (const older of driver.execution.olderRuns.values()) expect(isSettled(older)).toBe(false);
  expect(run.activityIds.size).toBe(run.activities.size);
  expect(driver.execution.derived.quarantined.size).toBe(0);
}

export function checkFold(driver: Driver): void {
  expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
}

/** A closed run's log goes on with nothing but the confirmations of what it owed, and starts that it refused for good. */
export function checkClosedRunsRest(driver: Driver): void {
  for (const runNumber of runNumbers(driver)) {
    const events = driver.events(runNumber);
    const close = events.findIndex(
      (event) => !isTransient(event) && 'closes' in historyEvents[nameOf(event)],
    );
    if (close === -1) continue;
    for (const event of events.slice(close + 1)) {
      expect(event).toHaveProperty('transient', expect.stringMatching(SETTLEMENTS));
      // Of requests, a closed run remembers what it refused, and what found it.
      if ('transient' in event && event.transient === 'RequestIdRecorded') {
        const { refused, found, requestKind } = event.attributes;
        expect(refused || found || /start|reset|fork/i.test(requestKind), JSON.stringify(event)).toBe(true);
      }
    }
  }
}

/** After a tick, and with the effects taken, nothing is due: a driver that follows the deadlines cannot spin. */
export function checkRest(driver: Driver): void {
  driver.tick();
  driver.effects();
  if (driver.deadline !== undefined) expect(driver.deadline).toBeGreaterThan(driver.now);
}
