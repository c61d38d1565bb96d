import { describe, expect, it } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { platformPorts } from '../../src/api/ports.ts';
import type { WebUiFiles } from '../../src/api/web-ui.ts';
import type { Env } from '../../src/env.ts';

const html = 'text/html; charset=utf-8';
const files: WebUiFiles = {
  '/ui/': { type: html, hash: 'aaa', content: '<!doctype html>' },
  '/ui/api': { type: html, hash: 'bbb', content: '<!doctype html><title>API' },
  '/ui/assets/app.js': { type: 'text/javascript; charset=utf-8', hash: 'ccc', content: 'void 0' },
};

const development: Partial<Env> = { PERDURE_DEV: '1' };
const deployed: Partial<Env> = { PERDURE_ADMIN_KEY: 'k'.repeat(50) };

const ask = (method: string, path: string, headers: Record<string, string> = {}, env = development) =>
  createApi(platformPorts, files).request(`http://localhost:8787${path}`, { method, headers }, env as Env);
const get = (path: string, env = development, headers: Record<string, string> = {}) =>
  ask('GET', path, headers, env);

describe('the Web UI', () => {
  it('a browser that opens the address of the engine gets it; everything else gets JSON', async () => {
    const browser = await get('/', undefined, { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/ui/']);
    const curl = await get('/', undefined, { accept: '*/*' });
    expect(await curl.json()).toMatchObject({ name: 'Perdure', webUi: '/ui/' });
  });

  it('every path below /ui/ that is no file is the page, with headers that let in nothing but itself', async () => {
    for (const path of ['/ui/', '/ui/default/workflows/a%2Fb.js/run?tab=history']) {
      const page = await get(path);
      expect(page.status).toBe(200);
      expect(await page.text()).toBe('<!doctype html>');
      expect(page.headers.get('cache-control')).toBe('no-cache');
      const policy = page.headers.get('content-security-policy')!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|\*|data:|http/);
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('what can only be meant as a file and is none is not found; namespaces and ids with dots have their pages', async () => {
    const unknown = [
      'nonsense.js',
      'app.js.map',
      'favicon.ico',
      'default/app.css',
      'assets/',
      'assets/fonts/a.woff2',
    ];
    for (const path of unknown) {
      const missing = await get(`/ui/${path}`);
      expect([path, missing.status]).toEqual([path, 404]);
      expect(await missing.json()).toMatchObject({ code: 5, message: expect.stringContaining(path) });
    }
    for (const path of [
      'default',
      'prod.a1b2c/workflows',
      'prod.a1b2c/workflows/order.js',
      'default/schedules/daily.css',
    ])
      expect([path, (await get(`/ui/${path}`)).status]).toEqual([path, 200]);
  });

  it('the page may ask the one codec endpoint that its browser names, and nothing else that stands there', async () => {
    const policyFor = async (value: string): Promise<string> => {
      const cookie = `other=1; perdure-codec=${value}; more=2`;
      const page = await get('/ui/default/workflows', development, { cookie });
      return /connect-src ([^;]*)/.exec(page.headers.get('content-security-policy')!)![1]!;
    };
    for (const origin of ['https://codec.example.com', 'http://127.0.0.1:8081', 'http://[::1]:8081'])
      expect(await policyFor(encodeURIComponent(origin))).toBe(`'self' ${origin}`);
    for (const bad of [
      '*',
      'https:',
      'https://*.example.com',
      'https://example.com/path',
      "https://example.com 'unsafe-inline'",
      'https://example.com; script-src *',
      'https://user@example.com',
      'data:',
      'https://example.com%0Ax',
    ])
      expect(await policyFor(encodeURIComponent(bad))).toBe("'self'");
  });

  it('a deployed engine gives the page to a browser that has no credential yet, and nothing else', async () => {
    expect((await get('/', deployed, { accept: 'text/html' })).status).toBe(302);
    expect((await get('/ui/', deployed)).status).toBe(200);
    expect((await get('/api/v1/namespaces', deployed)).status).toBe(401);
  });

  it('the page of the API is there for whoever has no credential yet, with the same headers', async () => {
    const page = await get('/docs/api', deployed);
    expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>API']);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('files are kept by browsers, have the headers of the page, and one that is not there is not found', async () => {
    const file = await get('/ui/assets/app.js?ccc');
    expect([file.status, await file.text()]).toEqual([200, 'void 0']);
    expect(Object.fromEntries(file.headers)).toEqual({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': (await get('/ui/')).headers.get('content-security-policy'),
      'content-type': 'text/javascript; charset=utf-8',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      etag: '"ccc"',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    for (const name of ['other.js', 'app', '__proto__', 'constructor']) {
      const missing = await get(`/ui/assets/${name}`);
      expect(missing.status).toBe(404);
      expect(missing.headers.get('cache-control')).toBe('no-store');
      // NOT_FOUND.
      expect(await missing.json()).toMatchObject({ code: 5, message: expect.stringContaining(name) });
    }
  });

  it('a file that was asked for by another hash is not kept for ever: during a deployment the page may be of another version', async () => {
    for (const query of ['?0123', '?ccc&x', '?', '']) {
      const file = await get(`/ui/assets/app.js${query}`);
      expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    }
  });

  it('what a browser has already is not sent again, and keeps its headers', async () => {
    for (const path of ['/ui/', '/ui/default/workflows', '/docs/api', '/ui/assets/app.js']) {
      const first = await get(path);
      const etag = first.headers.get('etag')!;
      expect(etag).toMatch(/^"[a-c]{3}"$/);
      for (const known of [etag, `W/${etag}`, `"0", W/${etag}`, '*']) {
        const again = await get(path, development, { 'if-none-match': known });
        expect([again.status, await again.text()]).toEqual([304, '']);
        const { 'content-type': _, ...headers } = Object.fromEntries(first.headers);
        expect(Object.fromEntries(again.headers)).toEqual(headers);
      }
      for (const known of ['"0"', 'W/"0"', etag.slice(1, -1), `"${etag}`])
        expect((await get(path, development, { 'if-none-match': known })).status).toBe(200);
    }
    expect((await get('/ui/assets/other.js', development, { 'if-none-match': '*' })).status).toBe(404);
  });

  it('with another codec endpoint it is another page: no browser goes on with the policy of before', async () => {
    const cookie = 'perdure-codec=https%3A%2F%2Fcodec.example.com';
    const before = (await get('/ui/')).headers.get('etag')!;
    const page = await get('/ui/', development, { cookie, 'if-none-match': before });
    expect([page.status, page.headers.get('content-security-policy')]).toEqual([
      200,
      expect.stringContaining('https://codec.example.com'),
    ]);
    const etag = page.headers.get('etag')!;
    expect((await get('/ui/', development, { cookie, 'if-none-match': etag })).status).toBe(304);
    expect((await get('/ui/', development, { 'if-none-match': etag })).status).toBe(200);
  });

  it('HEAD has the headers of GET and no content', async () => {
    for (const path of ['/ui/', '/docs/api', '/ui/assets/app.js']) {
      const head = await ask('HEAD', path);
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries((await get(path)).headers));
    }
    expect((await ask('HEAD', '/ui/assets/other.js')).status).toBe(404);
  });

  it('an engine without the files says so', async () => {
    const answer = await createApi().request('http://localhost:8787/ui/', {}, development as Env);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('without the Web UI') });
  });

  it('pages of other sites may not even load it', async () => {
    expect((await get('/ui/', development, { origin: 'https://example.com' })).status).toBe(403);
  });
});
