import { describe, expect, it } from 'vitest';
import { type Command, makeCommand } from '../../sdk/common/command.ts';
import type { PayloadJson } from '../../sdk/common/payload.ts';
import { updateProgress } from '../../src/core/update.ts';
import {
  acceptUpdate,
  completeUpdate,
  completeWorkflow,
  continueAsNew,
  Driver,
  failUpdate,
  fold,
  payloads,
  rejectUpdate,
  running,
  SECOND,
  scheduleActivity,
  startRequest,
  startTimer,
  stateOf,
  updateRequest,
} from './harness.ts';

const STAGE = 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_';
const stage = (driver: Driver, updateId: string) => updateProgress(driver.run, updateId)?.stage;
const ids = (updates: Array<{ meta: { updateId: string } }>) => updates.map(({ meta }) => meta.updateId);

describe('an admitted update', () => {
  it.each(['fails', 'times out'])('leaves its task in history when that %s, as Temporal does', (how) => {
    const driver = running();
    const before = driver.names().length;
    driver.update('u');
    driver.startTask();
    if (how === 'fails') driver.failTask();
    else driver.advance(10 * SECOND);
    expect(driver.names().slice(before)).toEqual([
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      how === 'fails' ? 'WorkflowTaskFailed' : 'WorkflowTaskTimedOut',
    ]);
    // The next attempt leaves a trace when it completes, even with a rejection alone.
    const task = driver.startTask();
    expect([task.attempt, ids(task.updates)]).toEqual([2, ['u']]);
    driver.completeTask([rejectUpdate('u')]);
    expect(driver.names().slice(before + 3)).toEqual([
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
    ]);
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });

  it('asks for a task of which nothing is in history', () => {
    const driver = running();
    const before = driver.history();
    expect(driver.update('u')).toEqual({
      updateRef: { workflowExecution: { workflowId: 'order-1', runId: 'run-0' }, updateId: 'u' },
      stage: `${STAGE}ADMITTED`,
    });
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(1);
    driver.reload();
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(1);
    expect(driver.history()).toEqual(before);
    const task = driver.startTask();
    expect(ids(task.updates)).toEqual(['u']);
    expect(task.virtualEvents.map(({ eventId }) => eventId)).toEqual(['5', '6']);
    expect(driver.history()).toEqual(before);
  });

  it('goes with the task that is due anyway', () => {
    const driver = running();
    driver.signal('go');
    driver.update('u');
    driver.update('v');
    expect(ids(driver.startTask().updates)).toEqual(['u', 'v']);
    driver.completeTask([acceptUpdate('u'), rejectUpdate('v')]);
    expect(driver.names(5)).toEqual([
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
      'WorkflowExecutionUpdateAccepted',
    ]);
  });

  it('waits for the next task while one is started', () => {
    const driver = running();
    driver.update('u');
    driver.startTask();
    driver.update('v');
    driver.completeTask([acceptUpdate('u')]);
    expect(ids(driver.startTask().updates)).toEqual(['v']);
  });

  it('makes an ordinary task of its own as soon as something else wants one', () => {
    const driver = running();
    driver.update('u');
    driver.signal('go');
    expect(driver.names(5)).toEqual(['WorkflowExecutionSignaled', 'WorkflowTaskScheduled']);
    driver.runTask(rejectUpdate('u'));
    expect(driver.names(7)).toEqual(['WorkflowTaskStarted', 'WorkflowTaskCompleted']);
  });

  it('goes with every attempt until it is answered', () => {
    const driver = running();
    driver.update('u');
    driver.startTask();
    driver.releaseTask();
    expect(ids(driver.startTask().updates)).toEqual(['u']);
    driver.failTask();
    expect(driver.names(5)).toEqual(['WorkflowTaskScheduled', 'WorkflowTaskStarted', 'WorkflowTaskFailed']);
    expect(ids(driver.startTask().updates)).toEqual(['u']);
    driver.walk(10 * SECOND);
    driver.walk(10 * SECOND);
    expect(ids(driver.startTask().updates)).toEqual(['u']);
    driver.completeTask([acceptUpdate('u')]);
    expect(stage(driver, 'u')).toBe('ACCEPTED');
  });
});

