/**
 * The engine in one process: the real core, turn and HTTP API over memory, with a virtual clock. There is no second
 * engine; only storage, alarms, the Queue and the way to Workers are replaced.
 *
 * Time stands still while anything is being done and moves, when asked to, from one armed alarm to the next; or it is
 * the real time, and alarms go off when they are due.
 */

import { createApi } from '../../src/api/app.ts';
import { unmeasuredPorts } from '../../src/api/ports.ts';
import { sealedToken } from '../../src/auth/task-token.ts';
import type { Env } from '../../src/env.ts';
import type { ActivityCallOutcome, Outside } from '../../src/execution/outside.ts';
import { visibilityClient } from '../../src/visibility/client.ts';
import type { EpochMs } from '../common/duration.ts';
import { executionObjectName } from '../common/ids.ts';
import type { VersionRoute } from '../common/versioning.ts';
import { type ActivityTask, type ActivityTaskAnswer, workerPaths } from '../common/worker-protocol.ts';
import type { Handler } from '../worker/serve.ts';
import { CallsAtWork } from './calls-at-work.ts';
import { type Faults, repeated, withFaults } from './faults.ts';
import { Hardships } from './hardships.ts';
import { clearTimeout, realNow, setImmediate, setTimeout } from './host-clock.ts';
import { LaterAnswers } from './later-answers.ts';
import { memoryBatch } from './memory-batch.ts';
import { memoryExecution } from './memory-execution.ts';
import type { Living } from './memory-lives.ts';
import { MemoryObjects, placeOfCommit } from './memory-objects.ts';
import { MemorySchedules } from './memory-schedules.ts';
import { answered } from './memory-storage.ts';
import { MemoryTaskQueues } from './memory-task-queues.ts';
import { MemoryVisibility } from './memory-visibility.ts';
import { MemoryWorkers } from './memory-workers.ts';
import { Movers, settled } from './movers.ts';
import { openWith, taskFor } from './serving-worker.ts';

const ENGINE_URL = 'http://localhost';
/** Nothing leaves the process. */
const ENGINE_SECRET = 'an engine in memory has nothing to hide';
/** A timer that is set for longer goes off at once. */
const LONGEST_TIMER_MS = 2_147_483_647;
export interface MemoryEngineOptions {
  /** The one namespace that exists. */
  namespace?: string;
  faults?: Faults | undefined;
  /** Default: as the environment says. */
  hardships?: Hardships;
  /** Called behind each commit of an object and each answer of a Worker, before anybody learns of it. */
  boundary?(place: () => string): void;
  log?: Outside['log'];
}

