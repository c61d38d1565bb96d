/**
 * The engine in one process: the real core, turn and HTTP API over memory, with a virtual clock. There is no second
 * engine; only storage, alarms, the Queue and the way to Workers are replaced.
 *
 * Time stands still while anything is being done and moves, when asked to, from one armed alarm to the next; or it is
 * the real time, and alarms go off when they are due.
 */

import { DatabaseSync } from 'node:sqlite';
import { createApi } from '../../src/api/app.ts';
import type { Env } from '../../src/env.ts';
import { ExecutionObject } from '../../src/execution/execution-object.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import type { ActivityCallOutcome, NotServed, Outside } from '../../src/execution/outside.ts';
import type { Commit } from '../../src/execution/store.ts';
import type { Sql } from '../../src/lazy-schema.ts';
import type { ShardListRequest } from '../../src/visibility/client.ts';
import { parseListFilter } from '../../src/visibility/list-filter.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import type { EpochMs } from '../common/duration.ts';
import { ServiceError } from '../common/errors.ts';
import { executionObjectName, parseExecutionObjectName } from '../common/ids.ts';
import type { Result, VisibilityRecord } from '../common/service.ts';
import {
  type ActivityTaskAnswer,
  type WorkflowSession,
  type WorkflowSessionInit,
  workerPaths,
} from '../common/worker-protocol.ts';
import type { Handler } from '../worker/serve.ts';

const ENGINE_URL = 'http://localhost';
/** A timer that is set for longer goes off at once. */
const LONGEST_TIMER_MS = 2_147_483_647;
/** Turns of the event loop without anything else to do, after which everybody waits for time to pass. */
const IDLE_TURNS = 20;

interface Owner {
  store: MemoryStore;
  object: ExecutionObject;
}

interface ServingWorker {
  handler: Handler;
  namespace: string;
  /** Of its own even where two Workers of a process have the same identity. */
  id: string;
  stopped: boolean;
}

export class MemoryEngine {
  readonly #owners = new Map<string, Owner>();
  readonly #workers: ServingWorker[] = [];
  readonly #visibility = new VisibilityStore(memorySql());
  readonly #api = createApi();
  readonly #namespace: string;
  readonly #realTime: boolean;
  #now: EpochMs;
  #busy = 0;
  #runningActivities = 0;
  #sleepingActivities = 0;
  #workerCount = 0;
  #alarmTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /**
   * @param startTime the first reading of the virtual clock; `real`: the clock is the real one
   * @param namespace the one that exists
   */
  constructor(startTime: EpochMs | 'real', namespace = 'default') {
    this.#namespace = namespace;
    this.#realTime = startTime === 'real';
    this.#now = startTime === 'real' ? Date.now() : startTime;
  }

  get now(): EpochMs {
    return this.#realTime ? Date.now() : this.#now;
  }

  /** No alarm goes off any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#alarmTimer);
  }

  /** An activity waits for time to pass here while `sleep` runs: that must not keep time from passing. */
  async whileActivitySleeps(sleep: () => Promise<void>): Promise<void> {
    this.#sleepingActivities++;
    try {
      await sleep();
    } finally {
      this.#sleepingActivities--;
    }
  }

  get activitySleeps(): boolean {
    return this.#sleepingActivities > 0;
  }

  /** Anything still going on: turns, sessions, activities. */
  get busy(): boolean {
    return this.#busy > 0;
  }

