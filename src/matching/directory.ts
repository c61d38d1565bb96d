/**
 * Which Worker serves which task queue. One directory per isolate and namespace, in memory: what it knows is a cache of
 * the Namespace object's registrations and of what the Workers said of themselves. It holds data, never promises or
 * stubs, because those belong to the request that made them.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { limitsInForce, rateOfWorkers, type TaskQueueLimits } from '../../sdk/common/task-queues.ts';
import {
  type DeploymentRouting,
  sameVersion,
  type VersionRoute,
  versionText,
  type WorkerDeploymentVersion,
} from '../../sdk/common/versioning.ts';
import { DEFAULT_TYPE, type JsRpcMessage, type WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import type { TaskKind, WorkerReport } from '../../sdk/common/workers.ts';
import { Observations } from './observations.ts';
import { Patience } from './patience.ts';
import { type Destination, destinationOf } from './routing.ts';
import { describe, type WorkerTarget } from './worker-target.ts';

const LIST_TTL_MS = 5_000;
const DESCRIPTION_TTL_MS = 10_000;
/** A miss asks again, but not more often than this. */
const MISS_TTL_MS = 200;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

export type Found = {
  worker: WorkerTarget;
  identity: string;
  jsRpc?: JsRpcMessage[];
  deploymentVersion?: WorkerDeploymentVersion;
  targetChanged?: true;
};
export type Match = Found | { waitingReason: string };

/** All Workers that may serve the namespace (bindings and registered URLs), and which versions get its tasks. */
export interface Listing {
  workers: WorkerTarget[];
  deployments: DeploymentRouting[];
  /** Of the task queues that were ever given any, by name. */
  limits?: Record<string, TaskQueueLimits>;
}

export interface DirectoryPorts {
  /** Takes along what was seen since the last call, so that telling it costs no call of its own. */
  list(report: WorkerReport): Promise<Listing>;
  /** A Worker says that it has a version which the listing does not know, or not for these task queues. */
  sighted(description: WorkerDescription): Promise<unknown>;
  clock(): EpochMs;
}

const ANYWHERE: VersionRoute = { workflowId: '' };

interface Entry {
  target: WorkerTarget;
  description?: WorkerDescription;
  describedTime: EpochMs;
  /** Consecutive failedCalls; while > 0 the Worker is set aside and must describe itself again before it is used. */
  failedCalls: number;
  retryTime: EpochMs;
  lastError?: string;
}

