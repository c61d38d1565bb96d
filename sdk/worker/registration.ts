/** Keeps a URL Worker known to its engine: registers again and again, and tells when the engine goes and comes back. */

import { LONGEST_TIMER_MS } from '../common/deadlines.ts';
import type { EpochMs } from '../common/duration.ts';
import type { Logger } from '../common/logger.ts';
import { callEngine, type EngineAddress } from './engine-call.ts';

const FIRST_RETRY_MS = 250;

export interface RegistrationOptions {
  engine: EngineAddress;
  namespace: string;
  /** The address under which the engine reaches this Worker. */
  url: string;
  intervalMs: number;
  logger: Logger;
  /** Called with what the engine signs with, each time that it says so. */
  onKeys(keys: string[]): void;
  /** Called when the engine is there again; it was last seen at `lastSeen`. */
  onReturn(lastSeen: EpochMs): void;
}

export class Registration {
  private readonly options: RegistrationOptions;
  private readonly path: string;
  private state: 'new' | 'registered' | 'away' = 'new';
  private lastSeen: EpochMs | undefined;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(options: RegistrationOptions) {
    this.options = options;
    this.path = `/api/v1/namespaces/${encodeURIComponent(options.namespace)}/workers`;
  }

  start(): void {
    void this.round();
  }

  /** Asks the engine to forget this Worker. An engine that does not answer finds out by itself. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    if (this.state !== 'registered') return;
    const { engine, url } = this.options;
    await callEngine(engine, 'DELETE', this.path, { url }).catch(() => undefined);
  }

  private async round(): Promise<void> {
    const { intervalMs } = this.options;
    const { problem, busyForMs } = await this.register().catch((error: unknown) => ({
      problem: reasonOf(error),
      busyForMs: 0,
    }));
    if (this.stopped) return;
    if (problem === undefined) this.registered();
    else this.away(problem);
    const retry = FIRST_RETRY_MS * 2 ** Math.min(this.failures - 1, 16);
    const delay = this.failures === 0 ? intervalMs : Math.max(Math.min(retry, intervalMs), busyForMs);
    // One that is set for longer goes off at once: the engine would be asked without a pause.
    this.timer = setTimeout(() => void this.round(), Math.min(delay, LONGEST_TIMER_MS));
  }

  /** Rejects when the engine was not reached, or has keys that this Worker cannot read. */
  private async register(): Promise<{ problem?: string; busyForMs: number }> {
    const { engine, url, onKeys } = this.options;
    const { status, body, retryAfterMs } = await callEngine(engine, 'POST', this.path, { url });
    if (status >= 300)
      return { problem: `HTTP ${status}: ${body.message ?? 'no reason given'}`, busyForMs: retryAfterMs };
    onKeys(Array.isArray(body.engineKeys) ? body.engineKeys : []);
    return { busyForMs: 0 };
  }

  private registered(): void {
    const { engine, namespace, url, logger, onReturn } = this.options;
    const lastSeen = this.lastSeen;
    const wasAway = this.state === 'away';
    this.lastSeen = Date.now();
    this.failures = 0;
    if (this.state === 'registered') return;
    this.state = 'registered';
    logger.info('Worker registered with the engine', { namespace, engine: engine.url, url });
    if (wasAway && lastSeen !== undefined) onReturn(lastSeen);
  }

  private away(reason: string): void {
    const { engine, namespace, logger } = this.options;
    this.failures++;
    if (this.state === 'away') return;
    this.state = 'away';
    logger.warn('Waiting for the engine', { namespace, engine: engine.url, reason });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error.cause as { code?: string } | undefined)?.code;
  return code ? `${error.message} (${code})` : error.message;
}