  serve(handler: Handler, namespace = 'default'): void {
    const id = `${handler.options.identity}#${++this.#workerCount}`;
    this.#workers.push({ handler, namespace, id, stopped: false });
    for (const { object } of this.#owners.values()) this.#keep(object.workerAppeared());
  }

  stopServing(handler: Handler): void {
    const at = this.#workers.findIndex((worker) => worker.handler === handler);
    if (at < 0) return;
    this.#workers[at]!.stopped = true;
    this.#workers.splice(at, 1);
  }

  /** The HTTP API, as a client of the engine would reach it. */
  fetch = async (input: string | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    return this.#api.fetch(request, this.#env(), this.#context());
  };

  /** The earliest armed alarm. */
  nextAlarm(): EpochMs | undefined {
    const alarms = [...this.#owners.values()].flatMap(({ store }) => store.alarm ?? []);
    return alarms.length === 0 ? undefined : Math.min(...alarms);
  }

  /** Lets `time` come: alarms due by then go off in their order, each followed by everything it sets off. */
  async advanceTo(time: EpochMs): Promise<void> {
    for (let alarm = this.nextAlarm(); alarm !== undefined && alarm <= time; alarm = this.nextAlarm()) {
      this.#now = Math.max(this.#now, alarm);
      this.#fireDue();
      await this.settled();
    }
    this.#now = Math.max(this.#now, time);
  }

  /**
   * Nothing is going on any more, until time moves or somebody asks for something. Where all activities that run wait for
   * time to pass, what they keep open does not count.
   */
  async settled(): Promise<void> {
    for (let quiet = 0, idle = 0; quiet < 3 && idle < IDLE_TURNS; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const asleep = this.activitySleeps && this.#sleepingActivities >= this.#runningActivities;
      quiet = this.busy ? 0 : quiet + 1;
      idle = asleep ? idle + 1 : 0;
    }
  }

  #fireDue(): void {
    const due = [...this.#owners.values()].filter(
      ({ store }) => (store.alarm ?? Number.POSITIVE_INFINITY) <= this.now,
    );
    for (const { store, object } of due) {
      store.alarm = undefined;
      this.#keep(object.alarm());
    }
  }

  /** In real time: waits for the earliest alarm. */
  #arm(): void {
    clearTimeout(this.#alarmTimer);
    const next = this.nextAlarm();
    if (next === undefined || this.#closed) return;
    const wait = Math.min(Math.max(next - this.now, 0), LONGEST_TIMER_MS);
    this.#alarmTimer = setTimeout(() => {
      this.#fireDue();
      this.#arm();
    }, wait);
  }

  /** Forgets all memory, as an eviction or a crash does; what was committed stays. */
  evictAll(): void {
    for (const [name, { store }] of this.#owners) this.#owners.set(name, this.#own(name, store));
  }

  #owner(name: string): Owner {
    let owner = this.#owners.get(name);
    if (!owner) {
      owner = this.#own(name, this.#realTime ? new WatchedStore(() => this.#arm()) : new MemoryStore());
      this.#owners.set(name, owner);
    }
    return owner;
  }

