/**
 * What npm runs, it runs in a shell (`npx perdure …` is npm, sh and this process), and a signal it passes on to that shell alone,
 * which ends and tells nobody: without more, `kill` of an `npx perdure server start-dev` leaves the engine running.
 */

import { readFileSync } from 'node:fs';

const POLL_INTERVAL = 100;
let watch: NodeJS.Timeout | undefined;

/** Where npm has started this process, the end of npm's shell counts as SIGTERM. */
export function endWithNpm(): void {
  if (watch || !process.env.npm_lifecycle_event) return;
  const shell = process.ppid;
  if (!waits(shell)) return;
  watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, POLL_INTERVAL).unref();
}

/**
 * Is it npm's shell, and does it end with this process? One that has put it behind itself (`perdure server start-dev & sleep 3`), or
 * a script that did, may end in good order before. Without `/proc`, on macOS, the shell is gone already: it gives its place to the
 * one command that it has.
 */
function waits(shell: number): boolean {
  try {
    const [, option, script = ''] = readFileSync(`/proc/${shell}/cmdline`, 'utf8').split('\0');
    return option === '-c' && !/(?<![&>])&(?![&>])/.test(script);
  } catch {
    return false;
  }
}

/** This process was told itself. The shell was too, when a whole group of processes was: its end is no second telling. */
export function toldBesideNpm(): void {
  clearInterval(watch);
}
