/**
 * History → what to do next: apply an event, or run a workflow task. A task is run where its WorkflowTaskStarted stands,
 * once it is known that the task was completed (then the commands it recorded are known too: patches must be known
 * before the code asks for them) or that it is the one being worked on. Attempts that failed or timed out are passed
 * over, so that what arrived before them is seen by the attempt that completed.
 */

import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventName,
  historyEventName,
  type SdkMetadata,
  type UpdateRequestJson,
} from '../../common/history.ts';
import type { WorkerDeploymentVersion } from '../../common/versioning.ts';
import { type LocalRecord, localRecordOf } from './local-marker.ts';
import { commandRecordedBy, patchMarkerOf } from './match.ts';
import type { DeliveredUpdate } from './updates.ts';

/** A workflow task to run. */
export interface TaskToRun {
  started: HistoryEvent;
  /** It was completed once already: `recorded` says what came of it. */
  replaying: boolean;
  /** Ids of the patches that the task recorded. */
  patches: string[];
  /** How its local activities ended, in the order in which they did. */
  locals: LocalRecord[];
  /** Updates that the task accepted, or that come with it. */
  updates: DeliveredUpdate[];
  sdkMetadata?: SdkMetadata;
  /** Of the Worker that completed it. */
  deploymentVersion?: WorkerDeploymentVersion;
}

export type Next = { event: HistoryEvent; name: HistoryEventName } | { task: TaskToRun };

/**
 * What is known about the end of the events so far.
 * `page`: more will come. `task`: the last one is the WorkflowTaskStarted to work on. `committed`: this is all there is.
 */
export type End = 'page' | 'task' | 'committed';

/** @throws Error for an event this SDK does not know and may not ignore. */
function nameOf(event: HistoryEvent): HistoryEventName | undefined {
  const name = historyEventName(event.eventType);
  if (name || (event as { workerMayIgnore?: boolean }).workerMayIgnore) return name;
  throw new Error(
    `Event ${event.eventId} is ${event.eventType}, which this version of the SDK does not know. ` +
      'A newer version is needed to go on with this workflow.',
  );
}

export class HistoryReader {
  #events: HistoryEvent[] = [];
  #at = 0;
  #lastEventId = 0;
  /** A command was recorded since the last task that was run (Temporal's rule for heartbeats of a task). */
  #commandSeen = false;
  /** The same, before the task at the end was run. */
  #commandSeenBefore = false;
  /** Updates that come with the task that is worked on. */
  #updates: UpdateRequestJson[] = [];
  /** The task at the end may turn out to have left no events. */
  #forgettable = false;

  /**
   * The answer to the task at the end was at most to refuse its updates. The engine may leave such a task out of history: then the
   * next events have the ids that its WorkflowTaskScheduled and WorkflowTaskStarted had.
   */
  expectForgottenTask(): void {
    this.#forgettable = true;
  }

  /**
   * @param updates to be delivered by the task at the end of the events
   * @throws Error when the events do not follow on those before
   */
  add(events: HistoryEvent[], updates: UpdateRequestJson[] = []): void {
    this.#updates = updates;
    if (events[0] && this.#forgettable) {
      this.#forgettable = false;
      if (Number(events[0].eventId) === this.#lastEventId - 1) {
        this.#lastEventId -= 2;
        this.#commandSeen = this.#commandSeenBefore;
      }
    }
    for (const event of events) {
      if (Number(event.eventId) !== this.#lastEventId + 1) {
        throw new Error(
          `Event ${event.eventId} came after event ${this.#lastEventId}: history must come in order.`,
        );
      }
      this.#lastEventId += 1;
    }
    this.#events = this.#at === 0 ? this.#events.concat(events) : this.#events.slice(this.#at).concat(events);
    this.#at = 0;
  }

  get lastEventId(): number {
    return this.#lastEventId;
  }

  /** What comes next, or `undefined` until more events are known. */
  next(end: End): Next | undefined {
    for (let event = this.#events[this.#at]; event; event = this.#events[this.#at]) {
      const name = nameOf(event);
      if (name !== 'WorkflowTaskStarted') {
        this.#at += 1;
        if (name === undefined) continue;
        if (commandRecordedBy(name)) this.#commandSeen = true;
        return { event, name };
      }
      const task = this.#taskAt(event, end);
      if (task === 'unknown') return undefined;
      this.#at += 1;
      if (task === 'none') continue;
      this.#commandSeenBefore = this.#commandSeen;
      this.#commandSeen = false;
      return { task };
    }
    return undefined;
  }