  #own(name: string, store: MemoryStore): Owner {
    const { namespace, workflowId } = parseExecutionObjectName(name);
    return { store, object: new ExecutionObject(namespace, workflowId, store, this.#outside(namespace)) };
  }

  #find(
    kind: 'workflowTypes' | 'activityTypes',
    namespace: string,
    queue: string,
    type: string,
  ): ServingWorker | undefined {
    return this.#workers.find(
      (worker) =>
        worker.namespace === namespace &&
        worker.handler
          .describe()
          .taskQueues.some(({ name, ...types }) => name === queue && types[kind].includes(type)),
    );
  }

  #outside(namespace: string): Outside {
    const missing = (taskQueue: string): NotServed => ({
      waitingReason: `no Worker serves task queue "${taskQueue}"`,
    });
    const workflowWorker = (queue: string, type: string) => {
      const worker = this.#find('workflowTypes', namespace, queue, type);
      return (
        worker && {
          ...identityOf(worker),
          keepsSessions: true,
          open: openWith(worker),
          failed: () => undefined,
        }
      );
    };
    const activityWorker = (queue: string, type: string) => {
      const worker = this.#find('activityTypes', namespace, queue, type);
      return (
        worker && {
          ...identityOf(worker),
          call: (task: object) => this.#callActivity(worker.handler, task),
        }
      );
    };
    return {
      now: () => this.now,
      newRunId: () => crypto.randomUUID(),
      // Only alarms move a virtual clock. Long polls end with a commit, sessions with their run.
      after: () => () => undefined,
      inlineBoundMs: Number.POSITIVE_INFINITY,
      peekWorkflowWorker: workflowWorker,
      findWorkflowWorker: async (queue, type) => workflowWorker(queue, type) ?? missing(queue),
      peekActivityWorker: activityWorker,
      findActivityWorker: async (queue, type) => activityWorker(queue, type) ?? missing(queue),
      dispatchOf: () => 'direct',
      sendActivityTask: () => Promise.reject(new Error('tasks are dispatched directly here')),
      recordVisibility: async (record) => void this.#visibility.upsert(record, Number.MAX_SAFE_INTEGER),
      callExecution: (namespace, workflowId, request) =>
        this.#owner(executionObjectName(namespace, workflowId)).object.internal(request),
      noteWaiting: () => undefined,
      workersChanged: () => undefined,
      engineUrl: () => ENGINE_URL,
      keepAlive: (promise) => this.#keep(promise),
      log: () => undefined,
    };
  }

  async #callActivity(handler: Handler, task: object): Promise<ActivityCallOutcome> {
    const request = new Request(`http://worker${workerPaths.activityTask}`, {
      method: 'POST',
      body: JSON.stringify(task),
    });
    this.#runningActivities++;
    const response = await handler
      .fetch(request, { engine: { url: ENGINE_URL, fetch: this.fetch } })
      .finally(() => this.#runningActivities--);
    if (response.status === 202) return { accepted: true };
    if (!response.ok) return { released: await response.text() };
    return { answer: (await response.json()) as ActivityTaskAnswer };
  }

  #keep(promise: Promise<unknown>): void {
    this.#busy++;
    void promise.catch(() => undefined).finally(() => this.#busy--);
  }

  #context(): ExecutionContext {
    const context = {
      waitUntil: (promise: Promise<unknown>) => this.#keep(promise),
      passThroughOnException() {},
      props: {},
    };
    return context as unknown as ExecutionContext;
  }

  /** The bindings that the API uses, answered from memory. */
  #env(): Env {
    const executions = (name: string) => {
      const { object } = this.#owner(name);
      return {
        request: (request: Parameters<typeof object.request>[0]) => this.#answered(object.request(request)),
        // Waits for others, as a long poll does: what it sets off is kept by the object.
        update: (request: Parameters<typeof object.update>[0]) => answered(object.update(request)),
        updateWithStart: (request: Parameters<typeof object.updateWithStart>[0]) =>
          answered(object.updateWithStart(request)),
        pollUpdate: (request: Parameters<typeof object.pollUpdate>[0]) =>
          answered(object.pollUpdate(request)),
        describe: ({ runId }: { runId?: string }) => answered(object.describe(runId)),
        history: (request: Parameters<typeof object.history>[0]) => answered(object.history(request)),
        result: (request: { runId?: string; waitMs: number; followRuns?: boolean }) =>
          answered(object.result(request.runId, request.waitMs, request.followRuns)),
        query: (request: Parameters<typeof object.query>[0]) => this.#answered(object.query(request)),
        poke: (runId?: string) => object.poke(runId),
      };
    };
    const shard = {
      upsert: async (records: VisibilityRecord[]) => {
        for (const record of records) this.#visibility.upsert(record, Number.MAX_SAFE_INTEGER);
      },
      list: async ({ query, pageSize, cursor }: ShardListRequest) =>
        this.#visibility.page(parseListFilter(query), pageSize, cursor),
      count: async ({ query }: { query: string }) => this.#visibility.count(parseListFilter(query)),
    };
    const namespace = { listWorkers: async () => [] };
    return {
      WORKFLOW_EXECUTION: { getByName: executions },
      VISIBILITY: { getByName: () => shard },
      NAMESPACE: { getByName: () => namespace },
      VISIBILITY_SHARDS: '1',
      NAMESPACES: this.#namespace,
    } as unknown as Env;
  }

  #answered<T>(work: Promise<T>): Promise<Result<T>> {
    this.#keep(work);
    return answered(work);
  }
}

/** Tells of every alarm that is set. */
class WatchedStore extends MemoryStore {
  readonly #onAlarm: () => void;
  constructor(onAlarm: () => void) {
    super();
    this.#onAlarm = onAlarm;
  }
  override commit(commit: Commit): void {
    super.commit(commit);
    if (commit.alarm !== undefined) this.#onAlarm();
  }
}

function identityOf({ id, handler }: ServingWorker): { id: string; identity: string } {
  return { id, identity: handler.options.identity };
}

/** Sessions of a Worker that was stopped are lost, as they would be with its process. */
function openWith(worker: ServingWorker) {
  const check = (): void => {
    if (worker.stopped) throw new Error('the Worker was stopped');
  };
  return async (init: WorkflowSessionInit): Promise<WorkflowSession> => {
    check();
    const session = worker.handler.openSession(init);
    return {
      ...session,
      runWorkflowTask: async (events, updates) => {
        check();
        return session.runWorkflowTask(events, updates);
      },
      proceed: async () => {
        check();
        return session.proceed();
      },
      query: async (events, query) => {
        check();
        return session.query(events, query);
      },
    };
  };
}

async function answered<T>(work: Promise<T>): Promise<Result<T>> {
  try {
    return { ok: await work };
  } catch (error) {
    if (error instanceof ServiceError) return { error: error.toData() };
    throw error;
  }
}

function memorySql(): Sql {
  const database = new DatabaseSync(':memory:');
  return {
    exec: (query, ...bindings) => database.prepare(query).all(...bindings) as Array<Record<string, unknown>>,
  };
}
