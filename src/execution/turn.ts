/**
 * The turn: the only way an object changes. Waiting requests are taken together, time first; each becomes events; one
 * transaction appends them; then replies go out and effects are carried out. Platform-free: the Durable Object, the
 * tests and the simulator run this very code.
 *
 *   T1  What is replied, woken or carried out has been committed before.
 *   T2  A failed commit or an unexpected error leaves nothing in memory: the next turn reloads.
 *   T3  A request that breaks a turn breaks only itself: the others of that turn run again, one each.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { LogEvent } from '../../sdk/common/history.ts';
import type { Replies, Request, RequestKind } from '../../sdk/common/service.ts';
import { type Execution, isOpen, pendingActivity } from '../core/state.ts';
import { forgetRun, nextDeadline, takeEffects } from '../core/transition.ts';
import { isToBeArmed } from './alarm-time.ts';
import { isProgress, load, progressRow, snapshotText } from './load.ts';
import { addRows, encodeRows, firstSeq, hasOtherRun, runNumberOf } from './log.ts';
import type { OtherOperations } from './operation-counter.ts';
import { mayRefer, type PayloadSettings, Payloads } from './payloads.ts';
import { isCorruption } from './seal.ts';
import type { Commit, ExecutionStore, ProgressRow } from './store.ts';
import { TurnInProgress } from './turn-in-progress.ts';
import type { TurnPorts } from './turn-ports.ts';

const MAX_REQUESTS_PER_TURN = 200;
const ROWS_PER_SNAPSHOT = 128;
const NOT_DONE = 'The engine could not carry out the request; nothing was changed.';
const PERHAPS_DONE = 'The engine could not carry out the request; it may have been stored all the same.';

export interface TurnSettings extends PayloadSettings {
  /** A snapshot is written after so many log rows. Loading reads at most as many. */
  rowsPerSnapshot?: number;
}

interface Pending {
  request: Request;
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

export class Turn {
  readonly #namespace: string;
  readonly #workflowId: string;
  readonly #store: ExecutionStore;
  readonly #ports: TurnPorts;
  readonly #rowsPerSnapshot: number;
  readonly payloads: Payloads;
  #execution: Execution | undefined;
  /** Until the first commit after a load. What has just begun is not cold. */
  #cold = true;
  #nextSeq = 0;
  #rowsSinceSnapshot = 0;
  #progressRows = new Set<number>();
  #armed: EpochMs | undefined;
  #pending: Pending[] = [];
  #noted: Request[] = [];
  /** The alarm was asked for since the last turn began. */
  #rearming = false;
  #running: Promise<void> | undefined;
  /** Several asked at once: the rest of them are on their way, and one commit does for all. */
  #crowded = false;
  /** Settles when the turn that is being made has been committed or undone. */
  #turnOver: Promise<void> | undefined;

  constructor(
    namespace: string,
    workflowId: string,
    store: ExecutionStore,
    ports: TurnPorts,
    settings: TurnSettings = {},
  ) {
    this.#namespace = namespace;
    this.#workflowId = workflowId;
    this.#store = store;
    this.#ports = ports;
    this.#rowsPerSnapshot = settings.rowsPerSnapshot ?? ROWS_PER_SNAPSHOT;
    this.payloads = new Payloads(store, settings);
  }

