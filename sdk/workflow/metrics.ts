/** Metrics of workflow code. Nothing is recorded while history is replayed, so every value counts once. */

import { type MetricMeter, makeMetricMeter, recordTo } from '../common/metrics.ts';
import { workflowInfo } from './info.ts';
import { assertInContext, runOutside } from './runtime/context.ts';
import { outbound } from './runtime/intercept.ts';

/** Records to the Worker's meter, with the workflow's type and what interceptors add. */
export const metricMeter: MetricMeter = makeMetricMeter(
  (metric, value, tags) => {
    const context = assertInContext('metricMeter');
    if (workflowInfo().unsafe.isReplaying) return;
    runOutside(() => recordTo(context.metricMeter)(metric, value, tags));
  },
  [
    () => {
      const context = assertInContext('metricMeter');
      const { workflowType } = context.info;
      return outbound(context, 'getMetricTags', (tags) => tags)({ workflowType });
    },
  ],
);
