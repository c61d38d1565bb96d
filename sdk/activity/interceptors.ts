/** Interceptors of activities: around the call of the function, and around what it logs and measures. */

import { composeInterceptors, type Next } from '../common/interceptors.ts';
import type { MetricTags } from '../common/metrics.ts';
import type { Headers } from '../common/payload.ts';
import type { ActivityFunction } from '../common/types.ts';
import type { Context } from './context.ts';

export interface ActivityInboundCallsInterceptor {
  /** Runs in the activity's context. */
  execute?: (
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ) => Promise<unknown>;
}
export interface ActivityExecuteInput {
  readonly args: unknown[];
  readonly headers: Headers;
}
export interface ActivityOutboundCallsInterceptor {
  /** What every entry of the activity's log carries. */
  getLogAttributes?: (
    input: GetLogAttributesInput,
    next: Next<ActivityOutboundCallsInterceptor, 'getLogAttributes'>,
  ) => Record<string, unknown>;
  /** What every value of the activity's metrics is tagged with, before its own tags. */
  getMetricTags?: (
    input: GetMetricTagsInput,
    next: Next<ActivityOutboundCallsInterceptor, 'getMetricTags'>,
  ) => MetricTags;
}
export type GetLogAttributesInput = Record<string, unknown>;
export type GetMetricTagsInput = MetricTags;

export interface ActivityInterceptors {
  inbound?: ActivityInboundCallsInterceptor;
  outbound?: ActivityOutboundCallsInterceptor;
}
/** Called for each attempt. */
export type ActivityInterceptorsFactory = (ctx: Context) => ActivityInterceptors;
/** The older form, for inbound calls only. */
export type ActivityInboundCallsInterceptorFactory = (ctx: Context) => ActivityInboundCallsInterceptor;

/** The interceptors of one attempt. */
export class ActivityCalls {
  readonly #inbound: ActivityInboundCallsInterceptor[] = [];
  readonly #outbound: ActivityOutboundCallsInterceptor[] = [];

  /** The context is there before its interceptors: they are made with it, and change what it logs. */
  load(factories: readonly ActivityInterceptorsFactory[], context: Context): void {
    for (const { inbound, outbound } of factories.map((factory) => factory(context))) {
      if (inbound) this.#inbound.push(inbound);
      if (outbound) this.#outbound.push(outbound);
    }
  }

  /** Does anybody look at what the activity is called with? */
  get inbound(): boolean {
    return this.#inbound.length > 0;
  }

  async execute(fn: ActivityFunction, input: ActivityExecuteInput): Promise<unknown> {
    if (!this.inbound) return fn(...input.args);
    return composeInterceptors(this.#inbound, 'execute', async ({ args }) => fn(...args))(input);
  }

  logAttributes(own: GetLogAttributesInput): Record<string, unknown> {
    return composeInterceptors(this.#outbound, 'getLogAttributes', (input) => input)(own);
  }

  metricTags(own: GetMetricTagsInput): MetricTags {
    return composeInterceptors(this.#outbound, 'getMetricTags', (input) => input)(own);
  }
}
