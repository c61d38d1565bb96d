import { ApplicationFailure, activityInfo, Context } from '@temporalio/activity';
export const createActivities = (db: Map<string, number>) => ({
  async charge(cents: number) {
    if (cents < 0) throw ApplicationFailure.create({ type: 'InvalidCard', message: 'bad', details: [cents] });
    return 'ok';
  },
  async flaky(key: string) {
    const n = (db.get(key) ?? 0) + 1;
    db.set(key, n);
    if (n < 3) throw ApplicationFailure.create({ message: 'again', nextRetryDelay: '90s' });
    return { n, attempt: activityInfo().attempt };
  },
  async neverRetry() {
    throw new TypeError('no');
  },
  async localOne(x: string) {
    return `${x}:${activityInfo().isLocal}:${Context.current().info.workflowType}`;
  },
});
