import { describe, expect, it } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import type { Env } from '../../src/env.ts';

const files: Record<string, [type: string, text: string]> = {
  '/ui/': ['text/html', '<!doctype html>'],
  '/ui/api': ['text/html', '<!doctype html><title>API'],
  '/ui/assets/app.js': ['text/javascript', 'void 0'],
};
const assets = {
  async fetch(url: URL) {
    const [type, text] = files[url.pathname] ?? [];
    return new Response(text ?? 'no', {
      status: text ? 200 : 404,
      headers: { 'content-type': type ?? 'text/plain' },
    });
  },
} as unknown as Fetcher;

const development: Partial<Env> = { ASSETS: assets, PERDURE_DEV: '1' };

const get = (path: string, env: Partial<Env> = development, headers: Record<string, string> = {}) =>
  createApi().request(`http://localhost:8787${path}`, { headers }, env as Env);

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
    const deployed: Partial<Env> = { ASSETS: assets, PERDURE_ADMIN_KEY: 'k'.repeat(50) };
    expect((await get('/', deployed, { accept: 'text/html' })).status).toBe(302);
    expect((await get('/ui/', deployed)).status).toBe(200);
    expect((await get('/api/v1/namespaces', deployed)).status).toBe(401);
  });

  it('the page of the API is there for whoever has no credential yet, with the same headers', async () => {
    const page = await get('/docs/api', { ASSETS: assets, PERDURE_ADMIN_KEY: 'k'.repeat(50) });
    expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>API']);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('files are kept by browsers, and one that is not there is not found', async () => {
    const file = await get('/ui/assets/app.js?0123');
    expect(file.headers.get('cache-control')).toContain('immutable');
    expect(file.headers.get('content-type')).toBe('text/javascript');
    expect((await get('/ui/assets/other.js')).status).toBe(404);
  });

  it('an engine without the files says so', async () => {
    const answer = await get('/ui/', { PERDURE_DEV: '1' });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('without the Web UI') });
  });

  it('pages of other sites may not even load it', async () => {
    expect((await get('/ui/', development, { origin: 'https://example.com' })).status).toBe(403);
  });
});
