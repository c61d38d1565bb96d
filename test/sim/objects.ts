/**
 * The objects: the real ExecutionObject over a MemoryStore that survives, in incarnations that do not. A lost
 * incarnation cannot be stopped in mid-sentence, so it is cut off instead: what it commits is refused, what it asks of
 * the world is never answered, what it answers is not heard.
 */

import { ServiceError } from '../../sdk/common/errors.ts';
import { isTransient, type LogEvent, transientEvents } from '../../sdk/common/history.ts';
import { type Execution, isOpen, newExecution, touch } from '../../src/core/state.ts';
import { applyLogged, forgetRun, nextDeadline, snapshot, takeEffects } from '../../src/core/transition.ts';
import { ExecutionObject } from '../../src/execution/execution-object.ts';
import { load, SNAPSHOT } from '../../src/execution/load.ts';
import { decodeRow, runNumberOf } from '../../src/execution/log.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import type { Outside } from '../../src/execution/outside.ts';
import { Payloads } from '../../src/execution/payloads.ts';
import { unsealed } from '../../src/execution/seal.ts';
import type { Commit, ExecutionStore, LogRow, ProgressRow, SnapshotRow } from '../../src/execution/store.ts';
import { HistoryCheck } from '../checker/history-check.ts';
import { difference, plain } from '../checker/storage.ts';
import { Violation } from '../checker/violation.ts';
import { InjectedFault, NAMESPACE, Unknown, type World } from './world.ts';

/** As the Durable Object does after an alarm that failed. */
const ALARM_RETRY_MS = 5_000;
export const LONGEST_STEP_MS = 3_600_000;
/** The platform's first, after an alarm that threw. */
const PLATFORM_RETRY_MS = 2_000;

export interface Incarnation {
  readonly number: number;
  dead: boolean;
  object: ExecutionObject;
  /** Callers that wait for it. */
  readonly callers: Set<(error: Unknown) => void>;
}

/** Told of what a commit has added, once the owner knows of it. */
export type Followed = (owner: Owner, added: Array<{ runNumber: number; events: LogEvent[] }>) => void;

export class Owner {
  readonly workflowId: string;
  readonly store = new MemoryStore();
  /** fold(log) + progress rows, kept up with every commit. */
  shadow: Execution = newExecution(NAMESPACE, '');
  /** As they were committed, in their order; those that were deleted, too. */
  readonly runs: HistoryCheck[] = [];
  /** Where the numbers of runs begin: anew, when all were deleted. */
  #firstRun = 0;
  /** Runs that are stored no more; whose deletion somebody asked for; and was acknowledged. */
  readonly deletedRuns = new Set<string>();
  readonly mayBeGone = new Set<string>();
  readonly wantedGone = new Set<string>();
  /** The alarm went off and its handler has not come back. */
  alarmRunning = false;
  /** The nemesis took the alarm: only the sweeper can help. */
  alarmLost = false;
  alarmsLost = 0;
  /** Effects were sent ahead of their pauses: when they are sent again is not what a load would say. */
  #hurried = false;
  incarnation: Incarnation | undefined;
  incarnations = 0;
  readonly #world: World;
  readonly #connect: (owner: Owner, incarnation: Incarnation) => Outside;
  readonly #followed: Followed;

  constructor(
    world: World,
    workflowId: string,
    connect: (owner: Owner, incarnation: Incarnation) => Outside,
    followed: Followed,
  ) {
    this.#world = world;
    this.#followed = followed;
    this.workflowId = workflowId;
    this.shadow = newExecution(NAMESPACE, workflowId);
    this.#connect = connect;
  }

  /** Asks the object something; rejects with Unknown when the object is lost meanwhile. */
  call<T>(work: (object: ExecutionObject) => Promise<T>): Promise<T> {
    const incarnation = this.#awake();
    return new Promise<T>((resolve, reject) => {
      incarnation.callers.add(reject);
      const settle = (answer: () => void): void => {
        if (incarnation.callers.delete(reject)) answer();
      };
      work(incarnation.object).then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    });
  }

