/**
 * Development without credentials: the engine answers nobody but this machine, and no web page of another site that a
 * browser on this machine has open: neither by a cross-site request (Origin) nor by a name that was made to point here
 * (Host; DNS rebinding). A client that is not a browser can write any Host; that it cannot even connect is what
 * `wrangler dev` sees to, which listens on this machine only unless it is told otherwise.
 */

import { ServiceError } from '../../sdk/common/errors.ts';
import { isLoopbackHost } from '../../sdk/common/loopback.ts';

/** @throws ServiceError PERMISSION_DENIED */
export function refuseStrangers(url: string, headers: Headers): void {
  const host = headers.get('host');
  const stranger = strangeName(originOf(url)) ?? (host === null ? undefined : strangeName(`http://${host}`));
  if (stranger !== undefined) {
    throw new ServiceError(
      'PERMISSION_DENIED',
      'this engine runs for development, without credentials, and answers only on localhost, 127.0.0.0/8 or [::1], ' +
        `not on "${stranger}"`,
    );
  }
  const address = headers.get('cf-connecting-ip');
  if (address !== null && !isLoopbackAddress(address)) {
    throw new ServiceError(
      'PERMISSION_DENIED',
      `this engine runs for development, without credentials, and answers only its own machine, not ${address}; ` +
        'set PERDURE_ADMIN_KEY to serve others',
    );
  }
  const origin = headers.get('origin');
  if (origin !== null && !isLoopbackHost(hostnameOf(origin))) {
    throw new ServiceError(
      'PERMISSION_DENIED',
      'this engine runs for development, without credentials, and takes no requests from web pages of other hosts ' +
        `("${origin}")`,
    );
  }
}

const originOf = (url: string): string => url.slice(0, url.indexOf('/', url.indexOf('//') + 2));

/** One browser or client asks again and again, by the same name. */
let lastLoopback = '';

/** The host's name, if it is not this machine's. */
function strangeName(origin: string): string | undefined {
  if (origin === lastLoopback) return undefined;
  const name = hostnameOf(origin);
  if (!isLoopbackHost(name)) return name;
  lastLoopback = origin;
  return undefined;
}

function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url;
}

/** As an address is written without a URL around it. */
function isLoopbackAddress(address: string): boolean {
  const bare = address.replace(/^::ffff:/i, '');
  return isLoopbackHost(bare.includes(':') ? `[${bare}]` : bare);
}
