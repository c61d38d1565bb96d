/**
 * What one run's log says of its children, of other workflows it calls, and of the updates it was asked for: each
 * outcome once, and only of something that was asked for.
 */

import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  type TransientEvent,
  type UpdateRequestJson,
} from '../../sdk/common/history.ts';
import { check } from './violation.ts';

export interface ChildRecord {
  initiated: HistoryEventAttributes['StartChildWorkflowExecutionInitiated'];
  /** Its first run, once it is started. */
  runId?: string;
  startedEventId?: string;
  startFailed: boolean;
  closed?: HistoryEventName;
  /** How often the parent close policy was recorded as applied. */
  applied: number;
}

export interface UpdateRecord {
  acceptedEventId: string;
  outcome?: HistoryEventAttributes['WorkflowExecutionUpdateCompleted']['outcome'];
}

const EXTERNAL_OUTCOMES: Partial<Record<HistoryEventName, HistoryEventName>> = {
  ExternalWorkflowExecutionSignaled: 'SignalExternalWorkflowExecutionInitiated',
  SignalExternalWorkflowExecutionFailed: 'SignalExternalWorkflowExecutionInitiated',
  ExternalWorkflowExecutionCancelRequested: 'RequestCancelExternalWorkflowExecutionInitiated',
  RequestCancelExternalWorkflowExecutionFailed: 'RequestCancelExternalWorkflowExecutionInitiated',
};

export class Relations {
  /** By the id of the initiated event. */
  readonly children = new Map<string, ChildRecord>();
  readonly updates = new Map<string, UpdateRecord>();
  readonly rejected = new Set<string>();
  /** Of those, the ones that are not answered yet go on with the chain. */
  readonly admitted = new Set<string>();
  readonly #externals = new Map<string, { kind: HistoryEventName; outcome?: string }>();

  add(event: HistoryEvent, name: HistoryEventName, at: string): void {
    switch (name) {
      case 'StartChildWorkflowExecutionInitiated':
        this.children.set(event.eventId, {
          initiated: attributesOf(event, name),
          startFailed: false,
          applied: 0,
        });
        break;
      case 'StartChildWorkflowExecutionFailed': {
        const child = this.#child(attributesOf(event, name).initiatedEventId, at);
        check(!child.startFailed && !child.runId, `I42: ${at} of a child that was answered for`);
        child.startFailed = true;
        break;
      }
      case 'ChildWorkflowExecutionStarted': {
        const { initiatedEventId, workflowExecution } = attributesOf(event, name);
        const child = this.#child(initiatedEventId, at);
        check(!child.startFailed && !child.runId, `I42: ${at} of a child that was answered for`);
        child.runId = workflowExecution.runId;
        child.startedEventId = event.eventId;
        break;
      }
      case 'ChildWorkflowExecutionCompleted':
      case 'ChildWorkflowExecutionFailed':
      case 'ChildWorkflowExecutionCanceled':
      case 'ChildWorkflowExecutionTimedOut':
      case 'ChildWorkflowExecutionTerminated': {
        const { initiatedEventId, startedEventId } = attributesOf(event, name);
        const child = this.#child(initiatedEventId, at);
        check(
          child.runId && startedEventId === child.startedEventId,
          `I42: ${at} names start ${startedEventId}`,
        );
        check(!child.closed, `I42: ${at} after ${child.closed}`);
        child.closed = name;
        break;
      }
      case 'SignalExternalWorkflowExecutionInitiated':
      case 'RequestCancelExternalWorkflowExecutionInitiated':
        this.#externals.set(event.eventId, { kind: name });
        break;
      case 'WorkflowExecutionUpdateAccepted': {
        const { protocolInstanceId: id } = attributesOf(event, name);
        check(!this.updates.has(id), `I37: ${at}: update ${id} is accepted twice`);
        check(!this.rejected.has(id), `I37: ${at}: update ${id} was rejected`);
        this.updates.set(id, { acceptedEventId: event.eventId });
        break;
      }
      case 'WorkflowExecutionUpdateCompleted': {
        const { meta, acceptedEventId, outcome } = attributesOf(event, name);
        const update = this.updates.get(meta.updateId);
        check(
          update?.acceptedEventId === acceptedEventId,
          `I37: ${at}: ${meta.updateId} was not accepted there`,
        );
        check(!update.outcome, `I37: ${at}: update ${meta.updateId} is completed twice`);
        update.outcome = outcome;
        break;
      }
      default:
        this.#outcome(event, name, at);
    }
  }

  note(event: TransientEvent): void {
    if (event.transient === 'UpdateAdmitted') {
      const { request } = event.attributes as { request: UpdateRequestJson };
      this.admitted.add(request.meta.updateId);
    } else if (event.transient === 'UpdateRejected') {
      const { updateId, failure } = event.attributes as { updateId: string; failure: { message?: string } };
      check(!this.updates.has(updateId), `I37: update ${updateId} was accepted and is rejected`);
      check(!failure.message?.includes('did not answer'), `I37: nobody answered update ${updateId}`);
      this.rejected.add(updateId);
    } else if (event.transient === 'ParentClosePolicyApplied') {
      const { initiatedEventId } = event.attributes as { initiatedEventId: number };
      const child = this.#child(String(initiatedEventId), event.transient);
      check(++child.applied === 1, `I42: the parent close policy was applied twice to ${initiatedEventId}`);
    }
  }

  #outcome(event: HistoryEvent, name: HistoryEventName, at: string): void {
    const kind = EXTERNAL_OUTCOMES[name];
    if (!kind) return;
    const { initiatedEventId } = attributesOf(event, name as 'ExternalWorkflowExecutionSignaled');
    const external = this.#externals.get(initiatedEventId);
    check(external?.kind === kind, `I13: ${at} of a request ${initiatedEventId} that was not made`);
    check(!external.outcome, `I13: ${at} after ${external.outcome}`);
    external.outcome = name;
  }

  #child(initiatedEventId: string, at: string): ChildRecord {
    const child = this.children.get(initiatedEventId);
    check(child, `I42: ${at} names child ${initiatedEventId}, which was never asked for`);
    return child;
  }
}
