/** What clients do with schedules: create, trigger, backfill, pause, change, delete. */

import { toTimestampJson } from '../../sdk/common/duration.ts';
import { defaultPayloadConverter, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { ScheduleJson, SchedulePatchJson } from '../../sdk/common/schedule.ts';
import type { ScheduleObject } from '../../src/schedule/schedule-object.ts';
import { askObject } from './api.ts';
import type { Doing } from './operators.ts';
import type { Random } from './random.ts';
import { NAMESPACE, overTheWire } from './world.ts';

export const SCHEDULE_ACTS = [
  'create',
  'create',
  'create',
  'trigger',
  'backfill',
  'pause',
  'unpause',
  'update',
  'delete',
  'describe',
] as const;
export type ScheduleAct = (typeof SCHEDULE_ACTS)[number];

const POLICIES = [
  undefined,
  'SKIP',
  'BUFFER_ONE',
  'BUFFER_ALL',
  'CANCEL_OTHER',
  'TERMINATE_OTHER',
  'ALLOW_ALL',
];
const WORK: Array<[type: string, args: (random: Random) => unknown[]]> = [
  ['collect', (random) => [random.pick([100, 5_000, 60_000])]],
  [
    'leaf',
    (random) => [
      random.pick(['sleep', 'work', 'stubborn', 'fail', 'again']),
      random.pick([0, 5_000, 90_000]),
    ],
  ],
  ['flaky', (random) => [random.between(1, 5), 1_000]],
  ['chain', (random) => [random.between(1, 3), random.pick([100, 20_000])]],
];

function schedule(random: Random, scheduleId: string): ScheduleJson {
  const [type, args] = random.pick(WORK);
  const policy = random.pick(POLICIES);
  return {
    spec: {
      interval: [{ interval: random.pick(['10s', '60s', '300s']), phase: random.pick(['0s', '3s']) }],
      ...(random.chance(0.2) && { jitter: '5s' }),
    },
    action: {
      startWorkflow: {
        workflowId: `of-${scheduleId}`,
        workflowType: { name: type },
        taskQueue: { name: 'main' },
        input: toPayloadsJson(defaultPayloadConverter, ...args(random)),
        ...(type === 'flaky' && { retryPolicy: { initialInterval: '1s', maximumAttempts: 3 } }),
      },
    },
    policies: {
      ...(policy && { overlapPolicy: `SCHEDULE_OVERLAP_POLICY_${policy}` }),
      ...(random.chance(0.5) && { catchupWindow: random.pick(['10s', '60s', '600s']) }),
      ...(random.chance(0.5) && { pauseOnFailure: true }),
      ...(random.chance(0.2) && { keepOriginalWorkflowId: true }),
    },
    // Bounded, so that a seed is not all schedules.
    state: { limitedActions: true, remainingActions: random.between(2, 8) },
  };
}

export async function actOnSchedule(doing: Doing, act: ScheduleAct, scheduleId: string): Promise<void> {
  const { world, schedule: find } = doing.ports;
  const { random } = world;
  const owner = find(scheduleId);
  const common = { namespace: NAMESPACE, scheduleId, requestId: doing.requestId() };
  world.coverage.count('schedules', act);
  const ask = async (work: (object: ScheduleObject) => unknown): Promise<void> => {
    await doing.untilKnown(() =>
      askObject(world, `${act} ${scheduleId}`, async () => void (await owner.call(work))),
    );
  };
  const patch = (given: SchedulePatchJson): Promise<void> => {
    const request = overTheWire({ ...common, patch: given });
    return ask((object) => object.patch(request));
  };
  switch (act) {
    case 'create':
    case 'update': {
      const request = overTheWire({ ...common, schedule: schedule(random, scheduleId) });
      return ask((object) => (act === 'create' ? object.create(request) : object.update(request)));
    }
    case 'trigger':
      return patch({ triggerImmediately: random.chance(0.2) ? { overlapPolicy: all('BUFFER_ALL') } : {} });
    case 'backfill': {
      const [startTime, endTime] = [world.clock - random.int(400_000), world.clock];
      const range = { startTime: toTimestampJson(startTime), endTime: toTimestampJson(endTime) };
      return patch({
        backfillRequest: [{ ...range, overlapPolicy: all(random.pick(['SKIP', 'BUFFER_ONE'])) }],
      });
    }
    case 'pause':
      return patch({ pause: 'the simulator says so' });
    case 'unpause':
      return patch({ unpause: 'the simulator says so' });
    case 'delete':
      return random.chance(0.5) ? ask((object) => object.delete()) : undefined;
    case 'describe':
      return ask((object) => object.describe());
  }
}

const all = (policy: string): string => `SCHEDULE_OVERLAP_POLICY_${policy}`;
