/** Build `two`: its `order` does other things in another order, which no run of build `one` would survive. */

import {
  condition,
  defineSignal,
  proxyActivities,
  setHandler,
  setWorkflowOptions,
  sleep,
} from 'perdure/workflow';

export { follow, where } from './versioned-one.ts';

const { work } = proxyActivities<{ work(key: string, ms: number): Promise<string> }>({
  startToCloseTimeout: '1 minute',
});
const go = defineSignal('go');

/** Checks and sleeps before it waits, and ships then. */
export async function order(key: string): Promise<string> {
  let gone = false;
  setHandler(go, () => {
    gone = true;
  });
  await work(`${key}/check`, 0);
  await sleep(1);
  await condition(() => gone);
  return `build two: ${await work(`${key}/ship`, 0)}`;
}
setWorkflowOptions({ versioningBehavior: 'PINNED' }, order);