describe('an accepted update', () => {
  it('is in history with what was asked, at its place among the commands', () => {
    const driver = running();
    driver.update('u');
    driver.runTask(startTimer('1', '5s'), acceptUpdate('u'), scheduleActivity('1'), completeUpdate('u', 7));
    expect(driver.names(5)).toEqual([
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
      'TimerStarted',
      'WorkflowExecutionUpdateAccepted',
      'ActivityTaskScheduled',
      'WorkflowExecutionUpdateCompleted',
    ]);
    expect(driver.last('WorkflowExecutionUpdateAccepted')).toEqual({
      protocolInstanceId: 'u',
      acceptedRequestMessageId: 'u/request',
      acceptedRequestSequencingEventId: '5',
      acceptedRequest: updateRequest('u').request,
    });
    expect(driver.last('WorkflowExecutionUpdateCompleted')).toEqual({
      meta: { updateId: 'u' },
      acceptedEventId: '9',
      outcome: { success: payloads(7) },
    });
    expect(updateProgress(driver.run, 'u')).toEqual({ stage: 'COMPLETED', completedEventId: 11 });
  });

  it('is completed by a later task', () => {
    const driver = running();
    driver.update('u');
    driver.runTask(acceptUpdate('u'));
    expect(driver.update('u').stage).toBe(`${STAGE}ACCEPTED`);
    expect(driver.run.workflowTask).toBeUndefined();
    driver.signal('go');
    driver.runTask(failUpdate('u'));
    expect(driver.update('u').stage).toBe(`${STAGE}COMPLETED`);
  });

  it('has failed when the run closes before it is completed', () => {
    const driver = running();
    driver.update('u');
    driver.runTask(acceptUpdate('u'), completeWorkflow());
    const failure = {
      applicationFailureInfo: { type: 'AcceptedUpdateCompletedWorkflow', nonRetryable: true },
    };
    expect(updateProgress(driver.run, 'u')).toMatchObject({ stage: 'COMPLETED', outcome: { failure } });
    expect(driver.update('u')).toMatchObject({ stage: `${STAGE}COMPLETED`, outcome: { failure } });
  });
});

describe('a rejected update', () => {
  it('leaves no trace in history when nothing else asked for the task', () => {
    const driver = running();
    const before = driver.history();
    driver.update('u');
    driver.runTask(rejectUpdate('u'));
    expect(driver.history()).toEqual(before);
    expect(driver.run.workflowTask).toBeUndefined();
    expect(driver.transient('WorkflowTaskAttemptDropped')).toHaveLength(1);
    expect(driver.update('u')).toMatchObject({ stage: `${STAGE}COMPLETED`, outcome: { failure: {} } });
    expect(driver.run.workflowTask).toBeUndefined();
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });

  it('lets what was held back meanwhile into history', () => {
    const driver = running();
    driver.update('u');
    driver.startTask();
    driver.signal('go');
    driver.update('v');
    driver.completeTask([rejectUpdate('u')]);
    expect(driver.names(5)).toEqual(['WorkflowExecutionSignaled', 'WorkflowTaskScheduled']);
    expect(ids(driver.startTask().updates)).toEqual(['v']);
  });

  it('beside an accepted one shares its task', () => {
    const driver = running();
    driver.update('u');
    driver.update('v');
    driver.runTask(rejectUpdate('u'), acceptUpdate('v'));
    expect(driver.names(5)).toHaveLength(4);
    expect(stage(driver, 'u')).toBe('COMPLETED');
  });

  it('is what becomes of one that the Worker says nothing about', () => {
    for (const commands of [[], [startTimer('1', '5s')]]) {
      const driver = running();
      driver.update('u');
      driver.runTask(...commands);
      expect(updateProgress(driver.run, 'u')).toMatchObject({
        outcome: { failure: { applicationFailureInfo: { type: 'UnprocessedUpdate' } } },
      });
    }
  });

  it('is forgotten after a hundred others', () => {
    const driver = running();
    for (let i = 0; i < 102; i++) {
      driver.update(`u${i}`);
      driver.runTask(rejectUpdate(`u${i}`));
    }
    expect(stage(driver, 'u1')).toBeUndefined();
    expect(stage(driver, 'u2')).toBe('COMPLETED');
  });
});

