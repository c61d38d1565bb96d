import {
  type ConcludeActivationInput,
  type ConcludeActivationOutput,
  type Next,
  proxySinks,
  type QueryDefinition,
  type Sinks,
  setHandler,
  type WorkflowInterceptors,
  type WorkflowInternalsInterceptor,
  workflowInfo,
} from '@temporalio/workflow';
import { type Patch, patchesBetween } from './patches';

export interface SubscriptionSinks extends Sinks {
  subscriptions: { publish(channel: string, version: number, patches: Patch[]): void };
}

interface Subscription {
  told: unknown;
  version: number;
  ask(): unknown;
}

const { subscriptions } = proxySinks<SubscriptionSinks>();
/** Of this run: the module is loaded anew for each. */
const handlers = new Map<string, Subscription>();

/** A query whose answer subscribers are told whenever it changes. */
export function setSubscriptionHandler<Ret>(
  query: QueryDefinition<Ret, [], string>,
  handler: () => Ret,
): void {
  handlers.set(query.name, { told: undefined, version: 0, ask: handler });
  setHandler(query, handler);
}

class PublishingInterceptor implements WorkflowInternalsInterceptor {
  concludeActivation(
    input: ConcludeActivationInput,
    next: Next<WorkflowInternalsInterceptor, 'concludeActivation'>,
  ): ConcludeActivationOutput {
    for (const [name, subscription] of handlers) {
      const now: unknown = JSON.parse(JSON.stringify(subscription.ask()));
      const patches = patchesBetween(subscription.told, now);
      if (patches.length === 0) continue;
      subscription.told = now;
      subscription.version++;
      subscriptions.publish(`${workflowInfo().workflowId}:${name}`, subscription.version, patches);
    }
    return next(input);
  }
}

export const interceptors = (): WorkflowInterceptors => ({ internals: [new PublishingInterceptor()] });
