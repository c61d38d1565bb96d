/**
 * Loopback only. Until callers are authenticated, the engine answers nobody but this machine, and no web page of
 * another site that a browser on this machine has open: neither by a cross-site request (Origin) nor by a name that
 * was made to point here (Host; DNS rebinding).
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
      `this engine has no authentication yet and answers only on localhost, 127.0.0.0/8 or [::1], not on "${stranger}"`,
    );
  }
  const origin = headers.get('origin');
  if (origin !== null && !isLoopbackHost(hostnameOf(origin))) {
    throw new ServiceError(
      'PERMISSION_DENIED',
      `this engine has no authentication yet and takes no requests from web pages of other hosts ("${origin}")`,
    );
  }
}

function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url;
}
