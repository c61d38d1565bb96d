/**
 * The Web UI: static files, below `/ui/`. Every path there that is no file is a page of the application, which reads the
 * address itself. All answers carry the headers that keep hostile content from being more than text.
 */

import type { Hono } from 'hono';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { Env } from '../env.ts';

/** `codec`: the origin of the codec endpoint that this browser decodes payloads with. */
const contentSecurityPolicy = (codec: string | undefined): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    codec ? `connect-src 'self' ${codec}` : "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

const SECURITY_HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** Set by the page itself (`src/ui/codec/settings.ts`) in the browser of whoever chose a codec endpoint. */
const CODEC_COOKIE = /(?:^|;) *perdure-codec=([^;]*)/;
/** One host, literally: nothing that a policy would read as a pattern, or as the end of a directive. */
const ORIGIN = /^https?:\/\/(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::\d{1,5})?$/;

function codecOrigin(cookies: string | undefined): string | undefined {
  const origin = CODEC_COOKIE.exec(cookies ?? '')?.[1]?.replace(/%(3A|2F|5B|5D)/gi, unescaped);
  return origin !== undefined && ORIGIN.test(origin) ? origin : undefined;
}

const unescaped = (_: string, hex: string): string => String.fromCharCode(Number.parseInt(hex, 16));

/** The page asks for them with a hash of their content as the query. */
const ASSET_PATH = /^\/ui\/assets\/[\w.-]+$/;

/** Every route, to read and to try. */
const API_PAGE = '/docs/api';

/** A browser that opens the engine's address wants the application; everything else wants JSON. */
export function wantsPage(accept: string | undefined): boolean {
  return accept?.includes('text/html') ?? false;
}

/** The files say nothing of anybody's data: a browser may have them before it has a credential. */
export const isWebUiPath = (path: string): boolean =>
  path === '/ui' || path.startsWith('/ui/') || path === API_PAGE;

export function serveWebUi<E extends { Bindings: Env }>(app: Hono<E>): void {
  app.get('/ui', (c) => c.redirect('/ui/'));
  app.get(API_PAGE, (c) => file(c.env, '/ui/api', c.req.url, 'no-cache'));
  app.get('/ui/*', (c) => {
    const asset = ASSET_PATH.test(c.req.path);
    const caching = asset ? 'public, max-age=31536000, immutable' : 'no-cache';
    const codec = asset ? undefined : codecOrigin(c.req.header('cookie'));
    return file(c.env, asset ? c.req.path : '/ui/', c.req.url, caching, codec);
  });
}

async function file(
  { ASSETS: assets }: Env,
  path: string,
  base: string,
  caching: string,
  codec?: string,
): Promise<Response> {
  if (!assets) throw new ServiceError('NOT_FOUND', 'this engine was deployed without the Web UI');
  const found = await assets.fetch(new URL(path, base));
  if (!found.ok) throw new ServiceError('NOT_FOUND', `no file ${path} in the Web UI`);
  const type = found.headers.get('content-type') ?? 'application/octet-stream';
  return new Response(found.body, {
    headers: {
      ...SECURITY_HEADERS,
      'content-security-policy': contentSecurityPolicy(codec),
      'content-type': type,
      'cache-control': caching,
    },
  });
}
