/** The `wrangler` of the PATH, as the deploy script drives it. */

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './root.ts';

export interface Deployed {
  /** Where it is reached, schedules and queues among them, in wrangler's words. */
  targets: string[];
}

export class Wrangler {
  readonly #say: (line: string) => void;

  /** @param say gets each command before it is run */
  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /**
   * Runs a command before the user's eyes. @throws Error when it fails.
   * @param input what it reads from standard input, never shown
   */
  async run(args: string[], input?: string, env?: Record<string, string>): Promise<void> {
    this.#say(`$ wrangler ${args.join(' ')}`);
    const child = spawn('wrangler', args, {
      cwd: projectRoot,
      env: { ...process.env, ...env },
      stdio: [input === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
    });
    child.stdin?.end(input);
    const code = await ended(child);
    if (code !== 0) throw new Error(`wrangler ${args.join(' ')} ended with ${code}; its own words are above`);
  }

  /** What a command prints, or `undefined` when it fails: that there is no such thing, mostly. */
  async ask(args: string[]): Promise<string | undefined> {
    const child = spawn('wrangler', args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    return (await ended(child)) === 0 ? output : undefined;
  }

  /** Deploys what a configuration describes. */
  async deploy(args: string[]): Promise<Deployed> {
    const folder = await mkdtemp(join(tmpdir(), 'perdure-deploy-'));
    try {
      const file = join(folder, 'output.ndjson');
      await this.run(['deploy', ...args], undefined, { WRANGLER_OUTPUT_FILE_PATH: file });
      const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
      const entries = lines.map((line) => JSON.parse(line) as { type: string; targets?: string[] });
      return { targets: entries.findLast(({ type }) => type === 'deploy')?.targets ?? [] };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function ended(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`wrangler cannot be run: ${error.message}`)));
    child.once('close', resolve);
  });
}