  /** The state in memory; loads it if needed. Not to be changed by the caller. */
  get execution(): Execution {
    if (!this.#execution) {
      this.#execution = this.#load();
      this.#ports.loaded(this.#execution);
      // Whoever loads it, if only to read: what an object owed when it died is owed at once.
      if (this.#execution.run) queueMicrotask(() => this.#awaken());
    }
    return this.#execution;
  }

  /** The state, if it is in memory. */
  get loaded(): Execution | undefined {
    return this.#execution;
  }

  #awaken(): void {
    if (this.#cold && !this.#running) this.rearm();
  }

  /** Looks at the committed state: waits while a turn is being made. The next one may begin right behind `look`. */
  async committed<T>(look: (execution: Execution) => T): Promise<T> {
    while (this.#turnOver) await this.#turnOver;
    return look(this.execution);
  }

  /** Is there anything under this id? Answered without loading it. */
  get exists(): boolean {
    return this.#execution?.run !== undefined || this.#store.lastSeq() !== undefined;
  }

  /**
   * Removes a run that is closed and owes nothing. In no turn: to be called where {@link committed} looks.
   * With the last run goes everything, as if the id had never been used.
   */
  forget(runNumber: number, runId: string): void {
    const { execution } = this;
    try {
      if (hasOtherRun(this.#store, runNumber)) {
        forgetRun(execution, runNumber, runId);
        const commit: Commit = { rows: [], progress: [], deletedRun: runNumber };
        commit.snapshot = { seq: this.#nextSeq - 1, data: snapshotText(execution) };
        this.#store.commit(commit);
        this.#rowsSinceSnapshot = 0;
      } else {
        this.#store.commit({ rows: [], progress: [], everything: true });
        this.#execution = undefined;
      }
      this.#ports.forgotten();
      this.#rearmNow();
    } catch (error) {
      this.#drop(error);
      throw error;
    }
  }

  /** In the same breath as the commit before it: for what is still there, and not for what has gone. */
  #rearmNow(): void {
    const { execution } = this;
    const commit: Commit = { rows: [], progress: [] };
    this.#armed = undefined;
    this.#arm({ execution, now: this.#ports.now() }, commit);
    if (commit.alarm !== undefined) this.#store.commit(commit);
    this.#armed = commit.alarm;
  }

  /** What is stored was put there beside this turn: the next one loads it. */
  replaced(): void {
    this.#execution = undefined;
  }

  /** Grows with every commit, also over restarts. */
  get sequence(): number {
    return this.#nextSeq;
  }

  /** Settles once the turn that the request was part of has been committed. */
  submit<K extends RequestKind>(request: Request<K>): Promise<Replies[K]> {
    return new Promise<Replies[K]>((resolve, reject) => {
      this.#pending.push({
        request: request as Request,
        resolve: resolve as (reply: unknown) => void,
        reject,
      });
      this.#running ??= this.#drain();
    });
  }

  /** Requests that no turn has taken yet. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** Becomes part of the next turn, whenever that is: for what costs nothing but a repetition when it is lost. */
  note(request: Request): void {
    this.#noted.push(request);
  }

  /** The alarm went off, early perhaps: whatever time was armed is used up. Where nothing is stored nothing is due. */
  async alarm(): Promise<void> {
    this.#armed = undefined;
    if (this.exists) await this.submit({ kind: 'Tick' });
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        // Whoever looks at what is committed has this moment, also where a whole turn of requests waits already.
        const gathers = this.#pending.length < MAX_REQUESTS_PER_TURN;
        if (this.#crowded) await (gathers ? this.#ports.gather?.() : undefined);
        const batch = this.#pending.splice(0, MAX_REQUESTS_PER_TURN);
        this.#rearming = false;
        this.#crowded = batch.length > 1;
        const turn = this.#run(batch);
        this.#turnOver = turn;
        await turn;
        // Between two turns, however long that is, who looks need not wait.
        this.#turnOver = undefined;
      }
    } finally {
      this.#turnOver = undefined;
      this.#running = undefined;
    }
  }

  async #run(batch: Pending[]): Promise<void> {
    const settle: Array<() => void> = [];
    let afterCommit: Array<() => void>;
    let storing = false;
    try {
      const turn = this.#open();
      for (const request of this.#noted.splice(0)) turn.note(request);
      for (const { request, resolve, reject } of batch) {
        try {
          const reply = turn.apply(request);
          settle.push(() => resolve(reply));
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          settle.push(() => reject(error));
        }
      }
      afterCommit = await this.#absorb(turn);
      storing = true;
      this.#commit(turn);
    } catch (error) {
      this.#drop(error);
      await this.#broken(batch, error, storing);
      return;
    }
    for (const answer of settle) answer();
    for (const carryOut of afterCommit) carryOut();
  }

  /** T3. A batch of one is what broke the turn; a larger one is taken apart. */
  async #broken(batch: Pending[], error: unknown, stored: boolean): Promise<void> {
    if (batch.length > 1) {
      for (const pending of batch) await this.#run([pending]);
      return;
    }
    const { request, reject } = batch[0]!;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#ports.log('a turn failed and was undone', { request: request.kind, reason });
    reject(isCorruption(error) ? error : new ServiceError('INTERNAL', stored ? PERHAPS_DONE : NOT_DONE));
  }

  async #absorb(turn: TurnInProgress): Promise<Array<() => void>> {
    const afterCommit: Array<() => void> = [];
    for (;;) {
      const effects = takeEffects(turn.execution, turn.now);
      if (effects.length === 0) return afterCommit;
      afterCommit.push(...(await this.#ports.absorb(turn, effects)));
    }
  }

  #open(): TurnInProgress {
    const turn = new TurnInProgress(
      this.execution,
      this.#ports.now(),
      this.#cold,
      this.#ports.newRunId,
      this.payloads,
      this.#store,
    );
    const task = turn.execution.run?.workflowTask;
    if (this.#cold && task?.started) {
      // The object that held the call is gone, and the answer could only have come to it.
      const { runId } = turn.execution.run!;
      const { attempt, started } = task;
      const { startedEventId } = started;
      turn.apply({
        kind: 'ReleaseWorkflowTask',
        runId,
        attempt,
        startedEventId,
        reason: 'the engine restarted',
      });
    }
    if (turn.execution.run) turn.apply({ kind: 'Tick' });
    return turn;
  }

