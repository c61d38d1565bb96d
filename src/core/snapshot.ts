/** State as plain JSON and back. Deadlines and effects are not in it: they are derived anew, and everything is owed. */

import { touchEverything } from './derived.ts';
import {
  type Execution,
  noOperations,
  type PendingActivity,
  type PendingChild,
  type PendingExternal,
  type PendingTimer,
  type RequestIdRecord,
  type RunState,
  type Updates,
} from './state.ts';

/** Grows when the meaning of a field changes; a version that is not known is refused, so that a rollback is safe. */
const SNAPSHOT_VERSION = 2;

type Entries<M> = M extends Map<infer K, infer V> ? Array<[K, V]> : never;
type PlainUpdates = { [K in keyof Updates]: Entries<Updates[K]> };
type PlainRun = Omit<
  RunState,
  'activities' | 'activityIds' | 'timers' | 'firedTimers' | 'children' | 'externals' | 'updates'
> & {
  children: PendingChild[];
  externals: PendingExternal[];
  updates: PlainUpdates;
  activities: PendingActivity[];
  timers: Array<[timerId: string, timer: PendingTimer]>;
  firedTimers: Array<[timerId: string, startedEventId: number]>;
};
interface PlainExecution {
  version: number;
  runNumber: number;
  run?: PlainRun;
  olderRuns: PlainRun[];
  requestIds: Array<[key: string, record: RequestIdRecord]>;
  deletions?: Entries<Execution['deletions']>;
}

function plainRun(run: RunState): PlainRun {
  // activityIds is an index over the pending activities.
  const { activities, activityIds: _index, timers, firedTimers, children, externals, updates, ...rest } = run;
  const { admitted, accepted, completed, rejected } = updates;
  return {
    ...rest,
    children: [...children.values()],
    externals: [...externals.values()],
    updates: {
      admitted: [...admitted],
      accepted: [...accepted],
      completed: [...completed],
      rejected: [...rejected],
    },
    activities: [...activities.values()],
    timers: [...timers],
    firedTimers: [...firedTimers],
  };
}

function liveRun(plain: PlainRun): RunState {
  const { activities, timers, firedTimers, children, externals, updates, ...rest } = plain;
  return {
    ...rest,
    // An engine from before they were counted has none.
    operations: { ...noOperations(), ...rest.operations },
    children: new Map(children.map((child) => [child.initiatedEventId, child])),
    externals: new Map(externals.map((external) => [external.initiatedEventId, external])),
    updates: {
      admitted: new Map(updates.admitted),
      accepted: new Map(updates.accepted),
      completed: new Map(updates.completed),
      rejected: new Map(updates.rejected),
    },
    activities: new Map(activities.map((pending) => [pending.scheduledEventId, pending])),
    activityIds: new Map(activities.map((pending) => [pending.activityId, pending.scheduledEventId])),
    timers: new Map(timers),
    firedTimers: new Map(firedTimers),
  };
}

/** Shares structure with the live state: make it text before the next transition. */
export function snapshot(execution: Execution): unknown {
  const { runNumber, run, olderRuns, requestIds, deletions } = execution;
  const plain: PlainExecution = {
    version: SNAPSHOT_VERSION,
    runNumber,
    ...(run && { run: plainRun(run) }),
    olderRuns: [...olderRuns.values()].map(plainRun),
    requestIds: [...requestIds],
    // In the order of the log, whichever was asked for first.
    ...(deletions.size > 0 && { deletions: [...deletions].sort(([a], [b]) => a - b) }),
  };
  return plain;
}

/**
 * Takes over what `snapshot` gave, parsed again; the log rows after it may then be applied.
 * @returns false, and takes over nothing, when an older version has written it: the log says it all
 * @throws Error when a newer version has
 */
export function restore(execution: Execution, json: unknown): boolean {
  const plain = json as PlainExecution;
  if (plain?.version < SNAPSHOT_VERSION) return false;
  if (plain?.version !== SNAPSHOT_VERSION) {
    throw new Error(
      `A snapshot of version ${plain?.version} cannot be read by this version (${SNAPSHOT_VERSION})`,
    );
  }
  execution.runNumber = plain.runNumber;
  execution.run = plain.run && liveRun(plain.run);
  execution.olderRuns = new Map(plain.olderRuns.map((run) => [run.runNumber, liveRun(run)]));
  execution.requestIds = new Map(plain.requestIds);
  execution.deletions = new Map(plain.deletions);
  touchEverything(execution);
  return true;
}
