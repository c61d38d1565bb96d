/**
 * Asks a Worker for a WebSocket, and remembers for a while which of them have none to give: an older Worker, or a proxy
 * in front of it. Those are sent their tasks by plain HTTP.
 */

import { SESSION_PROTOCOL } from '../../sdk/common/session-socket.ts';
import { workerPaths } from '../../sdk/common/worker-protocol.ts';
import { isWorkerAnswer, OverdueError, type WorkerTarget, withinTime } from '../matching/worker-target.ts';

const UPGRADE_TIMEOUT_MS = 2_000;
/** As long a Worker that has learned it meanwhile goes without. */
const REFUSAL_MS = 60_000;
/** One that is down for a moment, as while it is deployed, is to have its sessions again when it is back. */
const OUTAGE_MS = 1_000;

/** Until when it is not asked. The targets are the directory's: what is known of one goes with its registration. */
const refusals = new WeakMap<WorkerTarget, number>();

export function refusedWebSocket(target: WorkerTarget, forMs = REFUSAL_MS): void {
  refusals.set(target, Date.now() + forMs);
}

/** `undefined`: it has none to give. The caller accepts it when it listens. */
export async function askForWebSocket(target: WorkerTarget): Promise<WebSocket | undefined> {
  if ((refusals.get(target) ?? 0) > Date.now()) return undefined;
  const headers = { upgrade: 'websocket', 'sec-websocket-protocol': SESSION_PROTOCOL };
  try {
    const response = await withinTime(UPGRADE_TIMEOUT_MS, (signal) =>
      target.fetch(workerPaths.session, { headers, signal }),
    );
    const { webSocket } = response;
    const isSession = response.headers.get('sec-websocket-protocol') === SESSION_PROTOCOL;
    if (webSocket && isSession && isWorkerAnswer(response)) return webSocket;
    webSocket?.accept();
    webSocket?.close(1000, '');
    await response.body?.cancel();
    const isDown = response.status >= 500 && !isWorkerAnswer(response);
    refusedWebSocket(target, isDown ? OUTAGE_MS : REFUSAL_MS);
  } catch (error) {
    // If it is down, the HTTP call that comes instead says so.
    refusedWebSocket(target, error instanceof OverdueError ? REFUSAL_MS : OUTAGE_MS);
  }
  return undefined;
}
