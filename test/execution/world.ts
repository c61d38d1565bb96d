/**
 * Several objects in one process, over memory and a virtual clock, with workflows that are plain functions from a
 * history to commands. Calls between objects can be lost on the way there or on the way back, delayed, and cut by
 * losing an object.
 */

import type { Command } from '../../sdk/common/command.ts';
import type { ServiceError } from '../../sdk/common/errors.ts';
import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEventName,
  type UpdateRequestJson,
} from '../../sdk/common/history.ts';
import type { Request, StartWorkflowExecutionRequest } from '../../sdk/common/service.ts';
import type { WorkflowSession, WorkflowSessionInit } from '../../sdk/common/worker-protocol.ts';
import { ExecutionObject } from '../../src/execution/execution-object.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import type { InternalRequestKind, Outside } from '../../src/execution/outside.ts';
import type { Commit } from '../../src/execution/store.ts';
import { EPOCH } from '../core/harness.ts';

/** What a workflow sees when it is asked. */
export interface View extends WorkflowSessionInit {
  history: HistoryEvent[];
  updates: UpdateRequestJson[];
}
export type Script = (view: View) => Command[];

/** `lost`: it never arrives. `answerLost`: it is carried out, but nobody hears of it. A promise: it waits for it. */
export type Fate = 'lost' | 'answerLost' | Promise<void> | undefined;

interface Owner {
  store: MemoryStore;
  object: ExecutionObject;
  incarnation: { dead: boolean };
}
export type Call = { to: string; request: Request<InternalRequestKind> };

export class World {
  now = EPOCH;
  readonly scripts: Record<string, Script>;
  readonly calls: Call[] = [];
  /** Decides what becomes of a call between objects. */
  fate: (call: Call) => Fate = () => undefined;
  readonly visibility = new Map<string, string>();
  readonly #owners = new Map<string, Owner>();
  readonly #timers = new Set<{ time: number; callback: () => void }>();
  #busy = 0;
  #runs = 0;

  constructor(scripts: Record<string, Script>) {
    this.scripts = scripts;
  }

  object(workflowId: string): ExecutionObject {
    return this.#owner(workflowId).object;
  }

  async start(
    workflowId: string,
    type: string,
    options: Partial<StartWorkflowExecutionRequest> = {},
  ): Promise<string> {
    const { runId } = await this.object(workflowId).request({
      kind: 'StartWorkflowExecution',
      namespace: 'default',
      workflowId,
      workflowType: { name: type },
      taskQueue: { name: 'main' },
      ...options,
    });
    await this.settled();
    return runId;
  }

  async signal(workflowId: string, signalName: string): Promise<void> {
    const workflowExecution = { workflowId };
    const request = { namespace: 'default', workflowExecution, signalName };
    await this.object(workflowId).request({ kind: 'SignalWorkflowExecution', ...request });
    await this.settled();
  }

  async history(workflowId: string, runId?: string): Promise<HistoryEvent[]> {
    const execution = { workflowId, ...(runId && { runId }) };
    const { history } = await this.object(workflowId).history({ namespace: 'default', execution });
    return history.events;
  }
  /** Names of events, workflow tasks left out. */
  async names(workflowId: string, runId?: string): Promise<string[]> {
    const names = (await this.history(workflowId, runId)).map(
      ({ eventType }) => historyEventName(eventType)!,
    );
    return names.filter((name) => !name.startsWith('WorkflowTask'));
  }
  async last<N extends HistoryEventName>(
    workflowId: string,
    name: N,
    runId?: string,
  ): Promise<HistoryEventAttributes[N]> {
    return find(await this.history(workflowId, runId), name)!;
  }
  async status(workflowId: string, runId?: string): Promise<string> {
    const { workflowExecutionInfo } = await this.object(workflowId).describe(runId);
    return workflowExecutionInfo.status.slice('WORKFLOW_EXECUTION_STATUS_'.length);
  }

  /** All memory of the object is lost; what it was doing comes to nothing. */
  lose(workflowId: string): void {
    const owner = this.#owner(workflowId);
    owner.incarnation.dead = true;
    this.#owners.set(workflowId, this.#own(workflowId, owner.store));
  }

  /** Nothing is going on any more, until time moves or somebody asks for something. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet = this.#busy > 0 && this.#stuck < this.#busy ? 0 : quiet + 1)
      await new Promise((resolve) => setImmediate(resolve));
  }
  /** Calls that wait for their fate. */
  #stuck = 0;

