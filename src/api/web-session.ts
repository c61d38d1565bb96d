/**
 * Signs the Web UI in: a credential that counts becomes a cookie that no script can read, and that other sites' pages
 * cannot use. It is the credential itself: a key that is revoked is so here, too.
 */

import type { Context, Hono } from 'hono';
import { invalidArgument } from '../../sdk/common/errors.ts';
import { refuseOtherSites, SESSION_COOKIE } from '../auth/authenticate.ts';
import type { Env } from '../env.ts';
import { readBody } from './body.ts';

/** Browsers keep no longer one. */
const MAX_LENGTH = 3_800;
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** `check` throws when the credential is none. */
export function serveWebSession<E extends { Bindings: Env }>(
  app: Hono<E>,
  check: (c: Context<E>, credential: string) => Promise<unknown>,
): void {
  app.post('/ui/session', async (c) => {
    refuseOtherSites(c.req.url, c.req.raw.headers);
    const { credential } = (await readBody(c.req.raw)) as { credential?: unknown };
    if (typeof credential !== 'string' || credential === '')
      throw invalidArgument('credential: an API key or a token is required');
    const value = encodeURIComponent(credential);
    if (value.length > MAX_LENGTH)
      throw invalidArgument(`credential: longer than ${MAX_LENGTH} characters, which browsers do not keep`);
    await check(c, credential);
    return answer(`${SESSION_COOKIE}=${value}; ${ATTRIBUTES}`);
  });
  app.delete('/ui/session', (c) => {
    refuseOtherSites(c.req.url, c.req.raw.headers);
    return answer(`${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`);
  });
}

const answer = (cookie: string): Response =>
  Response.json({}, { headers: { 'set-cookie': cookie, 'cache-control': 'no-store' } });
