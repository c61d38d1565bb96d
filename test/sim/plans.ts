/** How workflows of the second floor are started: families, chains, desks, talkers, and those that fail at first. */

import { defaultPayloadConverter, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { StartWorkflowExecutionRequest } from '../../sdk/common/service.ts';
import type { Call, ChildPlan, FamilyPlan } from './family-workflows.ts';
import type { Random } from './random.ts';
import { NAMESPACE } from './world.ts';

const TYPES = ['parent', 'parent', 'parent', 'chain', 'chain', 'desk', 'desk', 'chatter', 'flaky'] as const;
type FamilyType = (typeof TYPES)[number];

export function familyStart(
  random: Random,
  workflowId: string,
  requestId: string,
  type: FamilyType = random.pick(TYPES),
): StartWorkflowExecutionRequest & { requestId: string } {
  const inputs: Record<FamilyType, () => unknown[]> = {
    parent: () => [family(random, requestId, 2)],
    chain: () => [random.between(1, 5), random.pick([100, 5_000, 60_000])],
    desk: () => [random.pick([0, 1_000, 20_000, 60_000]), random.chance(0.6)],
    chatter: () => [Array.from({ length: random.between(1, 3) }, () => call(random)), random.chance(0.6)],
    flaky: () => [random.between(1, 4), random.pick([0, 100, 5_000])],
  };
  const retryPolicy = { initialInterval: '1s', maximumAttempts: random.between(2, 4) };
  return {
    namespace: NAMESPACE,
    workflowId,
    workflowType: { name: type },
    taskQueue: { name: 'main' },
    input: toPayloadsJson(defaultPayloadConverter, ...inputs[type]()),
    requestId,
    // Signals to an attempt that fails are lost with it, as they should be: none where they are counted.
    ...(type !== 'chain' && random.chance(type === 'flaky' ? 0.9 : 0.1) && { retryPolicy }),
    ...(random.chance(0.15) && { workflowRunTimeout: `${random.between(1, 60)}s` }),
    ...(random.chance(0.3) && { workflowTaskTimeout: `${random.between(1, 10)}s` }),
  };
}

function family(random: Random, name: string, depth: number): FamilyPlan {
  return {
    children: Array.from({ length: random.between(1, 3) }, (_, n) => child(random, `${name}.${n}`, depth)),
    patience: random.pick([0, 1, 500, 5_000, 30_000]),
    end: random.pick(['wait', 'wait', 'drop', 'leave', 'fail', 'again']),
  };
}

function child(random: Random, name: string, depth: number): ChildPlan {
  const type = random.pick(['leaf', 'leaf', 'leaf', 'chain', 'flaky', depth > 1 ? 'parent' : 'leaf']);
  const ms = random.pick([0, 1, 300, 5_000, 30_000]);
  const inputs: Record<string, () => unknown[]> = {
    leaf: () => [random.pick(['sleep', 'work', 'stubborn', 'fail', 'again']), ms],
    chain: () => [random.between(1, 3), ms],
    flaky: () => [random.between(1, 3), 100],
    parent: () => [family(random, name, depth - 1)],
  };
  return {
    // Most have ids of their own; some meet others.
    workflowId: random.pick([name, name, name, `kid-${random.int(2)}`, `wf-${random.int(3)}`]),
    type,
    args: inputs[type]!(),
    policy: random.pick(['TERMINATE', 'ABANDON', 'REQUEST_CANCEL']),
    cancellation: random.pick([
      'ABANDON',
      'TRY_CANCEL',
      'WAIT_CANCELLATION_COMPLETED',
      'WAIT_CANCELLATION_REQUESTED',
    ]),
    ...(random.chance(0.3) && { cancelAfter: random.pick([0, 1, 200, 3_000]) }),
    signaled: random.chance(0.3),
    ...(random.chance(0.15) && { workflowRunTimeout: random.between(1, 40) * 1_000 }),
    ...(type === 'flaky' && { retry: { initialInterval: '1s', maximumAttempts: 3 } }),
  };
}

function call(random: Random): Call {
  return {
    workflowId: random.pick([`wf-${random.int(6)}`, `kid-${random.int(2)}`, 'nobody']),
    kind: random.chance(0.7) ? 'signal' : 'cancel',
  };
}
