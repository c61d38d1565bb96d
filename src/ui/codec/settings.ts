/**
 * Which codec endpoint decodes payloads for this browser, and how it is asked. Nobody else gets to know: the setting stays in
 * the browser. A cookie tells the engine the origin alone, for the page's Content-Security-Policy must let it be asked.
 */

import { isLoopbackHost } from '../../../sdk/common/loopback.ts';

export type CodecAccess = 'nothing' | 'cookies' | 'token';

export interface CodecSettings {
  /** `{namespace}` in it is replaced. */
  endpoint: string;
  /** What goes along with each request: nothing, the cookies of the endpoint's origin, or a bearer token. */
  access: CodecAccess;
}

const KEY = 'perdure.codec';
/** Only for as long as the tab is open: it opens more than this browser. */
const TOKEN_KEY = 'perdure.codec.token';
/** As `src/api/web-ui.ts` reads it. */
const COOKIE = 'perdure-codec';
const A_YEAR_SECONDS = 31_536_000;

export function storedCodec(): CodecSettings | undefined {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? 'null') as CodecSettings | null;
    if (!stored) return undefined;
    checkCodec(stored);
    return stored;
  } catch {
    // Whoever wrote it, it was not this page.
    return undefined;
  }
}

export const storedToken = (): string => sessionStorage.getItem(TOKEN_KEY) ?? '';

/** @throws Error that says what is wrong with it. */
export function checkCodec({ endpoint, access }: CodecSettings): URL {
  const address = endpoint.replaceAll('{namespace}', 'namespace');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Error('The address must begin with https:// or http://');
  if (url.username || url.password) throw new Error('The address must not hold a password');
  if (access !== 'nothing' && url.protocol !== 'https:' && !isLoopbackHost(url.hostname))
    throw new Error('Only an https:// address may be sent tokens or cookies');
  return url;
}

/** The page must be loaded anew for it: its policy names whom it may ask. */
export function saveCodec(settings: CodecSettings | undefined, token = ''): void {
  if (settings) localStorage.setItem(KEY, JSON.stringify(settings));
  else localStorage.removeItem(KEY);
  if (token) sessionStorage.setItem(TOKEN_KEY, token);
  else sessionStorage.removeItem(TOKEN_KEY);
  writeCookie(settings);
}

/** Browsers forget cookies that scripts have written sooner than what is stored. @returns whether it had to be written anew */
export function keepCookie(): boolean {
  const settings = storedCodec();
  if (!settings) return false;
  const before = document.cookie;
  return before !== writeCookie(settings);
}

/**
 * Chromium sends a cookie to the process that keeps it and goes on, so that a page which is loaded anew right behind may be asked
 * for without it. Reading waits until it is there.
 * @returns all cookies of the page, this one among them
 */
function writeCookie(settings: CodecSettings | undefined): string {
  const value = settings ? encodeURIComponent(checkCodec(settings).origin) : '';
  const age = settings ? A_YEAR_SECONDS : 0;
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
  document.cookie = `${COOKIE}=${value}; Path=/ui; Max-Age=${age}; SameSite=Strict${secure}`;
  return document.cookie;
}
