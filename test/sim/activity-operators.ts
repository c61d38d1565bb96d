/** What an operator does to activities that are pending: holds them, lets them go on, has them begin anew, changes their options. */

import type { Request } from '../../sdk/common/service.ts';
import type { ActivityOptionsJson } from '../../sdk/common/service-operations.ts';
import { isOpen, type RunState } from '../../src/core/state.ts';
import type { Owner } from './objects.ts';
import type { Doing } from './operators.ts';
import type { Random } from './random.ts';
import { NAMESPACE, type World } from './world.ts';

export const ACTIVITY_ACTS = [
  'PauseActivity',
  'PauseActivity',
  'UnpauseActivity',
  'UnpauseActivity',
  'ResetActivity',
  'ResetActivity',
  'UpdateActivityOptions',
] as const;
export type ActivityAct = (typeof ACTIVITY_ACTS)[number];

export async function actOnActivities({ ports, persist }: Doing, act: ActivityAct): Promise<void> {
  const { world, owner, known } = ports;
  const { random } = world;
  const busy = known().flatMap((id) => {
    const { run } = owner(id).shadow;
    return isOpen(run) && run.activities.size > 0 ? [run] : [];
  });
  if (busy.length === 0) return;
  const run = random.pick(busy);
  // One that gives up would leave the money where it is, which is no fault of the engine.
  if (act === 'UpdateActivityOptions' && run.workflowType === 'transfer') return;
  const request = {
    namespace: NAMESPACE,
    execution: { workflowId: run.workflowId, ...(random.chance(0.5) && { runId: run.runId }) },
    ...requests[act](random, run),
  };
  await persist(run.workflowId, { kind: act, ...request } as Request<ActivityAct>);
  if (random.chance(0.2)) await persist(run.workflowId, { kind: act, ...request } as Request<ActivityAct>);
}

const requests: Record<ActivityAct, (random: Random, run: RunState) => object> = {
  PauseActivity: (random, run) => ({ ...one(random, run), reason: 'the simulator' }),
  UnpauseActivity: (random, run) => ({
    ...some(random, run, 'unpauseAll'),
    ...(random.chance(0.3) && { resetAttempts: true }),
    ...(random.chance(0.3) && { resetHeartbeat: true }),
  }),
  ResetActivity: (random, run) => ({
    ...some(random, run, 'matchAll'),
    ...(random.chance(0.3) && { resetHeartbeat: true }),
    ...(random.chance(0.3) && { keepPaused: true }),
    ...(random.chance(0.3) && { restoreOriginalOptions: true }),
  }),
  UpdateActivityOptions: (random, run) => ({
    ...some(random, run, 'matchAll'),
    ...(random.chance(0.2) ? { restoreOriginal: true } : { activityOptions: options(random) }),
  }),
};

function one(random: Random, { activities }: RunState): { id: string } | { type: string } {
  const { activityId, activityType } = random.pick([...activities.values()]);
  return random.chance(0.7) ? { id: activityId } : { type: activityType };
}

function some(random: Random, run: RunState, all: 'unpauseAll' | 'matchAll'): object {
  return random.chance(0.3) ? { [all]: true } : one(random, run);
}

function options(random: Random): ActivityOptionsJson {
  return {
    ...(random.chance(0.4) && { taskQueue: { name: random.pick(['main', 'side']) } }),
    ...(random.chance(0.4) && { startToCloseTimeout: random.pick(['3s', '15s', '60s', '600s']) }),
    ...(random.chance(0.2) && { scheduleToCloseTimeout: random.pick(['20s', '300s']) }),
    ...(random.chance(0.2) && { scheduleToStartTimeout: random.pick(['5s', '60s']) }),
    ...(random.chance(0.2) && { heartbeatTimeout: random.pick(['6s', '30s']) }),
    ...(random.chance(0.4) && {
      retryPolicy: { maximumAttempts: random.between(1, 6), initialInterval: random.pick(['1s', '10s']) },
    }),
  };
}

/** Nobody leaves one paused. */
export function unpauseActivities(world: World, owner: Owner): void {
  const { run } = owner.shadow;
  if (!isOpen(run) || ![...run.activities.values()].some(({ pause }) => pause)) return;
  const execution = { workflowId: owner.workflowId, runId: run.runId };
  const request = { kind: 'UnpauseActivity' as const, namespace: NAMESPACE, execution, unpauseAll: true };
  world.scheduler.say(`unpause the activities of ${owner.workflowId}`);
  owner.call((object) => object.request(request)).catch(() => undefined);
}
