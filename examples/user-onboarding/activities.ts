/** Mails and the user's record: here, the log. */

import { log } from 'perdure/activity';
import type { Mail, Outcome, User } from './shared.ts';

export async function sendMail({ email }: User, mail: Mail): Promise<void> {
  log.info(`Mail to ${email}: ${mail}`);
}

export async function setStatus({ id }: User, status: Outcome): Promise<void> {
  log.info(`${id} is ${status}`);
}
