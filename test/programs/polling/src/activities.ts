import { activityInfo, CancelledFailure, Context, heartbeat, sleep } from '@temporalio/activity';
import type { TestService } from './test-service';

export const createActivities = (service: TestService) => ({
  async infrequently(): Promise<string> {
    return service.get();
  },
  async frequently(intervalMs: number): Promise<string> {
    const begin = (activityInfo().heartbeatDetails as number | undefined) ?? 0;
    for (let n = begin; ; n++) {
      try {
        return `${await service.get()} after ${n}`;
      } catch (err) {
        if (err instanceof CancelledFailure) throw err;
        heartbeat(n + 1);
        await sleep(intervalMs);
        Context.current().cancellationSignal.throwIfAborted();
      }
    }
  },
});
