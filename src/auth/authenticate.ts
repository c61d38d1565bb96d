/**
 * Who sent a request? Answers with a principal, or refuses. An engine without any credentials configured serves nobody,
 * except its own machine in development (`PERDURE_DEV=1`, which no deployed configuration has).
 */

import type { FetchImplementation } from 'jose';
import type { EpochMs } from '../../sdk/common/duration.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import { type Env, isDevelopment, now, type SecuritySettings, securitySettings } from '../env.ts';
import { isExpired, parseApiKey, type StoredApiKey } from './api-keys.ts';
import { sameSecret, sha256Hex } from './digest.ts';
import { principalOfAccess, principalOfJwt } from './jwt.ts';
import { refuseStrangers } from './loopback.ts';
import { grantsOf, type Principal } from './principal.ts';

export const NOT_CONFIGURED =
  'this engine has no credentials configured and serves nobody: set the Worker secret PERDURE_ADMIN_KEY ' +
  '(wrangler secret put PERDURE_ADMIN_KEY); see docs/security.md';
/** A shorter one could be guessed. */
export const MIN_ADMIN_KEY_LENGTH = 32;
/** A browser's credential, out of reach of scripts: `__Host-` binds it to this host, over TLS (or on this machine). */
export const SESSION_COOKIE = '__Host-perdure';
export const ACCESS_HEADER = 'cf-access-jwt-assertion';

export interface AuthPorts {
  /** The key with this id, revoked and expired ones too. */
  findApiKey(id: string): Promise<StoredApiKey | undefined>;
  fetch: FetchImplementation;
}

const developer: Principal = { subject: 'development', grants: grantsOf(['system:admin']) };
const administrator: Principal = { subject: 'admin-key', grants: grantsOf(['system:admin']) };

/** Why this engine serves nobody; `undefined` when it does serve. */
export function whyClosed(env: Env): string | undefined {
  const settings = securitySettings(env);
  if (settings.adminKey !== undefined && settings.adminKey.length < MIN_ADMIN_KEY_LENGTH)
    return `PERDURE_ADMIN_KEY is too short: at least ${MIN_ADMIN_KEY_LENGTH} characters (openssl rand -hex 32)`;
  if (settings.problem) return settings.problem;
  return hasCredentials(settings) || isDevelopment(env) ? undefined : NOT_CONFIGURED;
}

const hasCredentials = ({ adminKey, jwt, access }: SecuritySettings): boolean =>
  adminKey !== undefined || jwt !== undefined || access !== undefined;

/** For what needs no credential: in development it is this machine's all the same. @throws ServiceError PERMISSION_DENIED */
export function refuseUnlessOpen(env: Env, url: string, headers: Headers): void {
  if (isDevelopment(env) && !hasCredentials(securitySettings(env))) refuseStrangers(url, headers);
}

/** @throws ServiceError UNAUTHENTICATED without credentials that count, PERMISSION_DENIED to strangers in development */
export async function authenticate(
  env: Env,
  url: string,
  headers: Headers,
  ports: AuthPorts,
): Promise<Principal> {
  const closed = whyClosed(env);
  if (closed) throw new ServiceError('PERMISSION_DENIED', closed);
  const settings = securitySettings(env);
  if (!hasCredentials(settings)) {
    refuseStrangers(url, headers);
    return developer;
  }
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? [];
  if (bearer !== undefined) return ofBearer(bearer, settings, now(env), ports);
  const assertion = headers.get(ACCESS_HEADER);
  if (assertion !== null && settings.access) {
    refuseOtherSites(url, headers);
    return principalOfAccess(assertion, settings.access, now(env), ports.fetch);
  }
  const session = cookie(headers, SESSION_COOKIE);
  if (session !== undefined) {
    refuseOtherSites(url, headers);
    return ofBearer(session, settings, now(env), ports);
  }
  throw new ServiceError(
    'UNAUTHENTICATED',
    'a credential is required: authorization: Bearer <API key or token>',
  );
}

async function ofBearer(
  bearer: string,
  { adminKey, jwt }: SecuritySettings,
  nowMs: EpochMs,
  ports: AuthPorts,
): Promise<Principal> {
  if (adminKey !== undefined && (await sameSecret(bearer, adminKey))) return administrator;
  const key = parseApiKey(bearer);
  if (key) return ofApiKey(key, nowMs, ports);
  if (jwt && bearer.split('.').length === 3) return principalOfJwt(bearer, jwt, nowMs, ports.fetch);
  throw refused();
}

/** Unknown, wrong, expired and revoked are one answer: nobody learns which ids there are. */
async function ofApiKey(
  { id, secret }: { id: string; secret: string },
  nowMs: EpochMs,
  ports: AuthPorts,
): Promise<Principal> {
  const stored = await ports.findApiKey(id);
  const right = await sameSecret(await sha256Hex(secret), stored?.secretSha256 ?? '');
  if (!stored || !right || stored.revokedTime || isExpired(stored, nowMs)) throw refused();
  return { subject: `api-key:${stored.id}:${stored.name}`, grants: grantsOf(stored.permissions) };
}

const refused = (): ServiceError =>
  new ServiceError('UNAUTHENTICATED', 'the credential is not valid, has expired or was revoked');

function cookie(headers: Headers, name: string): string | undefined {
  const pairs = (headers.get('cookie') ?? '').split(/; */);
  const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
  try {
    return value && decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/**
 * A browser is signed in by a cookie, which goes along with requests that another site makes.
 * @throws ServiceError PERMISSION_DENIED
 */
export function refuseOtherSites(url: string, headers: Headers): void {
  const site = headers.get('sec-fetch-site');
  // A link to here that somebody follows is no request of that page's.
  const followed = headers.get('sec-fetch-mode') === 'navigate';
  if ((site === 'cross-site' || site === 'same-site') && !followed)
    throw new ServiceError('PERMISSION_DENIED', 'no requests from web pages of other hosts');
  const origin = headers.get('origin');
  if (origin === null || (URL.canParse(origin) && new URL(origin).host === new URL(url).host)) return;
  throw new ServiceError('PERMISSION_DENIED', `no requests from web pages of other hosts ("${origin}")`);
}
