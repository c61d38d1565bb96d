/** Child processes in groups of their own, so that all of a group can be ended: wrangler's own children outlive a plain kill. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithNpm, toldBesideNpm } from './npm-shell.ts';

export interface ProcessGroupOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** Called with each piece of output; default: it is kept for {@link ProcessGroup.output} alone. */
  onOutput?: (text: string) => void;
}

const KEPT_OUTPUT = 20_000;
/** For an end in good order, when this process is told to end: wrangler removes what it has built. */
const GRACE = 2_000;
/** What was killed takes a moment to be gone. */
const PATIENCE = 5_000;
const POLL_INTERVAL = 10;
/** For reading what was printed last. */
const LAST_WORDS = 200;
const running = new Set<ProcessGroup>();
/** Since this process was told to end: nobody else hears of the ends that this brings. */
let ending: Promise<unknown> | undefined;
let started: (pid: number) => void = () => undefined;

/** Has every group that is started from now on reported, by its id. */
export function onGroupStart(report: (pid: number) => void): void {
  started = report;
}

export class ProcessGroup {
  /** Resolves when the first process of the group is gone. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  /** All that the group has printed is read. */
  readonly #read: Promise<unknown>;
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
    this.#ended = once(this.#child, 'exit').catch(() => undefined);
    this.#read = once(this.#child, 'close').catch(() => undefined);
    this.exited = this.#ended.then(() => ending).then(() => this.#forget());
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

  /** Resolves when no process of the group lives any more, or after `timeoutMs`. Its first process may be gone long before. */
  async allGone(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.pid > 0 && groupLives(this.pid) && Date.now() < deadline) await sleep(POLL_INTERVAL);
    // One that has left the group may hold its output open.
    await Promise.race([this.#read, sleep(LAST_WORDS)]);
  }

  /** Ends the group: a request first when `graceMs` is given, then by force, and waits until all of it is gone. */
  async stop(graceMs = 0): Promise<void> {
    if (graceMs > 0 && this.alive) {
      this.signal('SIGTERM');
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([this.#ended, late]);
      clearTimeout(timer);
    }
    this.signal('SIGKILL');
    await this.#ended;
    await this.allGone(PATIENCE);
  }

  #forget(): void {
    this.#gone = true;
    running.delete(this);
  }
}

/**
 * Does any process of the group live? One that is dead and that nobody has buried does not, though it can still be signalled: the
 * first process of a container may be one that buries nobody.
 */
export function groupLives(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return (
    process.platform !== 'linux' || readdirSync('/proc').some((id) => /^\d+$/.test(id) && isOf(group, id))
  );
}

function isOf(group: number, id: string): boolean {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    // Behind the command's name, which may hold anything: state, parent, group.
    const [state, , its] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(its) === group && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

/**
 * Ends all groups when this process is told to end, and only then this process, with the code of the signal; told twice, or if it
 * ends by itself, by force. Call it once, first thing.
 */
export function endGroupsWithThisProcess(): void {
  endWithNpm();
  process.on('exit', () => {
    for (const group of running) group.signal('SIGKILL');
  });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      if (ending) process.exit(code);
      toldBesideNpm();
      ending = Promise.all([...running].map((group) => group.stop(GRACE))).then(() => process.exit(code));
    });
  }
}
