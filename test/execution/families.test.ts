/** Parents, children and strangers: several objects, every order of what they tell each other, and what gets lost. */

import { describe, expect, it } from 'vitest';
import type { Command } from '../../sdk/common/command.ts';
import type { ChildClose } from '../../sdk/common/service.ts';
import {
  cancelExternal,
  completeWorkflow,
  continueAsNew,
  failWorkflow,
  HOUR,
  MINUTE,
  payloads,
  SECOND,
  signalExternal,
  startChild,
} from '../core/harness.ts';
import { type Call, find, first, gate, has, type Script, signaled, World } from './world.ts';

const RESULT = payloads('from the child');
const OUTCOMES = ['Completed', 'Failed', 'Canceled', 'TimedOut', 'Terminated'].map(
  (kind) => `ChildWorkflowExecution${kind as ChildClose['kind']}` as const,
);

/** Starts a child and completes once the child has closed, or could not be started. */
const parentOf =
  (...children: Command[]): Script =>
  (view) => {
    if (first(view)) return children;
    const over = [...OUTCOMES, 'StartChildWorkflowExecutionFailed' as const].some((name) => has(view, name));
    return over ? [completeWorkflow('over')] : [];
  };
/** Completes when it is told to; stops when it is asked to. */
const obedient: Script = (view) => {
  if (signaled(view, 'complete')) return [completeWorkflow('from the child')];
  if (signaled(view, 'fail')) return [failWorkflow()];
  if (has(view, 'WorkflowExecutionCancelRequested'))
    return [
      { commandType: 'COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION', cancelWorkflowExecutionCommandAttributes: {} },
    ];
  return [];
};
const quick: Script = () => [completeWorkflow('from the child')];
/** Does what it is told by signals; its close is a signal, too. */
const closing =
  (...commands: Command[]): Script =>
  (view) =>
    first(view) ? commands : signaled(view, 'close') ? [completeWorkflow()] : [];

