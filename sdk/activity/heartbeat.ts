/**
 * Sends the heartbeats of one attempt. The first goes out at once; later ones at most once per interval, the newest
 * details winning. What could not be sent is kept and sent again.
 */

import { type Duration, msOptionalToNumber } from '../common/duration.ts';
import type { PayloadsJson } from '../common/payload.ts';

const INTERVAL_FRACTION = 0.8;
const DEFAULT_INTERVAL_MS = 30_000;
const MAX_INTERVAL_MS = 60_000;
const RETRY_INTERVAL_MS = 1_000;

/** Between two heartbeats on the wire. An activity learns of its cancellation by their answers. */
export interface HeartbeatThrottle {
  /** At most. Default: 60 seconds. */
  maxHeartbeatThrottleInterval?: Duration;
  /** For activities without a heartbeat timeout; of one with it, the interval is 0.8 × the timeout. Default: 30 seconds. */
  defaultHeartbeatThrottleInterval?: Duration;
}

/** Time between two heartbeats on the wire, in milliseconds. `heartbeatTimeoutMs` 0 or absent: none is set. */
export function heartbeatInterval(
  heartbeatTimeoutMs: number | undefined,
  { maxHeartbeatThrottleInterval, defaultHeartbeatThrottleInterval }: HeartbeatThrottle = {},
): number {
  const bound = msOptionalToNumber(maxHeartbeatThrottleInterval) ?? MAX_INTERVAL_MS;
  const without = msOptionalToNumber(defaultHeartbeatThrottleInterval) ?? DEFAULT_INTERVAL_MS;
  return Math.min(heartbeatTimeoutMs ? heartbeatTimeoutMs * INTERVAL_FRACTION : without, bound);
}

/**
 * However busy the engine is, and whoever wants heartbeats more often: it would count one that is later than this as
 * missing.
 */
export const longestHeartbeatPause = (heartbeatTimeoutMs: number | undefined): number =>
  heartbeatInterval(heartbeatTimeoutMs);

/** What the engine said to a heartbeat. `notFound`: it no longer waits for this attempt. */
export interface HeartbeatReply {
  cancelRequested?: boolean;
  activityPaused?: boolean;
  activityReset?: boolean;
  notFound?: boolean;
  /** It cannot take the details, now or later; the sentence says why. */
  refused?: string;
  /** It cannot take them now: they are to be sent again in so many milliseconds. */
  busyForMs?: number;
}
/** Records a heartbeat with the engine. Rejects when the engine was not reached: the details are sent again. */
export type RecordHeartbeat = (request: {
  taskToken: string;
  details?: PayloadsJson;
  identity: string;
}) => Promise<HeartbeatReply>;

export class HeartbeatSender {
  private readonly interval: number;
  private readonly longestPause: number;
  private readonly send: (details: PayloadsJson | undefined) => Promise<HeartbeatReply>;
  private readonly onReply: (reply: HeartbeatReply) => void;
  private waiting: { details: PayloadsJson | undefined } | undefined;
  private inFlight: { details: PayloadsJson | undefined } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    interval: number,
    longestPause: number,
    send: (details: PayloadsJson | undefined) => Promise<HeartbeatReply>,
    onReply: (reply: HeartbeatReply) => void,
  ) {
    this.interval = interval;
    this.longestPause = longestPause;
    this.send = send;
    this.onReply = onReply;
  }

  record(details: PayloadsJson | undefined): void {
    if (this.closed) return;
    this.waiting = { details };
    if (this.timer === undefined && this.inFlight === undefined) void this.sendWaiting();
  }

  /** Ends sending. Answers with the details that the engine may not have, if there are any. */
  close(): PayloadsJson | undefined {
    this.closed = true;
    clearTimeout(this.timer);
    return (this.waiting ?? this.inFlight)?.details;
  }

  private async sendWaiting(): Promise<void> {
    const heartbeat = this.waiting;
    this.timer = undefined;
    this.waiting = undefined;
    if (!heartbeat || this.closed) return;
    this.inFlight = heartbeat;
    const reply = await this.send(heartbeat.details).catch(() => undefined);
    if (this.closed) return;
    this.inFlight = undefined;
    const recorded = reply !== undefined && reply.busyForMs === undefined;
    if (recorded) this.onReply(reply);
    else this.waiting ??= heartbeat;
    const again = Math.min(this.longestPause, Math.max(RETRY_INTERVAL_MS, reply?.busyForMs ?? 0));
    const delay = recorded ? this.interval : again;
    if (!this.closed) this.timer = setTimeout(() => void this.sendWaiting(), delay);
  }
}
