/** An engine under `wrangler dev` that lives and answers nobody any more: wrangler says nothing of it, and waiting would last for ever. */

import type { ProcessGroup } from './process-group.ts';

const INTERVAL = 10_000;
const PATIENCE = 5_000;
/** A build, or a machine that has much to do, keeps it from answering once or twice. */
const ASKED_IN_VAIN = 3;

const SILENT =
  'The engine answers nobody any more. End it (Ctrl-C) and start it again: its data stays. If it happens anew, ' +
  'a workflow may never give its turn back (docs/errors.md).';

/** What is to be said of an engine that is asked again and again: once in each silence, and at its end. */
export class Silence {
  #inVain = 0;

  /** @returns what is to be said now */
  heard(answered: boolean): string | undefined {
    const told = this.#inVain >= ASKED_IN_VAIN;
    this.#inVain = answered ? 0 : this.#inVain + 1;
    if (answered) return told ? 'The engine answers again.' : undefined;
    return this.#inVain === ASKED_IN_VAIN ? SILENT : undefined;
  }
}

/** Asks an engine until its processes are gone. */
export function tellOfSilence(url: string, group: ProcessGroup, say: (text: string) => void): void {
  const silence = new Silence();
  const asking = setInterval(async () => {
    const answered = await answers(`${url}/health`);
    const text = group.alive && silence.heard(answered);
    if (text) say(`${text}\n`);
  }, INTERVAL);
  asking.unref();
  void group.exited.then(() => clearInterval(asking));
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}