describe('a child', () => {
  it('is started, runs, and its result arrives', async () => {
    const world = new World({ parent: parentOf(startChild('c')), child: quick });
    const runId = await world.start('p', 'parent');
    expect(await world.names('p')).toEqual([
      'WorkflowExecutionStarted',
      'StartChildWorkflowExecutionInitiated',
      'ChildWorkflowExecutionStarted',
      'ChildWorkflowExecutionCompleted',
      'WorkflowExecutionCompleted',
    ]);
    expect(await world.last('p', 'ChildWorkflowExecutionCompleted')).toMatchObject({ result: RESULT });
    expect(await world.last('c', 'WorkflowExecutionStarted')).toMatchObject({
      parentWorkflowExecution: { workflowId: 'p', runId },
      parentInitiatedEventId: '5',
      rootWorkflowExecution: { workflowId: 'p', runId },
    });
    const { pendingChildren, workflowExecutionInfo } = await world.object('c').describe(undefined);
    expect(pendingChildren).toEqual([]);
    expect(workflowExecutionInfo.parentExecution).toEqual({ workflowId: 'p', runId });
    await world.advance(HOUR);
    expect(world.calls.map(({ request }) => request.kind)).toEqual([
      'StartWorkflowExecution',
      'RecordChildClosed',
    ]);
  });

  it('is shown by describe while it is pending', async () => {
    const world = new World({ parent: parentOf(startChild('c')), child: obedient });
    await world.start('p', 'parent');
    const { pendingChildren } = await world.object('p').describe(undefined);
    expect(pendingChildren).toEqual([
      {
        workflowId: 'c',
        runId: 'run-1',
        workflowTypeName: 'child',
        initiatedId: '5',
        parentClosePolicy: 'PARENT_CLOSE_POLICY_TERMINATE',
      },
    ]);
  });

  it.each([
    ['fail', 'ChildWorkflowExecutionFailed'],
    ['complete', 'ChildWorkflowExecutionCompleted'],
  ])('that is told to %s ends with %s at its parent', async (signal, event) => {
    const world = new World({ parent: parentOf(startChild('c')), child: obedient });
    await world.start('p', 'parent');
    await world.signal('c', signal);
    expect(await world.names('p')).toContain(event);
    expect(await world.status('p')).toBe('COMPLETED');
  });

  it('that is terminated, times out or is cancelled says so', async () => {
    const timeout = startChild('t', { workflowRunTimeout: '5s' });
    const children = [startChild('a'), timeout, startChild('b')];
    const world = new World({ parent: closing(...children), child: obedient });
    await world.start('p', 'parent');
    const which = { namespace: 'default', workflowExecution: { workflowId: 'a' } };
    await world.object('a').request({ kind: 'TerminateWorkflowExecution', ...which });
    const other = { namespace: 'default', workflowExecution: { workflowId: 'b' } };
    await world.object('b').request({ kind: 'RequestCancelWorkflowExecution', ...other });
    await world.advance(6 * SECOND);
    const names = await world.names('p');
    for (const name of ['Terminated', 'TimedOut', 'Canceled'])
      expect(names).toContain(`ChildWorkflowExecution${name}`);
  });

  it('whose id is taken is refused, and whoever has the id goes on', async () => {
    const world = new World({ parent: parentOf(startChild('c')), child: obedient });
    await world.start('c', 'child');
    await world.start('p', 'parent');
    expect(await world.last('p', 'StartChildWorkflowExecutionFailed')).toMatchObject({
      cause: 'START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS',
      initiatedEventId: '5',
    });
    expect(await world.status('c')).toBe('RUNNING');
    expect(await world.status('p')).toBe('COMPLETED');
  });

  it('that continues as new tells its parent only at the end of the chain', async () => {
    let rounds = 0;
    const chain: Script = () =>
      rounds++ < 3
        ? [continueAsNew({ workflowType: { name: 'chain' } })]
        : [completeWorkflow('from the child')];
    const world = new World({
      parent: parentOf(startChild('c', { workflowType: { name: 'chain' } })),
      chain,
    });
    await world.start('p', 'parent');
    const started = await world.last('p', 'ChildWorkflowExecutionStarted');
    const completed = await world.last('p', 'ChildWorkflowExecutionCompleted');
    expect(started.workflowExecution.runId).toBe('run-1');
    expect(completed.workflowExecution.runId).toBe('run-4');
    expect(completed.result).toEqual(RESULT);
    expect(world.calls.filter(({ request }) => request.kind === 'RecordChildClosed')).toHaveLength(1);
  });

  it('that is retried tells its parent only of the last attempt', async () => {
    const child = startChild('c', { retryPolicy: { initialInterval: '1s', maximumAttempts: 3 } });
    const world = new World({ parent: parentOf(child), child: () => [failWorkflow()] });
    await world.start('p', 'parent');
    expect(await world.names('p')).not.toContain('ChildWorkflowExecutionFailed');
    await world.advance(10 * SECOND);
    expect(await world.last('p', 'ChildWorkflowExecutionFailed')).toMatchObject({
      retryState: 'RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED',
    });
  });

  it('is one of a hundred', async () => {
    const children = Array.from({ length: 100 }, (_, i) => startChild(`c${i}`));
    const count = ({ history }: { history: Array<{ eventType: string }> }) =>
      history.filter(({ eventType }) => eventType.endsWith('CHILD_WORKFLOW_EXECUTION_COMPLETED')).length;
    const world = new World({
      parent: (view) => (first(view) ? children : count(view) === 100 ? [completeWorkflow()] : []),
      child: quick,
    });
    await world.start('p', 'parent');
    await world.advance(MINUTE);
    expect(await world.status('p')).toBe('COMPLETED');
  });
});

describe('very many children', () => {
  it('are started over several events of the platform, and describe says what is going on', async () => {
    const children = Array.from({ length: 900 }, (_, i) => startChild(`c${i}`));
    const world = new World({ parent: closing(...children), child: obedient });
    await world.start('p', 'parent');
    expect(world.calls.length).toBeLessThanOrEqual(400);
    const { problems } = await world.object('p').describe(undefined);
    expect(problems).toEqual([expect.stringContaining('the rest follows')]);
    await world.advance(10 * SECOND);
    const { pendingChildren } = await world.object('p').describe(undefined);
    expect(pendingChildren.filter(({ runId }) => runId)).toHaveLength(900);
    expect((await world.object('p').describe(undefined)).problems).toEqual([]);
  });
});