describe('messages about updates', () => {
  const message = (updateId: string, text: object): Command =>
    makeCommand('ProtocolMessage', { messageId: 'm', updateId, message: text as never });

  it.each<[string, Command[]]>([
    ['an update that was not sent', [acceptUpdate('v')]],
    ['a rejection of an accepted one', [acceptUpdate('u'), rejectUpdate('u')]],
    ['a second acceptance', [acceptUpdate('u'), acceptUpdate('u')]],
    ['an outcome without acceptance', [completeUpdate('u')]],
    ['a second outcome', [acceptUpdate('u'), completeUpdate('u'), completeUpdate('u')]],
    ['no message', [message('u', undefined as never)]],
    ['a rejection without a reason', [message('u', { rejection: {} })]],
    ['an outcome without content', [acceptUpdate('u'), message('u', { response: {} })]],
  ])('that make no sense fail the task: %s', (_, commands) => {
    const driver = running();
    driver.update('u');
    driver.runTask(...commands);
    expect(driver.last('WorkflowTaskFailed').cause).toBe(
      'WORKFLOW_TASK_FAILED_CAUSE_BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE',
    );
    expect(stage(driver, 'u')).toBe('ADMITTED');
  });
});

describe('an update request', () => {
  it('is refused while ten are in flight', () => {
    const driver = running();
    for (let i = 0; i < 10; i++) driver.update(`u${i}`);
    const refusal = driver.refusal('UpdateWorkflowExecution', updateRequest('one too many'));
    expect(refusal.code).toBe('RESOURCE_EXHAUSTED');
    expect(driver.update('u9').stage).toBe(`${STAGE}ADMITTED`);
    driver.runTask(acceptUpdate('u0'), completeUpdate('u0'));
    driver.update('now there is room');
  });

  it('is refused while those that wait are too large together for one message to the Worker', () => {
    const driver = running();
    const large = (updateId: string, mebibytes: number) => {
      const length = mebibytes * 1024 * 1024;
      const stored = { sha256: updateId.repeat(32), length, bytes: length * 0.75 };
      const { request, ...rest } = updateRequest(updateId);
      const args = { payloads: [{ $stored: stored } as PayloadJson] };
      return { ...rest, request: { ...request, input: { ...request.input, args } } };
    };
    driver.send('UpdateWorkflowExecution', large('u0', 20));
    const refusal = driver.refusal('UpdateWorkflowExecution', large('u1', 5));
    expect(refusal).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringContaining('too large'),
    });
    driver.update('a small one');
    driver.runTask(acceptUpdate('u0'));
    driver.send('UpdateWorkflowExecution', large('u1', 5));
  });

  it('is refused after two thousand, and continue-as-new is suggested before', () => {
    const driver = running();
    let suggestedAt: number | undefined;
    for (let i = 0; i < 2_000; i++) {
      driver.update(`u${i}`);
      const { virtualEvents } = driver.startTask();
      driver.completeTask([acceptUpdate(`u${i}`), completeUpdate(`u${i}`)]);
      // The number of events would suggest it, too.
      driver.run.nextEventId = i + 10;
      if (JSON.stringify(virtualEvents).includes('suggestContinueAsNew')) suggestedAt ??= i;
    }
    expect(suggestedAt).toBe(1_800);
    expect(driver.refusal('UpdateWorkflowExecution', updateRequest('v')).code).toBe('RESOURCE_EXHAUSTED');
  });

  it('is meant for one chain of runs when it says so', () => {
    const driver = running();
    driver.runTaskAfterSignal(continueAsNew());
    const request = updateRequest('u');
    driver.send('UpdateWorkflowExecution', { ...request, firstExecutionRunId: 'run-0' });
    const other = { ...updateRequest('v'), firstExecutionRunId: 'run-1' };
    expect(driver.refusal('UpdateWorkflowExecution', other).code).toBe('NOT_FOUND');
    expect(driver.refusal('UpdateWorkflowExecution', updateRequest('v', 'set', 'run-0')).code).toBe(
      'NOT_FOUND',
    );
  });
});

