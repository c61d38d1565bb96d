/** Where the engine is, from what a program says about Temporal's server. */

import { ValueError } from '../common/errors.ts';

/** What Temporal's clients connect to where they are told nothing: see {@link engineUrl}. */
export const LOCAL_TARGET = 'localhost:7233';
const LOCAL_ENGINE = 'http://127.0.0.1:8787';
/** Where Temporal's server listens: an engine never does, unless it was told to. */
const TEMPORAL_PORT = /^(?:[a-z]+:\/\/)?[^/]+:7233\/?$/;

/**
 * The base URL of an address. With `PERDURE_ADDRESS` in the environment no address, and one on Temporal's port, mean that
 * engine: a program written for Temporal finds it as it is.
 * @throws TypeError when it is no address, ValueError when TLS is to do what it cannot.
 */
export function engineUrl(address?: string, tls?: object | boolean | null): string {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const engine = process?.env?.PERDURE_ADDRESS;
  if (engine && (address === undefined || TEMPORAL_PORT.test(address))) return baseUrlOf(engine, false);
  const custom = typeof tls === 'object' && tls !== null && Object.values(tls).some((value) => value != null);
  if (custom) {
    throw new ValueError('tls: only true and false are possible; the engine takes no client certificates');
  }
  return baseUrlOf(address ?? LOCAL_ENGINE, Boolean(tls));
}

function baseUrlOf(address: string, tls: boolean): string {
  const url = /^https?:\/\//.test(address) ? address : `${tls ? 'https' : 'http'}://${address}`;
  if (!URL.canParse(url)) throw new TypeError(`Not an address: ${JSON.stringify(address)}`);
  return url.replace(/\/+$/, '');
}
