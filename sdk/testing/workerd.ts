/// <reference path="./cloudflare-test.d.ts" />
/**
 * A test environment inside workerd, for Cloudflare's vitest integration: the engine is the main Worker of the tests, with
 * its real objects, alarms and Queues; the application's Workers are bound to it. Only the clock is the test's: time
 * stands still, and moves from one armed alarm to the next.
 * @module perdure/testing/workerd
 */

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env as bindings, exports } from 'cloudflare:workers';
import { vi } from 'vitest';
import { Client, type ClientOptions } from '../client/client.ts';
import { Connection } from '../client/connection.ts';
import { type Duration, type EpochMs, msToNumber } from '../common/duration.ts';
import { executionObjectName } from '../common/ids.ts';
import type { DescribeWorkflowExecutionReply } from '../common/service.ts';

export interface WorkerdTestEnvironmentOptions {
  /** Default `default`. */
  namespace?: string;
  client?: Omit<ClientOptions, 'namespace' | 'connection'>;
  /** The clock's first reading. Default: the real time. */
  startTime?: number | Date;
}

interface OpenRun {
  workflowId: string;
  raw: DescribeWorkflowExecutionReply;
}

/** How long, in real time, somebody may be busy before time moves on nevertheless. */
const PATIENCE_MS = 5_000;
const POLL_MS = 2;
const RUNNING = "ExecutionStatus = 'Running'";

export class WorkerdTestEnvironment {
  /** A client of the engine. Waiting for a result lets time skip. */
  readonly client: Client;
  readonly namespace: string;
  readonly #engine: Fetcher;
  readonly #objects: DurableObjectNamespace;
  /** Workflows that this test has asked something of: lists learn of a start a little later. */
  readonly #known = new Set<string>();
  #waiting = 0;

  /** From here on the clock stands still, until {@link WorkerdTestEnvironment.teardown}. */
  static async create(options: WorkerdTestEnvironmentOptions = {}): Promise<WorkerdTestEnvironment> {
    vi.useFakeTimers({ toFake: ['Date'], now: Number(options.startTime ?? Date.now()) });
    return new WorkerdTestEnvironment(options);
  }

  private constructor(options: WorkerdTestEnvironmentOptions) {
    this.namespace = options.namespace ?? 'default';
    this.#engine = (exports as unknown as { default: Fetcher }).default;
    this.#objects = (
      bindings as unknown as { WORKFLOW_EXECUTION: DurableObjectNamespace }
    ).WORKFLOW_EXECUTION;
    const connection = Connection.lazy({ address: { fetch: (url, init) => this.#fetch(url, init) } });
    this.client = new Client({ ...options.client, connection, namespace: this.namespace });
  }

  async currentTimeMs(): Promise<EpochMs> {
    return Date.now();
  }

  /** Lets so much time pass, with everything that falls due meanwhile. */
  async sleep(duration: Duration): Promise<void> {
    const until = Date.now() + msToNumber(duration);
    await this.settled();
    while (await this.#toNextAlarm(until)) await this.settled();
    vi.setSystemTime(until);
  }

  /** Resolves when every open run waits for time to pass, or for somebody outside. */
  async settled(): Promise<void> {
    const since = performance.now();
    for (let quiet = 0; quiet < 2 && performance.now() - since < PATIENCE_MS; ) {
      quiet = (await this.#anybodyBusy()) ? 0 : quiet + 1;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Time is real again. */
  async teardown(): Promise<void> {
    vi.useRealTimers();
  }

  async #fetch(url: string, init?: RequestInit): Promise<Response> {
    const reply = this.#engine.fetch(url, init as never) as unknown as Promise<Response>;
    const { pathname } = new URL(url);
    const [, workflowId] = /\/workflows\/([^/]+)/.exec(pathname) ?? [];
    if (workflowId !== undefined && init?.method === 'POST') {
      void reply.then(() => this.#known.add(decodeURIComponent(workflowId)));
    }
    if (!pathname.endsWith('/result')) return reply;
    this.#waiting++;
    if (this.#waiting === 1) void this.#skip();
    return reply.finally(() => {
      this.#waiting--;
    });
  }

  /** Time moves on while somebody waits for a result. */
  async #skip(): Promise<void> {
    while (this.#waiting > 0) {
      await this.settled();
      if (this.#waiting > 0) await this.#toNextAlarm(Number.POSITIVE_INFINITY);
    }
  }

  /** Goes to the next armed alarm up to `limit` and lets it go off. False when there is none. */
  async #toNextAlarm(limit: EpochMs): Promise<boolean> {
    let next: { time: EpochMs; stub: DurableObjectStub } | undefined;
    for (const { workflowId } of await this.#openRuns()) {
      const stub = this.#stub(workflowId);
      const time = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
      if (time !== null && time <= limit && time < (next?.time ?? Number.POSITIVE_INFINITY))
        next = { time, stub };
    }
    if (!next) return false;
    vi.setSystemTime(Math.max(next.time, Date.now()));
    await runDurableObjectAlarm(next.stub);
    return true;
  }

  async #anybodyBusy(): Promise<boolean> {
    return (await this.#openRuns()).some(({ raw }) => isBusy(raw));
  }

  /** Those in the list, those that the test knows, and their children. */
  async #openRuns(): Promise<OpenRun[]> {
    for await (const { workflowId } of this.client.workflow.list({ query: RUNNING }))
      this.#known.add(workflowId);
    const open: OpenRun[] = [];
    for (const workflowId of this.#known) {
      const described = await this.client.workflow
        .getHandle(workflowId)
        .describe()
        .catch(() => undefined);
      if (described?.status.name !== 'RUNNING') this.#known.delete(workflowId);
      else {
        open.push({ workflowId, raw: described.raw });
        for (const child of described.raw.pendingChildren ?? []) this.#known.add(child.workflowId);
      }
    }
    return open;
  }

  #stub(workflowId: string): DurableObjectStub {
    return this.#objects.getByName(executionObjectName(this.namespace, workflowId));
  }
}

/** A Worker has to do with it now; nobody has to wait for time to pass first. */
function isBusy({
  pendingWorkflowTask: task,
  pendingActivities = [],
}: DescribeWorkflowExecutionReply): boolean {
  // A task that failed is tried again after a while; one that nobody serves waits for a Worker.
  if (task && task.waitingReason === undefined && task.lastFailure === undefined) return true;
  return pendingActivities.some(({ state, nextAttemptScheduleTime, waitingReason }) => {
    if (waitingReason !== undefined) return false;
    if (state !== 'PENDING_ACTIVITY_STATE_SCHEDULED') return true;
    return nextAttemptScheduleTime === undefined || Date.parse(nextAttemptScheduleTime) <= Date.now();
  });
}
