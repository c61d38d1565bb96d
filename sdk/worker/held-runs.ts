/**
 * Runs that are held between two workflow tasks that come over plain HTTP, because local activities go on in them. For
 * hosts whose memory and promises outlive a request (Node). The next task has the whole history again; the held run is
 * given what is new in it.
 */

import { attributesOf, type HistoryEvent, historyEventName } from '../common/history.ts';
import type { WorkflowSession } from '../common/worker-protocol.ts';

/** The next task comes at once, or when an engine that went away is back. */
const HELD_MS = 60_000;

interface HeldRun {
  session: WorkflowSession;
  /** The WorkflowTaskStarted of the task that it answered with a heartbeat. */
  startedEventId: number;
  letGo: ReturnType<typeof setTimeout>;
}

export class HeldRuns {
  readonly #identity: string;
  readonly #runs = new Map<string, HeldRun>();

  /** `identity`: as which this Worker answers workflow tasks. */
  constructor(identity: string) {
    this.#identity = identity;
  }

  hold(runId: string, startedEventId: number, session: WorkflowSession): void {
    this.#drop(runId);
    const letGo = setTimeout(() => this.#drop(runId), HELD_MS);
    // A process that has nothing else to do may end.
    (letGo as { unref?: () => void }).unref?.();
    this.#runs.set(runId, { session, startedEventId, letGo });
  }

  /** The held run and what it has not seen, if the history goes on from its heartbeat. In any other case it is given up. */
  take(
    runId: string,
    history: HistoryEvent[],
  ): { session: WorkflowSession; unseen: HistoryEvent[] } | undefined {
    const held = this.#runs.get(runId);
    if (!held) return undefined;
    const unseen = history.filter(({ eventId }) => Number(eventId) > held.startedEventId);
    if (!this.#isOwnAnswer(unseen[0], held.startedEventId)) {
      this.#drop(runId);
      return undefined;
    }
    clearTimeout(held.letGo);
    this.#runs.delete(runId);
    return { session: held.session, unseen };
  }

  #isOwnAnswer(event: HistoryEvent | undefined, startedEventId: number): boolean {
    if (!event || historyEventName(event.eventType) !== 'WorkflowTaskCompleted') return false;
    const completed = attributesOf(event, 'WorkflowTaskCompleted');
    return Number(completed.startedEventId) === startedEventId && completed.identity === this.#identity;
  }

  #drop(runId: string): void {
    const held = this.#runs.get(runId);
    if (!held) return;
    clearTimeout(held.letGo);
    this.#runs.delete(runId);
    held.session[Symbol.dispose]();
  }
}
