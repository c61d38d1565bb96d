/** The mail server: here, made up. */

import { ApplicationFailure, activityInfo } from 'perdure/activity';
import type { Mail } from './shared.ts';

/**
 * Sends one mail. The key is the same for each attempt, so that a server that has it already takes no second one.
 * @throws for now while the server is busy, for good when the address is none
 */
export async function sendMail({ to, subject }: Mail): Promise<string> {
  const { activityId, attempt, workflowExecution } = activityInfo();
  const key = workflowExecution ? `${workflowExecution.runId}/${activityId}` : activityId;
  if (!to.includes('@'))
    throw ApplicationFailure.nonRetryable(`${to} is no address of a mailbox`, 'NoMailbox');
  if (to.startsWith('busy') && attempt < 3) throw new Error('421 the server is busy');
  return `250 "${subject}" taken for ${to} at attempt ${attempt}, key ${key}`;
}