  #taskAt(started: HistoryEvent, end: End): TaskToRun | 'none' | 'unknown' {
    const closing = this.#events[this.#at + 1];
    if (!closing) return end === 'task' ? this.#currentTask(started) : 'unknown';
    if (nameOf(closing) !== 'WorkflowTaskCompleted') return 'none';
    const recorded: HistoryEvent[] = [];
    let after: HistoryEvent | undefined;
    for (let i = this.#at + 2; i < this.#events.length && !after; i++) {
      const event = this.#events[i]!;
      const name = nameOf(event);
      if (name && commandRecordedBy(name)) recorded.push(event);
      else after = event;
    }
    // Without an event after the commands another page may bring more of them.
    if (!after && end === 'page') return 'unknown';
    const silent =
      !this.#commandSeen && recorded.length === 0 && after && nameOf(after) === 'WorkflowTaskScheduled';
    if (silent) {
      const kind = this.#kindOfSilentTask(end);
      if (kind !== 'own') return kind === 'unknown' ? 'unknown' : 'none';
    }
    const { sdkMetadata, deploymentVersion } = attributesOf(closing, 'WorkflowTaskCompleted');
    return {
      started,
      replaying: true,
      patches: patchesOf(recorded),
      locals: localsOf(recorded),
      updates: updatesOf(recorded),
      ...(sdkMetadata && { sdkMetadata }),
      ...(deploymentVersion && { deploymentVersion }),
    };
  }

  #currentTask(started: HistoryEvent): TaskToRun {
    const sequencingEventId = String(Number(started.eventId) - 1);
    const updates = this.#updates.map((request) => ({
      request,
      messageId: `${request.meta.updateId}/request`,
      sequencingEventId,
      validate: true,
    }));
    return { started, replaying: false, patches: [], locals: [], updates };
  }

  /**
   * A task that recorded nothing, with the next one right behind it. It is run where it stands: that is what happened, be
   * it a heartbeat or a task that had nothing to do. Only where an update stands first in what the next task did does
   * Temporal's replayer see the two as one, unless this is the last task before the update came.
   */
  #kindOfSilentTask(end: End): 'own' | 'merged' | 'unknown' {
    const atEnd = end === 'page' ? 'unknown' : 'own';
    const at = this.#events[this.#at]!;
    const candidates = [at];
    for (let i = this.#at + 2; i < this.#events.length; i++) {
      if (nameOf(this.#events[i]!) !== 'WorkflowTaskStarted') continue;
      const [closing, first] = [this.#events[i + 1], this.#events[i + 2]];
      if (!closing) {
        const merged = end === 'task' && this.#updates.length > 0 && candidates.at(-1) !== at;
        return merged ? 'merged' : atEnd;
      }
      if (nameOf(closing) !== 'WorkflowTaskCompleted') continue;
      if (!first) return atEnd;
      if (nameOf(first) === 'WorkflowExecutionUpdateAccepted') {
        const { acceptedRequestSequencingEventId } = attributesOf(first, 'WorkflowExecutionUpdateAccepted');
        const before = Number(acceptedRequestSequencingEventId);
        return candidates.findLast(({ eventId }) => Number(eventId) < before) === at ? 'own' : 'merged';
      }
      if (nameOf(first) !== 'WorkflowTaskScheduled') return 'own';
      candidates.push(this.#events[i]!);
    }
    return atEnd;
  }
}

function patchesOf(recorded: HistoryEvent[]): string[] {
  return recorded
    .filter((event) => nameOf(event) === 'MarkerRecorded')
    .map((event) => patchMarkerOf(attributesOf(event, 'MarkerRecorded'))?.id)
    .filter((id) => id !== undefined);
}

function localsOf(recorded: HistoryEvent[]): LocalRecord[] {
  return recorded
    .filter((event) => nameOf(event) === 'MarkerRecorded')
    .map((event) => localRecordOf(attributesOf(event, 'MarkerRecorded')))
    .filter((record) => record !== undefined);
}

function updatesOf(recorded: HistoryEvent[]): DeliveredUpdate[] {
  return recorded
    .filter((event) => nameOf(event) === 'WorkflowExecutionUpdateAccepted')
    .map((event) => attributesOf(event, 'WorkflowExecutionUpdateAccepted'))
    .map(({ acceptedRequest, acceptedRequestMessageId, acceptedRequestSequencingEventId }) => ({
      request: acceptedRequest,
      messageId: acceptedRequestMessageId,
      sequencingEventId: acceptedRequestSequencingEventId,
      validate: false,
    }));
}
