/** Child processes in groups of their own, so that all of a group can be ended: wrangler's own children outlive a plain kill. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProcessGroupOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** Called with each piece of output; default: it is kept for {@link ProcessGroup.output} alone. */
  onOutput?: (text: string) => void;
}

const KEPT_OUTPUT = 20_000;
const running = new Set<ProcessGroup>();
let started: (pid: number) => void = () => undefined;

/** Has every group that is started from now on reported, by its id. */
export function onGroupStart(report: (pid: number) => void): void {
  started = report;
}

export class ProcessGroup {
  /** Resolves when the first process of the group is gone. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  #output = '';
  #gone = false;

  constructor(command: string, args: string[], options: ProcessGroupOptions = {}) {
    const { cwd, env = process.env, onOutput } = options;
    this.#child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
      ...(cwd && { cwd }),
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
        onOutput?.(text);
      });
    }
    this.#child.on('error', (error) => {
      this.#output += `${error.message}\n`;
    });
    this.exited = once(this.#child, 'exit').then(
      () => this.#forget(),
      () => this.#forget(),
    );
    running.add(this);
    started(this.pid);
  }

  /** The group's id: `kill -9 -PID` ends all of it. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get alive(): boolean {
    return !this.#gone;
  }

  /** The exit code of its first process; `null` while it runs and when a signal ended it. */
  get code(): number | null {
    return this.#child.exitCode;
  }

  /** The last of what it printed. */
  get output(): string {
    return this.#output;
  }

  /** Signals the whole group; one that is gone already is fine. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid === 0) return;
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Ends the group: a request first when `graceMs` is given, then by force, and waits until it is gone. */
  async stop(graceMs = 0): Promise<void> {
    if (graceMs > 0 && this.alive) {
      this.signal('SIGTERM');
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([this.exited, late]);
      clearTimeout(timer);
    }
    this.signal('SIGKILL');
    await this.exited;
  }

  #forget(): void {
    this.#gone = true;
    running.delete(this);
  }
}

/** Ends all groups when this process is told to end, or ends. Call it once, first thing. */
export function endGroupsWithThisProcess(): void {
  const end = (): void => {
    for (const group of running) group.signal('SIGKILL');
  };
  process.on('exit', end);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => process.exit(code));
  }
}
