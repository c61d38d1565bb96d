/**
 * The floor: what a workflow of one activity costs whoever builds it from a Durable Object, two SQLite writes and one
 * call to another Worker. Served by Miniflare, in two Workers, with files on disk as the engine has them.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';

const OBJECT = `
import { DurableObject } from 'cloudflare:workers';
export class Bare extends DurableObject {
  async fetch() {
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, data TEXT)');
    sql.exec('INSERT INTO log (data) VALUES (?)', 'started');
    sql.exec('INSERT INTO log (data) VALUES (?)', 'called');
    return this.env.SERVICE.fetch('http://service/');
  }
}
export default {
  fetch: (request, env) => {
    const { pathname } = new URL(request.url);
    return pathname === '/health' ? new Response('ok') : env.BARE.getByName(pathname).fetch(request);
  },
};`;
const SERVICE = `export default { fetch: async () => new Response('done') };`;

const script = (contents: string) => ({
  compatibilityDate: '2026-10-20',
  manifest: { mainModule: 'index.js', modules: { 'index.js': { type: 'esm' as const, contents } } },
});

export interface Bare {
  /** Each path has an object of its own; `/health` is answered without one. */
  url: string;
  stop(): Promise<void>;
}

export async function launchBare(): Promise<Bare> {
  const dir = await mkdtemp(join(tmpdir(), 'perdure-bare-'));
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    resourcePersistencePath: dir,
    workers: [
      {
        config: {
          ...script(OBJECT),
          name: 'bare',
          exports: { Bare: { type: 'durable-object', storage: 'sqlite' } },
          env: {
            BARE: { type: 'durable-object', worker: 'bare', exportName: 'Bare' },
            SERVICE: { type: 'worker', worker: 'service' },
          },
        },
      },
      { config: { ...script(SERVICE), name: 'service' } },
    ],
  });
  const stop = async (): Promise<void> => {
    await miniflare.dispose();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    return { url: (await miniflare.ready).origin, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
