/** What `npm run deploy` does, step by step. Each may be repeated: what is there already is left as it is. */

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TASK_QUEUE } from '../../examples/money-transfer/shared.ts';
import { moneyTransfer } from '../../examples/money-transfer/workflows.ts';
import { Client, Connection } from '../../sdk/client/index.ts';
import { movedEngineConfig, workerBindings, workerConfig } from './dev-config.ts';
import { projectRoot } from './root.ts';
import { Wrangler } from './wrangler.ts';
import { readWranglerConfig } from './wrangler-config.ts';

export interface DeployOptions {
  /** The engine's; its queues are called after it. */
  name: string;
  /** Folders with a wrangler.toml. */
  workers: string[];
  /** A custom domain of the account, such as engine.example.com. Default: the address at workers.dev. */
  domain?: string;
  /** `NAME:value`, variables of the engine. */
  vars: string[];
  dryRun: boolean;
  say: (line: string) => void;
}

const HEALTH_TIMEOUT_MS = 120_000;
const POLL_MS = 1_000;
/** The Worker that the smoke transfer needs. */
const BANK_WORKER = 'money-transfer';

export class Deployment {
  readonly #options: DeployOptions;
  readonly #wrangler: Wrangler;
  /** What this machine remembers: the engine's configuration, its address, the administrator's key. Ignored by git. */
  readonly #folder: string;

  constructor(options: DeployOptions) {
    this.#options = options;
    this.#wrangler = new Wrangler(options.say);
    this.#folder = join(projectRoot, '.perdure/deploy', options.name);
  }

