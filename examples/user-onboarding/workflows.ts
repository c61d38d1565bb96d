/**
 * The first two weeks of a user: a welcome, a reminder after 24 hours, a hint after three days, a last mail after a week.
 * Whoever begins to use the product gets no further reminder; whoever does not is inactive.
 */

import { condition, defineQuery, defineSignal, log, proxyActivities, setHandler } from 'perdure/workflow';
import type * as activities from './activities.ts';
import type { Mail, Outcome, User } from './shared.ts';

const { sendMail, setStatus } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

/** The user has followed the link in the mail. */
export const verified = defineSignal('verified');
/** The user has done something. */
export const active = defineSignal('active');
export const getStage = defineQuery<string>('stage');

/** @param day its length in milliseconds; shorter ones are for watching. */
export async function onboard(user: User, day = 24 * 3_600_000): Promise<Outcome> {
  let isVerified = false;
  let isActive = false;
  let stage = 'welcome';
  setHandler(verified, () => {
    isVerified = true;
  });
  setHandler(active, () => {
    isActive = true;
  });
  setHandler(getStage, () => stage);

  const begun = Date.now();
  /** Until that many days have passed since the beginning, or the user is active. */
  const activeWithin = (days: number): Promise<boolean> =>
    condition(() => isActive, Math.max(1, begun + days * day - Date.now()));
  const mail = async (what: Mail): Promise<void> => {
    stage = what;
    await sendMail(user, what);
  };

  await mail('welcome');
  if (!(await activeWithin(1)) && !isVerified) await mail('verify your address');
  if (!(await activeWithin(3))) await mail('how others began');
  if (!(await activeWithin(7))) await mail('we miss you');
  if (!(await activeWithin(14))) {
    log.info('Never began', { user: user.id });
    stage = 'inactive';
    await setStatus(user, 'inactive');
    return 'inactive';
  }
  await mail('you are all set');
  await setStatus(user, 'active');
  return 'active';
}