export class MemoryEngine {
  readonly #objects: MemoryObjects;
  readonly #schedules: MemorySchedules;
  readonly #taskQueues: MemoryTaskQueues;
  /** Everything that has alarms, and may die. */
  readonly #lives: readonly Living[];
  readonly #workers = new MemoryWorkers(() => this.now);
  readonly #visibility = new MemoryVisibility(this.#workers.attributes);
  readonly #batch = memoryBatch({
    visibility: () => visibilityClient(this.#env(), this.#namespace),
    keep: (work) => this.#keep(work),
    now: () => this.now,
    objects: () => this.#objects,
    nameOf: (workflowId) => executionObjectName(this.#namespace, workflowId),
  });
  readonly #api = createApi({ ...unmeasuredPorts, rowCheckMs: 0 });
  readonly #namespace: string;
  readonly #realTime: boolean;
  #now: EpochMs;
  #busy = 0;
  readonly #callsAtWork = new CallsAtWork();
  readonly movers = new Movers();
  readonly #laterAnswers = new LaterAnswers((name, question) => this.#objects.ask(name, question));
  #sleepingActivities = 0;
  /** Those who wait for time to pass without being an object. */
  readonly #passing = new Set<{ time: EpochMs; resume: () => void }>();
  /** Restarted Workers have forgotten what they were sent. */
  #incarnation = 0;
  readonly #boundary: (place: () => string) => void;
  faults: Faults;
  #alarmTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** @param startTime the first reading of the virtual clock; `real`: the clock is the real one */
  constructor(startTime: EpochMs | 'real', options: MemoryEngineOptions = {}) {
    this.#namespace = options.namespace ?? 'default';
    this.#realTime = startTime === 'real';
    this.#now = startTime === 'real' ? realNow() : startTime;
    this.faults = options.faults ?? {};
    const alarmSet = (): void => {
      if (this.#realTime) this.#arm();
    };
    const hardships = options.hardships ?? Hardships.fromEnvironment();
    const keep = (work: Promise<unknown>): void => this.#keep(work);
    this.#objects = new MemoryObjects({
      hardships,
      keep,
      outside: (namespace) => ({ ...this.#outside(namespace), ...(options.log && { log: options.log }) }),
      alarmSet,
      committed: (name, commit) => this.#boundary(() => placeOfCommit(name, commit)),
    });
    this.#schedules = new MemorySchedules({
      hardships,
      keep,
      attributes: this.#workers.attributes,
      outside: (namespace) => ({
        now: () => this.now,
        callExecution: (workflowId, request) =>
          this.#outside(namespace).callExecution(namespace, workflowId, request),
        result: (workflowId, runId) =>
          answered(this.#outside(namespace).chainResult(namespace, workflowId, runId)),
        keepAlive: keep,
        log: () => undefined,
      }),
      alarmSet,
      committed: (place) => this.#boundary(place),
    });
    this.#taskQueues = new MemoryTaskQueues({
      now: () => this.now,
      limitsOf: (taskQueue) => this.#workers.limitsOf(taskQueue),
      tell: ({ task, asked, granted }) =>
        this.#objects.ask(executionObjectName(task.namespace, task.workflowId), (object) =>
          object.activityTasks.permitted(task, asked, granted),
        ),
      keep,
      alarmSet,
      committed: (place) => this.#boundary(place),
    });
    this.#lives = [this.#objects, this.#schedules, this.#taskQueues];
    this.#boundary = (place) => options.boundary?.(place);
  }

  get now(): EpochMs {
    return this.#realTime ? realNow() : this.#now;
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

  /** An activity takes long, or is to be answered by somebody outside: time does not skip meanwhile. */
  async isHeld(): Promise<boolean> {
    return this.#atWorkForLong > 0 || (await this.#laterAnswers.outstanding());
  }

  get #atWorkForLong(): number {
    return Math.max(this.#callsAtWork.forLong - this.#sleepingActivities - this.#passing.size, 0);
  }

  /** Anything still going on: turns, sessions, activities. */
  get busy(): boolean {
    return this.#busy > 0;
  }

  serve(handler: Handler, namespace = 'default'): void {
    this.#workers.serve(handler, namespace);
    this.#workersChanged();
  }

  stopServing(handler: Handler): void {
    this.#workers.stopServing(handler);
  }

  #workersChanged(): void {
    for (const object of this.#objects.all()) this.#keep(object.workerAppeared());
  }

  /** The HTTP API, as a client of the engine would reach it. */
  fetch = async (input: string | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    return this.#api.fetch(request, this.#env(), this.#context());
  };

  /** The earliest time for which something is armed. */
  nextAlarm(): EpochMs | undefined {
    const times = [...this.#passing].map(({ time }) => time);
    times.push(...this.#lives.flatMap((lives) => lives.nextAlarm() ?? []));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Resolves when so much time has passed. */
  pass = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const entry = {
        time: this.now + ms,
        resume: () => {
          this.#passing.delete(entry);
          resolve();
        },
      };
      this.#passing.add(entry);
      if (this.#realTime) this.#arm();
    });

  /** Lets `time` come, with all that is due by then. */
  async advanceTo(time: EpochMs): Promise<void> {
    await this.movers.advance(time, {
      settled: () => this.settled(),
      nextAlarm: () => this.nextAlarm(),
      moveTo: (next) => {
        this.#now = Math.max(this.#now, next);
      },
      fireDue: () => this.#fireDue(),
    });
  }

  /**
   * Nothing is going on any more, until time moves or somebody asks for something. Where all activities that run wait for
   * time to pass, or have been at work for long, what they keep open does not count.
   */
  settled(): Promise<void> {
    return settled(() => ({
      busy: this.#busy,
      calls: this.#callsAtWork.count,
      waiting: this.#sleepingActivities + this.#passing.size + this.#atWorkForLong,
    }));
  }

  #fireDue(): void {
    const due = this.#lives.flatMap((lives) => lives.takeDue(this.now));
    for (const object of due) this.#keep(object.alarm());
    for (const { time, resume } of [...this.#passing]) if (time <= this.now) resume();
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

  /** Forgets all memory, as an eviction does; what was committed stays, and goes on when something happens. */
  evictAll(): void {
    for (const lives of this.#lives) lives.endAll();
  }

  /** The engine, and if asked for the Workers too, die and are there again at once. */
  restart(workers: boolean): void {
    if (workers) this.#incarnation++;
    this.evictAll();
    const load = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      const objects = this.#lives.flatMap((lives) => lives.all());
      await Promise.all(objects.map((object) => object.alarm()));
    };
    this.#keep(load());
  }

  #outside(namespace: string): Outside {
    const workflowWorker = (queue: string, type: string, route: VersionRoute) => {
      const found = this.#workers.find('workflow', namespace, queue, type, route);
      return (
        found && {
          ...found.identity,
          keepsSessions: true,
          open: openWith(found.worker, (place) => this.#boundary(place)),
          failed: () => undefined,
        }
      );
    };
    const activityWorker = (queue: string, type: string, route: VersionRoute) => {
      const found = this.#workers.find('activity', namespace, queue, type, route);
      return (
        found && {
          ...found.identity,
          call: (task: ActivityTask) => this.#call(found.worker.handler, taskFor(found.worker, task)),
        }
      );
    };
    return {
      now: () => this.now,
      newRunId: () => crypto.randomUUID(),
      after: (ms, callback) => this.#after(ms, callback),
      detailsPauseMs: 0,
      inlineBoundMs: Number.POSITIVE_INFINITY,
      peekWorkflowWorker: workflowWorker,
      findWorkflowWorker: async (queue, type, route) =>
        workflowWorker(queue, type, route) ?? this.#workers.missing('workflow', queue, route),
      destinationOf: (queue, route) => this.#workers.destinationOf('workflow', queue, route),
      peekActivityWorker: activityWorker,
      findActivityWorker: async (queue, type, route) =>
        activityWorker(queue, type, route) ?? this.#workers.missing('activity', queue, route),
      dispatchOf: () => 'direct',
      permits: this.#taskQueues.permits,
      sendActivityTask: () => Promise.reject(new Error('tasks are dispatched directly here')),
      typedSearchAttributes: (given) => this.#workers.attributes.typed(namespace, given),
      recordVisibility: async (record) => this.#visibility.write(record),
      removeVisibility: async (run) => this.#visibility.remove(run, this.now),
      callExecution: (namespace, workflowId, request) => {
        const name = executionObjectName(namespace, workflowId);
        return repeated(this.faults, request, (copy) => this.#objects.internal(name, copy));
      },
      chainResult: (namespace, workflowId, runId) =>
        this.#objects.ask(executionObjectName(namespace, workflowId), (object) =>
          object.result(runId, 0, 'resets'),
        ),
      notifySchedule: (...told) => this.#schedules.runClosed(namespace, ...told),
      noteWaiting: () => undefined,
      workersChanged: () => undefined,
      engineUrl: () => ENGINE_URL,
      keepAlive: (promise) => this.#keep(promise),
      log: () => undefined,
    };
  }

  /** Only alarms move a virtual clock. Long polls end with a commit, sessions with their run. */
  #after(ms: number, callback: () => void): () => void {
    if (ms === 0) this.#keep(new Promise((resolve) => setImmediate(resolve)).then(callback));
    return () => undefined;
  }

  /** Sends an attempt to a Worker, with the faults that the test asked for. */
  async #call(handler: Handler, task: ActivityTask): Promise<ActivityCallOutcome> {
    const { dispatchId } = task;
    const known =
      this.#incarnation === 0 ? task : { ...task, dispatchId: `${dispatchId}/${this.#incarnation}` };
    const send = async (sent: ActivityTask): Promise<ActivityCallOutcome> => {
      const outcome = await this.#send(handler, sent);
      this.#boundary(() => `workflow ${task.workflowId}, answer of activity ${task.activityType}`);
      return outcome;
    };
    return this.#callsAtWork.during(dispatchId, () => withFaults(this.faults, known, send, this)(known));
  }

  async #send(handler: Handler, task: ActivityTask): Promise<ActivityCallOutcome> {
    const request = new Request(`http://worker${workerPaths.activityTask}`, {
      method: 'POST',
      body: JSON.stringify({ ...task, taskToken: await sealedToken(this.#env(), task) }),
    });
    const response = await handler.fetch(request, { engine: { url: ENGINE_URL, fetch: this.fetch } });
    if (response.status === 202) {
      this.#laterAnswers.expect(task);
      return { accepted: true };
    }
    if (!response.ok) return { released: await response.text() };
    return { answer: (await response.json()) as ActivityTaskAnswer };
  }

  #keep(promise: Promise<unknown>): void {
    this.#busy++;
    void promise.catch(() => undefined).finally(() => this.#busy--);
  }

  #context(): ExecutionContext {
    const waitUntil = (promise: Promise<unknown>): void => this.#keep(promise);
    return { waitUntil, passThroughOnException() {}, props: {} } as unknown as ExecutionContext;
  }

  /** The bindings that the API uses, answered from memory. */
  #env(): Env {
    const executions = (name: string) =>
      memoryExecution({
        ask: (question) => this.#objects.ask(name, question),
        request: (request) =>
          repeated(this.faults, request, (copy) => this.#objects.request(name, copy as never)),
        keep: (work) => this.#keep(work),
      });
    return {
      WORKFLOW_EXECUTION: { getByName: executions },
      SCHEDULE: { getByName: this.#schedules.stub },
      LIMITED_TASK_QUEUE: { getByName: this.#taskQueues.stub },
      VISIBILITY: { getByName: () => ({ ...this.#schedules.shard, ...this.#visibility.shard }) },
      BATCH: { getByName: () => this.#batch },
      NAMESPACE: {
        getByName: this.#workers.namespaceStubs(() => this.#workersChanged()),
      },
      VISIBILITY_SHARDS: '1',
      CLOCK_OFFSET_MS: String(this.now - Date.now()),
      NAMESPACES: this.#namespace,
      PERDURE_DEV: '1',
      PERDURE_ENGINE_SECRET: ENGINE_SECRET,
    } as unknown as Env;
  }
}
