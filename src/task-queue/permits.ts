/**
 * Who may begin on a task queue that has limits, platform-free. An attempt that is due asks; it gets a permit at once or
 * waits for its turn: by priority first, then by fairness key (start-time fair queueing: each key gets its share by
 * weight, whoever has more tasks waiting), then in the order of asking. A fairness key that has used up its own rate
 * is passed over until it may go on.
 *
 * A bound on concurrency counts permits. One ends when it is given back, when its holder, asked, has no use for it, or
 * when its attempt must be over by its start-to-close timeout: whatever is lost, no more attempts run than there are
 * permits, and no permit is lost for ever.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import {
  DEFAULT_PRIORITY_KEY,
  PERMIT_WINDOW_MS,
  type PermitAnswer,
  type PermitRequest,
  type TaskQueueLimits,
} from '../../sdk/common/task-queues.ts';
import type { Permit, QueueState, TaskQueueStore, WaitingTask } from './store.ts';

/** A permit ends so long after its attempt must: clocks differ. */
const SLACK_MS = 30_000;
/** While others wait, holders are asked so often whether they still use their permits. */
const CHECK_MS = 30_000;
/** A holder that was not reached is told again. */
const TELL_AGAIN_MS = 5_000;
const CHECKS_AT_A_TIME = 50;
/** What may begin beyond that is granted right after: a pass must not use up the CPU time of a request. */
const GRANTS_AT_A_TIME = 100;
/** Whoever asks twice for the same attempt has not heard the first answer, if it asks so soon. */
const SAME_MS = 10_000;
/** A rate may be used in bursts of a tenth of a second. */
const BURST_S = 0.1;
const SHORTEST_ASK_AGAIN_MS = 60_000;
const ASKS_PER_S = 50;
const MAX_TURNS = 10_000;

export interface TaskQueuePorts {
  now(): EpochMs;
  /** Tells the holder of a permit. Answers whether it has use for it; rejects when it was not reached. */
  tell(permit: Pick<Permit, 'task' | 'asked' | 'granted'>): Promise<boolean>;
  /** `alarm` is wanted then; in the same transaction as what was stored before. */
  wake(time: EpochMs): void;
  /** Goes on after the answer. */
  keep(work: Promise<void>): void;
}

export class TaskQueuePermits {
  readonly #store: TaskQueueStore;
  readonly #ports: TaskQueuePorts;
  /** Where the next task of a priority and fairness key stands, and where each priority is. In memory: an estimate will do. */
  readonly #next = new Map<string, number>();
  readonly #current = new Map<number, number>();
  readonly #telling = new Set<string>();
  #armed: EpochMs | undefined;

  constructor(store: TaskQueueStore, ports: TaskQueuePorts) {
    this.#store = store;
    this.#ports = ports;
    for (const { priority, fairnessKey, first, next } of store.turns()) {
      this.#next.set(turnKey(priority, fairnessKey), next);
      this.#current.set(priority, Math.min(first, this.#current.get(priority) ?? first));
    }
  }

  /** @param limits as the asking side knows them: the newest ones count */
  ask(request: PermitRequest, limits: TaskQueueLimits): PermitAnswer {
    const { task } = request;
    const now = this.#ports.now();
    let granted: Permit[] = [];
    let known: Permit | undefined;
    this.#transaction(() => {
      this.#configure(limits, limits.workersRequestsPerSecond);
      known = this.#store.permit(task);
      if (known && request.asked > known.asked && now - known.granted > SAME_MS) {
        // It asks anew, so it has not begun: what it was granted then is not what it begins with now.
        this.#store.removePermit(task);
        known = undefined;
      }
      if (known) {
        known = { ...known, asked: Math.max(known.asked, request.asked) };
        this.#store.putPermit(known);
        return;
      }
      if (!this.#store.askedAgain(request)) this.#enqueue(request);
      granted = this.#grant(task);
    });
    this.#tellAll(granted.filter((permit) => !sameTask(permit.task, task)));
    const own = known ?? granted.find((permit) => sameTask(permit.task, task));
    if (own) return { granted: own.granted };
    const spread = (this.#store.waitingCount() / ASKS_PER_S) * 1_000;
    return { askAgainMs: Math.round(Math.max(SHORTEST_ASK_AGAIN_MS, spread)) };
  }

