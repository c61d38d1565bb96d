/** A real browser, and a real engine with a Worker for it to look at. Everything ends with `end`. */

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { type Engine, launchEngine } from '../../scripts/lib/launch.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { ProcessGroup } from '../../scripts/lib/process-group.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { buildWorker } from '../../sdk/worker/build.ts';
import { HttpApi, until } from '../http-api.ts';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** @throws Error that says how to get one. */
function findChromium(): string {
  const named = process.env.CHROMIUM_PATH;
  const found = named ? [named] : PLACES;
  const path = found.find((place) => existsSync(place));
  if (path) return path;
  throw new Error('Chromium is not installed: apt-get install chromium, or name one in CHROMIUM_PATH');
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

export class World {
  readonly #dir = mkdtempSync(join(tmpdir(), 'perdure-ui-'));
  readonly #contexts: BrowserContext[] = [];
  #engine: Engine | undefined;
  #browser: Browser | undefined;
  readonly #workers = new Map<string, ProcessGroup>();
  readonly #ports = new Map<string, number>();

  readonly #vars: Record<string, string>;

  /** `vars`: the engine's variables. */
  constructor(vars: Record<string, string> = {}) {
    this.#vars = vars;
  }

  async start(): Promise<void> {
    [this.#engine, this.#browser] = await Promise.all([
      launchEngine({ dataDir: join(this.#dir, 'engine'), vars: this.#vars }),
      launchBrowser(),
    ]);
  }

  get url(): string {
    return this.#engine!.url;
  }

  get api(): HttpApi {
    return new HttpApi(this.url);
  }

  /** The Worker of these tests. */
  startWorker(): Promise<void> {
    return this.#startWorker('tests', 'test/ui/worker.ts');
  }

  /** The same, with the data converter of the encryption example. */
  startEncryptedWorker(): Promise<void> {
    return this.#startWorker('encrypted', 'test/ui/encrypted-worker.ts');
  }

  /** The one of the money transfer; each of its activities takes so long. */
  startTransferWorker(delayMs: number): Promise<void> {
    const env = { BANK_DIR: join(this.#dir, 'bank'), BANK_DELAY_MS: String(delayMs) };
    return this.#startWorker('transfer', 'examples/money-transfer/worker-node.ts', env);
  }

  /** As a crash would. */
  async stopTransferWorker(): Promise<void> {
    await this.#workers.get('transfer')?.stop();
  }

  /** Its deposits fail, by the edit that its source asks for. Only a folder of the project finds the project's packages. */
  async startBrokenTransferWorker(): Promise<void> {
    cpSync(join(projectRoot, 'examples/money-transfer'), join(projectRoot, this.#broken), {
      recursive: true,
    });
    const file = join(projectRoot, this.#broken, 'activities.ts');
    const edited = readFileSync(file, 'utf8')
      .replace(/^ {4}deposit,$/m, '    // deposit,')
      .replace('// deposit: depositThatFails,', 'deposit: depositThatFails,');
    writeFileSync(file, edited);
    await this.#startWorker('broken', join(this.#broken, 'worker-node.ts'), {
      BANK_DIR: join(this.#dir, 'bank'),
    });
  }

  async stopBrokenTransferWorker(): Promise<void> {
    await this.#workers.get('broken')?.stop();
  }

  readonly #broken = join('.perdure', `tutorial-${process.pid}`);

  async #startWorker(name: string, entry: string, more: Record<string, string> = {}): Promise<void> {
    const outfile = join(this.#dir, `${name}.js`);
    if (!this.#ports.has(name)) {
      await buildWorker({ entry: join(projectRoot, entry), outfile, platform: 'node' });
      this.#ports.set(name, await freePort());
    }
    const env = { ...process.env, ...more, PERDURE_ADDRESS: this.url, PORT: String(this.#ports.get(name)) };
    const worker = new ProcessGroup(process.execPath, [outfile], { env });
    this.#workers.set(name, worker);
    await until('the Worker to register', () => worker.output.includes('Worker registered'), 30_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${worker.output}`);
      },
    );
  }

  /** A page of its own; what its console says against it is kept in {@link complaints}. */
  async page(path = '/ui/', options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser!.newContext({ viewport: { width: 1360, height: 860 }, ...options });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // What the engine refuses is shown to the person, and named by the browser too.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.complaints.push(message.text());
    });
    page.on('request', (request) => {
      const { origin } = new URL(request.url());
      if (origin !== this.url && origin !== 'null') this.strangers.push(request.url());
    });
    page.on('dialog', (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`${this.url}${path}`);
    return page;
  }

  /** Errors on the console, dialogs, violations of the content security policy. */
  readonly complaints: string[] = [];
  /** Requests to anybody but the engine. */
  readonly strangers: string[] = [];

  async closePages(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  async end(): Promise<void> {
    await this.#browser?.close();
    await Promise.all([this.#engine?.kill(), ...[...this.#workers.values()].map((worker) => worker.stop())]);
    for (const dir of [this.#dir, join(projectRoot, this.#broken)])
      rmSync(dir, { recursive: true, force: true });
  }
}
