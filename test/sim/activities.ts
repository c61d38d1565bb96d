/**
 * Simulated activities and the bank they move money in, with what must hold wherever an attempt is seen: it is in the
 * log before it is out, attempts come one after another, and each goes on from the last heartbeat acknowledged.
 */

import { decodeTaskToken } from '../../sdk/common/ids.ts';
import { defaultPayloadConverter, fromPayloadsJson, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import { pendingActivity } from '../../src/core/state.ts';
import { outcomeRequest } from '../../src/execution/activity-task.ts';
import { fits } from '../checker/pins.ts';
import { Violation } from '../checker/violation.ts';
import type { Api } from './api.ts';
import { Approvals } from './approvals.ts';
import { isRefusal, type Owner } from './objects.ts';
import type { SimWorker } from './workers.ts';
import { failure, type World } from './world.ts';

export const ACTIVITY_TYPES = ['withdraw', 'deposit', 'refund', 'double', 'count', 'approve'];

interface Transfer {
  withdrawn: number;
  deposited: number;
  refunded: boolean;
}

/** Every movement once per reference; nothing moves after a refund. */
export class Bank {
  readonly transfers = new Map<string, Transfer>();

  of(ref: string): Transfer {
    let transfer = this.transfers.get(ref);
    if (!transfer) {
      transfer = { withdrawn: 0, deposited: 0, refunded: false };
      this.transfers.set(ref, transfer);
    }
    return transfer;
  }

  move(kind: string, ref: string, amount: number): string | undefined {
    const transfer = this.of(ref);
    if (kind === 'refund') {
      transfer.refunded = true;
      transfer.withdrawn = transfer.deposited = 0;
      return `refund ${ref}`;
    }
    if (transfer.refunded) return undefined;
    if (kind === 'withdraw') transfer.withdrawn = amount;
    else transfer.deposited = amount;
    return `${kind} ${ref}`;
  }
}

export class ActivityExecutions {
  readonly bank = new Bank();
  readonly approvals: Approvals;
  /** Every token that was seen, to try stale ones later. */
  readonly tokens: string[] = [];
  readonly #world: World;
  readonly #api: Api;
  readonly #owner: (workflowId: string) => Owner;
  /** By activity and attempt: the last heartbeat acknowledged to each of its executions (there may be several). */
  readonly #acknowledged = new Map<string, Array<Map<object, number>>>();
  /** Attempts whose outcome was acknowledged to a Worker that reported it. */
  readonly #settled = new Set<string>();

  constructor(world: World, api: Api, owner: (workflowId: string) => Owner) {
    this.#world = world;
    this.#api = api;
    this.#owner = owner;
    this.approvals = new Approvals(world, api, owner);
  }

  /** An attempt reached a Worker. */
  arrived({ id, version }: SimWorker, task: ActivityTask): void {
    const ref = decodeTaskToken(task.taskToken);
    this.tokens.push(task.taskToken);
    const owner = this.#owner(task.workflowId);
    const { shadow } = owner;
    const run = shadow.run?.runId === ref.runId ? shadow.run : undefined;
    const pending = run && pendingActivity(run, ref.scheduledEventId);
    const at = `attempt ${ref.attempt} of activity ${ref.scheduledEventId} of ${task.workflowId}`;
    // It may be over by now, the call was on its way. It may never be ahead of the log.
    const history = owner.runs.find(({ runId }) => runId === ref.runId);
    const logged = history?.attemptsOf(ref.scheduledEventId);
    // How many are allowed was looked at when it was claimed.
    const counted = logged?.countedAttempts(ref.attempt);
    if (counted === undefined) throw new Violation(`I8: ${at} is out before its claim is in the log`);
    if (!counted.includes(task.attempt))
      throw new Violation(`I26: ${at} is out as attempt ${task.attempt}, it is ${counted} by the log`);
    if (logged?.claimedAttempt === ref.attempt) {
      const pins = history!.pins.since(logged.claimMark);
      if (!fits(version, pins)) throw new Violation(`pins: ${at} is with ${id}, its run is pinned elsewhere`);
    }
    const details = fromPayloadsJson(defaultPayloadConverter, task.heartbeatDetails)[0] ?? 0;
    const beats = (this.#acknowledged.get(keyOf(ref)) ?? [])
      .slice(logged?.heartbeatsFrom, ref.attempt)
      .filter((attempt) => attempt?.size > 0);
    const acknowledged = Math.min(...(beats.at(-1)?.values() ?? [0]));
    if (pending?.attempt === ref.attempt && Number(details) < acknowledged) {
      throw new Violation(`I29: ${at} begins with heartbeat ${details}, ${acknowledged} was acknowledged`);
    }
  }

  async run(worker: SimWorker, task: ActivityTask): Promise<ActivityTaskAnswer> {
    const args = fromPayloadsJson(defaultPayloadConverter, task.input);
    const { epoch } = worker;
    if (task.activityType === 'count') return this.#count(worker, epoch, task, Number(args[0]));
    await this.#pause(worker, epoch, task, 1_500);
    const moves = ['withdraw', 'deposit', 'refund'].includes(task.activityType);
    // An activity may fail before or after it has done its work.
    if (task.activityType !== 'refund' && this.#world.fault('activityFailsForGood')) {
      return { failed: { failure: failure('never again', { nonRetryable: true }) } };
    }
    if (this.#world.fault('activityFails') && this.#world.random.chance(0.5)) return failed('failed before');
    const done = moves
      ? this.bank.move(task.activityType, String(args[0]), Number(args[1]))
      : Number(args[0]) * 2;
    if (done === undefined) return { failed: { failure: failure('refunded', { nonRetryable: true }) } };
    if (this.#world.fault('activityFails')) return failed('failed after');
    return completed(done);
  }

  /** A finished outcome is reported by its token, again and again until the engine has it or wants it no more. */
  async report(worker: SimWorker, task: ActivityTask, answer: ActivityTaskAnswer): Promise<void> {
    const ref = decodeTaskToken(task.taskToken);
    const { epoch } = worker;
    for (let tries = 0; tries < 50; tries++) {
      await this.#world.scheduler.wait(
        this.#world.latency(2_000),
        `report ${task.workflowId} ${task.dispatchId}`,
      );
      if (worker.epoch !== epoch) return;
      const request = outcomeRequest(ref, '', { answer });
      try {
        await this.#api.request(ref.workflowId, request as Parameters<Api['request']>[1]);
      } catch (error) {
        if (isRefusal(error)) return;
        continue;
      }
      const attempt = `${keyOf(ref)}/${ref.attempt}`;
      if (this.#settled.has(attempt)) this.#world.violate(`I25: attempt ${attempt} was settled twice`);
      this.#settled.add(attempt);
      const { shadow } = this.#owner(ref.workflowId);
      const pending =
        shadow.run?.runId === ref.runId ? pendingActivity(shadow.run, ref.scheduledEventId) : undefined;
      if (pending?.attempt === ref.attempt)
        this.#world.violate(`I5: the outcome of ${attempt} was acknowledged and is not stored`);
      return;
    }
  }

  /** Heartbeats its way up to `to`, from where the attempt before got to. */
  async #count(
    worker: SimWorker,
    epoch: number,
    task: ActivityTask,
    to: number,
  ): Promise<ActivityTaskAnswer> {
    const ref = decodeTaskToken(task.taskToken);
    const execution = {};
    const beats = this.#beatsOf(ref);
    let at = Number(fromPayloadsJson(defaultPayloadConverter, task.heartbeatDetails)[0] ?? 0);
    while (at < to) {
      await this.#pause(worker, epoch, task, 4_000);
      at++;
      const details = toPayloadsJson(defaultPayloadConverter, at);
      try {
        const beat = await this.#api.request(ref.workflowId, {
          kind: 'RecordActivityTaskHeartbeat',
          task: ref,
          details,
        });
        beats.set(execution, at);
        if (beat.cancelRequested && this.#world.random.chance(0.8)) return { canceled: {} };
        const { activityOperators } = this.#world.settings;
        if (activityOperators > 0 && this.#world.random.chance(0.5)) {
          if (beat.activityReset) return gaveWay('ActivityReset');
          if (beat.activityPaused) return gaveWay('ActivityPause');
        }
      } catch (error) {
        if (isRefusal(error)) return failed('nobody wants it any more');
        // It may be stored, over what another execution of the same attempt had acknowledged.
        if (!beats.has(execution)) beats.set(execution, 0);
      }
      if (this.#world.fault('activityFails')) return failed(`failed at ${at}`);
    }
    return completed(at);
  }

  #beatsOf(ref: ActivityTaskRef): Map<object, number> {
    const attempts = this.#acknowledged.get(keyOf(ref)) ?? [];
    this.#acknowledged.set(keyOf(ref), attempts);
    attempts[ref.attempt] ??= new Map();
    return attempts[ref.attempt]!;
  }

  /** Work takes time; a Worker that goes down meanwhile never answers. */
  async #pause(worker: SimWorker, epoch: number, task: ActivityTask, most: number): Promise<void> {
    const { scheduler, random } = this.#world;
    await scheduler.wait(random.int(most), `work ${task.workflowId} ${task.dispatchId}`);
    if (worker.epoch !== epoch) await new Promise(() => undefined);
  }
}

const keyOf = (ref: ActivityTaskRef): string => `${ref.runId}/${ref.scheduledEventId}`;
const failed = (message: string): ActivityTaskAnswer => ({ failed: { failure: failure(message) } });
/** As sdk/activity answers when it was told. */
const gaveWay = (type: string): ActivityTaskAnswer => ({
  failed: { failure: failure('gave way', { type }) },
});
const completed = (value: unknown): ActivityTaskAnswer => {
  const result = toPayloadsJson(defaultPayloadConverter, value);
  return { completed: result ? { result } : {} };
};