describe('between a parent and its child', () => {
  const faults: Array<['lost' | 'answerLost', string]> = [
    ['lost', 'StartWorkflowExecution'],
    ['answerLost', 'StartWorkflowExecution'],
    ['lost', 'RecordChildClosed'],
    ['answerLost', 'RecordChildClosed'],
  ];

  it.each(faults)('a call may be %s: %s is repeated, and acts once', async (fate, kind) => {
    const world = new World({ parent: parentOf(startChild('c')), child: quick });
    let faults = 2;
    world.fate = ({ request }) => (request.kind === kind && faults-- > 0 ? fate : undefined);
    await world.start('p', 'parent');
    await world.advance(MINUTE);
    expect(await world.status('p')).toBe('COMPLETED');
    const names = await world.names('p');
    expect(names.filter((name) => name === 'ChildWorkflowExecutionStarted')).toHaveLength(1);
    expect(names.filter((name) => name === 'ChildWorkflowExecutionCompleted')).toHaveLength(1);
    expect(await world.names('c')).toEqual(['WorkflowExecutionStarted', 'WorkflowExecutionCompleted']);
  });

  it.each(faults)('either may be lost while a call is %s: %s', async (fate, kind) => {
    for (const lost of ['p', 'c']) {
      const world = new World({ parent: parentOf(startChild('c')), child: quick });
      let faults = 1;
      world.fate = ({ request }) => {
        if (request.kind !== kind || faults-- <= 0) return undefined;
        queueMicrotask(() => world.lose(lost));
        return fate;
      };
      await world.start('p', 'parent');
      world.lose(lost);
      await world.advance(2 * MINUTE);
      expect(await world.status('p')).toBe('COMPLETED');
      expect(await world.names('c')).toEqual(['WorkflowExecutionStarted', 'WorkflowExecutionCompleted']);
    }
  });

  it('the close may overtake the answer to the start', async () => {
    const world = new World({ parent: parentOf(startChild('c')), child: quick });
    const { opened, open } = gate();
    world.fate = ({ request }) => (request.kind === 'StartWorkflowExecution' ? opened : undefined);
    await world.start('p', 'parent');
    expect(await world.names('p')).toEqual([
      'WorkflowExecutionStarted',
      'StartChildWorkflowExecutionInitiated',
      'ChildWorkflowExecutionStarted',
      'ChildWorkflowExecutionCompleted',
      'WorkflowExecutionCompleted',
    ]);
    const length = (await world.history('p')).length;
    open();
    await world.settled();
    expect(await world.history('p')).toHaveLength(length);
  });

  it('a parent that is gone is not waited for', async () => {
    const abandoned = startChild('c', { parentClosePolicy: 'PARENT_CLOSE_POLICY_ABANDON' });
    const world = new World({ parent: closing(abandoned), child: obedient });
    await world.start('p', 'parent');
    await world.signal('p', 'close');
    await world.signal('c', 'complete');
    const told = () => world.calls.filter(({ request }) => request.kind === 'RecordChildClosed').length;
    expect(told()).toBe(1);
    await world.advance(2 * HOUR);
    expect(told()).toBe(1);
  });
});

