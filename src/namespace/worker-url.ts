/** Which URLs may be registered as Workers. Until dispatches are signed, only Workers on this machine. */

import { invalidArgument } from '../../sdk/common/errors.ts';
import { isLoopbackHost } from '../../sdk/common/loopback.ts';

const MAX_URL_LENGTH = 2_000;

/**
 * The URL in its one spelling (no trailing slash): two spellings are one registration.
 * @throws ServiceError INVALID_ARGUMENT that says which rule the URL breaks.
 */
export function workerBaseUrl(text: string): string {
  const url = URL.canParse(text) && text.length <= MAX_URL_LENGTH ? new URL(text) : undefined;
  if (!url) throw invalidArgument('url: not an absolute URL; write for example http://127.0.0.1:9233');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalidArgument(`url: only http and https, not ${url.protocol.slice(0, -1)}`);
  if (url.username !== '' || url.password !== '')
    throw invalidArgument('url: must not carry a user name or password');
  if (url.search !== '' || url.hash !== '') throw invalidArgument('url: must not carry a query or fragment');
  if (!isLoopbackHost(url.hostname)) {
    throw invalidArgument(
      `url: ${url.hostname} is not this machine. Dispatches are not signed yet, so only Workers on localhost, ` +
        '127.0.0.0/8 or [::1] can be registered.',
    );
  }
  return url.href.replace(/\/+$/, '');
}
