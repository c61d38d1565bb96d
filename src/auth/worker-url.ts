/**
 * Which URLs the engine may call as Workers (against requests forged by way of the engine). The URL is parsed as `fetch`
 * parses it, so that every spelling of an address is judged by what it stands for. What a public name resolves to cannot
 * be seen on Workers; there, `fetch` reaches no private network.
 */

import { invalidArgument } from '../../sdk/common/errors.ts';
import { isLoopbackHost } from '../../sdk/common/loopback.ts';
import type { WorkerUrlPolicy } from '../env.ts';

const MAX_URL_LENGTH = 2_000;
/** First address and prefix length of what is not the public internet. */
const NOT_PUBLIC: ReadonlyArray<[string, number]> = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
const PRIVATE_NAMES =
  /(^|\.)(localhost|local|internal|intranet|lan|home|corp|private|test|invalid|onion|arpa)$/;

/**
 * The URL in its one spelling (no trailing slash): two spellings are one registration.
 * @throws ServiceError INVALID_ARGUMENT that says which rule the URL breaks.
 */
export function workerBaseUrl(text: string, policy: WorkerUrlPolicy): string {
  const url = parsed(text);
  const { hostname, host, protocol } = url;
  const isLoopback = isLoopbackHost(hostname);
  if (isLoopback && !policy.development)
    throw invalidArgument(
      `url: ${hostname} is the engine's own machine; only in development may Workers be there`,
    );
  if (!isLoopback) {
    if (policy.hosts && !policy.hosts.some((allowed) => isListed(allowed, hostname, host)))
      throw invalidArgument(`url: ${host} is not among WORKER_HOSTS`);
    if (!isPublic(hostname)) throw invalidArgument(`url: ${hostname} is not a public host`);
    if (protocol !== 'https:') throw invalidArgument('url: must be https');
  }
  return url.href.replace(/\/+$/, '');
}

/** May the engine call it? Settings may have changed since it was registered. */
export function isAllowedWorkerUrl(text: string, policy: WorkerUrlPolicy): boolean {
  try {
    workerBaseUrl(text, policy);
    return true;
  } catch {
    return false;
  }
}

/** One spelling of what is no longer judged, only found. @throws ServiceError INVALID_ARGUMENT */
export function sameSpelling(text: string): string {
  return parsed(text).href.replace(/\/+$/, '');
}

function parsed(text: string): URL {
  const url = URL.canParse(text) && text.length <= MAX_URL_LENGTH ? new URL(text) : undefined;
  if (!url) throw invalidArgument('url: not an absolute URL; write for example http://127.0.0.1:9233');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalidArgument(`url: only http and https, not ${url.protocol.slice(0, -1)}`);
  if (url.username !== '' || url.password !== '')
    throw invalidArgument('url: must not carry a user name or password');
  if (url.search !== '' || url.hash !== '') throw invalidArgument('url: must not carry a query or fragment');
  return url;
}

/** `example.com`, `example.com:8443`, or `.example.com` for everything below. */
function isListed(allowed: string, hostname: string, host: string): boolean {
  return allowed.startsWith('.') ? hostname.endsWith(allowed) : allowed === hostname || allowed === host;
}

/** `hostname` as `URL` gives it: lower case, IPv4 in four parts, IPv6 shortened and in brackets. */
function isPublic(hostname: string): boolean {
  if (hostname.startsWith('[')) return isPublicIpv6(hostname.slice(1, -1));
  if (/^\d+\.\d+\.\d+\.\d+$/.test(hostname)) return isPublicIpv4(hostname);
  // A dot at the end makes another name of it; a name without one is of the local network.
  return hostname.includes('.') && !hostname.endsWith('.') && !PRIVATE_NAMES.test(hostname);
}

function isPublicIpv4(address: string): boolean {
  const number = toNumber(address);
  return !NOT_PUBLIC.some(
    ([first, length]) => number >>> (32 - length) === toNumber(first) >>> (32 - length),
  );
}

function toNumber(address: string): number {
  return address.split('.').reduce((number, part) => ((number << 8) | Number(part)) >>> 0, 0);
}

/** Only global unicast (2000::/3), without what stands for IPv4 addresses (6to4, Teredo) or for none (documentation). */
function isPublicIpv6(address: string): boolean {
  const [first = '', second = ''] = address.split(':');
  const [a, b] = [Number.parseInt(first || '0', 16), Number.parseInt(second || '0', 16)];
  if (a >>> 13 !== 1) return false;
  return !(a === 0x2002 || (a === 0x2001 && (b === 0 || b === 0xdb8)) || a === 0x3fff);
}
