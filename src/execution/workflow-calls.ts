/**
 * What a run asks of other workflows: starts children, tells its parent, applies the parent close policy, signals and
 * cancels. Calls to one target go out one after the other, to many at the same time. A refusal is an outcome and is recorded;
 * all else is held and made again, because the state still owes it: each call has a request id or can be repeated without harm.
 */

import { fromWire, toWire } from '../../sdk/common/enums.ts';
import { errorDetailType, ServiceError } from '../../sdk/common/errors.ts';
import { attributesOf, type HistoryEvent, type WorkflowExecution } from '../../sdk/common/history.ts';
import { mergePriority } from '../../sdk/common/priority.ts';
import type { Request } from '../../sdk/common/service.ts';
import type { Effect } from '../core/effect.ts';
import { ownerOf, parentIdFor, replacesChild } from '../core/reset-origin.ts';
import { findRun, isOpen, owesParent, type RunState, rootOf } from '../core/state.ts';
import { ofChild } from '../core/versioning.ts';
import { childClose, closeOfChild } from './child-close.ts';
import { lastEvent, readEvent } from './log.ts';
import type { Outside } from './outside.ts';
import type { ExecutionStore } from './store.ts';
import { withTrace } from './trace.ts';
import type { Turn } from './turn.ts';
import type { Waiting } from './waiting.ts';

export type WorkflowCall = Extract<
  Effect,
  {
    kind:
      | 'StartChild'
      | 'AskChild'
      | 'NotifyParent'
      | 'ApplyParentClosePolicy'
      | 'SignalExternal'
      | 'CancelExternal';
  }
>;
type CallOf<K extends WorkflowCall['kind']> = Extract<WorkflowCall, { kind: K }>;

const MAX_TARGETS_AT_ONCE = 16;
/** The platform bounds the calls that one event may make; what is more follows with the next alarm. */
const MAX_CALLS_PER_EVENT = 400;
/** Nobody is there who could take it. A run that was imported can only be read: that precondition fails for ever. */
const GONE = ['NOT_FOUND', 'FAILED_PRECONDITION'];

export interface WorkflowCallsContext {
  readonly namespace: string;
  readonly workflowId: string;
  readonly store: ExecutionStore;
  readonly outside: Outside;
  readonly waiting: Waiting;
  turn(): Turn;
}

export class WorkflowCalls {
  readonly #context: WorkflowCallsContext;
  /** Calls that wait or are out, by target, in order. A target is here while something works on it. */
  readonly #targets = new Map<string, WorkflowCall[]>();
  /** Targets whose turn has not come. */
  readonly #queue: string[] = [];
  #atWork = 0;
  #budget = MAX_CALLS_PER_EVENT;

  constructor(context: WorkflowCallsContext) {
    this.#context = context;
  }

  /** A new event of the platform (the alarm) has begun. */
  renew(): void {
    this.#budget = MAX_CALLS_PER_EVENT;
  }

  /** Though it was told: it may have been restored from a backup of an earlier moment. Rejects when it is not reached. */
  async tellParentAgain(run: RunState): Promise<void> {
    const { namespace, workflowId } = run.parent!;
    await this.#notifyParent(run, { kind: 'NotifyParent', runId: run.runId, namespace, workflowId });
  }

  /** After the commit. */
  carryOut(call: WorkflowCall): void {
    if (this.#budget-- <= 0) {
      this.#hold(call, 'many calls to other workflows are to be made; the rest follows shortly');
      return;
    }
    const target = JSON.stringify([call.namespace, call.workflowId]);
    const calls = this.#targets.get(target);
    if (calls) {
      if (!calls.some((other) => sameCall(other, call))) calls.push(call);
      return;
    }
    this.#targets.set(target, [call]);
    this.#queue.push(target);
    this.#begin();
  }