  /** All memory is lost. A handler that was running is called again: the platform promises as much for alarms. */
  crash(why: string): void {
    const { incarnation } = this;
    if (!incarnation) return;
    this.#world.scheduler.say(`x ${this.workflowId}#${incarnation.number} lost (${why})`);
    incarnation.dead = true;
    this.incarnation = undefined;
    if (this.alarmRunning) {
      this.alarmRunning = false;
      this.store.alarm = Math.min(this.store.alarm ?? this.#world.clock, this.#world.clock);
    }
    for (const reject of incarnation.callers) reject(new Unknown('the object was lost'));
    incarnation.callers.clear();
  }

  /** The alarm goes off: due, early, twice or for nothing. */
  fireAlarm(): void {
    if (this.#world.fault('alarmThrows')) {
      // As the platform: it comes again, a little later.
      this.store.alarm = this.#world.clock + PLATFORM_RETRY_MS;
      return;
    }
    this.store.alarm = undefined;
    this.alarmRunning = true;
    this.call((object) => object.alarm()).then(
      () => {
        this.alarmRunning = false;
      },
      (error) => {
        if (error instanceof Unknown) return;
        this.alarmRunning = false;
        this.store.alarm = this.#world.clock + ALARM_RETRY_MS;
      },
    );
  }

  loseAlarm(): void {
    this.#world.scheduler.say(`alarm ${this.workflowId} lost`);
    this.alarmLost = true;
    this.alarmsLost++;
    this.store.alarm = undefined;
  }

  workerAppeared(): void {
    this.#world.scheduler.say(`a Worker appeared for ${this.workflowId}`);
    this.#hurried = true;
    this.call((object) => object.workerAppeared()).catch(() => undefined);
  }

  /** I17: whatever time will make due has an alarm (or somebody is at it now). */
  checkAlarm(): void {
    if (this.alarmLost || this.alarmRunning || !this.shadow.run) return;
    takeEffects(this.shadow, this.#world.clock);
    const { deadlines, sends } = this.shadow.derived;
    const next = nextDeadline(this.shadow);
    if (next === undefined) return;
    const steps = this.#world.settings.probability.clockSteps > 0;
    // When effects are sent again goes by the clock of the moment they were sent last.
    const due = this.#hurried || steps ? (deadlines.peek()?.time ?? Number.POSITIVE_INFINITY) : next;
    const { alarm } = this.store;
    // What was set while the clock was ahead comes that much later: it may have gone from one end to the other.
    const slack = steps ? 2 * LONGEST_STEP_MS : ALARM_RETRY_MS;
    if (alarm !== undefined && alarm <= Math.max(due, this.#world.clock + slack)) return;
    const what = [deadlines.peek(), sends.peek()].find((entry) => entry?.time === next)?.key;
    throw new Violation(
      `I17: ${this.workflowId} is due at ${next} (${what}), its alarm is ${alarm ?? 'none'}`,
    );
  }

  get name(): string {
    return this.workflowId;
  }

  get open(): boolean {
    return isOpen(this.shadow.run);
  }

  /** What the state owes the world, by name. */
  get owed(): string[] {
    takeEffects(this.shadow, this.#world.clock);
    return [...this.shadow.derived.owed.keys()];
  }

  /** A new incarnation, or the one that is there. */
  #awake(): Incarnation {
    if (this.incarnation) return this.incarnation;
    const incarnation = {
      number: ++this.incarnations,
      dead: false,
      callers: new Set<(error: Unknown) => void>(),
    } as unknown as Incarnation;
    const store = new FaultyStore(this.#world, this, incarnation);
    const { rowsPerSnapshot, maxInlinePayloadBytes } = this.#world.settings;
    incarnation.object = new ExecutionObject(
      NAMESPACE,
      this.workflowId,
      store,
      this.#connect(this, incarnation),
      { rowsPerSnapshot, maxInlinePayloadBytes },
    );
    this.incarnation = incarnation;
    return incarnation;
  }

  /** Follows a commit that succeeded, with nothing but what is stored now. */
  committed(commit: Commit): void {
    const added = commit.rows.map((row) => this.#appended(row));
    for (const { data } of commit.progress) {
      if (data !== null) applyLogged(this.shadow, this.shadow.runNumber, [JSON.parse(data)]);
    }
    if (commit.deletedRun !== undefined) this.#forgetRun(commit.deletedRun);
    if (commit.everything) this.#forgetAll();
    if (commit.snapshot) this.#compare(commit.snapshot);
    this.#followed(this, added);
  }

  #forgetRun(runNumber: number): void {
    const { runId } = this.#run(runNumber);
    this.deletedRuns.add(runId);
    forgetRun(this.shadow, runNumber, runId);
  }

  #forgetAll(): void {
    for (const { runId } of this.runs) this.deletedRuns.add(runId);
    this.#firstRun = this.runs.length;
    this.shadow = newExecution(NAMESPACE, this.workflowId);
  }

  #run(runNumber: number): HistoryCheck {
    this.runs[this.#firstRun + runNumber] ??= new HistoryCheck();
    return this.runs[this.#firstRun + runNumber]!;
  }

  #appended(row: LogRow): { runNumber: number; events: LogEvent[] } {
    const runNumber = runNumberOf(row.seq);
    const events = decodeRow(row);
    for (const event of events) {
      const name = isTransient(event) ? event.transient : event.eventType.slice('EVENT_TYPE_'.length);
      this.#world.coverage.count('events', name);
      if (isTransient(event) && 'progress' in transientEvents[event.transient]) {
        throw new Violation(`${event.transient} is in the log, it belongs into a row of its own`);
      }
    }
    const whole = new Payloads(this.store).inline(runNumber, events);
    this.#run(runNumber).add(whole);
    for (const event of events)
      if (isTransient(event) && event.transient === 'RunDeletionRequested') {
        // Behind later runs: in the order of the log, which a fold goes by, it stands ahead of them.
        this.shadow.deletions.set(runNumber, { runId: event.attributes.runId, time: event.time });
        touch(this.shadow, 'deletion', runNumber);
      }
    applyLogged(this.shadow, runNumber, events);
    return { runNumber, events: whole };
  }

  /** I15: fold(log) = the live state, as it was written beside the log. */
  #compare({ data }: SnapshotRow): void {
    const folded = plain(snapshot(this.shadow));
    const { c: _checksum, ...stored } = unsealed<{ c?: number }>(data, SNAPSHOT);
    const live = plain(stored);
    if (folded === live) return;
    throw new Violation(
      `I15: fold(log) is not the live state of ${this.workflowId}: ${difference(folded, live)}`,
    );
  }

  /** What a load gives: where runs were deleted, the log alone does not say which numbers were given. */
  loaded(): Execution {
    return this.deletedRuns.size > 0 ? load(NAMESPACE, this.workflowId, this.store).execution : this.fold();
  }

  /** The stored log folded from its first row on: what a load without snapshots would give. */
  fold(): Execution {
    const execution = newExecution(NAMESPACE, this.workflowId);
    for (const row of this.store.rows(0, Number.MAX_SAFE_INTEGER)) {
      applyLogged(execution, runNumberOf(row.seq), decodeRow(row));
    }
    for (const { data } of this.store.progress()) {
      if (data !== null) applyLogged(execution, execution.runNumber, [JSON.parse(data)]);
    }
    return execution;
  }
}

/** A MemoryStore that fails before or after it has stored, or takes the object with it. */
class FaultyStore implements ExecutionStore {
  readonly #world: World;
  readonly #owner: Owner;
  readonly #incarnation: Incarnation;

  constructor(world: World, owner: Owner, incarnation: Incarnation) {
    this.#world = world;
    this.#owner = owner;
    this.#incarnation = incarnation;
  }

  lastSeq(runNumber?: number): number | undefined {
    return this.#owner.store.lastSeq(runNumber);
  }

  rows(from: number, to: number): Iterable<LogRow> {
    return this.#owner.store.rows(from, to);
  }

  snapshot(): SnapshotRow | undefined {
    return this.#owner.store.snapshot();
  }

  progress(): ProgressRow[] {
    return this.#owner.store.progress();
  }

  hasPayload(runNumber: number, sha256: string): boolean {
    return this.#owner.store.hasPayload(runNumber, sha256);
  }

  payload(runNumber: number, sha256: string): string | undefined {
    return this.#owner.store.payload(runNumber, sha256);
  }

  commit(commit: Commit): void {
    if (this.#incarnation.dead) throw new InjectedFault('this incarnation is lost');
    const world = this.#world;
    if (world.fault('crashBeforeCommit')) {
      this.#owner.crash('before a commit');
      throw new InjectedFault('this incarnation is lost');
    }
    if (world.fault('commitFailsBefore')) throw new InjectedFault('the disk is full');
    this.#owner.store.commit(structuredClone(commit));
    const { workflowId } = this.#owner;
    const { rows, progress, alarm } = commit;
    world.scheduler.say(
      `= ${workflowId} ${rows.map((row) => row.data.length)}+${progress.length} alarm ${alarm ?? '-'}`,
    );
    world.guard(() => this.#owner.committed(commit));
    if (world.fault('crashAtCommit')) this.#owner.crash('between commit and effects');
    else if (world.fault('commitFailsAfter')) throw new InjectedFault('stored, but the answer was lost');
  }
}

/** A refusal, as opposed to an answer that never came. */
export function isRefusal(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.code !== 'INTERNAL';
}

/** The request may have been carried out, or not. (An INTERNAL that no fault of ours explains is reported elsewhere.) */
export function isUnknown(error: unknown): boolean {
  return error instanceof Unknown || (error instanceof ServiceError && error.code === 'INTERNAL');
}
