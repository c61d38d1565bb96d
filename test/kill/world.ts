/**
 * What is killed: an engine under `wrangler dev` with one Worker bound to it, and one Worker on Node. All on fixed ports
 * and data, so that what is started again is the same.
 */

import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Engine, launchEngine } from '../../scripts/lib/launch.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { ProcessGroup } from '../../scripts/lib/process-group.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { buildWorker } from '../../sdk/worker/build.ts';
import type { Act } from '../checker/evidence.ts';
import { readLines } from '../checker/evidence.ts';
import { until } from '../http-api.ts';

export const NODE_QUEUE = 'kill-node';
export const BOUND_QUEUE = 'kill-bound';
/** The folder's name is the Worker's. */
const BOUND_WORKER = 'kill-bound';
const RELOADED = /engine build (\d+)/g;

/** An engine, and the Worker on Node that goes with it. */
export interface Build {
  /** The folder of its sources. */
  root: string;
  /** The Worker's entry. */
  worker: string;
  launchEngine: typeof launchEngine;
  buildWorker: typeof buildWorker;
}

const ownBuild: Build = {
  root: projectRoot,
  worker: join(projectRoot, 'test/kill/worker-node.ts'),
  launchEngine,
  buildWorker,
};

export class KillWorld {
  readonly dir: string;
  readonly dataDir: string;
  readonly #acts: string;
  #port = 0;
  #workerPort = 0;
  readonly #bundles: string[] = [];
  readonly #all: Build[];
  /** Which of the builds run, or run next. */
  engineBuild = 0;
  workerBuild = 0;
  #recorder: Server | undefined;
  #engine: Engine | undefined;
  #worker: ProcessGroup | undefined;
  #builds = 0;
  #output = '';

  constructor(dir: string, builds: Build[] = [ownBuild]) {
    this.dir = dir;
    this.#all = builds;
    this.dataDir = join(dir, 'engine');
    this.#acts = join(dir, 'acts.ndjson');
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get acts(): Act[] {
    return readLines<Act>(this.#acts);
  }

  get output(): string {
    return this.#output;
  }

  async start(): Promise<void> {
    this.#port = await freePort();
    this.#workerPort = await freePort();
    this.#recorder = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      request.on('end', () => {
        appendFileSync(this.#acts, `\n${text}\n`);
        response.end();
      });
    });
    await new Promise<void>((resolve) => this.#recorder!.listen(0, '127.0.0.1', resolve));
    await Promise.all([this.#buildBound((this.#recorder.address() as AddressInfo).port), this.#buildNode()]);
    await this.startEngine();
    await this.startWorker();
  }

  async startEngine(): Promise<void> {
    const { launchEngine } = this.#all[this.engineBuild]!;
    this.#writeEntry();
    const options = {
      port: this.#port,
      dataDir: this.dataDir,
      workers: [join(this.dir, BOUND_WORKER)],
      entry: join(this.dir, 'entry.ts'),
      onOutput: (text: string) => {
        this.#output = (this.#output + text).slice(-50_000);
      },
    };
    // The port of a process that was killed a moment ago may take another moment.
    this.#engine = await until('the engine', () => launchEngine(options).catch(onlyIfBusy), 60_000);
  }

  /** Starts it and waits until the engine knows it. */
  async startWorker(): Promise<void> {
    const env = {
      ...process.env,
      PERDURE_ADDRESS: this.url,
      PORT: String(this.#workerPort),
      TASK_QUEUE: NODE_QUEUE,
      ACTS: this.#acts,
      WORKER_NAME: 'node',
    };
    const worker = new ProcessGroup(process.execPath, [this.#bundles[this.workerBuild]!], { env });
    this.#worker = worker;
    await until('the Worker', () => worker.output.includes('Worker registered'), 30_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${worker.output}`);
      },
    );
  }

  async killEngine(): Promise<void> {
    await this.#engine?.kill();
  }

  async killWorker(): Promise<void> {
    await this.#worker?.stop();
  }

  signalEngine(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#engine?.group.signal(signal);
  }

  signalWorker(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#worker?.signal(signal);
  }

  /** Changes the engine's code under it, and waits until the new one runs. */
  async reload(): Promise<void> {
    this.#output = '';
    this.#writeEntry();
    const build = String(this.#builds);
    await until(
      'the reload',
      async () => {
        // The new build speaks when it is first asked.
        await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
        return [...this.#output.matchAll(RELOADED)].some(([, number]) => number === build);
      },
      20_000,
    );
  }

  /** What cron does in production. */
  async sweep(): Promise<void> {
    await this.#engine?.sweep();
  }

  async end(): Promise<void> {
    await Promise.all([this.killEngine(), this.killWorker()]);
    this.#recorder?.close();
    this.#recorder?.closeAllConnections();
  }

  #writeEntry(): void {
    const index = JSON.stringify(join(this.#all[this.engineBuild]!.root, 'src/index.ts'));
    const lines = [
      `export * from ${index};`,
      `export { default } from ${index};`,
      `console.error('engine build ${++this.#builds}');`,
    ];
    writeFileSync(join(this.dir, 'entry.ts'), lines.join('\n'));
  }

  async #buildNode(): Promise<void> {
    for (const [n, { worker: entry, buildWorker }] of this.#all.entries()) {
      const outfile = join(this.dir, `worker-node-${n}.js`);
      await buildWorker({ entry, outfile, platform: 'node' });
      this.#bundles.push(outfile);
    }
  }

  async #buildBound(recorderPort: number): Promise<void> {
    const dir = join(this.dir, BOUND_WORKER);
    mkdirSync(dir, { recursive: true });
    const entry = join(projectRoot, 'test/kill/bound-worker/worker.ts');
    await buildWorker({ entry, outfile: join(dir, 'worker.js'), platform: 'cloudflare' });
    const lines = [
      `name = "${BOUND_WORKER}"`,
      'main = "worker.js"',
      'compatibility_date = "2026-10-20"',
      '[vars]',
      `TASK_QUEUE = "${BOUND_QUEUE}"`,
      `RECORDER = "http://127.0.0.1:${recorderPort}"`,
    ];
    writeFileSync(join(dir, 'wrangler.toml'), lines.join('\n'));
  }
}

function onlyIfBusy(error: Error): undefined {
  if (!error.message.includes('in use')) throw error;
  return undefined;
}