describe('when the run closes', () => {
  it('an update that was not accepted is refused from then on', () => {
    const driver = running();
    driver.signal('go');
    driver.startTask();
    driver.update('u');
    driver.completeTask([completeWorkflow()]);
    expect(driver.run.status).toBe('COMPLETED');
    expect(driver.refusal('UpdateWorkflowExecution', updateRequest('u')).code).toBe('NOT_FOUND');
  });

  it('an update that was not accepted goes on to the run that continues it', () => {
    const driver = running();
    driver.signal('go');
    driver.startTask();
    driver.update('u');
    driver.update('v');
    driver.completeTask([continueAsNew()]);
    expect(driver.run.runId).toBe('run-1');
    expect(driver.refusal('UpdateWorkflowExecution', updateRequest('u', 'set', 'run-0')).code).toBe(
      'NOT_FOUND',
    );
    expect(ids(driver.startTask().updates)).toEqual(['u', 'v']);
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });
});

describe('update-with-start', () => {
  const both = (updateId: string, policy: string, requestId?: string) => ({
    namespace: 'default',
    startWorkflow: startRequest({
      workflowIdConflictPolicy: `WORKFLOW_ID_CONFLICT_POLICY_${policy}`,
      ...(requestId && { requestId }),
    }),
    updateWorkflow: updateRequest(updateId),
  });

  it('refuses both when there is no room for the update', () => {
    const driver = running();
    for (let i = 0; i < 10; i++) driver.update(`u${i}`);
    const before = driver.log.length;
    expect(driver.refusal('ExecuteMultiOperation', both('v', 'USE_EXISTING')).code).toBe(
      'RESOURCE_EXHAUSTED',
    );
    expect(driver.log).toHaveLength(before);
    // A run that is replaced makes room.
    expect(driver.send('ExecuteMultiOperation', both('v', 'TERMINATE_EXISTING'))).toMatchObject({
      startWorkflow: { runId: 'run-1', started: true },
      updateWorkflow: { stage: `${STAGE}ADMITTED` },
    });
  });

  it('takes no delay of the start: somebody waits for the answer', () => {
    const driver = new Driver();
    const { startWorkflow, ...update } = both('v', 'FAIL');
    const delayed = { ...update, startWorkflow: { ...startWorkflow, workflowStartDelay: '5s' } };
    expect(driver.refusal('ExecuteMultiOperation', delayed)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^workflowStartDelay: /),
    });
  });

  it('is one part of the log', () => {
    const driver = running();
    driver.runTaskAfterSignal(completeWorkflow());
    const parts = driver.log.length;
    driver.send('ExecuteMultiOperation', both('u', 'FAIL', 'r'));
    expect(driver.log).toHaveLength(parts + 1);
    expect(driver.send('ExecuteMultiOperation', both('v', 'FAIL', 'r'))).toMatchObject({
      startWorkflow: { runId: 'run-1', started: true },
      updateWorkflow: { stage: `${STAGE}ADMITTED` },
    });
    expect(ids(driver.startTask().updates)).toEqual(['u', 'v']);
  });
});
