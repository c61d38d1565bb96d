/**
 * Restate as a peer (`--peer restate`): its server and its SDK come from npm into a folder of their own, and are gone with
 * it; they are no part of the project. Its service is one Node process, which the server calls over HTTP.
 */

import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../scripts/lib/ports.ts';
import { ProcessGroup } from '../../scripts/lib/process-group.ts';
import { inFolder, type Server, type SharedServer, shared } from './servers.ts';
import { ask, post, type Recovering } from './systems.ts';

export const RESTATE = 'Restate 1.7.12';
const PACKAGES = ['@restatedev/restate-server@1.7.12', '@restatedev/restate-sdk@1.17.2'];
const START_MS = 60_000;

async function patiently(what: string, look: () => Promise<unknown>): Promise<void> {
  for (const until = Date.now() + START_MS; ; ) {
    try {
      await look();
      return;
    } catch (error) {
      if (Date.now() > until) throw new Error(`${what} did not start`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/**
 * Over a folder that may outlive it.
 * @param port of its service: what is under way goes on at the address it has begun at
 */
export async function restateOver(folder: string, port?: number): Promise<Server> {
  // One that is not to be had from this machine's registry ends these benchmarks with npm's own words.
  const install = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder, ...PACKAGES];
  await promisify(execFile)('npm', install);
  await copyFile(join(import.meta.dirname, 'restate/service.mjs'), join(folder, 'service.mjs'));
  const [free, ingress, admin, fabric] = await Promise.all([1, 2, 3, 4].map(() => freePort()));
  const service = port ?? free;
  const variables = {
    SERVICE_PORT: String(service),
    RESTATE_LOGGING: 'ERROR',
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RESTATE_BIND_ADDRESS: `127.0.0.1:${fabric}`,
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BASE_DIR: join(folder, 'data'),
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'error',
  };
  // One group for both, so that their memory is counted together.
  const group = new ProcessGroup('sh', ['-c', 'node service.mjs & exec node_modules/.bin/restate-server'], {
    cwd: folder,
    env: { ...process.env, ...variables },
  });
  const adminUrl = `http://127.0.0.1:${admin}`;
  await patiently('the server of Restate', () => ask(`${adminUrl}/health`));
  // Also one that it knows already, from before.
  const deployment = { uri: `http://127.0.0.1:${service}`, force: true };
  await patiently('the service of Restate', () => post(`${adminUrl}/deployments`, deployment));
  return { url: `http://127.0.0.1:${ingress}`, pid: group.pid, stop: () => group.stop() };
}

export function restate(
  server: SharedServer = shared(() => inFolder('restate', (folder) => restateOver(folder))),
): Recovering {
  /** Many signals to one run are those of an object, which counts them: a workflow's promise is resolved once. */
  const counters = new Set<string>();
  const start = (url: string, id: string, what: string, n: number): Promise<string> =>
    post(`${url}/bench/${id}/run/send`, { what, n });
  return {
    name: RESTATE,
    server,
    run: async (url, id, what, n) => void (await post(`${url}/bench/${id}/run`, { what, n })),
    async startWaiting(url, id, signals) {
      if (signals > 1) counters.add(id);
      else await start(url, id, 'wait', signals);
    },
    async signal(url, id) {
      const path = counters.has(id) ? `counter/${id}/signal` : `bench/${id}/go`;
      await post(`${url}/${path}`);
    },
    ended: async (url, id) => void (await ask(`${url}/restate/workflow/bench/${id}/attach`)),
    wakeAt: async (url, id, time) => void (await start(url, id, 'wake', time)),
    startNaps: async (url, id, count) => void (await start(url, id, 'naps', count)),
    async wokenAt(url, id) {
      const response = await fetch(`${url}/restate/workflow/bench/${id}/output`);
      const text = await response.text();
      return response.ok ? Number(text) : undefined;
    },
  };
}
