/**
 * A run held in memory by a Worker, as the engine sees it: how far it has been fed, and whether it may still be used.
 * It must never be ahead of the log: whoever cannot be sure that it stands at the committed state disposes it.
 */

import type { HistoryEvent, UpdateRequestJson } from '../../sdk/common/history.ts';
import type {
  WorkflowQuery,
  WorkflowQueryAnswer,
  WorkflowSession,
  WorkflowTaskAnswer,
  WorkflowTaskPause,
} from '../../sdk/common/worker-protocol.ts';
import { storedLength } from '../core/stored-payload.ts';
import { withTypedAttributes } from './answered-attributes.ts';
import { type HistoryPage, MAX_PAGE_LENGTH, readHistory } from './log.ts';
import type { Outside, WorkflowWorker } from './outside.ts';
import type { Payloads } from './payloads.ts';
import type { ExecutionStore } from './store.ts';

/** Both sides must be free to sleep, and an object that waits with a session is paid for. */
const IDLE_MS = { least: 500, perEvent: 1, most: 10_000 };

export class WarmSession {
  readonly runId: string;
  readonly runNumber: number;
  readonly worker: WorkflowWorker;
  readonly #session: WorkflowSession;
  readonly #payloads: Payloads;
  readonly #outside: Pick<Outside, 'typedSearchAttributes'>;
  /** Settles when what could not be sent in one message has been sent. */
  #sending: Promise<unknown> | undefined;
  /** The id of the last event that the Worker has been given. */
  #position = 0;
  /** Committed events after `#position`. */
  #unseen: HistoryEvent[] = [];
  #completedTask = 0;
  /** Started event id of the task that the Worker has, or has answered, and that is not in the log as completed. */
  #openTask: number | undefined;
  #disposed = false;

  constructor(
    runId: string,
    runNumber: number,
    worker: WorkflowWorker,
    session: WorkflowSession,
    payloads: Payloads,
    outside: Pick<Outside, 'typedSearchAttributes'>,
  ) {
    this.#outside = outside;
    this.#payloads = payloads;
    this.runId = runId;
    this.runNumber = runNumber;
    this.worker = worker;
    this.#session = session;
  }

  get position(): number {
    return this.#position;
  }

  /** Started event id of the last task that the log records as completed. */
  get completedTask(): number {
    return this.#completedTask;
  }

  /** Is it at the committed state? While it has a task it is not, nor after an answer that was not taken. */
  get idle(): boolean {
    return !this.disposed && this.#openTask === undefined;
  }

  /** How long it is kept for nothing: the longer, the longer its replay would take. */
  get idleMs(): number {
    return Math.min(IDLE_MS.least + IDLE_MS.perEvent * this.#position, IDLE_MS.most);
  }

  /** Given up here, or ended by the Worker. */
  get disposed(): boolean {
    return this.#disposed || this.#session.ended === true;
  }

  /** Committed events, in order; those the Worker was given already (as virtual events) are passed over. */
  committed(events: HistoryEvent[]): void {
    for (const event of events) {
      if (Number(event.eventId) > this.#position) this.#unseen.push(event);
      if (event.eventType !== 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED') continue;
      this.#completedTask = Number(event.workflowTaskCompletedEventAttributes.startedEventId);
      if (this.#openTask === this.#completedTask) this.#openTask = undefined;
    }
  }

  /** All that was committed since it was last fed. */
  catchUp(store: ExecutionStore): void {
    this.committed(readHistory(store, this.runNumber, this.#position, Number.MAX_SAFE_INTEGER).events);
  }

  /** A page of committed history. */
  async feed({ events, refers }: HistoryPage): Promise<void> {
    if (events.length === 0) return;
    this.#position = Number(events.at(-1)!.eventId);
    await this.#session.feed(refers ? this.#inline(events) : events);
  }

  /** `events`: what follows the committed events, up to the task's WorkflowTaskStarted. */
  async runWorkflowTask(
    events: HistoryEvent[],
    updates: UpdateRequestJson[],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    const all = this.#take(events);
    this.#openTask = this.#position;
    // The task's own start, which carries nothing, goes with it.
    const pages = this.#payloads.refers ? pagesOf(all, storedLength(updates), 1) : [all];
    const answer = this.#send(pages, (rest) => this.#session.runWorkflowTask(rest, this.#inline(updates)));
    return this.#unlessDisposed(await withTypedAttributes(await answer, this.#outside));
  }

  /** The rest of a task that paused for its local activities. */
  async proceed(): Promise<WorkflowTaskAnswer> {
    if (this.#disposed) throw new Error('the session was given up before its local activities began');
    return this.#unlessDisposed(await withTypedAttributes(await this.#session.proceed(), this.#outside));
  }

  async query(query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    const sizes = (query.queryArgs?.payloads ?? []).map(({ data }) => data?.length ?? 0);
    const pages = pagesOf(
      this.#take([]),
      sizes.reduce((sum, size) => sum + size, 0),
      0,
    );
    const answer = this.#send(pages, (rest) => this.#session.query(rest, query));
    return this.#unlessDisposed(await answer);
  }

  #inline<T>(value: T): T {
    return this.#payloads.inline(this.runNumber, value);
  }

  /**
   * The last page with a message, after the others. Messages go out in the order of the calls:
   * what comes while pages are on their way waits for them.
   */
  #send<A>(pages: HistoryEvent[][], message: (events: HistoryEvent[]) => Promise<A>): Promise<A> {
    if (!this.#sending && pages.length === 1) return message(this.#inline(pages[0]!));
    const before = this.#sending;
    const sent = (async () => {
      await before;
      for (const page of pages.slice(0, -1)) await this.#session.feed(this.#inline(page));
      // Boxed: whoever waits for the message to be sent does not wait for its answer.
      return { answer: message(this.#inline(pages.at(-1)!)) };
    })();
    const settled = sent
      .catch(() => undefined)
      .then(() => {
        if (this.#sending === settled) this.#sending = undefined;
      });
    this.#sending = settled;
    return sent.then(({ answer }) => answer);
  }

  /** What a session says after it was given up says nothing of the run. */
  #unlessDisposed<T>(answer: T): T {
    if (this.#disposed) throw new Error('the session was given up before its answer came');
    return answer;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#unseen = [];
    try {
      this.#session[Symbol.dispose]();
    } catch {
      // The other side is gone already: that is all that was wanted.
    }
  }

  #take(events: HistoryEvent[]): HistoryEvent[] {
    const all = [...this.#unseen, ...events].filter((event) => Number(event.eventId) > this.#position);
    this.#unseen = [];
    if (all.length > 0) this.#position = Number(all.at(-1)!.eventId);
    return all;
  }
}

/**
 * At least one; each has as many large payloads as a message may carry, or one event. The last one goes with `beside`
 * characters of other payloads: if that is too much it keeps `tail` events.
 */
function pagesOf(events: HistoryEvent[], beside: number, tail: number): HistoryEvent[][] {
  const pages: HistoryEvent[][] = [[]];
  let length = 0;
  for (const event of events) {
    const stored = storedLength(event);
    if (length > 0 && length + stored > MAX_PAGE_LENGTH) {
      pages.push([]);
      length = 0;
    }
    pages.at(-1)!.push(event);
    length += stored;
  }
  if (length > 0 && length + beside > MAX_PAGE_LENGTH && beside > 0) {
    const last = pages.at(-1)!;
    pages.push(last.splice(last.length - tail));
  }
  return pages;
}
