import {
  ApplicationFailure,
  condition,
  defineUpdate,
  log,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type * as activities from './activities';

export const TASK_QUEUE = 'early-return';
export const returnAuthorization = defineUpdate<string>('returnAuthorization');

export async function transaction(amount: number): Promise<string> {
  const { settle, cancel } = proxyActivities<typeof activities>({ startToCloseTimeout: '30s' });
  const { authorize } = proxyLocalActivities<typeof activities>({
    startToCloseTimeout: '1s',
    retry: { maximumAttempts: 2, initialInterval: 10 },
  });
  let outcome: { id: string } | { error: unknown } | undefined;
  setHandler(returnAuthorization, async () => {
    await condition(() => outcome !== undefined);
    if ('error' in outcome!) throw ApplicationFailure.create({ message: 'not authorized', type: 'Refused' });
    return outcome!.id;
  });
  try {
    outcome = { id: await authorize(amount) };
  } catch (error) {
    log.error('not authorized', { error });
    outcome = { error };
    await cancel('none');
    throw error;
  }
  return await settle(outcome.id);
}
