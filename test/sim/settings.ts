/**
 * Swarm settings: what can go wrong in one seed, and how often. Every seed draws its own mix, with many faults at zero:
 * some bugs show only where little else happens.
 */

import type { VersioningBehavior } from '../../sdk/common/versioning.ts';
import { Random } from './random.ts';

export const faults = {
  queueRefuses: 0.3,
  queueLoses: 0.4,
  queueDoubles: 0.4,
  queueDelays: 0.4,
  /** A copy that comes hours later. */
  queueAncient: 0.2,
  /** Takes nothing, loses what it had: for a minute, an hour, or a day. */
  queueOutage: 0.005,
  consumerCrashes: 0.2,
  workerDown: 0.02,
  openFails: 0.3,
  sessionLost: 0.15,
  taskAnswerLost: 0.2,
  taskSlow: 0.15,
  /** A Worker gives commands that no SDK would give. */
  workerLies: 0.05,
  /** A Worker goes over to the workflow code of before, or back to that of now. */
  codeChanges: 0.02,
  activityNotReached: 0.3,
  activityAnswerLost: 0.3,
  activityAnswersLate: 0.4,
  activityAnswersTwice: 0.3,
  activityHangs: 0.1,
  activityFails: 0.4,
  activityFailsForGood: 0.05,
  workerForgets: 0.3,
  commitFailsBefore: 0.08,
  commitFailsAfter: 0.08,
  crashBeforeCommit: 0.08,
  crashAtCommit: 0.08,
  /** Right behind asking the world for something, and right before hearing its answer. */
  crashAtCall: 0.03,
  crashAtAnswer: 0.03,
  crash: 0.04,
  evictAll: 0.01,
  clockJumps: 0.02,
  /** The clock that objects read goes back or forward by up to an hour; nothing else notices. */
  clockSteps: 0.01,
  alarmLost: 0.02,
  alarmThrows: 0.2,
  alarmForNothing: 0.05,
  visibilityFails: 0.4,
  requestLost: 0.2,
  replyLost: 0.2,
  callLost: 0.3,
  callAnswerLost: 0.3,
  callDoubled: 0.3,
  callLate: 0.2,
} as const;

export type Fault = keyof typeof faults;
export const faultNames = Object.keys(faults) as Fault[];

export interface QueueSettings {
  dispatch: 'queue' | 'direct';
  caller: 'object' | 'consumer';
}

export interface Settings {
  workflowIds: number;
  clients: number;
  workers: Array<{ keepsSessions: boolean }>;
  /** By task queue. */
  queues: Record<'main' | 'side', QueueSettings>;
  inlineBoundMs: number;
  rowsPerSnapshot: number;
  /** Payloads that are longer are kept by reference. */
  maxInlinePayloadBytes: number;
  /** How often `peek…` knows a Worker without asking. */
  peeks: number;
  /** How often a session answers within the turn, without anything in between. */
  promptness: number;
  /** How many of the workflows have to do with other workflows, updates or later runs. */
  families: number;
  /** How often several things begin at the same moment. */
  bursts: number;
  /** How much of what clients do is an operator's work. */
  operators: number;
  /** Ids that schedules may have. */
  schedules: number;
  /** How much of what clients do is to start something and delete it. */
  deletions: number;
  /** How much of what clients do is an operator's work on activities that are pending. */
  activityOperators: number;
  /** How much of what clients do is to start a batch job. */
  batches: number;
  /** How much of what clients do has to do with limits of task queues. */
  limits: number;
  /** They are there from the beginning, and never change: they must be kept at any moment. */
  strictLimits: boolean;
  /** So many activities a second a Worker asks for. */
  workerRate: number | undefined;
  /** How many builds of the Workers have versions; one more has none. */
  builds: number;
  /** What their code says. */
  behaviors: VersioningBehavior[];
  /** How much of what clients do has to do with versions. */
  versions: number;
  /** How much of what clients do is to start work that somebody else answers, later. */
  approvals: number;
  /** How much of what clients do has to do with activities that belong to no workflow. */
  standalone: number;
  probability: Record<Fault, number>;
}

export function drawSettings(random: Random, seed: number): Settings {
  const queue = (): QueueSettings => ({
    dispatch: random.pick(['queue', 'direct']),
    caller: random.pick(['object', 'consumer']),
  });
  const calm = random.chance(0.1);
  const drawn = faultNames.map((name) => {
    const on = !calm && random.chance(0.5);
    return [name, on ? faults[name] * random.next() : 0] as const;
  });
  const workflowIds = random.between(1, 6);
  const clients = random.between(1, 5);
  // Of its own, so that a seed that has nothing of it lives as it did before there was any.
  const later = new Random(seed ^ 0x5eed);
  const operators = later.pick([0, 0, 0.1, 0.3]);
  const schedules = later.pick([0, 0, 1, 3]);
  const deletions = later.pick([0, 0, 0.1, 0.3]);
  const newest = new Random(seed ^ 0x0dd5);
  // A third has nothing of all that, so that families and schedules have room; among them are most of those that failed
  // before there was any of it.
  const some = new Random(seed ^ 0x23d1f9).chance(0.35) ? 0 : 1;
  const activityOperators = some * newest.pick([0, 0, 0.1, 0.3]);
  const batches = some * newest.pick([0, 0, 0.05, 0.15]);
  const limits = some * newest.pick([0, 0, 0.1, 0.3]);
  const builds = some * newest.pick([0, 0, 2, 3]);
  const probability = Object.fromEntries(drawn) as Record<Fault, number>;
  const strictLimits = limits > 0 && probability.clockSteps === 0 && newest.chance(0.6);
  return {
    workflowIds,
    clients,
    workers: Array.from({ length: random.between(1, 3) }, () => ({ keepsSessions: random.chance(0.7) })),
    queues: { main: queue(), side: queue() },
    inlineBoundMs: random.pick([Number.POSITIVE_INFINITY, 50, 5]),
    rowsPerSnapshot: random.pick([1, 1, 3, 10, 128]),
    // Drawn already, in a way: one more draw, and every seed would be another one.
    // The name of its schedule must be readable by a run itself, as it is with real bounds.
    maxInlinePayloadBytes: clients % 2 === 0 && schedules === 0 ? 0 : 20,
    peeks: random.pick([0, 0.5, 1]),
    promptness: random.pick([0.2, 0.7, 1]),
    families: random.pick([0, 0.5, 0.5, 1]),
    bursts: random.pick([0, 0.3, 0.8]),
    operators,
    schedules,
    deletions,
    activityOperators,
    batches,
    limits,
    strictLimits,
    workerRate: limits > 0 && !strictLimits && newest.chance(0.3) ? 5 : undefined,
    builds,
    behaviors: Array.from({ length: builds }, () => newest.pick(['PINNED', 'AUTO_UPGRADE'])),
    versions: builds > 0 ? newest.pick([0.1, 0.3]) : 0,
    approvals: some * newest.pick([0, 0, 0.1, 0.2]),
    standalone: some * new Random(seed ^ 0xa10e).pick([0, 0, 0.1, 0.3]),
    probability,
  };
}
