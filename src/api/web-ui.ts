/**
 * The Web UI: static files, below `/ui/`. Every path there that is no file is a page of the application, which reads the
 * address itself. All answers carry the headers that keep hostile content from being more than text.
 */

import type { Hono } from 'hono';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { Env } from '../env.ts';

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

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
    return file(c.env, asset ? c.req.path : '/ui/', c.req.url, caching);
  });
}

async function file({ ASSETS: assets }: Env, path: string, base: string, caching: string): Promise<Response> {
  if (!assets) throw new ServiceError('NOT_FOUND', 'this engine was deployed without the Web UI');
  const found = await assets.fetch(new URL(path, base));
  if (!found.ok) throw new ServiceError('NOT_FOUND', `no file ${path} in the Web UI`);
  const type = found.headers.get('content-type') ?? 'application/octet-stream';
  return new Response(found.body, {
    headers: { ...SECURITY_HEADERS, 'content-type': type, 'cache-control': caching },
  });
}
