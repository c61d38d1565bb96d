/** Is this host this machine? Used where only loopback may come in or be called. */

/** `hostname` as `URL` gives it: lower case, IPv4 in four parts, IPv6 in brackets. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}