describe('when a parent closes', () => {
  const after = {
    TERMINATE: 'TERMINATED',
    REQUEST_CANCEL: 'CANCELED',
    ABANDON: 'RUNNING',
  };
  const policies = Object.entries(after);

  it.each(policies)('with %s its child is %s', async (policy, status) => {
    const child = startChild('c', { parentClosePolicy: `PARENT_CLOSE_POLICY_${policy}` });
    const world = new World({ parent: closing(child), child: obedient });
    await world.start('p', 'parent');
    await world.signal('p', 'close');
    await world.advance(MINUTE);
    expect(await world.status('p')).toBe('COMPLETED');
    expect(await world.status('c')).toBe(status);
    const calls = world.calls.length;
    await world.advance(3 * HOUR);
    expect(world.calls).toHaveLength(calls);
  });

  it.each(policies)('with %s while the start is in flight, the child is %s', async (policy, status) => {
    for (const fate of ['lost', 'answerLost'] as const) {
      const child = startChild('c', { parentClosePolicy: `PARENT_CLOSE_POLICY_${policy}` });
      const world = new World({ parent: closing(child), child: obedient });
      let faults = 1;
      world.fate = ({ request }) =>
        request.kind === 'StartWorkflowExecution' && faults-- > 0 ? fate : undefined;
      await world.start('p', 'parent');
      await world.signal('p', 'close');
      expect(await world.status('p')).toBe('COMPLETED');
      await world.advance(MINUTE);
      expect(await world.status('c')).toBe(status);
      expect(await world.names('p')).not.toContain('ChildWorkflowExecutionStarted');
    }
  });

  it.each(policies)('in the task that asked for the child: %s', async (policy, status) => {
    const child = startChild('c', { parentClosePolicy: `PARENT_CLOSE_POLICY_${policy}` });
    const world = new World({ parent: () => [child, completeWorkflow()], child: obedient });
    await world.start('p', 'parent');
    await world.advance(MINUTE);
    if (policy === 'ABANDON') expect(await world.status('c')).toBe(status);
    else expect(world.calls).toEqual([]);
  });

  it('a lost call is repeated, also after a load', async () => {
    const world = new World({ parent: closing(startChild('c')), child: obedient });
    let faults = 3;
    world.fate = ({ request }) =>
      request.kind === 'TerminateWorkflowExecution' && faults-- > 0 ? 'lost' : undefined;
    await world.start('p', 'parent');
    await world.signal('p', 'close');
    expect(await world.status('c')).toBe('RUNNING');
    world.lose('p');
    await world.advance(5 * MINUTE);
    expect(await world.status('c')).toBe('TERMINATED');
    expect((await world.last('c', 'WorkflowExecutionTerminated')).reason).toBe('by parent close policy');
  });

  it('by continuing as new, its children are dealt with and a new run begins', async () => {
    const script: Script = (view) => {
      const started = find(view.history, 'WorkflowExecutionStarted')!;
      if (started.continuedExecutionRunId) return [];
      return first(view)
        ? [startChild('c')]
        : signaled(view, 'again')
          ? [continueAsNew({ workflowType: { name: 'parent' } })]
          : [];
    };
    const world = new World({ parent: script, child: obedient });
    await world.start('p', 'parent');
    await world.signal('p', 'again');
    await world.advance(MINUTE);
    expect(await world.status('c')).toBe('TERMINATED');
    expect(await world.status('p')).toBe('RUNNING');
    expect(await world.names('p')).toEqual(['WorkflowExecutionStarted']);
  });

  it('another run under its id still owes what the closed one owed', async () => {
    const world = new World({ parent: closing(startChild('c')), child: obedient });
    world.fate = ({ request }) => (request.kind === 'TerminateWorkflowExecution' ? 'lost' : undefined);
    await world.start('p', 'parent');
    await world.signal('p', 'close');
    await world.start('p', 'child');
    world.lose('p');
    world.fate = () => undefined;
    await world.advance(MINUTE);
    expect(await world.status('c')).toBe('TERMINATED');
    expect(await world.status('p')).toBe('RUNNING');
  });
});

