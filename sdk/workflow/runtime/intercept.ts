/** The interceptors of a run: where they come from, and how the runtime calls through them. */

import { composeInterceptors, type Next } from '../../common/interceptors.ts';
import type {
  ActivateInput,
  WorkflowInboundCallsInterceptor,
  WorkflowInterceptors,
  WorkflowInterceptorsFactory,
  WorkflowOutboundCallsInterceptor,
} from '../interceptors.ts';
import { currentStream, runInStream, type WorkflowContext } from './context.ts';

/** Export of a bundled workflow graph: the modules of its interceptors, evaluated in the same graph. */
export const INTERCEPTOR_MODULES = '__perdure_interceptors';

/** A module that may export `interceptors`. */
export type InterceptorModule = { interceptors?: WorkflowInterceptorsFactory };

/** @throws TypeError when what a module exports as `interceptors` is no function. */
export function loadInterceptors(modules: readonly object[]): Required<WorkflowInterceptors> {
  const all: Required<WorkflowInterceptors> = { inbound: [], outbound: [], internals: [] };
  for (const { interceptors: factory } of modules as InterceptorModule[]) {
    if (factory === undefined) continue;
    if (typeof factory !== 'function') {
      throw new TypeError(`What a module exports as interceptors is a function, not ${typeof factory}.`);
    }
    const made = factory();
    all.inbound.push(...(made.inbound ?? []));
    all.outbound.push(...(made.outbound ?? []));
    all.internals.push(...(made.internals ?? []));
  }
  return all;
}

export function inbound<M extends keyof WorkflowInboundCallsInterceptor>(
  { interceptors }: WorkflowContext,
  method: M,
  next: Next<WorkflowInboundCallsInterceptor, M>,
): Next<WorkflowInboundCallsInterceptor, M> {
  return composeInterceptors(interceptors.inbound, method, inStreamOfNow(interceptors.inbound, next));
}

export function outbound<M extends keyof WorkflowOutboundCallsInterceptor>(
  { interceptors }: WorkflowContext,
  method: M,
  next: Next<WorkflowOutboundCallsInterceptor, M>,
): Next<WorkflowOutboundCallsInterceptor, M> {
  return composeInterceptors(interceptors.outbound, method, inStreamOfNow(interceptors.outbound, next));
}

/** An interceptor that calls on where it draws from a stream of its own does not make others draw from it. */
function inStreamOfNow<F>(interceptors: readonly object[], next: F): F {
  if (interceptors.length === 0) return next;
  const stream = currentStream();
  const call = next as (...args: unknown[]) => unknown;
  return ((...args: unknown[]) =>
    currentStream() === stream ? call(...args) : runInStream(stream, () => call(...args))) as F;
}

/** Delivers with `deliver` what a round of a workflow task brings. */
export function activate(context: WorkflowContext, batchIndex: number, deliver: () => void): void {
  const { interceptors, info, now, replaying } = context;
  if (interceptors.internals.length === 0) {
    deliver();
    return;
  }
  const { runId, historyLength } = info;
  const activation = { runId, timestampMs: now, isReplaying: replaying, historyLength };
  composeInterceptors(
    interceptors.internals,
    'activate',
    deliver,
  )({ activation, batchIndex } as ActivateInput);
}

/** Lets interceptors look at the commands that were issued. */
export function conclude(context: WorkflowContext): void {
  const { internals } = context.interceptors;
  if (!internals.some((interceptor) => interceptor.concludeActivation)) return;
  context.enterWorkflow(() => {
    const revise = composeInterceptors(internals, 'concludeActivation', (input) => input);
    context.commands.revise((issued) => revise({ commands: issued }).commands);
  });
}

/** What an interceptor does wrong while the run is dropped harms nobody. */
export function disposeInterceptors(context: WorkflowContext): void {
  const { internals } = context.interceptors;
  if (!internals.some((interceptor) => interceptor.dispose)) return;
  try {
    context.enterWorkflow(() => composeInterceptors(internals, 'dispose', () => undefined)({}));
  } catch (error) {
    context.logger.warn('An interceptor failed when its run was disposed', {
      runId: context.info.runId,
      error,
    });
  }
}
