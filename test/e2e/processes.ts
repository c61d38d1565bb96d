/**
 * An engine under `wrangler dev` and Workers on Node, each a process group that can be killed with -9 and started again
 * on the same port and data. Everything ends with `World.end`, whatever happened.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, launchEngine } from '../../scripts/lib/launch.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { ProcessGroup } from '../../scripts/lib/process-group.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { buildWorker } from '../../sdk/worker/build.ts';
import { HttpApi, until } from '../http-api.ts';
import { reapFolder } from './reaper.ts';

export const TASK_QUEUE = 'e2e';
/** The gate has little time: fewer kills, shorter outages. */
export const quick = process.env.PERDURE_E2E === 'quick';

/** One Node Worker, on a port of its own. */
export class WorkerProcess {
  readonly name: string;
  readonly url: string;
  readonly #bundle: string;
  readonly #env: Record<string, string>;
  #group: ProcessGroup | undefined;

  constructor(name: string, port: number, bundle: string, env: Record<string, string>) {
    this.name = name;
    this.url = `http://127.0.0.1:${port}`;
    this.#bundle = bundle;
    this.#env = { ...env, PORT: String(port), WORKER_NAME: name };
  }

  get output(): string {
    return this.#group?.output ?? '';
  }

  start(): void {
    const env = { ...process.env, ...this.#env };
    this.#group = new ProcessGroup(process.execPath, [this.#bundle], { env });
  }

  /** Starts it and waits until the engine knows it. */
  async serve(): Promise<void> {
    this.start();
    await until(`${this.name} to register`, () => this.output.includes('Worker registered'), 30_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${this.output}`);
      },
    );
  }

  async kill(): Promise<void> {
    await this.#group?.stop();
  }

  /** Ends it as a deploy does: it tells the engine that it goes. */
  async stop(): Promise<void> {
    await this.#group?.stop(10_000);
  }
}

export class World {
  readonly dir = mkdtempSync(join(tmpdir(), 'perdure-e2e-'));
  readonly ledger = join(this.dir, 'ledger.jsonl');
  readonly bankDir = join(this.dir, 'bank');
  readonly #workers: WorkerProcess[] = [];
  #port = 0;
  #engine: Engine | undefined;
  vars: Record<string, string> = {};

  constructor() {
    reapFolder(this.dir);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get api(): HttpApi {
    return new HttpApi(this.url);
  }

  async startEngine(): Promise<void> {
    this.#port ||= await freePort();
    const options = { port: this.#port, dataDir: join(this.dir, 'engine'), vars: this.vars };
    // The port of a process that was killed a moment ago may take another moment.
    const freed = until('the port', () => launchEngine(options).catch(onlyIfBusy), 30_000);
    this.#engine = await freed;
  }

  async killEngine(): Promise<void> {
    await this.#engine?.kill();
  }

  /** What cron does in production. */
  sweep(): Promise<void> {
    return this.#engine!.sweep();
  }

  /** A Worker with the workflows of these tests. */
  async testWorker(
    name: string,
    taskQueue = TASK_QUEUE,
    env: Record<string, string> = {},
  ): Promise<WorkerProcess> {
    return this.#worker(name, 'test/e2e/worker.ts', { TASK_QUEUE: taskQueue, LEDGER: this.ledger, ...env });
  }

  /** A Worker of one build of the versioned workflows. */
  async versionedWorker(buildId: string, taskQueue: string): Promise<WorkerProcess> {
    const env = { TASK_QUEUE: taskQueue, LEDGER: this.ledger };
    return this.#worker(buildId, 'test/e2e/versioned-worker.ts', env);
  }

  /** The Worker of the money transfer, as its README starts it. */
  async transferWorker(delayMs: number): Promise<WorkerProcess> {
    const env = { BANK_DIR: this.bankDir, BANK_DELAY_MS: String(delayMs) };
    return this.#worker('money-transfer', 'examples/money-transfer/worker-node.ts', env);
  }

  /** That of the long file. */
  fileWorker(): Promise<WorkerProcess> {
    return this.#worker('file-processing', 'examples/file-processing/worker-node.ts', {});
  }

  async #worker(name: string, entry: string, env: Record<string, string>): Promise<WorkerProcess> {
    const outfile = join(this.dir, `${entry.replaceAll('/', '-')}.js`);
    await buildWorker({ entry: join(projectRoot, entry), outfile, platform: 'node' });
    const worker = new WorkerProcess(name, await freePort(), outfile, { ...env, PERDURE_ADDRESS: this.url });
    this.#workers.push(worker);
    return worker;
  }

  async end(): Promise<void> {
    await Promise.all([this.killEngine(), ...this.#workers.map((worker) => worker.kill())]);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function onlyIfBusy(error: Error): undefined {
  if (!error.message.includes('in use')) throw error;
  return undefined;
}

/** Hands a finished run's history to the conformance judges. */
export async function keepHistory(
  api: HttpApi,
  workflowId: string,
  workflows = 'test/e2e/workflows.ts',
): Promise<void> {
  const directory = process.env.PERDURE_HISTORIES_DIR;
  if (!directory) return;
  const events = await api.history(workflowId);
  const started = events[0] as unknown as {
    workflowExecutionStartedEventAttributes: { workflowType: { name: string } };
  };
  const workflowType = started.workflowExecutionStartedEventAttributes.workflowType.name;
  mkdirSync(directory, { recursive: true });
  const text = JSON.stringify({ name: workflowId, workflowType, workflows, history: { events } });
  writeFileSync(join(directory, `e2e-${workflowId}.json`), text);
}
