import { activityInfo, heartbeat, log, sleep } from '@temporalio/activity';

export interface Receipt {
  id: string;
  cents: number;
  at: string;
}

export async function charge(id: string, cents: number): Promise<Receipt> {
  return { id, cents, at: new Date().toISOString() };
}

export async function notify(to: string): Promise<void> {
  log.info('notified', { to });
}

export async function poll(times: number): Promise<number> {
  let n: number = activityInfo().heartbeatDetails ?? 0;
  for (; n < times; n++) {
    heartbeat(n);
    await sleep('1s');
  }
  return n;
}