  #commit(turn: TurnInProgress): void {
    const commit: Commit = { rows: [], progress: [] };
    const { execution } = turn;
    const runBefore = runNumberOf(this.#nextSeq);
    const nextSeqs = new Map([[runBefore, this.#nextSeq]]);
    // Rows of a run that a newer one has replaced stand before rows that are stored already: no tail has them.
    let behind = false;
    this.#arm(turn, commit);
    // With the first row of the newest run goes what else was done since the last one.
    let others: OtherOperations | undefined = this.#ports.operations.until(commit.alarm);
    for (const { runNumber, events } of turn.appended) {
      const logged = events.filter((event) => !isProgress(event));
      for (const event of events)
        if (isProgress(event) && runNumber === execution.runNumber)
          commit.progress.push(this.#progressRow(runNumber, event));
      const seq = nextSeqs.get(runNumber) ?? (this.#store.lastSeq(runNumber) ?? firstSeq(runNumber) - 1) + 1;
      const newest = runNumber === execution.runNumber;
      const rows = encodeRows(seq, logged, newest ? others : undefined);
      nextSeqs.set(runNumber, seq + rows.length);
      commit.rows.push(...rows);
      if (runNumber < runBefore) behind = true;
      if (newest && execution.run) {
        addRows(execution.run, rows, logged);
        if (rows.length > 0) others = undefined;
      }
      if (rows.some(({ data }) => mayRefer(data)))
        commit.payloads = this.payloads.toStore(runNumber, logged, commit.payloads ?? []);
    }
    const nextSeq = nextSeqs.get(Math.max(execution.runNumber, 0)) ?? this.#nextSeq;
    // A new run carries over what is known of the ones before it, so that a load never has to read those again.
    const newRun = runNumberOf(nextSeq) !== runBefore;
    this.#pruneProgress(execution, commit.progress, newRun);
    if (newRun || behind || this.#rowsSinceSnapshot + commit.rows.length >= this.#rowsPerSnapshot) {
      commit.snapshot = { seq: nextSeq - 1, data: snapshotText(execution) };
    }
    if (commit.rows.length > 0 || commit.progress.length > 0 || commit.alarm !== undefined)
      this.#store.commit(commit);
    this.#ports.operations.committed(commit, !others);
    this.#nextSeq = nextSeq;
    this.#rowsSinceSnapshot = commit.snapshot ? 0 : this.#rowsSinceSnapshot + commit.rows.length;
    this.#armed = commit.alarm ?? this.#armed;
    this.#cold = false;
    this.payloads.forget();
    const own = turn.appended.filter(({ runNumber }) => runNumber === execution.runNumber);
    const logged = own.length === 1 ? own[0]!.events : own.flatMap(({ events }) => events);
    this.#ports.committed(execution, turn.events, logged);
  }

  #arm({ execution, now }: Pick<TurnInProgress, 'execution' | 'now'>, commit: Commit): void {
    const next = Math.min(nextDeadline(execution) ?? Infinity, this.#ports.nextRetry() ?? Infinity);
    if (next < Infinity && isToBeArmed(next, this.#armed, now, !isOpen(execution.run))) commit.alarm = next;
  }

  /** Asks for the alarm outside a turn (a held-back retry); takes effect with the next commit, once for all who ask before it. */
  rearm(): void {
    if (this.#rearming) return;
    this.#rearming = true;
    void this.submit({ kind: 'Tick' }).catch(() => undefined);
  }

  /** Activities of a reset run have the numbers of its base's, and begin anew: rows of the run before are not theirs. */
  #pruneProgress(execution: Execution, rows: ProgressRow[], newRun: boolean): void {
    const fresh = new Set(rows.map(({ scheduledEventId }) => scheduledEventId));
    for (const id of fresh) this.#progressRows.add(id);
    for (const id of this.#progressRows) {
      const own = !newRun || fresh.has(id);
      if (own && execution.run && pendingActivity(execution.run, id)) continue;
      rows.push({ scheduledEventId: id, data: null });
      this.#progressRows.delete(id);
    }
  }

  #progressRow(runNumber: number, event: LogEvent): ProgressRow {
    const payloads = this.payloads.ofHeartbeat(runNumber, event);
    return { ...progressRow(event), ...(payloads.length > 0 && { payloads }) };
  }

  #load(): Execution {
    this.#armed = undefined;
    const loaded = load(this.#namespace, this.#workflowId, this.#store);
    this.#progressRows = loaded.progressRows;
    this.#nextSeq = loaded.nextSeq;
    this.#rowsSinceSnapshot = loaded.rowsSinceSnapshot;
    this.#cold = loaded.nextSeq > 0;
    this.payloads.loaded(this.#cold);
    return loaded.execution;
  }

  #drop(error: unknown): void {
    this.#execution = undefined;
    this.payloads.forget();
    this.#ports.dropped(isCorruption(error));
  }
}
