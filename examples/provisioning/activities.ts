/** A cloud: here, made up. It gives each resource three seconds; `quota` in a name is more than there is. */

import { ApplicationFailure, heartbeat, log, sleep } from 'perdure/activity';
import type { Resource } from './shared.ts';

/** To create what is there already changes nothing. */
export async function create({ kind, id }: Resource): Promise<void> {
  if (kind === 'server' && id.includes('quota') && id.endsWith('server-2')) {
    throw ApplicationFailure.create({ message: `No more servers for ${id}`, type: 'QuotaExceeded' });
  }
  for (let second = 0; second < 3; second++) {
    // Cancellation arrives with the answer to a heartbeat; `sleep` throws it.
    heartbeat(second);
    await sleep('1 second');
  }
  log.info(`Created ${kind} ${id}`);
}

/** Also right when it is not there. */
export async function destroy({ kind, id }: Resource): Promise<void> {
  log.info(`Destroyed ${kind} ${id}`);
}
