import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import {
  WorkflowExecutionStatus,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '../../sdk/common/enums.ts';
import { errorDetailType } from '../../sdk/common/errors.ts';
import { decideId, idPolicies } from '../../src/core/id-policy.ts';
import { applicationFailure, completeWorkflow, Driver, running, SECOND, startRequest } from './harness.ts';

const wire = (reuse?: string, conflict?: string) => ({
  ...(reuse && { workflowIdReusePolicy: `WORKFLOW_ID_REUSE_POLICY_${reuse}` }),
  ...(conflict && { workflowIdConflictPolicy: `WORKFLOW_ID_CONFLICT_POLICY_${conflict}` }),
});
const signalWithStart = (driver: Driver, options = {}) =>
  driver.send('SignalWithStartWorkflowExecution', { ...startRequest(options), signalName: 'pay' });

describe('the table of policies', () => {
  const failed = ['FAILED', 'CANCELED', 'TERMINATED', 'TIMED_OUT'];
  for (const reuse of Object.keys(WorkflowIdReusePolicy) as WorkflowIdReusePolicy[]) {
    for (const conflict of Object.values(WorkflowIdConflictPolicy)) {
      for (const status of [undefined, ...Object.values(WorkflowExecutionStatus)]) {
        it(`${reuse}, ${conflict}, ${status ?? 'never used'}`, () => {
          const expected = () => {
            if (status === undefined) return 'start';
            if (status === 'RUNNING') {
              return {
                FAIL: 'reject',
                USE_EXISTING: 'useExisting',
                TERMINATE_EXISTING: 'terminateThenStart',
              }[conflict];
            }
            if (reuse === 'REJECT_DUPLICATE') return 'reject';
            if (reuse === 'ALLOW_DUPLICATE_FAILED_ONLY') return failed.includes(status) ? 'start' : 'reject';
            return 'start';
          };
          expect(decideId(status, { reuse, conflict })).toBe(expected());
        });
      }
    }
  }
});

describe('the policies of a request', () => {
  it('default to allow-duplicate and fail, for signal-with-start to use-existing', () => {
    expect(idPolicies({}, 'StartWorkflowExecution')).toEqual({ reuse: 'ALLOW_DUPLICATE', conflict: 'FAIL' });
    expect(idPolicies(wire('UNSPECIFIED', 'UNSPECIFIED'), 'SignalWithStartWorkflowExecution')).toEqual({
      reuse: 'ALLOW_DUPLICATE',
      conflict: 'USE_EXISTING',
    });
  });

  it('read terminate-if-running as a conflict policy', () => {
    expect(idPolicies(wire('TERMINATE_IF_RUNNING'), 'StartWorkflowExecution').conflict).toBe(
      'TERMINATE_EXISTING',
    );
  });

  it.each([
    ['StartWorkflowExecution', 'TERMINATE_IF_RUNNING', 'FAIL'],
    ['StartWorkflowExecution', 'REJECT_DUPLICATE', 'TERMINATE_EXISTING'],
    ['StartWorkflowExecution', 'SOMETHING', undefined],
    ['StartWorkflowExecution', undefined, 'SOMETHING'],
    ['StartWorkflowExecution', 'toString', undefined],
    ['SignalWithStartWorkflowExecution', undefined, 'FAIL'],
  ] as const)('are refused by %s: %s with %s', (kind, reuse, conflict) => {
    expect(() => idPolicies(wire(reuse, conflict), kind)).toThrow(/^workflowId(Reuse|Conflict)Policy: /);
  });
});

describe('starting where a run is open', () => {
  it('fails with the run and the request that started it', () => {
    const driver = new Driver();
    driver.start({ requestId: 'first' });
    const refusal = driver.refusal('StartWorkflowExecution', startRequest({ requestId: 'second' }));
    expect(refusal.code).toBe('ALREADY_EXISTS');
    expect(refusal.details).toEqual([
      { '@type': errorDetailType.workflowExecutionAlreadyStarted, startRequestId: 'first', runId: 'run-0' },
    ]);
    expect(driver.names()).toHaveLength(2);
  });

  it('may use the existing run', () => {
    const driver = running();
    expect(driver.start(wire(undefined, 'USE_EXISTING'))).toEqual({
      runId: 'run-0',
      started: false,
      status: 'WORKFLOW_EXECUTION_STATUS_RUNNING',
    });
    expect(driver.names()).toHaveLength(4);
  });

  it.each([wire('TERMINATE_IF_RUNNING'), wire(undefined, 'TERMINATE_EXISTING')])(
    'may end the existing run and begin the next one in the same transition: %j',
    (options) => {
      const driver = running();
      driver.now += SECOND;
      const before = driver.log.length;
      expect(driver.start(options)).toMatchObject({ runId: 'run-1', started: true });
      expect(driver.log.slice(before).map(({ runNumber }) => runNumber)).toEqual([0, 1]);
      expect(driver.history(0).at(-1)!.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED');
      expect(driver.history(1).map((event) => event.eventId)).toEqual(['1', '2']);
      expect(driver.execution.runNumber).toBe(1);
      driver.runTask(completeWorkflow());
      expect(driver.run.status).toBe('COMPLETED');
    },
  );
});

it('a run that replaces another at the same point of its history is owed its own first task', () => {
  const driver = new Driver();
  driver.start();
  expect(driver.effectsOf('RunWorkflowTask')).toMatchObject([{ runId: 'run-0' }]);
  driver.start(wire('TERMINATE_IF_RUNNING'));
  expect(driver.effectsOf('RunWorkflowTask')).toMatchObject([{ runId: 'run-1', attempt: 1 }]);
});

describe('starting where a run is closed', () => {
  const closed = (status: 'COMPLETED' | 'FAILED') => {
    const driver = running();
    driver.signal('end');
    const failure = applicationFailure('no');
    driver.runTask(
      status === 'COMPLETED' ? completeWorkflow() : makeCommand('FailWorkflowExecution', { failure }),
    );
    return driver;
  };

  it('begins the next run', () => {
    const driver = closed('COMPLETED');
    expect(driver.start()).toMatchObject({ runId: 'run-1', started: true });
    expect(driver.run.runNumber).toBe(1);
  });

  it('is refused when duplicates are, or only failed runs may be followed', () => {
    for (const reuse of ['REJECT_DUPLICATE', 'ALLOW_DUPLICATE_FAILED_ONLY']) {
      const driver = closed('COMPLETED');
      expect(driver.refusal('StartWorkflowExecution', startRequest(wire(reuse))).code).toBe('ALREADY_EXISTS');
    }
    expect(closed('FAILED').start(wire('ALLOW_DUPLICATE_FAILED_ONLY')).started).toBe(true);
  });
});

describe('signal-with-start', () => {
  it('starts with the signal before the first workflow task', () => {
    const driver = new Driver();
    expect(signalWithStart(driver)).toMatchObject({ runId: 'run-0', started: true });
    expect(driver.names()).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
    ]);
  });

  it('signals the run that is open', () => {
    const driver = running();
    expect(signalWithStart(driver)).toMatchObject({ runId: 'run-0', started: false });
    expect(driver.names(5)).toEqual(['WorkflowExecutionSignaled', 'WorkflowTaskScheduled']);
  });

  it('repeated with its request id signals once', () => {
    const driver = new Driver();
    const reply = signalWithStart(driver, { requestId: 'r1' });
    expect(signalWithStart(driver, { requestId: 'r1' })).toEqual(reply);
    expect(driver.names().filter((name) => name === 'WorkflowExecutionSignaled')).toHaveLength(1);
  });

  it('may end the open run, and is refused where the policy forbids another', () => {
    const driver = running();
    expect(signalWithStart(driver, wire(undefined, 'TERMINATE_EXISTING'))).toMatchObject({ runId: 'run-1' });
    driver.runTask(completeWorkflow());
    const request = { ...startRequest(wire('REJECT_DUPLICATE')), signalName: 'pay' };
    expect(driver.refusal('SignalWithStartWorkflowExecution', request).code).toBe('ALREADY_EXISTS');
  });
});
