import { activityInfo, log, sleep } from '@temporalio/activity';

export async function bake(ms: number): Promise<string> {
  log.info('baking', { attempt: activityInfo().attempt });
  await sleep(ms);
  return 'bread';
}

export async function notify(text: string): Promise<void> {
  console.log(text);
}
