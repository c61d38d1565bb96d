/**
 * The engine in one process: the real core, turn and HTTP API over memory, with a virtual clock. There is no second
 * engine; only storage, alarms, the Queue and the way to Workers are replaced.
 *
 * Time stands still while anything is being done and moves, when asked to, from one armed alarm to the next.
 */

import { DatabaseSync } from 'node:sqlite';
import { createApi } from '../../src/api/app.ts';
import type { Env } from '../../src/env.ts';
import { ExecutionObject } from '../../src/execution/execution-object.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import type { ActivityCallOutcome, NotServed, Outside } from '../../src/execution/outside.ts';
import type { Sql } from '../../src/lazy-schema.ts';
import type { ShardListRequest } from '../../src/visibility/client.ts';
import { parseListFilter } from '../../src/visibility/list-filter.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import type { EpochMs } from '../common/duration.ts';
import { ServiceError } from '../common/errors.ts';
import { executionObjectName, parseExecutionObjectName } from '../common/ids.ts';
import type { Result, VisibilityRecord } from '../common/service.ts';
import { type ActivityTaskAnswer, workerPaths } from '../common/worker-protocol.ts';
import type { Handler } from '../worker/serve.ts';

const ENGINE_URL = 'http://localhost';

interface Owner {
  store: MemoryStore;
  object: ExecutionObject;
}

export class MemoryEngine {
  readonly #owners = new Map<string, Owner>();
  readonly #workers: Handler[] = [];
  readonly #visibility = new VisibilityStore(memorySql());
  readonly #api = createApi();
  #now: EpochMs;
  #busy = 0;

  constructor(startTime: EpochMs) {
    this.#now = startTime;
  }

  get now(): EpochMs {
    return this.#now;
  }

  /** Anything still going on: turns, sessions, activities. */
  get busy(): boolean {
    return this.#busy > 0;
  }

  serve(worker: Handler): void {
    this.#workers.push(worker);
    for (const { object } of this.#owners.values()) this.#keep(object.workerAppeared());
  }

  stopServing(worker: Handler): void {
    this.#workers.splice(this.#workers.indexOf(worker), 1);
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
      const due = [...this.#owners.values()].filter(
        ({ store }) => (store.alarm ?? Number.POSITIVE_INFINITY) <= this.#now,
      );
      for (const { store, object } of due) {
        store.alarm = undefined;
        this.#keep(object.alarm());
      }
      await this.settled();
    }
    this.#now = Math.max(this.#now, time);
  }

  /** Nothing is going on any more, until time moves or somebody asks for something. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet = this.busy ? 0 : quiet + 1)
      await new Promise((resolve) => setImmediate(resolve));
  }

  /** Forgets all memory, as an eviction or a crash does; what was committed stays. */
  evictAll(): void {
    for (const [name, { store }] of this.#owners) this.#owners.set(name, this.#own(name, store));
  }

  #owner(name: string): Owner {
    let owner = this.#owners.get(name);
    if (!owner) {
      owner = this.#own(name, new MemoryStore());
      this.#owners.set(name, owner);
    }
    return owner;
  }

  #own(name: string, store: MemoryStore): Owner {
    const { namespace, workflowId } = parseExecutionObjectName(name);
    return { store, object: new ExecutionObject(namespace, workflowId, store, this.#outside()) };
  }

  #outside(): Outside {
    const worker = (kind: 'workflow' | 'activity', taskQueue: string, type: string): Handler | undefined =>
      this.#workers.find((handler) =>
        handler
          .describe()
          .taskQueues.some(
            (queue) =>
              queue.name === taskQueue &&
              queue[kind === 'workflow' ? 'workflowTypes' : 'activityTypes'].includes(type),
          ),
      );
    const missing = (taskQueue: string): NotServed => ({
      waitingReason: `no Worker serves task queue "${taskQueue}"`,
    });
    const workflowWorker = (handler: Handler | undefined) =>
      handler && {
        id: handler.options.identity,
        identity: handler.options.identity,
        keepsSessions: true,
        open: async (init: Parameters<Handler['openSession']>[0]) => handler.openSession(init),
        failed: () => undefined,
      };
    const activityWorker = (handler: Handler | undefined) =>
      handler && {
        id: handler.options.identity,
        identity: handler.options.identity,
        call: (task: object) => this.#callActivity(handler, task),
      };
    return {
      now: () => this.#now,
      newRunId: () => crypto.randomUUID(),
      // Only alarms move the clock here. Long polls end with a commit, sessions with their run.
      after: () => () => undefined,
      inlineBoundMs: Number.POSITIVE_INFINITY,
      peekWorkflowWorker: (queue, type) => workflowWorker(worker('workflow', queue, type)),
      findWorkflowWorker: async (queue, type) =>
        workflowWorker(worker('workflow', queue, type)) ?? missing(queue),
      peekActivityWorker: (queue, type) => activityWorker(worker('activity', queue, type)),
      findActivityWorker: async (queue, type) =>
        activityWorker(worker('activity', queue, type)) ?? missing(queue),
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
    const response = await handler.fetch(request, { engine: { url: ENGINE_URL, fetch: this.fetch } });
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
    } as unknown as Env;
  }

  #answered<T>(work: Promise<T>): Promise<Result<T>> {
    this.#keep(work);
    return answered(work);
  }
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
