/** The same activity as a step of a workflow: for mails of which one follows another. */

import { proxyActivities, sleep } from 'perdure/workflow';
import type * as activities from './activities.ts';

const { sendMail } = proxyActivities<typeof activities>({ startToCloseTimeout: '30 seconds' });

/** A welcome, and a reminder three days later. */
export async function welcome(to: string): Promise<string[]> {
  const first = await sendMail({ to, subject: 'Welcome' });
  await sleep('3 days');
  return [first, await sendMail({ to, subject: 'Still there?' })];
}
