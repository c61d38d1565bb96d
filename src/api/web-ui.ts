/**
 * The Web UI: files below `/ui/`, which the engine has in its own bundle. Every path there that names no file is a page of the
 * application, which reads the address itself. All answers carry the headers that keep hostile content from being more than text.
 */

import type { Context, Env, Hono } from 'hono';
import { ServiceError } from '../../sdk/common/errors.ts';

export interface WebUiFile {
  /** As `content-type` says it. */
  type: string;
  /** Of the content. */
  hash: string;
  content: string;
}

/** By path: `/ui/` and `/ui/api`, the pages, and `/ui/assets/…`. An engine that has none has no Web UI. */
export type WebUiFiles = Readonly<Record<string, WebUiFile>>;

/** `codec`: the origin of the codec endpoint that this browser decodes payloads with. */
const contentSecurityPolicy = (codec?: string): string =>
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

/** The page asks for files with a hash of their content as the query. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * What can only be meant as a file: all below assets, and a name with an extension where a namespace stands alone or a section
 * of the application behind it (`/ui/app.js`, `/ui/default/app.js`). Further down are ids, which may look like anything.
 */
const FILE_PATH = /^\/ui\/(?:assets\/.*|(?:[^/]+\/)?[^/]*\.\w+)$/;

/** Every route, to read and to try. */
const API_PAGE = '/docs/api';

/** A browser that opens the engine's address wants the application; everything else wants JSON. */
export function wantsPage(accept: string | undefined): boolean {
  return accept?.includes('text/html') ?? false;
}

/** The files say nothing of anybody's data: a browser may have them before it has a credential. */
export const isWebUiPath = (path: string): boolean =>
  path === '/ui' || path.startsWith('/ui/') || path === API_PAGE;

export function serveWebUi<E extends Env>(app: Hono<E>, files: WebUiFiles): void {
  app.get('/ui', (c) => c.redirect('/ui/'));
  app.get(API_PAGE, (c) => page(c, files, '/ui/api'));
  app.get('/ui/*', (c) => {
    const { path } = c.req;
    if (!FILE_PATH.test(path)) return page(c, files, '/ui/', codecOrigin(c.req.header('cookie')));
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (!file)
      throw new ServiceError(
        'NOT_FOUND',
        `no file ${path} in the Web UI; a namespace's page is /ui/NAME/workflows`,
      );
    return fileAnswer(c, file, file.hash, {
      'content-security-policy': contentSecurityPolicy(),
      // Of two versions deployed side by side, the one that answers need not be the one whose page asks.
      'cache-control': new URL(c.req.url).search === `?${file.hash}` ? FOR_EVER : 'no-cache',
    });
  });
}

function page(c: Context, files: WebUiFiles, path: string, codec?: string): Response {
  const file = files[path];
  if (!file) throw new ServiceError('NOT_FOUND', 'this engine was deployed without the Web UI');
  // The policy is part of what a browser keeps: with another codec endpoint it is another page.
  return fileAnswer(c, file, codec ? `${file.hash}-${codec}` : file.hash, {
    'content-security-policy': contentSecurityPolicy(codec),
    'cache-control': 'no-cache',
  });
}

function fileAnswer(c: Context, file: WebUiFile, version: string, more: Record<string, string>): Response {
  const etag = `"${version}"`;
  const headers = { ...SECURITY_HEADERS, ...more, etag };
  if (isKnown(etag, c.req.header('if-none-match'))) return new Response(null, { status: 304, headers });
  return new Response(file.content, { headers: { ...headers, 'content-type': file.type } });
}

/** Tags that Cloudflare has made weak (`W/`), because it compressed what they belong to, are as good. */
function isKnown(etag: string, known: string | undefined): boolean {
  if (!known) return false;
  return known.trim() === '*' || known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
