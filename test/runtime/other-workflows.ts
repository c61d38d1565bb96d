/** The workflows that a run in a test starts, signals and cancels: what they do is what the test says they do. */

import { type Command, commandAttributesOf, commandName } from '../../sdk/common/command.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type {
  ExternalExecution,
  HistoryEvent,
  HistoryEventAttributes,
  HistoryEventName,
  UserMetadata,
} from '../../sdk/common/history.ts';
import { defaultPayloadConverter, toPayloadsJson } from '../../sdk/common/payload.ts';

/** The history that is written. */
export interface Journal {
  readonly runId: string;
  readonly nextEventId: string;
  add<N extends HistoryEventName>(
    name: N,
    attributes: HistoryEventAttributes[N],
    userMetadata?: UserMetadata,
  ): HistoryEvent<N>;
  /** Adds the event now, or when the started workflow task ends. */
  arrive<N extends HistoryEventName>(name: N, attributes: () => HistoryEventAttributes[N]): void;
}

export interface OpenChild {
  initiatedEventId: string;
  workflowType: { name: string };
  workflowTaskCompletedEventId: string;
  started: boolean;
  startedEventId: string;
  cancelRequested: boolean;
}
export interface Sent {
  kind: 'signal' | 'cancel';
  namespace: string;
  workflowExecution: ExternalExecution;
  workflowTaskCompletedEventId: string;
  /** Sent to a child through its handle or scope. */
  toChild: boolean;
}

type ChildClose =
  | 'ChildWorkflowExecutionCompleted'
  | 'ChildWorkflowExecutionFailed'
  | 'ChildWorkflowExecutionCanceled'
  | 'ChildWorkflowExecutionTimedOut'
  | 'ChildWorkflowExecutionTerminated';

const runIdOf = (initiatedEventId: string): string =>
  `0198c1d0-0000-7000-8000-${initiatedEventId.padStart(12, '0')}`;