export class WorkerDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #ports: DirectoryPorts;
  readonly #observations: Observations;
  readonly #patience: Patience;
  #deployments: DeploymentRouting[] = [];
  #limits: ReadonlyMap<string, TaskQueueLimits> = new Map();
  #listedTime = Number.NEGATIVE_INFINITY;
  #turn = 0;

  constructor(ports: DirectoryPorts) {
    this.#ports = ports;
    this.#observations = new Observations(() => ports.clock());
    this.#patience = new Patience(() => ports.clock());
  }

  /** From memory alone: a Worker known to serve the type, if the cache is fresh. */
  peek(kind: TaskKind, taskQueue: string, type: string, route: VersionRoute = ANYWHERE): Found | undefined {
    const now = this.#clock();
    if (isStale(this.#listedTime, LIST_TTL_MS, now)) return undefined;
    const fresh = (entry: Entry): boolean => !isStale(entry.describedTime, DESCRIPTION_TTL_MS, now);
    return this.#pick({ kind, taskQueue, type, route }, undefined, fresh);
  }

  /** From memory alone, be it out of date: which version's Workers the task belongs to. */
  destinationOf(kind: TaskKind, taskQueue: string, route: VersionRoute): Destination {
    return destinationOf(this.#deployments, kind, taskQueue, route);
  }

  /** From memory alone, be it out of date. */
  limitsOf(taskQueue: string): TaskQueueLimits | undefined {
    return limitsInForce(this.#limits.get(taskQueue), rateOfWorkers(this.#entries.values(), taskQueue));
  }

  /** Limits of a task queue are known once all Workers have said whether they ask for any. */
  async described(): Promise<void> {
    await this.listed();
    const silent = this.#where(({ description, failedCalls }) => !description && failedCalls === 0);
    await Promise.all(silent.map((entry) => this.#describe(entry)));
  }

  /** Was anything heard of the namespace yet? If not, it is asked. Asked anew, and not waited for, when that was long ago. */
  async listed(): Promise<void> {
    const first = this.#listedTime === Number.NEGATIVE_INFINITY;
    const renewed = this.renew();
    if (first) await renewed;
    else void renewed?.catch(() => undefined);
  }

  /** For those who ask memory only: brings it up to date, where it is not. */
  renew(): Promise<void> | undefined {
    return isStale(this.#listedTime, LIST_TTL_MS, this.#clock()) ? this.#refreshList(LIST_TTL_MS) : undefined;
  }

  #clock(): EpochMs {
    return this.#ports.clock();
  }

  /** A Worker that serves the type, or why there is none. `prefer` names one that should be taken if it is there. */
  async find(
    kind: TaskKind,
    taskQueue: string,
    type: string,
    prefer?: string,
    route: VersionRoute = ANYWHERE,
  ): Promise<Match> {
    const wanted = { kind, taskQueue, type, route };
    await this.#refreshList(LIST_TTL_MS);
    const now = this.#clock();
    const probes = this.#where((entry) => entry.failedCalls > 0 && isPauseOver(entry.retryTime, now));
    // One that somebody else is asking for the first time is asked here too: nobody concludes that there is none.
    const stale = this.#where(
      ({ failedCalls, description, describedTime }) =>
        failedCalls === 0 && (!description || isStale(describedTime, DESCRIPTION_TTL_MS, now)),
    );
    const probed = Promise.all(probes.map((entry) => this.#describe(entry)));
    await Promise.all(stale.map((entry) => this.#describe(entry)));
    // Nobody waits for a Worker that hangs while another one is there.
    const known = this.#pick(wanted, prefer);
    if (known) return known;
    await probed;
    await this.#refreshList(MISS_TTL_MS);
    const missed = this.#where(
      (entry) => entry.failedCalls === 0 && isStale(entry.describedTime, MISS_TTL_MS, now),
    );
    await Promise.all(missed.map((entry) => this.#describe(entry)));
    return this.#pick(wanted, prefer) ?? { waitingReason: this.#reason(wanted) };
  }

  /** As `find`, for somebody who waits: a Worker that is just coming is not listed yet. */
  findPatiently(kind: TaskKind, taskQueue: string, type: string, route: VersionRoute): Promise<Match> {
    const { version } = this.destinationOf(kind, taskQueue, route);
    const asked = JSON.stringify([kind, taskQueue, type, version]);
    return this.#patience.find(asked, () => this.find(kind, taskQueue, type, undefined, route));
  }

  /** The Worker did not answer: set it aside with backoff. */
  failed(workerId: string, reason: string): void {
    const entry = this.#entries.get(workerId);
    if (!entry) return;
    entry.lastError = reason;
    this.#observations.failed(workerId, reason);
    // Calls that were under way together fail together: that is one failure, however many they were.
    if (entry.failedCalls > 0 && !isPauseOver(entry.retryTime, this.#clock())) return;
    entry.failedCalls++;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (entry.failedCalls - 1), LONGEST_PAUSE_MS);
    entry.retryTime = this.#clock() + pause;
  }

  /** A task goes to a Worker. */
  dispatched(kind: TaskKind, taskQueue: string): void {
    this.#observations.dispatched(kind, taskQueue);
  }

  /** The Worker said it does not serve what we thought: ask again before the next use. */
  outdated(workerId: string): void {
    const entry = this.#entries.get(workerId);
    if (entry) {
      entry.description = undefined;
      entry.describedTime = Number.NEGATIVE_INFINITY;
    }
  }

  /** A registration changed: list again at the next look. */
  invalidate(): void {
    this.#listedTime = Number.NEGATIVE_INFINITY;
    for (const entry of this.#entries.values()) entry.retryTime = 0;
  }

  #pick(
    { kind, taskQueue, type, route }: Wanted,
    prefer?: string,
    fresh: (entry: Entry) => boolean = () => true,
  ): Found | undefined {
    const destination = this.destinationOf(kind, taskQueue, route);
    const servingType = (served: string): Entry[] =>
      this.#where(
        (entry) =>
          entry.failedCalls === 0 &&
          fresh(entry) &&
          sameVersion(entry.description?.deploymentVersion, destination.version) &&
          serves(entry.description, kind, taskQueue, served),
      );
    const named = servingType(type);
    const serving = named.length > 0 ? named : servingType(DEFAULT_TYPE);
    if (serving.length === 0) return undefined;
    const chosen =
      serving.find((entry) => entry.target.id === prefer) ?? serving[this.#turn++ % serving.length]!;
    const { version: deploymentVersion, targetChanged } = destination;
    const { identity, jsRpc } = chosen.description!;
    return {
      worker: chosen.target,
      identity,
      ...(jsRpc && { jsRpc }),
      ...(deploymentVersion && { deploymentVersion }),
      ...(targetChanged && { targetChanged }),
    };
  }

  #where(condition: (entry: Entry) => boolean): Entry[] {
    const found: Entry[] = [];
    // For each activity of each run: not by way of an array of all.
    for (const entry of this.#entries.values()) if (condition(entry)) found.push(entry);
    return found;
  }

  async #refreshList(ttl: number): Promise<void> {
    if (!isStale(this.#listedTime, ttl, this.#clock())) return;
    // Others go on with the old list meanwhile, if there is one.
    if (this.#entries.size > 0) this.#listedTime = this.#clock();
    const { workers, deployments, limits = {} } = await this.#ports.list(this.#observations.take());
    this.#replace(workers);
    this.#deployments = deployments;
    this.#limits = new Map(Object.entries(limits));
    this.#listedTime = this.#clock();
  }

  #replace(targets: WorkerTarget[]): void {
    const ids = new Set(targets.map((target) => target.id));
    for (const id of this.#entries.keys()) if (!ids.has(id)) this.#entries.delete(id);
    for (const target of targets) {
      if (this.#entries.has(target.id)) continue;
      this.#entries.set(target.id, {
        target,
        describedTime: Number.NEGATIVE_INFINITY,
        failedCalls: 0,
        retryTime: 0,
      });
    }
  }

  async #describe(entry: Entry): Promise<void> {
    // Taken before the call, so that others use the old description meanwhile instead of asking too.
    entry.describedTime = this.#clock();
    try {
      entry.description = await describe(entry.target);
      entry.failedCalls = 0;
      entry.lastError = undefined;
      this.#observations.contacted(entry.target.id);
      await this.#sight(entry.description);
    } catch (error) {
      this.failed(entry.target.id, error instanceof Error ? error.message : String(error));
    }
  }

  /** A Worker that is bound to the engine registers nowhere: its version is made known by whoever sees it first. */
  async #sight(description: WorkerDescription): Promise<void> {
    const { deploymentVersion: version, taskQueues } = description;
    const known = this.#deployments
      .find(({ name }) => name === version?.deploymentName)
      ?.versions.find(({ buildId }) => buildId === version?.buildId);
    const isKnown = ({ name, workflowTypes, activityTypes }: (typeof taskQueues)[number]): boolean =>
      (workflowTypes.length === 0 || !!known?.workflowQueues.includes(name)) &&
      (activityTypes.length === 0 || !!known?.activityQueues.includes(name));
    if (!version || (known && taskQueues.every(isKnown))) return;
    await this.#ports.sighted(description);
    this.#listedTime = Number.NEGATIVE_INFINITY;
  }

  #reason({ kind, taskQueue, type, route }: Wanted): string {
    const { version } = this.destinationOf(kind, taskQueue, route);
    const entries = [...this.#entries.values()].filter(
      ({ description }) => !description || sameVersion(description.deploymentVersion, version),
    );
    const queue = entries.filter((e) => e.description?.taskQueues.some((q) => q.name === taskQueue));
    const of = version ? ` of version "${versionText(version)}"` : this.#unversioned(taskQueue);
    if (queue.some((e) => e.failedCalls === 0)) {
      return `no Worker${of} on task queue "${taskQueue}" serves ${kind} type "${type}"`;
    }
    const down = queue.map((e) => `${e.target.id}: ${e.lastError ?? 'no answer'}`);
    const detail = down.length === 0 ? '' : ` (not answering: ${down.join('; ')})`;
    return `no Worker${of} serves task queue "${taskQueue}"${detail}`;
  }

  /** Said only where Workers with a version are there and none of them is current. */
  #unversioned(taskQueue: string): string {
    const versioned = [...this.#entries.values()].some(
      ({ description }) =>
        description?.deploymentVersion && description.taskQueues.some(({ name }) => name === taskQueue),
    );
    return versioned ? ' without a version (and no version is current)' : '';
  }
}

interface Wanted {
  kind: TaskKind;
  taskQueue: string;
  type: string;
  route: VersionRoute;
}

/** A time in the future is one of a clock that has been set back since: worth nothing. */
function isStale(time: EpochMs, ttl: number, now: EpochMs): boolean {
  return time > now || now - time > ttl;
}

/** Over too when the clock has been set back: no pause is that long. */
function isPauseOver(retryTime: EpochMs, now: EpochMs): boolean {
  return now >= retryTime || retryTime - now > LONGEST_PAUSE_MS;
}

function serves(
  description: WorkerDescription | undefined,
  kind: TaskKind,
  taskQueue: string,
  type: string,
): boolean {
  const queue = description?.taskQueues.find((q) => q.name === taskQueue);
  const types = kind === 'workflow' ? queue?.workflowTypes : queue?.activityTypes;
  return types?.includes(type) ?? false;
}