  async run(): Promise<void> {
    const { say, dryRun, workers } = this.#options;
    await mkdir(this.#folder, { recursive: true });
    const names = workers.map((folder) => readWranglerConfig(workerConfig(folder)).name);
    const config = await this.#writeEngineConfig(names);
    await this.#createQueues(config);
    for (const folder of workers) await this.#deploy(workerConfig(folder), []);
    const url = await this.#deployEngine(config);
    if (dryRun || url === undefined) return say('\nDry run: nothing was created, nothing was deployed.');
    say(`\nEngine: ${url}`);
    await this.#untilHealthy(url);
    await this.#giveKeys(url);
    if (names.includes(BANK_WORKER)) await this.#smokeTransfer(url);
    else say(`No smoke transfer: ${BANK_WORKER} is not among the Workers.`);
  }

  async #writeEngineConfig(workerNames: string[]): Promise<string> {
    const { name } = this.#options;
    const config = join(this.#folder, 'wrangler.toml');
    const engine = (await movedEngineConfig(this.#folder))
      .replace(/^name = ".*"$/m, `name = "${name}"`)
      .replaceAll(/"perdure-task-queue/g, `"${name}-task-queue`);
    await writeFile(
      config,
      `# Written by scripts/lib/deployment.ts.\n${engine}${workerBindings(workerNames)}`,
    );
    return config;
  }

  async #createQueues(config: string): Promise<void> {
    const { producers, consumers } = readWranglerConfig(config).queues;
    const queues = [
      ...(producers ?? []).map(({ queue }) => queue),
      ...(consumers ?? []).flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue]),
    ];
    for (const queue of new Set(queues.filter((name) => name !== undefined))) {
      if (this.#options.dryRun) this.#options.say(`$ wrangler queues create ${queue}`);
      else if ((await this.#wrangler.ask(['queues', 'info', queue])) === undefined)
        await this.#wrangler.run(['queues', 'create', queue]);
      else this.#options.say(`Queue ${queue} is there.`);
    }
  }

  /** @returns where it is reached, as far as wrangler says */
  async #deploy(config: string, args: string[]): Promise<string | undefined> {
    const dry = ['--dry-run', '--outdir', join(this.#folder, 'dry-run', readWranglerConfig(config).name)];
    const all = ['-c', config, ...args, ...(this.#options.dryRun ? dry : [])];
    const { targets } = await this.#wrangler.deploy(all);
    return targets.find((target) => URL.canParse(target) && /^https?:/.test(target));
  }

  /** The administrator's key comes with the first deploy, so that there is no moment without one. */
  async #deployEngine(config: string): Promise<string | undefined> {
    const { dryRun, vars, name } = this.#options;
    const secrets = join(this.#folder, 'secrets.json');
    const domain = this.#options.domain ?? (await this.#read('domain'));
    // Variables that were given to an earlier deploy, or in the dashboard, stay.
    const settings = ['--keep-vars', ...vars.flatMap((text) => ['--var', text])];
    if (domain) settings.push('--domain', domain);
    const known = domain ? `https://${domain}` : await this.#read('url');
    const args = [...settings, ...(known ? ['--var', `ENGINE_URL:${known}`] : [])];
    if (dryRun) {
      this.#options.say(
        'Secret PERDURE_ADMIN_KEY: made for the first deploy and given with it (--secrets-file)',
      );
      return this.#deploy(config, args);
    }
    const isNew = !(await this.#hasSecret(config, 'PERDURE_ADMIN_KEY'));
    try {
      if (isNew) {
        const adminKey = process.env.PERDURE_ADMIN_KEY ?? randomBytes(32).toString('hex');
        await this.#write('admin.key', adminKey);
        await writeFile(secrets, JSON.stringify({ PERDURE_ADMIN_KEY: adminKey }), { mode: 0o600 });
      }
      const reached = await this.#deploy(config, [...args, ...(isNew ? ['--secrets-file', secrets] : [])]);
      const url = known ?? reached;
      if (url === undefined)
        throw new Error(`wrangler did not say where "${name}" is reached: give it a --domain`);
      // Workers are told where to send heartbeats and late answers: known only now, the first time.
      if (known === undefined) await this.#deploy(config, [...args, '--var', `ENGINE_URL:${url}`]);
      await this.#write('url', url);
      if (domain) await this.#write('domain', domain);
      return url;
    } finally {
      await rm(secrets, { force: true });
    }
  }

  async #hasSecret(config: string, secret: string): Promise<boolean> {
    const list = await this.#wrangler.ask(['secret', 'list', '-c', config, '--format', 'json']);
    return list !== undefined && (JSON.parse(list) as Array<{ name: string }>).some((s) => s.name === secret);
  }

  async #untilHealthy(url: string): Promise<void> {
    const deadline = Date.now() + HEALTH_TIMEOUT_MS;
    let last = '';
    do {
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(10_000) }).catch(
        (error: Error) => error,
      );
      if (answer instanceof Response && answer.ok) return this.#options.say('It is healthy.');
      last = answer instanceof Response ? `HTTP ${answer.status}: ${await answer.text()}` : answer.message;
      await sleep(POLL_MS);
    } while (Date.now() < deadline);
    throw new Error(`${url}/health: ${last}`);
  }

  /** Keys for clients and for each Worker that has none. */
  async #giveKeys(url: string): Promise<void> {
    const { say, workers } = this.#options;
    const { securityService } = await this.#connect(url, await this.#adminKey());
    const { apiKeys } = await securityService.listApiKeys();
    if (apiKeys.length === 0) {
      const { key } = await securityService.createApiKey({ name: 'first', permissions: ['default:writer'] });
      say(`\nA first API key (default:writer), shown this once:\n  ${key}`);
      say(
        `The administrator's key is in ${join(this.#folder, 'admin.key')}: keep it where secrets are kept.`,
      );
    }
    for (const config of workers.map(workerConfig)) {
      if (await this.#hasSecret(config, 'PERDURE_API_KEY')) continue;
      const { name } = readWranglerConfig(config);
      const request = { name: `Worker ${name}`, permissions: ['default:worker'] };
      const { key } = await securityService.createApiKey(request);
      await this.#wrangler.run(['secret', 'put', 'PERDURE_API_KEY', '-c', config], key);
    }
  }

  /** Through everything at once: API, objects, Queue, consumer, service binding, Worker. */
  async #smokeTransfer(url: string): Promise<void> {
    const { say } = this.#options;
    const client = new Client({ connection: await this.#connect(url, await this.#adminKey()) });
    const referenceId = `smoke-${Date.now()}`;
    const details = { amount: 1, sourceAccount: 'acct-alice', targetAccount: 'acct-bob', referenceId };
    const result = await client.workflow.execute(moneyTransfer, {
      taskQueue: TASK_QUEUE,
      workflowId: referenceId,
      workflowRunTimeout: '2 minutes',
      args: [details],
    });
    say(`\nSmoke transfer ${referenceId}: ${result}`);
  }

  #connect(address: string, apiKey: string): Promise<Connection> {
    return Connection.connect({ address, apiKey, connectTimeout: '30s' });
  }

  async #adminKey(): Promise<string> {
    const key = process.env.PERDURE_ADMIN_KEY ?? (await this.#read('admin.key'));
    if (!key)
      throw new Error(
        'The engine is deployed. For API keys and the smoke transfer, set PERDURE_ADMIN_KEY: it is not on this machine',
      );
    return key;
  }

  async #read(file: string): Promise<string | undefined> {
    return readFile(join(this.#folder, file), 'utf8').then(
      (text) => text.trim(),
      () => undefined,
    );
  }

  #write(file: string, text: string): Promise<void> {
    return writeFile(join(this.#folder, file), `${text}\n`, { mode: 0o600 });
  }
}
