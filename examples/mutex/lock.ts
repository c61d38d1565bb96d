/**
 * A mutex between workflows: a workflow per resource that grants it to one after the other. Here is what holds the resource,
 * and what workflows call that want it.
 */

import { WorkflowExecutionAlreadyStartedError } from 'perdure/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
  TemporalFailure,
  uuid4,
  workflowInfo,
} from 'perdure/workflow';
import type { LockRequest } from './shared.ts';

const acquire = defineSignal<[LockRequest]>('acquire');
const release = defineSignal<[ticket: string]>('release');
const granted = defineSignal<[ticket: string]>('granted');
export const getHolder = defineQuery<string | undefined>('holder');

const IDLE_MS = 3_600_000;
const lockId = (resource: string): string => `lock/${resource}`;

/** Grants `resource` to whoever asks, in the order of asking. Ends by itself after an hour without anybody. */
export async function resourceLock(resource: string, waiting: LockRequest[] = []): Promise<void> {
  const released = new Set<string>();
  let holder: LockRequest | undefined;
  setHandler(getHolder, () => holder?.requester);
  setHandler(acquire, (request) => void waiting.push(request));
  setHandler(release, (ticket) => {
    // Somebody may have given up before it was granted anything.
    const at = waiting.findIndex((request) => request.ticket === ticket);
    if (at >= 0) waiting.splice(at, 1);
    else released.add(ticket);
  });

  while (await condition(() => waiting.length > 0, IDLE_MS)) {
    holder = waiting.shift()!;
    const { requester, ticket, holdFor } = holder;
    if (await tell(requester, ticket)) await condition(() => released.has(ticket), holdFor);
    released.delete(ticket);
    holder = undefined;
    if (workflowInfo().continueAsNewSuggested) return continueAsNew<typeof resourceLock>(resource, waiting);
  }
}

/** Is the requester still there? */
async function tell(requester: string, ticket: string): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(requester).signal(granted, ticket);
    return true;
  } catch (error) {
    if (error instanceof TemporalFailure) return false;
    throw error;
  }
}

/**
 * Does `work` while this workflow has `resource`.
 * @param holdFor whoever takes longer loses the resource: others may work on it then
 */
export async function withLock<T>(resource: string, holdFor: number, work: () => Promise<T>): Promise<T> {
  const ticket = uuid4();
  let mine = false;
  setHandler(granted, (which) => {
    if (which === ticket) mine = true;
  });
  await ask(resource, { requester: workflowInfo().workflowId, ticket, holdFor });
  try {
    await condition(() => mine);
    return await work();
  } finally {
    // A workflow that is cancelled gives the resource back too.
    await CancellationScope.nonCancellable(() =>
      getExternalWorkflowHandle(lockId(resource)).signal(release, ticket).catch(ignoreFailure),
    );
  }
}

/** Starts the lock where there is none. It may end between the two: then the signal fails, and it is started again. */
async function ask(resource: string, request: LockRequest): Promise<void> {
  for (;;) {
    try {
      await startChild(resourceLock, {
        workflowId: lockId(resource),
        args: [resource],
        // Others wait for it too: it outlives whoever started it, and is not cancelled with it.
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    try {
      return await getExternalWorkflowHandle(lockId(resource)).signal(acquire, request);
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }
}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof TemporalFailure)) throw error;
}
