/** A turn that is being made: requests applied in memory, what they append put by for the commit. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { HistoryEvent, LogEvent } from '../../sdk/common/history.ts';
import type { Replies, Request, RequestKind } from '../../sdk/common/service.ts';
import type { Execution } from '../core/state.ts';
import { transition } from '../core/transition.ts';
import { historyEvents, loggedEvents } from './log.ts';
import type { Payloads } from './payloads.ts';
import type { ExecutionStore } from './store.ts';
import type { OpenTurn } from './turn-ports.ts';

export class TurnInProgress implements OpenTurn {
  readonly execution: Execution;
  readonly now: EpochMs;
  readonly cold: boolean;
  readonly appended: Array<{ runNumber: number; events: LogEvent[] }> = [];
  readonly events: HistoryEvent[] = [];
  readonly #newRunId: () => string;
  readonly #payloads: Payloads;
  readonly #store: ExecutionStore;

  constructor(
    execution: Execution,
    now: EpochMs,
    cold: boolean,
    newRunId: () => string,
    payloads: Payloads,
    store: ExecutionStore,
  ) {
    this.#store = store;
    this.execution = execution;
    this.now = now;
    this.cold = cold;
    this.#newRunId = newRunId;
    this.#payloads = payloads;
  }

  apply<K extends RequestKind>(given: Request<K>): Replies[K] {
    const request = this.#payloads.outline(given);
    const { runNumber: runBefore } = this.execution;
    const transitioned = transition(this.execution, request, {
      now: this.now,
      newRunId: this.#newRunId,
      runLog: (runNumber) => this.#log(runNumber),
    });
    const { appended } = transitioned;
    if (this.execution.runNumber !== runBefore) this.events.length = 0;
    for (const { runNumber, events } of appended) {
      const last = this.appended.at(-1);
      if (last?.runNumber === runNumber) last.events.push(...events);
      else this.appended.push({ runNumber, events: [...events] });
      if (runNumber !== this.execution.runNumber) continue;
      this.events.push(...historyEvents(events));
    }
    if ('refused' in transitioned) throw transitioned.refused;
    return transitioned.reply;
  }

  /** One that the run does not want to know any more is passed over. */
  note(request: Request): void {
    try {
      this.apply(request);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
    }
  }

  /** What is stored of a run, and what this turn adds to it. */
  *#log(runNumber: number): Iterable<LogEvent> {
    yield* loggedEvents(this.#store, runNumber);
    for (const part of this.appended) if (part.runNumber === runNumber) yield* part.events;
  }
}