  /** Lets time pass: alarms and timers go off in their order. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const alarms = [...this.#owners.values()].flatMap(({ store }) => store.alarm ?? []);
      const next = Math.min(...alarms, ...[...this.#timers].map(({ time }) => time));
      if (next > end) break;
      this.now = Math.max(this.now, next);
      for (const timer of [...this.#timers]) {
        if (timer.time > this.now) continue;
        this.#timers.delete(timer);
        timer.callback();
      }
      for (const { store, object } of [...this.#owners.values()]) {
        if ((store.alarm ?? Number.POSITIVE_INFINITY) > this.now) continue;
        store.alarm = undefined;
        this.#keep(object.alarm());
      }
      await this.settled();
    }
    this.now = end;
  }

  #owner(workflowId: string): Owner {
    let owner = this.#owners.get(workflowId);
    if (!owner) {
      owner = this.#own(workflowId, new MemoryStore());
      this.#owners.set(workflowId, owner);
    }
    return owner;
  }

  #own(workflowId: string, store: MemoryStore): Owner {
    const incarnation = { dead: false };
    const living = {
      lastSeq: (runNumber?: number) => store.lastSeq(runNumber),
      rows: (from: number, to: number) => store.rows(from, to),
      snapshot: () => store.snapshot(),
      progress: () => store.progress(),
      hasPayload: (runNumber: number, sha256: string) => store.hasPayload(runNumber, sha256),
      payload: (runNumber: number, sha256: string) => store.payload(runNumber, sha256),
      commit: (commit: Commit) => {
        if (incarnation.dead) throw new Error('the object is lost');
        store.commit(commit);
      },
    };
    const outside = this.#outside(incarnation);
    const object = new ExecutionObject('default', workflowId, living, outside, { rowsPerSnapshot: 3 });
    return { store, object, incarnation };
  }

  #outside(incarnation: { dead: boolean }): Outside {
    const worker = {
      id: 'worker',
      identity: 'worker',
      keepsSessions: true,
      open: async (init: WorkflowSessionInit) => this.#session(init),
      failed: () => undefined,
    };
    const never = new Promise<never>(() => undefined);
    return {
      now: () => this.now,
      newRunId: () => `run-${this.#runs++}`,
      after: (ms, callback) => {
        const timer = { time: this.now + ms, callback };
        this.#timers.add(timer);
        return () => void this.#timers.delete(timer);
      },
      inlineBoundMs: Number.POSITIVE_INFINITY,
      peekWorkflowWorker: () => worker,
      findWorkflowWorker: async () => worker,
      destinationOf: () => ({}),
      peekActivityWorker: () => undefined,
      findActivityWorker: async () => ({ waitingReason: 'no activities here' }),
      dispatchOf: () => 'direct',
      sendActivityTask: async () => undefined,
      notifySchedule: async () => undefined,
      recordVisibility: async ({ info }) => void this.visibility.set(info.execution.runId, info.status),
      removeVisibility: async ({ runId }) => void this.visibility.delete(runId!),
      callExecution: (_namespace, workflowId, request) => {
        if (incarnation.dead) return never;
        const wire = JSON.parse(JSON.stringify(request)) as typeof request;
        return this.#call({ to: workflowId, request: wire as Request<InternalRequestKind> }) as never;
      },
      chainResult: async (_namespace, workflowId, runId) => {
        if (incarnation.dead) return never;
        return this.object(workflowId).result(runId, 0, 'resets');
      },
      noteWaiting: () => undefined,
      workersChanged: () => undefined,
      engineUrl: () => undefined,
      keepAlive: (promise) => this.#keep(promise),
      log: () => undefined,
    };
  }

  async #call(call: Call): Promise<unknown> {
    this.calls.push(call);
    const fate = this.fate(call);
    if (fate === 'lost') throw new Error('the call was lost');
    const answer = await this.object(call.to).internal(call.request);
    if (fate === 'answerLost') throw new Error('the answer was lost');
    if (fate) {
      this.#stuck++;
      await fate.finally(() => this.#stuck--);
    }
    return JSON.parse(JSON.stringify(answer ?? null));
  }

  #session(init: WorkflowSessionInit): WorkflowSession {
    const history: HistoryEvent[] = [];
    return {
      feed: async (events) => void history.push(...events),
      runWorkflowTask: async (events, updates = []) => {
        history.push(...events);
        return { completed: { commands: this.scripts[init.workflowType]!({ ...init, history, updates }) } };
      },
      proceed: () => Promise.reject(new Error('no task here has local activities')),
      query: async () => ({}),
      [Symbol.dispose]: () => undefined,
    };
  }

  #keep(promise: Promise<unknown>): void {
    this.#busy++;
    void promise.catch(() => undefined).finally(() => this.#busy--);
  }
}

/** The attributes of the last event of that name. */
export function find<N extends HistoryEventName>(
  history: HistoryEvent[],
  name: N,
): HistoryEventAttributes[N] | undefined {
  const event = history.findLast(({ eventType }) => historyEventName(eventType) === name);
  return event && attributesOf(event, name);
}
export const has = ({ history }: { history: HistoryEvent[] }, name: HistoryEventName): boolean =>
  find(history, name) !== undefined;
export const signaled = ({ history }: View, signalName: string): boolean =>
  history.some(
    (event) =>
      historyEventName(event.eventType) === 'WorkflowExecutionSignaled' &&
      attributesOf(event, 'WorkflowExecutionSignaled').signalName === signalName,
  );
/** The first task of the run. */
export const first = (view: View): boolean => !has(view, 'WorkflowTaskCompleted');

/** A promise that is settled from outside. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** The refusal that a request is answered with. */
export async function refusal(request: Promise<unknown>): Promise<ServiceError> {
  return request.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: ServiceError) => error,
  );
}
