/** What an operator does to a workflow: resets it to any of its tasks, pauses it, lets it go on. */

import { attributesOf } from '../../sdk/common/history.ts';
import type { Replies, Request, ServiceRequests } from '../../sdk/common/service.ts';
import type { HistoryCheck } from '../checker/history-check.ts';
import type { ClientPorts } from './clients.ts';
import { isDeleted } from './deletions.ts';
import { NAMESPACE } from './world.ts';

/** The client in whose name it is done. */
export interface Doing {
  ports: ClientPorts;
  requestId(): string;
  untilKnown<T>(ask: () => Promise<T>): Promise<T>;
  /** Until it is acknowledged or refused. */
  persist<K extends keyof ServiceRequests>(workflowId: string, request: Request<K>): Promise<Replies[K]>;
}

type OperatorAct = 'reset' | 'pause' | 'unpause';

export const operatorActs: Record<OperatorAct, (doing: Doing, workflowId: string) => Promise<void>> = {
  reset,
  pause: (doing, workflowId) => pause(doing, workflowId, 'PauseWorkflowExecution'),
  unpause: (doing, workflowId) => pause(doing, workflowId, 'UnpauseWorkflowExecution'),
};
export const OPERATOR_ACTS = ['reset', 'reset', 'pause', 'unpause', 'unpause'] as const;

const ENDS = /WORKFLOW_TASK_(STARTED|COMPLETED|FAILED|TIMED_OUT)$/;
/** Its activities would move the money again, which is no fault of the engine. */
const moves = (run: HistoryCheck): boolean =>
  attributesOf(run.events[0]!, 'WorkflowExecutionStarted').workflowType.name === 'transfer';

async function reset({ ports, requestId, persist }: Doing, given: string): Promise<void> {
  const { ledger, owner, world } = ports;
  const { random } = world;
  const known = ports.known().filter((id) => !isDeleted(owner(id)));
  const workflowId = known.length > 0 && random.chance(0.3) ? random.pick(known) : given;
  const { runs } = owner(workflowId);
  if (runs.length === 0) return;
  const base = random.chance(0.7) ? runs.at(-1)! : random.pick(runs);
  const ends = base.events.filter(({ eventType }) => ENDS.test(eventType));
  if (ends.length === 0 || moves(base)) return;
  const request = {
    kind: 'ResetWorkflowExecution' as const,
    namespace: NAMESPACE,
    workflowExecution: { workflowId, runId: base.runId },
    reason: 'the simulator says so',
    requestId: requestId(),
    ...random.pick([
      { workflowTaskFinishEventId: Number(random.pick(ends).eventId) },
      { workflowTaskFinishEventId: Number(random.pick(ends).eventId) },
      { options: { lastWorkflowTask: {} } },
    ]),
  };
  const { runId } = await persist(workflowId, request);
  ledger.started(workflowId, runId);
  if (!random.chance(0.2)) return;
  const again = await persist(workflowId, request);
  if (again.runId !== runId)
    world.violate(`I34: reset ${request.requestId} of ${workflowId} gave ${runId}, then ${again.runId}`);
}

async function pause(
  { ports, requestId, persist }: Doing,
  workflowId: string,
  kind: 'PauseWorkflowExecution' | 'UnpauseWorkflowExecution',
): Promise<void> {
  const request = { kind, namespace: NAMESPACE, workflowId, requestId: requestId(), reason: 'the simulator' };
  await persist(workflowId, request);
  if (ports.world.random.chance(0.2)) await persist(workflowId, request);
}
