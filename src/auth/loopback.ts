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
  const { hostname } = new URL(url);
  const host = headers.get('host');
  const names = host === null ? [hostname] : [hostname, hostnameOf(`http://${host}`)];
  const stranger = names.find((name) => !isLoopbackHost(name));
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

function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url;
}

/** As an address is written without a URL around it. */
function isLoopbackAddress(address: string): boolean {
  const bare = address.replace(/^::ffff:/i, '');
  return isLoopbackHost(bare.includes(':') ? `[${bare}]` : bare);
}