describe('another workflow', () => {
  const speaking =
    (command: Command): Script =>
    (view) =>
      first(view) ? [command] : view.history.at(-3) && signaled(view, 'never') ? [] : [];

  it('is signaled, once, whatever gets lost', async () => {
    for (const fate of ['lost', 'answerLost', undefined] as const) {
      const world = new World({ a: speaking(signalExternal('b', { input: payloads(1) })), b: obedient });
      let faults = 2;
      world.fate = () => (faults-- > 0 ? fate : undefined);
      await world.start('b', 'b');
      const runId = await world.start('a', 'a');
      world.lose('a');
      await world.advance(MINUTE);
      expect(await world.names('a')).toEqual([
        'WorkflowExecutionStarted',
        'SignalExternalWorkflowExecutionInitiated',
        'ExternalWorkflowExecutionSignaled',
      ]);
      expect((await world.names('b')).filter((name) => name === 'WorkflowExecutionSignaled')).toHaveLength(1);
      expect(await world.last('b', 'WorkflowExecutionSignaled')).toMatchObject({
        signalName: 'go',
        input: payloads(1),
        externalWorkflowExecution: { workflowId: 'a', runId },
      });
    }
  });

  it('is asked to cancel', async () => {
    const world = new World({ a: speaking(cancelExternal('b', { reason: 'enough' })), b: obedient });
    await world.start('b', 'b');
    const runId = await world.start('a', 'a');
    expect(await world.names('a')).toContain('ExternalWorkflowExecutionCancelRequested');
    expect(await world.last('b', 'WorkflowExecutionCancelRequested')).toMatchObject({
      cause: 'enough',
      externalInitiatedEventId: '5',
      externalWorkflowExecution: { workflowId: 'a', runId },
    });
    expect(await world.status('b')).toBe('CANCELED');
  });

  it.each([
    [signalExternal('nobody'), 'SignalExternalWorkflowExecutionFailed', 'SIGNAL'],
    [cancelExternal('nobody'), 'RequestCancelExternalWorkflowExecutionFailed', 'CANCEL'],
  ])('that is not there is a failure', async (command, event, what) => {
    const world = new World({ a: speaking(command) });
    await world.start('a', 'a');
    expect(await world.last('a', event as 'SignalExternalWorkflowExecutionFailed')).toMatchObject({
      cause: `${what}_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND`,
      initiatedEventId: '5',
    });
  });

  it('may be this one', async () => {
    const world = new World({ a: speaking(signalExternal('a')) });
    await world.start('a', 'a');
    expect(await world.names('a')).toEqual([
      'WorkflowExecutionStarted',
      'SignalExternalWorkflowExecutionInitiated',
      'WorkflowExecutionSignaled',
      'ExternalWorkflowExecutionSignaled',
    ]);
  });

  it('is spoken to as a child only if it is one', async () => {
    const command = signalExternal('b', { childWorkflowOnly: true });
    const world = new World({ a: speaking(command), b: obedient });
    await world.start('b', 'b');
    await world.start('a', 'a');
    expect(await world.names('a')).toContain('SignalExternalWorkflowExecutionFailed');
    expect(await world.names('b')).not.toContain('WorkflowExecutionSignaled');
  });

  it('as a child is spoken to once its start was answered', async () => {
    const script: Script = (view) =>
      first(view)
        ? [startChild('c')]
        : signaled(view, 'now') && !has(view, 'SignalExternalWorkflowExecutionInitiated')
          ? [signalExternal('c', { childWorkflowOnly: true, signalName: 'complete' })]
          : [];
    const world = new World({ parent: script, child: obedient });
    let faults = 1;
    world.fate = ({ request }) =>
      request.kind === 'StartWorkflowExecution' && faults-- > 0 ? 'lost' : undefined;
    await world.start('p', 'parent');
    await world.signal('p', 'now');
    expect(world.calls.map(({ request }) => request.kind)).toEqual(['StartWorkflowExecution']);
    await world.advance(MINUTE);
    expect(await world.names('p')).toContain('ExternalWorkflowExecutionSignaled');
    expect(await world.names('p')).toContain('ChildWorkflowExecutionCompleted');
  });

  it('hears of a workflow that has closed with its signal still on the way', async () => {
    const world = new World({ a: () => [signalExternal('b'), completeWorkflow()], b: obedient });
    let faults = 2;
    world.fate = () => (faults-- > 0 ? 'lost' : undefined);
    await world.start('b', 'b');
    await world.start('a', 'a');
    expect(await world.status('a')).toBe('COMPLETED');
    world.lose('a');
    await world.advance(MINUTE);
    expect(await world.names('b')).toContain('WorkflowExecutionSignaled');
    const calls = world.calls.length;
    await world.advance(3 * HOUR);
    expect(world.calls).toHaveLength(calls);
  });

  it('gets what is sent to it in the order in which it was asked for', async () => {
    const signals = Array.from({ length: 30 }, (_, i) => signalExternal('b', { signalName: `s${i}` }));
    const world = new World({ a: (view) => (first(view) ? signals : []), b: obedient });
    await world.start('b', 'b');
    await world.start('a', 'a');
    const names = (calls: Call[]) =>
      calls.map(({ request }) => (request as { signalName?: string }).signalName);
    expect(names(world.calls)).toEqual(signals.map((_, i) => `s${i}`));
  });
});

describe('an object', () => {
  it('takes from other objects nothing but what they may say', async () => {
    const world = new World({ a: obedient });
    await world.start('a', 'a');
    const tick = { kind: 'Tick' } as unknown as Parameters<ReturnType<World['object']>['internal']>[0];
    await expect(world.object('a').internal(tick)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('a run that was imported', () => {
  it('is as good as gone for others that speak to it, and keeps none of them waiting', async () => {
    const elsewhere = new World({ child: quick });
    const runId = await elsewhere.start('x', 'child');
    const events = await elsewhere.history('x');
    const commands = [
      signalExternal('x', { execution: { workflowId: 'x', runId } }),
      cancelExternal('x', { runId }),
    ];
    const outcomes = [
      'SignalExternalWorkflowExecutionFailed',
      'RequestCancelExternalWorkflowExecutionFailed',
    ] as const;
    const world = new World({
      caller: (view) => {
        if (first(view)) return commands;
        return outcomes.every((name) => has(view, name)) ? [completeWorkflow()] : [];
      },
    });
    const workflowExecution = { workflowId: 'x', runId };
    await world.object('x').import({ namespace: 'default', workflowExecution, history: { events } });
    await world.start('p', 'caller');
    await world.advance(MINUTE);
    expect(await world.status('p')).toBe('COMPLETED');
  });
});
