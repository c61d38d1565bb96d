/**
 * What npm runs, it runs in a shell (`npx perdure …` is npm, sh and this process), and a signal it passes on to that shell alone,
 * which ends and tells nobody: without more, `kill` of an `npx perdure server start-dev` leaves the engine running.
 */

const POLL_INTERVAL = 100;
let watch: NodeJS.Timeout | undefined;

/** Where npm has started this process, the end of npm's shell counts as SIGTERM. */
export function endWithNpm(): void {
  if (watch || !process.env.npm_lifecycle_event) return;
  const shell = process.ppid;
  watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, POLL_INTERVAL).unref();
}

/** This process was told itself. The shell was too, when a whole group of processes was: its end is no second telling. */
export function toldBesideNpm(): void {
  clearInterval(watch);
}
