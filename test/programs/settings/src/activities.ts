import { activityInfo, metricMeter } from '@temporalio/activity';

export async function measure(n: number): Promise<number> {
  metricMeter.createHistogram('latency', 'float', 's').record(n / 10, { kind: activityInfo().activityType });
  return n * 2;
}