export class OtherWorkflows {
  /** Open children by workflow id. */
  readonly children = new Map<string, OpenChild>();
  /** Signals and requests to cancel on their way, by the id of their Initiated event. */
  readonly sent = new Map<string, Sent>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Writes what a command to another workflow records; false for other commands. */
  record(command: Command, workflowTaskCompletedEventId: string): boolean {
    const by = { workflowTaskCompletedEventId };
    const initiatedEventId = this.#journal.nextEventId;
    const name = commandName(command.commandType)!;
    if (name === 'StartChildWorkflowExecution') {
      const a = commandAttributesOf(command, name);
      this.children.set(a.workflowId, {
        ...by,
        initiatedEventId,
        workflowType: a.workflowType,
        started: false,
        startedEventId: '0',
        cancelRequested: false,
      });
      const defaults = { namespace: 'default', parentClosePolicy: 'PARENT_CLOSE_POLICY_TERMINATE' };
      this.#journal.add(
        'StartChildWorkflowExecutionInitiated',
        { ...by, ...defaults, ...a, taskQueue: a.taskQueue! },
        command.userMetadata,
      );
    } else if (name === 'SignalExternalWorkflowExecution') {
      const { execution, namespace = 'default', ...rest } = commandAttributesOf(command, name);
      const target = { namespace, workflowExecution: execution };
      const toChild = rest.childWorkflowOnly ?? false;
      this.sent.set(initiatedEventId, { ...by, ...target, kind: 'signal', toChild });
      this.#journal.add('SignalExternalWorkflowExecutionInitiated', { ...by, ...target, ...rest });
    } else if (name === 'RequestCancelExternalWorkflowExecution') {
      const { workflowId, runId, namespace = 'default', ...rest } = commandAttributesOf(command, name);
      const target = { namespace, workflowExecution: { workflowId, ...(runId && { runId }) } };
      const child = this.children.get(workflowId);
      const toChild = rest.childWorkflowOnly ?? false;
      if (child) child.cancelRequested = true;
      this.sent.set(initiatedEventId, { ...by, ...target, kind: 'cancel', toChild });
      this.#journal.add('RequestCancelExternalWorkflowExecutionInitiated', { ...by, ...target, ...rest });
    } else {
      return false;
    }
    return true;
  }

  startChild(workflowId: string): void {
    const child = this.children.get(workflowId)!;
    child.started = true;
    this.#journal.arrive('ChildWorkflowExecutionStarted', () => {
      child.startedEventId = this.#journal.nextEventId;
      return this.#aboutChild(workflowId, child);
    });
  }

  failChildStart(workflowId: string, cause = 'WORKFLOW_ALREADY_EXISTS'): void {
    const { initiatedEventId, workflowType, workflowTaskCompletedEventId } = this.#forget(workflowId);
    this.#journal.arrive('StartChildWorkflowExecutionFailed', () => ({
      namespace: 'default',
      workflowId,
      workflowType,
      cause: `START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_${cause}`,
      initiatedEventId,
      workflowTaskCompletedEventId,
    }));
  }

  completeChild(workflowId: string, result?: unknown): void {
    const outcome = { result: toPayloadsJson(defaultPayloadConverter, result) };
    this.#closeChild(workflowId, 'ChildWorkflowExecutionCompleted', outcome);
  }

  failChild(workflowId: string, failure: Failure): void {
    const retryState = 'RETRY_STATE_RETRY_POLICY_NOT_SET';
    this.#closeChild(workflowId, 'ChildWorkflowExecutionFailed', { failure, retryState });
  }

  cancelChild(workflowId: string): void {
    this.#closeChild(workflowId, 'ChildWorkflowExecutionCanceled', {});
  }

  timeOutChild(workflowId: string): void {
    this.#closeChild(workflowId, 'ChildWorkflowExecutionTimedOut', { retryState: 'RETRY_STATE_TIMEOUT' });
  }

  terminateChild(workflowId: string): void {
    this.#closeChild(workflowId, 'ChildWorkflowExecutionTerminated', {});
  }

  /** The signal or request to cancel arrived, or failed for the cause (without its prefix). */
  settle(initiatedEventId: string, failedCause?: string): void {
    const { kind, namespace, workflowExecution, workflowTaskCompletedEventId } =
      this.sent.get(initiatedEventId)!;
    this.sent.delete(initiatedEventId);
    const target = { initiatedEventId, namespace, workflowExecution };
    const failed = (prefix: string) => ({
      ...target,
      workflowTaskCompletedEventId,
      cause: `${prefix}_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_${failedCause}`,
    });
    if (kind === 'signal' && failedCause) {
      this.#journal.arrive('SignalExternalWorkflowExecutionFailed', () => failed('SIGNAL'));
    } else if (kind === 'signal') {
      this.#journal.arrive('ExternalWorkflowExecutionSignaled', () => target);
    } else if (failedCause) {
      this.#journal.arrive('RequestCancelExternalWorkflowExecutionFailed', () => failed('CANCEL'));
    } else {
      this.#journal.arrive('ExternalWorkflowExecutionCancelRequested', () => target);
    }
  }

  /** Settles everything that is on its way. */
  settleAll(): void {
    for (const initiatedEventId of [...this.sent.keys()]) this.settle(initiatedEventId);
  }

  /** A child that closes before its start was told has started all the same. */
  #closeChild<N extends ChildClose>(
    workflowId: string,
    name: N,
    outcome: Omit<
      HistoryEventAttributes[N],
      keyof HistoryEventAttributes['ChildWorkflowExecutionTerminated']
    >,
  ): void {
    if (!this.children.get(workflowId)!.started) this.startChild(workflowId);
    const child = this.#forget(workflowId);
    this.#journal.arrive(name, () => {
      const ids = { ...this.#aboutChild(workflowId, child), startedEventId: child.startedEventId };
      return { ...ids, ...outcome } as unknown as HistoryEventAttributes[N];
    });
  }

  #aboutChild(workflowId: string, { initiatedEventId, workflowType }: OpenChild) {
    const runId = runIdOf(initiatedEventId);
    return { namespace: 'default', initiatedEventId, workflowType, workflowExecution: { workflowId, runId } };
  }

  #forget(workflowId: string): OpenChild {
    const child = this.children.get(workflowId)!;
    this.children.delete(workflowId);
    return child;
  }
}