  /** The attempt is over, or wants none. */
  giveBack(task: ActivityTaskRef, asked: EpochMs): void {
    if (!this.#store.created) return;
    this.#change(() => {
      this.#store.removePermit(task, asked);
      this.#store.removeWaiting(task, asked);
    });
  }

  /** @param limits as they were configured: what Workers ask for stays */
  configure(limits: TaskQueueLimits): void {
    this.#change(() => this.#configure(limits, this.#state().limits.workersRequestsPerSecond));
  }

  /** What is due: turns that have come, permits that were not heard of. */
  async alarm(): Promise<void> {
    this.#armed = undefined;
    if (!this.#store.created) return;
    this.#change(() => undefined);
    const now = this.#ports.now();
    const asked = this.#store.unchecked(now - CHECK_MS, now, CHECKS_AT_A_TIME);
    await Promise.all(asked.map((permit) => this.#tell(permit)));
    this.#change(() => undefined);
  }

  get counts(): { waiting: number; permits: number } {
    if (!this.#store.created) return { waiting: 0, permits: 0 };
    return { waiting: this.#store.waitingCount(), permits: this.#store.permitCount() };
  }

  #change(work: () => void): void {
    let granted: Permit[] = [];
    this.#transaction(() => {
      work();
      granted = this.#grant();
    });
    this.#tellAll(granted);
  }

  #transaction(work: () => void): void {
    try {
      this.#store.transaction(work);
    } catch (error) {
      // The alarm that it armed is undone with it.
      this.#armed = undefined;
      throw error;
    }
  }

  #state(): QueueState {
    return this.#store.state() ?? { limits: { revision: -1 }, theoretical: 0 };
  }

  #configure(given: TaskQueueLimits, workersRequestsPerSecond: number | undefined): void {
    const state = this.#state();
    const isNewer = given.revision > state.limits.revision;
    if (!isNewer && workersRequestsPerSecond === state.limits.workersRequestsPerSecond) return;
    // The revision is that of the configuration: whoever knows an older one knows what Workers ask for all the same.
    const { workersRequestsPerSecond: _, ...configured } = isNewer ? given : state.limits;
    const limits = {
      ...configured,
      ...(workersRequestsPerSecond !== undefined && { workersRequestsPerSecond }),
    };
    const { keyRequestsPerSecond: keyRate } = limits;
    const rate = rateOf(limits);
    // What was granted at another rate delays nobody by more than one turn at this one.
    const latest = this.#ports.now() + 1_000 / (rate || Number.POSITIVE_INFINITY);
    const changed = rate !== rateOf(state.limits);
    this.#store.putState({
      limits,
      theoretical: changed ? Math.min(state.theoretical, latest) : state.theoretical,
    });
    if (keyRate !== state.limits.keyRequestsPerSecond) this.#store.removePaces();
  }

  #enqueue({ task, asked, leaseMs, priority = {} }: PermitRequest): void {
    const { weights = {} } = this.#state().limits;
    const key = priority.fairnessKey ?? '';
    const level = priority.priorityKey || DEFAULT_PRIORITY_KEY;
    const weight = (Object.hasOwn(weights, key) ? weights[key] : priority.fairnessWeight) || 1;
    const turn = turnKey(level, key);
    const tag = Math.max(this.#current.get(level) ?? 0, this.#next.get(turn) ?? 0);
    this.#next.set(turn, tag + 1 / weight);
    if (this.#next.size > MAX_TURNS) this.#forgetTurns();
    this.#store.addWaiting({ task, asked, priority: level, tag, fairnessKey: key, weight, leaseMs });
  }

  /** Keys that have had their share, and no more. */
  #forgetTurns(): void {
    for (const [turn, next] of this.#next) {
      const level = Number(turn.slice(0, turn.indexOf(' ')));
      if (next <= (this.#current.get(level) ?? 0)) this.#next.delete(turn);
    }
  }

  /** Grants what may be granted now; `asking` is told by the answer. In a transaction. */
  #grant(asking?: ActivityTaskRef): Permit[] {
    const now = this.#ports.now();
    const granted: Permit[] = [];
    const state = this.#state();
    const rate = rateOf(state.limits);
    const { keyRequestsPerSecond: keyRate } = state.limits;
    const { maxConcurrentTasks = Number.POSITIVE_INFINITY } = state.limits;
    const counts = maxConcurrentTasks < Number.POSITIVE_INFINITY;
    this.#store.removeExpired(now);
    let held = this.#store.permitCount();
    let { theoretical } = state;
    const turn = this.#turns(keyRate, now);
    let first = turn();
    const hasRoom = (): boolean => granted.length < GRANTS_AT_A_TIME && held < maxConcurrentTasks;
    while (first && hasRoom() && now >= readyTime(theoretical, rate)) {
      if (rate !== undefined) theoretical = Math.max(theoretical, now) + 1_000 / rate;
      if (keyRate !== undefined) this.#pace(first, keyRate, now);
      granted.push(this.#permit(first, now, counts, asking));
      held++;
      first = turn();
    }
    if (theoretical !== state.theoretical) this.#store.putState({ ...state, theoretical });
    if (first) this.#arm(held < maxConcurrentTasks ? readyTime(theoretical, rate) : now + CHECK_MS);
    else if (keyRate) this.#arm(this.#store.nextReady(now) ?? Number.POSITIVE_INFINITY);
    if (granted.some((permit) => permit.checked === 0)) this.#arm(now + TELL_AGAIN_MS);
    return granted;
  }

  /** Answers whose turn it is, one after the other: each one is granted before the next one is asked for. */
  #turns(keyRate: number | undefined, now: EpochMs): () => WaitingTask | undefined {
    if (keyRate === undefined) return () => this.#store.first();
    if (keyRate <= 0) return () => undefined;
    let last: WaitingTask | undefined;
    let heads: WaitingTask[] = [];
    return () => {
      if (last) heads = this.#without(last, heads, now);
      if (heads.length === 0) heads = this.#store.firstReady(now, GRANTS_AT_A_TIME);
      last = heads.shift();
      return last;
    };
  }

  /** The first ones of their keys once one of them is granted: all but those of its own key are as they were. */
  #without(granted: WaitingTask, heads: WaitingTask[], now: EpochMs): WaitingTask[] {
    const { priority, fairnessKey } = granted;
    if (!this.#store.isReady(fairnessKey, now))
      return heads.filter((head) => head.fairnessKey !== fairnessKey);
    const next = this.#store.firstOf(priority, fairnessKey);
    const at = next ? heads.findIndex((head) => isAhead(next, head)) : -1;
    // Behind the last of them there may be others, which nobody has looked for.
    return next && at >= 0 ? heads.toSpliced(at, 0, next) : heads;
  }

  /** One of the fairness key is granted. */
  #pace({ fairnessKey, weight }: WaitingTask, keyRate: number, now: EpochMs): void {
    const rate = keyRate * weight;
    const theoretical = Math.max(this.#store.paceOf(fairnessKey), now) + 1_000 / rate;
    this.#store.putPace(fairnessKey, theoretical, readyTime(theoretical, rate), now);
  }

  #permit(
    { task, asked, priority, tag, leaseMs }: WaitingTask,
    now: EpochMs,
    counts: boolean,
    asking?: ActivityTaskRef,
  ): Permit {
    const isAsking = asking !== undefined && sameTask(asking, task);
    const expires = now + PERMIT_WINDOW_MS + leaseMs + SLACK_MS;
    const permit = { task, asked, granted: now, expires, checked: isAsking ? now : 0 };
    this.#store.removeWaiting(task, asked);
    this.#current.set(priority, Math.max(tag, this.#current.get(priority) ?? 0));
    // Kept until its holder is told; where permits are not counted, no longer.
    if (counts || !isAsking) this.#store.putPermit(permit);
    return permit;
  }

  #arm(time: EpochMs): void {
    const at = Math.max(Math.ceil(time), this.#ports.now() + 1);
    if (!Number.isFinite(at)) return;
    if (this.#armed !== undefined && this.#armed <= at && this.#armed > this.#ports.now()) return;
    this.#armed = at;
    this.#ports.wake(at);
  }

  #tellAll(permits: Permit[]): void {
    for (const permit of permits) this.#ports.keep(this.#tell(permit));
  }

  async #tell(permit: Permit): Promise<void> {
    const { task, granted } = permit;
    const key = JSON.stringify(task);
    if (this.#telling.has(key)) return;
    this.#telling.add(key);
    let wanted: boolean | undefined;
    try {
      wanted = await this.#ports.tell(permit);
    } catch {
      // It may have heard all the same: the permit stays, and it is told again.
    } finally {
      this.#telling.delete(key);
    }
    const now = this.#store.permit(task);
    if (now?.granted !== granted || now.asked !== permit.asked) return;
    if (wanted === undefined) {
      this.#arm(this.#ports.now() + TELL_AGAIN_MS);
      return;
    }
    const { maxConcurrentTasks } = this.#state().limits;
    const stays = wanted && maxConcurrentTasks !== undefined;
    this.#change(() => {
      if (stays) this.#store.putPermit({ ...permit, checked: this.#ports.now() });
      else this.#store.removePermit(task);
    });
  }
}

const turnKey = (priority: number, fairnessKey: string): string => `${priority} ${fairnessKey}`;

/** Is it the turn of `a` first? */
const isAhead = (a: WaitingTask, b: WaitingTask): boolean =>
  (a.priority - b.priority || a.tag - b.tag || a.seq - b.seq) < 0;

const sameTask = (a: ActivityTaskRef, b: ActivityTaskRef): boolean =>
  a.runId === b.runId &&
  a.scheduledEventId === b.scheduledEventId &&
  a.attempt === b.attempt &&
  a.workflowId === b.workflowId;

const rateOf = ({ requestsPerSecond, workersRequestsPerSecond }: TaskQueueLimits): number | undefined =>
  requestsPerSecond ?? workersRequestsPerSecond;

/** When the rate allows the next one. No rate: always; a rate of nothing: never. */
function readyTime(theoretical: EpochMs, rate: number | undefined): EpochMs {
  if (rate === undefined) return Number.NEGATIVE_INFINITY;
  if (rate <= 0) return Number.POSITIVE_INFINITY;
  const burst = Math.max(1, rate * BURST_S);
  return theoretical - ((burst - 1) * 1_000) / rate;
}
