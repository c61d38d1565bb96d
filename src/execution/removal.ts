/**
 * Runs that go: those that somebody deleted, and those that were closed for as long as the namespace keeps them.
 *
 *   the archive, if there is one and the run goes because its time is over
 *   visibility, then the object's own rows: a crash between the two is made good by the effect that is still owed,
 *   or by the alarm, which stands a minute ahead while a run is overdue. Nothing of a run is left behind in the object,
 *   and with the last run nothing of the object.
 *
 * Retention counts from the last thing that was logged of a closed run. It is of the runs of an id that the oldest goes
 * first: they closed in the order of their numbers, so that one look at the oldest is enough.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { mayGo } from '../core/deletion.ts';
import type { Effect } from '../core/effect.ts';
import { headOf } from '../core/run-log.ts';
import { type Execution, isOpen } from '../core/state.ts';
import { lastLoggedTime, loggedEvents, oldestRun } from './log.ts';
import type { Outside } from './outside.ts';
import type { Reads } from './reads.ts';
import type { ExecutionStore } from './store.ts';
import type { Turn } from './turn.ts';

/** While a run is overdue, the alarm comes back as often as this. */
const OVERDUE_MS = 60_000;
/** The rest follows with the next alarm: one event of the platform may make only so many calls. */
const MAX_PER_ALARM = 100;

export interface RemovalContext {
  readonly workflowId: string;
  readonly store: ExecutionStore;
  readonly outside: Outside;
  readonly reads: Reads;
  turn(): Turn;
}

interface Closed {
  runNumber: number;
  /** Since when it counts as closed. */
  since: EpochMs;
}

export class Removal {
  readonly #context: RemovalContext;
  readonly #underWay = new Set<string>();
  /** Looked up once: the oldest run, and since when it is closed if a newer one stands behind it. */
  #oldest: number | undefined;
  #since: Closed | undefined;

  constructor(context: RemovalContext) {
    this.#context = context;
  }

  /** What was known of the runs is out of date. */
  forgotten(): void {
    this.#oldest = undefined;
    this.#since = undefined;
  }

  /** After the commit. */
  carryOut({ runNumber, runId }: Extract<Effect, { kind: 'DeleteRun' }>): void {
    const wanted = ({ deletions }: Execution): boolean => deletions.get(runNumber)?.runId === runId;
    const done = this.#remove(runNumber, runId, wanted).catch((error: unknown) => {
      // The state still owes it: a later re-send will do.
      this.#context.outside.log('run not deleted', { runId, reason: String(error) });
    });
    this.#context.outside.keepAlive(done);
  }

  /** When the next run has been kept long enough, as far as memory knows. */
  nextExpiry(): EpochMs | undefined {
    const { outside } = this.#context;
    const closed = outside.retention && this.#oldestClosed();
    if (!closed) return undefined;
    const now = outside.now();
    const due = closed.since + outside.retention.peek();
    return due > now ? due : now + OVERDUE_MS;
  }

  /** Removes what the namespace does not keep any longer. Never rejects. */
  async expire(): Promise<void> {
    const { outside } = this.#context;
    if (!outside.retention) return;
    try {
      for (let removed = 0; removed < MAX_PER_ALARM; removed++) if (!(await this.#expireOldest())) return;
    } catch (error) {
      outside.log('run not removed at the end of its retention', { reason: String(error) });
    }
  }

  /** @returns whether there may be another one */
  async #expireOldest(): Promise<boolean> {
    const { outside, store } = this.#context;
    const closed = await this.#context.turn().committed(() => this.#oldestClosed());
    // What memory says may be too early, never too late by more than the sweep makes good.
    if (!closed || closed.since + outside.retention!.peek() > outside.now()) return false;
    const keep = await outside.retention!.ask();
    const runId = headOf(loggedEvents(store, closed.runNumber))?.runId;
    const over = (execution: Execution): boolean => {
      const { runNumber } = closed;
      const since = this.#closedSince(execution, runNumber);
      return since !== undefined && since + keep <= outside.now() && mayGo(execution, runNumber);
    };
    if (runId === undefined || !(await this.#context.turn().committed(over))) return false;
    await this.#archive(closed.runNumber, runId);
    return this.#remove(closed.runNumber, runId, over);
  }

  /** First of all: a run that cannot be archived stays. */
  async #archive(runNumber: number, runId: string): Promise<void> {
    const { outside, reads, workflowId } = this.#context;
    if (!outside.archive) return;
    const description = await reads.describe(runId);
    const pages = async function* (): AsyncIterable<HistoryEvent[]> {
      for (let after = 0; ; ) {
        const { events, last } = await reads.page(runNumber, after);
        if (events.length > 0) yield events;
        if (last || events.length === 0) return;
        after = Number(events.at(-1)!.eventId);
      }
    };
    await outside.archive({ workflowId, runId }, description, pages());
  }

  /** @returns whether it is gone */
  async #remove(
    runNumber: number,
    runId: string,
    mayStill: (execution: Execution) => boolean,
  ): Promise<boolean> {
    if (this.#underWay.has(runId)) return false;
    this.#underWay.add(runId);
    try {
      if (!(await this.#context.turn().committed(mayStill))) return false;
      await this.#context.outside.removeVisibility({ workflowId: this.#context.workflowId, runId });
      return await this.#context.turn().committed((execution) => {
        if (!mayStill(execution)) return false;
        this.#context.turn().forget(runNumber, runId);
        return true;
      });
    } finally {
      this.#underWay.delete(runId);
    }
  }

  #oldestClosed(): Closed | undefined {
    const { store } = this.#context;
    const { execution } = this.#context.turn();
    // Most ids have one run: nothing is read for it.
    this.#oldest ??= execution.run?.runNumber === 0 ? 0 : oldestRun(store);
    const runNumber = this.#oldest;
    const since = runNumber === undefined ? undefined : this.#closedSince(execution, runNumber);
    return runNumber === undefined || since === undefined ? undefined : { runNumber, since };
  }

  /** `undefined` while it is open, or not there. */
  #closedSince({ run }: Execution, runNumber: number): EpochMs | undefined {
    if (run?.runNumber === runNumber) return isOpen(run) ? undefined : run.lastEventTime;
    if (this.#since?.runNumber === runNumber) return this.#since.since;
    const since = lastLoggedTime(this.#context.store, runNumber);
    if (since !== undefined) this.#since = { runNumber, since };
    return since;
  }
}
