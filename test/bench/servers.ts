/** Servers that benchmarks share, each under `wrangler dev` with local tracing off and files on disk. */

import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchEngine, launchWrangler } from '../../scripts/lib/launch.ts';

export interface Server {
  url: string;
  /** Of the process group, where there is one. */
  pid?: number;
  stop(): Promise<void>;
}

export interface SharedServer {
  running(): Promise<Server>;
  stop(): Promise<void>;
}

/** A server for several benchmarks: begins with the first that needs it, and ends once. */
export function shared(begin: () => Promise<Server>): SharedServer {
  let begun: Promise<Server> | undefined;
  return {
    running() {
      begun ??= begin().catch((error: unknown) => {
        // Who asks again has it tried again.
        begun = undefined;
        throw error;
      });
      return begun;
    },
    async stop() {
      const ending = begun;
      begun = undefined;
      await (await ending)?.stop();
    },
  };
}

/**
 * A new folder, with what removes it. ext4 looks, for each file that is made, at all that were deleted from its block group in the last
 * minutes: a server whose files happen to come next to those of one that has ended took a third longer for W1 (`openat` 1.2 ms instead of
 * 0.1). The folders in one that is marked as the top of a hierarchy are put where least is.
 */
export async function folderApart(name: string): Promise<{ folder: string; clear(): Promise<void> }> {
  const top = await mkdtemp(join(tmpdir(), `perdure-bench-${name}-`));
  // Other file systems refuse it, and need it not.
  spawnSync('chattr', ['+T', top], { stdio: 'ignore' });
  const folder = join(top, 'data');
  await mkdir(folder);
  return { folder, clear: () => rm(top, { recursive: true, force: true }) };
}

export async function inFolder(name: string, begin: (dataDir: string) => Promise<Server>): Promise<Server> {
  const { folder: dataDir, clear } = await folderApart(name);
  try {
    const server = await begin(dataDir);
    const stop = async (): Promise<void> => {
      await server.stop();
      await clear();
    };
    return { ...server, stop };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** The engine and, bound to it, a Worker that does nothing. */
export function launchPerdure(dispatch: 'direct' | 'queue'): Promise<Server> {
  return inFolder(dispatch, (dataDir) => engineOver(dataDir, dispatch));
}

/** The same over a folder that outlives it. */
export async function engineOver(
  dataDir: string,
  dispatch: 'direct' | 'queue',
  port?: number,
): Promise<Server> {
  const vars = { TASK_QUEUES: JSON.stringify({ '*': { dispatch } }) };
  const workers = ['test/bench/bench-worker'];
  const engine = await launchEngine({ dataDir, vars, workers, ...(port !== undefined && { port }) });
  return { url: engine.url, pid: engine.group.pid, stop: () => engine.kill() };
}

/** The floor, or Cloudflare Workflows, and the Worker that they call. */
export function launchPeer(name: 'bare' | 'cloudflare-workflows'): Promise<Server> {
  return inFolder(name, async (dataDir) => {
    const config = (folder: string): string => join(import.meta.dirname, folder, 'wrangler.toml');
    const configs = async () => [config(name), config('bench-service')];
    const { url, group } = await launchWrangler({ dataDir, configs });
    return { url, pid: group.pid, stop: () => group.stop() };
  });
}
