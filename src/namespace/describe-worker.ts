/** Asks a URL what it serves, and trusts nothing of the answer that it has not checked. */

import { readText } from '../../sdk/common/read-text.ts';
import { SDK_HEADER, type WorkerDescription, workerPaths } from '../../sdk/common/worker-protocol.ts';
import { MAX_DESCRIPTION_BYTES, parseDescription } from '../worker-description.ts';

const TIMEOUT_MS = 5_000;

/** Rejects with a readable reason: not reached, too slow, a redirect, no SDK header, or not a description. */
export async function describeWorker(
  url: string,
  fetcher: (url: string, init: RequestInit) => Promise<Response> = fetch,
): Promise<WorkerDescription> {
  const response = await ask(url, fetcher);
  if (!response.headers.has(SDK_HEADER)) {
    await response.body?.cancel();
    throw new Error(`HTTP ${response.status} without the header ${SDK_HEADER}; is it another server?`);
  }
  const text = await readText(response, MAX_DESCRIPTION_BYTES);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  // How it is called is nothing that lists show.
  const { jsRpc: _, ...description } = parseDescription(text);
  return description;
}

async function ask(
  url: string,
  fetcher: (url: string, init: RequestInit) => Promise<Response>,
): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return await fetcher(`${url}${workerPaths.describe}`, { redirect: 'manual', signal });
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    throw new Error(
      late ? `no answer within ${TIMEOUT_MS / 1_000} s` : `connection failed (${String(error)})`,
    );
  }
}