  #begin(): void {
    while (this.#atWork < MAX_TARGETS_AT_ONCE && this.#queue.length > 0) {
      const target = this.#queue.shift()!;
      this.#atWork++;
      const work = this.#serve(target).finally(() => {
        this.#atWork--;
        this.#begin();
      });
      this.#context.outside.keepAlive(work);
    }
  }

  async #serve(target: string): Promise<void> {
    const calls = this.#targets.get(target)!;
    for (let call = calls[0]; call; call = calls[0]) {
      await this.#make(call);
      calls.shift();
    }
    this.#targets.delete(target);
  }

  /** Never rejects. */
  async #make(call: WorkflowCall): Promise<void> {
    try {
      const owing = await this.#context.turn().committed((execution) => {
        const run = findRun(execution, call.runId);
        return run && isOwed(run, call) ? run : undefined;
      });
      const outcome = owing && (await this.#outcome(owing, call));
      if (outcome) await this.#record(outcome);
      this.#context.waiting.release(call);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#context.outside.log('call to another workflow not carried out', {
        call: call.kind,
        target: call.workflowId,
        reason,
      });
      this.#hold(call, `workflow ${call.workflowId} was not reached: ${reason}`);
    }
  }

  #outcome(run: RunState, call: WorkflowCall): Promise<Request> {
    switch (call.kind) {
      case 'StartChild':
        return this.#startChild(run, call);
      case 'AskChild':
        return closeOfChild(run, call, this.#context.outside);
      case 'NotifyParent':
        return this.#notifyParent(run, call);
      case 'ApplyParentClosePolicy':
        return this.#applyParentClosePolicy(run, call);
      case 'SignalExternal':
        return this.#signal(run, call);
      case 'CancelExternal':
        return this.#cancel(run, call);
    }
  }

  /** NOT_FOUND: it is settled already. */
  async #record(outcome: Request): Promise<void> {
    try {
      await this.#context.turn().submit(outcome);
    } catch (error) {
      if (!isRefusal(error, 'NOT_FOUND')) throw error;
    }
  }

  async #startChild(
    run: RunState,
    call: CallOf<'StartChild'>,
  ): Promise<Request<'RecordChildStarted' | 'RecordChildStartFailed'>> {
    const { runId, initiatedEventId } = call;
    try {
      const childRunId = await this.#start(run, call);
      return { kind: 'RecordChildStarted', runId, initiatedEventId, childRunId };
    } catch (error) {
      if (!isRefusal(error, 'ALREADY_EXISTS', 'NOT_FOUND')) throw error;
      const cause = error.code === 'NOT_FOUND' ? 'NAMESPACE_NOT_FOUND' : 'WORKFLOW_ALREADY_EXISTS';
      return {
        kind: 'RecordChildStartFailed',
        runId,
        initiatedEventId,
        cause: `START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_${cause}`,
      };
    }
  }

  /** @returns the run that the start began, now or before */
  async #start(run: RunState, call: CallOf<'StartChild' | 'ApplyParentClosePolicy'>): Promise<string> {
    const { namespace, workflowId } = this.#context;
    const event = this.#initiated(run, call.initiatedEventId);
    const attributes = attributesOf(event, 'StartChildWorkflowExecutionInitiated');
    const { workflowTaskCompletedEventId: _1, parentClosePolicy: _2, ...start } = attributes;
    const { pinnedVersion, ...versioning } = ofChild(run, start.taskQueue.name);
    const replaced = replacesChild(run, call);
    if (replaced) start.workflowIdReusePolicy = toWire('workflowIdReusePolicy', 'TERMINATE_IF_RUNNING');
    // A child that is told to terminate whoever has its id does so by that policy alone.
    const replaces =
      fromWire('workflowIdReusePolicy', start.workflowIdReusePolicy) === 'TERMINATE_IF_RUNNING';
    const { runId } = await this.#context.outside.callExecution(call.namespace, call.workflowId, {
      kind: 'StartWorkflowExecution',
      ...start,
      ...withTrace(this.#context.outside, run, call.initiatedEventId, start.header),
      ...(!replaces && { workflowIdConflictPolicy: toWire('workflowIdConflictPolicy', 'FAIL') }),
      ...versioning,
      priority: mergePriority(run.priority, start.priority),
      requestId: requestId(run, call),
      ...(event.userMetadata && { userMetadata: event.userMetadata }),
      parent: {
        namespace,
        workflowId,
        runId: ownerOf(run, call.initiatedEventId),
        initiatedEventId: call.initiatedEventId,
        rootWorkflowExecution: rootOf(run),
        ...(pinnedVersion && { pinnedVersion }),
      },
    });
    return runId;
  }

  async #notifyParent(run: RunState, call: CallOf<'NotifyParent'>): Promise<Request<'RecordParentNotified'>> {
    const { workflowId, runId, workflowType, firstExecutionRunId } = run;
    const parent = run.parent!;
    const { payloads } = this.#context.turn();
    const closeEvent = payloads.inline(run.runNumber, lastEvent(this.#context.store, run.runNumber)!);
    await this.#unlessGone(() =>
      this.#context.outside.callExecution(call.namespace, call.workflowId, {
        kind: 'RecordChildClosed',
        runId: parent.runId,
        initiatedEventId: parent.initiatedEventId,
        child: { workflowId, runId },
        firstExecutionRunId,
        workflowType: { name: workflowType },
        close: childClose(closeEvent),
      }),
    );
    return { kind: 'RecordParentNotified', runId };
  }

  /** Nobody knows whether a child without a run id was started: the start is repeated to find out. */
  async #applyParentClosePolicy(
    run: RunState,
    call: CallOf<'ApplyParentClosePolicy'>,
  ): Promise<Request<'RecordParentClosePolicyApplied'>> {
    const { runId, initiatedEventId, policy } = call;
    const settled = { kind: 'RecordParentClosePolicyApplied' as const, runId, initiatedEventId };
    let firstExecutionRunId = call.childRunId;
    try {
      firstExecutionRunId ??= await this.#start(run, call);
    } catch (error) {
      if (isRefusal(error, 'ALREADY_EXISTS', 'NOT_FOUND')) return settled;
      throw error;
    }
    const { namespace, workflowId } = call;
    const which = { namespace, workflowExecution: { workflowId }, firstExecutionRunId };
    const reason = 'by parent close policy';
    const identity = this.#context.workflowId;
    if (policy === 'TERMINATE') {
      await this.#unlessGone(() =>
        this.#context.outside.callExecution(namespace, workflowId, {
          kind: 'TerminateWorkflowExecution',
          ...which,
          reason,
          identity,
        }),
      );
    } else if (policy === 'REQUEST_CANCEL') {
      const external = { workflowId: this.#context.workflowId, runId, initiatedEventId };
      await this.#unlessGone(() =>
        this.#context.outside.callExecution(namespace, workflowId, {
          kind: 'RequestCancelWorkflowExecution',
          ...which,
          reason,
          identity,
          requestId: `${requestId(run, call)}/close`,
          external,
        }),
      );
    }
    return settled;
  }

  async #signal(run: RunState, call: CallOf<'SignalExternal'>): Promise<Request<'RecordExternalSignaled'>> {
    const { runId, initiatedEventId } = call;
    const event = this.#initiated(run, initiatedEventId);
    const attributes = attributesOf(event, 'SignalExternalWorkflowExecutionInitiated');
    const self = { workflowId: this.#context.workflowId, runId };
    const cause = await this.#refusal('SIGNAL', () =>
      this.#context.outside.callExecution(call.namespace, call.workflowId, {
        kind: 'SignalWorkflowExecution',
        namespace: call.namespace,
        workflowExecution: attributes.workflowExecution,
        signalName: attributes.signalName,
        ...(attributes.input && { input: attributes.input }),
        ...(attributes.header && { header: attributes.header }),
        requestId: requestId(run, call),
        external: self,
        ...(attributes.childWorkflowOnly && { childOf: this.#asParent(run, call) }),
      }),
    );
    return { kind: 'RecordExternalSignaled', runId, initiatedEventId, ...cause };
  }

  async #cancel(
    run: RunState,
    call: CallOf<'CancelExternal'>,
  ): Promise<Request<'RecordExternalCancelRequested'>> {
    const { runId, initiatedEventId } = call;
    const event = this.#initiated(run, initiatedEventId);
    const attributes = attributesOf(event, 'RequestCancelExternalWorkflowExecutionInitiated');
    const self = { workflowId: this.#context.workflowId, runId };
    const cause = await this.#refusal('CANCEL', () =>
      this.#context.outside.callExecution(call.namespace, call.workflowId, {
        kind: 'RequestCancelWorkflowExecution',
        namespace: call.namespace,
        workflowExecution: attributes.workflowExecution,
        ...(attributes.reason && { reason: attributes.reason }),
        requestId: requestId(run, call),
        external: { ...self, initiatedEventId },
        ...(attributes.childWorkflowOnly && { childOf: this.#asParent(run, call) }),
      }),
    );
    return { kind: 'RecordExternalCancelRequested', runId, initiatedEventId, ...cause };
  }

  /** This workflow as the child knows it. */
  #asParent(run: RunState, { workflowId }: WorkflowCall): WorkflowExecution {
    return { workflowId: this.#context.workflowId, runId: parentIdFor(run, workflowId) };
  }

  async #refusal(what: 'SIGNAL' | 'CANCEL', call: () => Promise<unknown>): Promise<{ failedCause?: string }> {
    try {
      await call();
      return {};
    } catch (error) {
      if (!isRefusal(error, ...GONE)) throw error;
      const namespace = error.details.some(({ '@type': type }) => type === errorDetailType.namespaceNotFound);
      const cause = namespace ? 'NAMESPACE_NOT_FOUND' : 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND';
      return { failedCause: `${what}_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_${cause}` };
    }
  }

  /** Whom the call is for is closed, was never there, or was imported: that settles it. */
  async #unlessGone(call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (!isRefusal(error, ...GONE)) throw error;
    }
  }

  #initiated(run: RunState, eventId: number): HistoryEvent {
    const event = readEvent(this.#context.store, run.runNumber, eventId);
    if (!event) throw new Error(`event ${eventId} of run ${run.runId} is not in the log`);
    return this.#context.turn().payloads.inline(run.runNumber, event);
  }

  #hold(call: WorkflowCall, reason: string): void {
    this.#context.waiting.hold(call, reason);
    this.#context.turn().rearm();
  }
}

/** The same for every repeat of a call, by a run that was reset to behind its beginning too. */
const requestId = (run: RunState, { initiatedEventId }: { initiatedEventId: number }): string =>
  `${ownerOf(run, initiatedEventId)}/${initiatedEventId}`;

const sameCall = (a: WorkflowCall, b: WorkflowCall): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Things may have changed while the call waited. */
function isOwed(run: RunState, call: WorkflowCall): boolean {
  switch (call.kind) {
    case 'NotifyParent':
      return owesParent(run);
    case 'StartChild': {
      const child = run.children.get(call.initiatedEventId);
      return isOpen(run) && child !== undefined && child.runId === undefined;
    }
    case 'AskChild':
      return isOpen(run) && run.children.has(call.initiatedEventId);
    case 'ApplyParentClosePolicy':
      return run.children.has(call.initiatedEventId);
    case 'SignalExternal':
    case 'CancelExternal':
      return run.externals.has(call.initiatedEventId);
  }
}

function isRefusal(error: unknown, ...codes: string[]): error is ServiceError {
  return error instanceof ServiceError && codes.includes(error.code);
}
