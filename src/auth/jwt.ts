/** Tokens that others issue: JWTs by their issuer's JWKS, and those that Cloudflare Access puts on what it lets through. */

import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { AccessSettings, JwtSettings } from '../env.ts';
import { grantsOf, type Principal } from './principal.ts';

/** Asymmetric ones only: a key that verifies can never be one that signs. */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
];
export const CLOCK_TOLERANCE_S = 60;
const KEYS_TIMEOUT_MS = 5_000;

/** Of the issuers met; a set of keys caches itself, and asks again for a key id that it does not know. */
const keySets = new Map<string, JWTVerifyGetKey>();
const MAX_KEY_SETS = 8;

function keySet(url: string, fetcher: FetchImplementation): JWTVerifyGetKey {
  let set = keySets.get(url);
  if (!set) {
    set = createRemoteJWKSet(new URL(url), { timeoutDuration: KEYS_TIMEOUT_MS, [customFetch]: fetcher });
    if (keySets.size >= MAX_KEY_SETS) keySets.clear();
    keySets.set(url, set);
  }
  return set;
}

/** For tests: what was fetched is fetched again. */
export function forgetKeySets(): void {
  keySets.clear();
}

interface Expected {
  jwksUrl: string;
  issuer: string;
  audience: string;
}

/** @throws ServiceError UNAUTHENTICATED, UNAVAILABLE when the issuer's keys are not to be had */
async function verified(
  token: string,
  { jwksUrl, issuer, audience }: Expected,
  nowMs: number,
  fetcher: FetchImplementation,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keySet(jwksUrl, fetcher), {
      issuer,
      audience,
      algorithms: JWT_ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp'],
      currentDate: new Date(nowMs),
    });
    return payload;
  } catch (error) {
    // What jose says names the claim that is wrong and shows nothing of the token.
    const isTokens = error instanceof errors.JOSEError && !isKeysFault(error);
    if (isTokens) throw new ServiceError('UNAUTHENTICATED', `the token is refused: ${error.message}`);
    throw new ServiceError('UNAVAILABLE', 'the keys that tokens are verified with could not be fetched');
  }
}

function isKeysFault(error: errors.JOSEError): boolean {
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  );
}

export async function principalOfJwt(
  token: string,
  settings: JwtSettings,
  nowMs: number,
  fetcher: FetchImplementation,
): Promise<Principal> {
  const claims = await verified(token, settings, nowMs, fetcher);
  const permissions = claims[settings.permissionsClaim];
  return {
    subject: `jwt:${claims.sub ?? 'unknown'}`,
    grants: grantsOf(Array.isArray(permissions) ? permissions : []),
  };
}

/** Of people Access knows the e-mail address, of service tokens the name. What they may do is the engine's setting. */
export async function principalOfAccess(
  token: string,
  settings: AccessSettings,
  nowMs: number,
  fetcher: FetchImplementation,
): Promise<Principal> {
  const issuer = `https://${settings.teamDomain}`;
  const expected = { jwksUrl: `${issuer}/cdn-cgi/access/certs`, issuer, audience: settings.audience };
  const { email, common_name: serviceToken } = await verified(token, expected, nowMs, fetcher);
  const name = typeof email === 'string' && email !== '' ? email.toLowerCase() : serviceToken;
  const own =
    typeof name === 'string' && Object.hasOwn(settings.permissions, name) ? settings.permissions[name] : [];
  const everybody = Object.hasOwn(settings.permissions, '*') ? settings.permissions['*'] : [];
  return { subject: `access:${String(name)}`, grants: grantsOf([...(own ?? []), ...(everybody ?? [])]) };
}
