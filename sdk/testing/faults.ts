/** Faults that a test asks for: what goes wrong with which activities, and which signals are sent more than once. */

import type { ActivityCallOutcome } from '../../src/execution/outside.ts';
import { type Duration, msToNumber } from '../common/duration.ts';
import { ApplicationFailure } from '../common/failure.ts';
import { errorToFailure } from '../common/failure-converter.ts';
import { defaultPayloadConverter } from '../common/payload.ts';
import type { Replies, Request } from '../common/service.ts';
import type { ActivityTask } from '../common/worker-protocol.ts';

/** What goes wrong, by the name of the activity or signal. `'*'` stands for every name that has no entry. */
export interface Faults {
  /** Several faults of an activity act one inside the other, the first one outermost. */
  activities?: Record<string, ActivityFault | ActivityFault[]>;
  signals?: Record<string, SignalFault>;
}

type Call = (task: ActivityTask) => Promise<ActivityCallOutcome>;

export interface FaultClock {
  /** Resolves when so much of the environment's time has passed. */
  pass(ms: number): Promise<void>;
}

/** Made by {@link failFirst} and its siblings. */
export interface ActivityFault {
  /** @internal */
  readonly around: (next: Call, clock: FaultClock) => Call;
}

/** Made by {@link duplicate}. */
export interface SignalFault {
  /** @internal */
  readonly copies: number;
}

/** The first attempts fail, without the activity being called; later ones are what they are. */
export function failFirst(attempts: number, error: Error | string = 'a fault of the test'): ActivityFault {
  const thrown =
    typeof error === 'string' ? ApplicationFailure.create({ message: error, type: 'InjectedFault' }) : error;
  return {
    around: (next) => (task) =>
      task.attempt > attempts
        ? next(task)
        : Promise.resolve({
            answer: { failed: { failure: errorToFailure(thrown, defaultPayloadConverter) } },
          }),
  };
}

/** The first attempts vanish with their Worker before they begin: they end by their timeouts. */
export function neverAnswer(attempts = 1): ActivityFault {
  return {
    around: (next) => (task) => (task.attempt > attempts ? next(task) : Promise.resolve({ accepted: true })),
  };
}

/** Each attempt (or only the first ones) begins so much later, by the environment's clock. */
export function delay(duration: Duration, options: { first?: number } = {}): ActivityFault {
  const ms = msToNumber(duration);
  return {
    around: (next, clock) => async (task) => {
      if (task.attempt <= (options.first ?? Number.POSITIVE_INFINITY)) await clock.pass(ms);
      return next(task);
    },
  };
}

/**
 * The activity does its work and its Worker is gone before anybody learns of it, so many times; then it is executed again,
 * as the same attempt. What an activity does to the world must survive that.
 */
export function loseAnswer(times = 1): ActivityFault {
  const lost = new Map<string, number>();
  return {
    around: (next) => async (task) => {
      const before = lost.get(task.dispatchId) ?? 0;
      if (before >= times) return next(task);
      lost.set(task.dispatchId, before + 1);
      // By another dispatch id: a Worker repeats the answers that it remembers.
      await next({ ...task, dispatchId: `${task.dispatchId}/lost-${before}` });
      return { released: 'the answer was lost' };
    },
  };
}

/** Each of the first attempts is executed twice at the same time; the first answer counts. */
export function runTwice(attempts = 1): ActivityFault {
  return {
    around: (next) => async (task) => {
      if (task.attempt > attempts) return next(task);
      const both = [task, { ...task, dispatchId: `${task.dispatchId}/again` }].map((twin) => next(twin));
      const first = await Promise.race(both);
      await Promise.all(both);
      return first;
    },
  };
}

/** The signal arrives so many times, each time as a signal of its own: its sender did not know that it had arrived. */
export function duplicate(times = 2): SignalFault {
  return { copies: times - 1 };
}

/** `next` with what goes wrong around it. */
export function withFaults(faults: Faults, task: ActivityTask, next: Call, clock: FaultClock): Call {
  const named = of(faults.activities, task.activityType);
  const list = named === undefined ? [] : Array.isArray(named) ? named : [named];
  return list.reduceRight((inner, fault) => fault.around(inner, clock), next);
}

/** Sends a request, and a signal as often as the test asked for. Answers what the first one is answered. */
export async function repeated<K extends keyof Replies>(
  faults: Faults,
  request: Request<K>,
  send: (request: Request<K>) => Promise<Replies[K]>,
): Promise<Replies[K]> {
  const reply = await send(request);
  const { signalName, requestId } = request as { signalName?: string; requestId?: string };
  const copies = signalName === undefined ? 0 : (of(faults.signals, signalName)?.copies ?? 0);
  for (let copy = 1; copy <= copies; copy++) await send({ ...request, requestId: `${requestId}/${copy}` });
  return reply;
}

function of<T>(table: Record<string, T> | undefined, name: string): T | undefined {
  if (!table) return undefined;
  if (Object.hasOwn(table, name)) return table[name];
  return Object.hasOwn(table, '*') ? table['*'] : undefined;
}
