/**
 * Runs an engine (and Workers beside it) under `wrangler dev`: offline, without prompts, in its own process group.
 * Used by `npm run demo`, `npm start`, `npm run engine` and the end-to-end tests.
 */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { markDataAsUsed, requireFreeData } from './data-lock.ts';
import { writeDevConfig } from './dev-config.ts';
import { freePort, requireFreePort } from './ports.ts';
import { ProcessGroup } from './process-group.ts';
import { projectRoot } from './root.ts';
import { tellOfSilence } from './silence.ts';

/** That of the application, where this is a package of it. */
const wrangler = (): string => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js');
  } catch {
    throw new Error('wrangler is not installed here: npm install --save-dev wrangler');
  }
};
const START_TIMEOUT = 90_000;
const POLL_INTERVAL = 50;
/** Wrangler does not fire cron triggers locally; the sweeper wants to be woken once a minute. */
const SWEEP_INTERVAL = 60_000;

export interface EngineOptions {
  /** Default: a free one. */
  port?: number;
  /** The folder that builds of Workers run in. Default: the project's. */
  cwd?: string;
  /** Where objects are kept, and wrangler's own files. */
  dataDir: string;
  /** Folders of the project whose Workers run beside the engine, bound to it. Default: none. */
  workers?: string[];
  /** A file that exports what `src/index.ts` does, to be run in its place. */
  entry?: string;
  /** Variables for the engine, for example `{ TASK_QUEUES: '{"*":{"dispatch":"direct"}}' }`. */
  vars?: Record<string, string>;
  onOutput?: (text: string) => void;
  /** What to add to a command line to choose another port. */
  portHint?: string;
}

export class Engine {
  readonly url: string;
  readonly group: ProcessGroup;
  readonly #sweeping: ReturnType<typeof setInterval>;

  constructor(url: string, group: ProcessGroup) {
    this.url = url;
    this.group = group;
    this.#sweeping = setInterval(() => void this.sweep(), SWEEP_INTERVAL);
    this.#sweeping.unref();
    void group.exited.then(() => clearInterval(this.#sweeping));
  }

  /** Does what the cron trigger does in production. An engine that is away is swept next time. */
  async sweep(): Promise<void> {
    await fetch(`${this.url}/cdn-cgi/local/scheduled`).catch(() => undefined);
  }

  /** Ends it as a crash would. */
  kill(): Promise<void> {
    clearInterval(this.#sweeping);
    return this.group.stop();
  }
}

/** Starts an engine and waits until it answers. @throws Error that says why it did not start. */
export async function launchEngine(options: EngineOptions): Promise<Engine> {
  const { workers = [], entry, ...rest } = options;
  const configs = () => writeDevConfig(join(options.dataDir, 'dev'), workers, entry);
  const { url, group } = await launchWrangler({ ...rest, configs });
  if (options.onOutput) tellOfSilence(url, group, options.onOutput);
  return new Engine(url, group);
}

export interface WranglerOptions
  extends Pick<EngineOptions, 'port' | 'cwd' | 'dataDir' | 'vars' | 'onOutput' | 'portHint'> {
  /** Paths of configuration files. The first one's Worker gets the port, and must answer `/health`. */
  configs: () => Promise<string[]>;
}

export interface Launched {
  url: string;
  group: ProcessGroup;
}

/** Starts `wrangler dev` and waits until it answers. @throws Error that says why it did not start. */
export async function launchWrangler(options: WranglerOptions): Promise<Launched> {
  for (let attempt = 1; ; attempt++) {
    const launched = await launchOnce(options, attempt < 3);
    if (launched) return launched;
  }
}

/** `undefined`: another process was quicker with a port that wrangler had found free for itself. */
async function launchOnce(options: WranglerOptions, again: boolean): Promise<Launched | undefined> {
  const { port = await freePort(), cwd = projectRoot, dataDir } = options;
  await requireFreePort(port, options.portHint ?? '--port NUMBER');
  await requireFreeData(dataDir);
  const url = `http://127.0.0.1:${port}`;
  const configs = await options.configs();
  const vars = { ENGINE_URL: url, ...options.vars };
  const args = [
    wrangler(),
    'dev',
    ...configs.flatMap((config) => ['-c', config]),
    ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', String(await freePort())],
    ...[
      '--persist-to',
      join(dataDir, 'state'),
      '--show-interactive-dev-session=false',
      '--log-level',
      'error',
    ],
    ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
  ];
  const group = new ProcessGroup(process.execPath, args, {
    cwd,
    env: wranglerEnvironment(dataDir, cwd),
    ...(options.onOutput && { onOutput: options.onOutput }),
  });
  await markDataAsUsed(dataDir, group.pid);
  const output = (): string => (options.onOutput ? '' : `:\n${group.output.trim()}`);
  try {
    await untilHealthy(url, group, output);
  } catch (error) {
    if (!again || !group.output.includes('Address already in use')) throw error;
    await group.stop();
    return undefined;
  }
  return { url, group };
}

/** As scripts/run.sh sets it, with files of its own: two engines on one machine do not meet. */
export function wranglerEnvironment(dataDir: string, cwd = projectRoot): Record<string, string | undefined> {
  return {
    ...process.env,
    X_LOCAL_OBSERVABILITY: 'false',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_REGISTRY_PATH: join(dataDir, 'registry'),
    WRANGLER_LOG_PATH: join(dataDir, 'logs'),
    CI: '1',
    // Custom builds call `node` and `perdure`: the project's own.
    PATH: `${join(cwd, 'node_modules/.bin')}:${process.env.PATH}`,
  };
}

/** `output` is what to add to an error: nothing when it has been shown already. */
async function untilHealthy(url: string, group: ProcessGroup, output: () => string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT;
  while (Date.now() < deadline) {
    if (!group.alive)
      throw new Error(`wrangler dev ended before the engine was ready:\n${group.output.trim()}`);
    const ready = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
  }
  await group.stop();
  throw new Error(`The engine did not answer within ${START_TIMEOUT / 1_000} s${output()}`);
}
