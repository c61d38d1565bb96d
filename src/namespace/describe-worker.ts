/** Asks a URL what it serves, and trusts nothing of the answer that it has not checked. */

import { z } from 'zod';
import { readText } from '../../sdk/common/read-text.ts';
import { SDK_HEADER, type WorkerDescription, workerPaths } from '../../sdk/common/worker-protocol.ts';

const TIMEOUT_MS = 5_000;
const MAX_LENGTH = 1024 * 1024;

const name = z.string().min(1).max(1_000);
const description: z.ZodType<WorkerDescription> = z.object({
  identity: z.string().max(1_000),
  buildId: z.string().max(1_000).optional(),
  deploymentVersion: z.object({ deploymentName: name, buildId: name }).optional(),
  sdk: z.object({ name, version: name }),
  taskQueues: z
    .array(
      z.object({
        name,
        workflowTypes: z.array(name).max(10_000),
        activityTypes: z.array(name).max(10_000),
        maxActivitiesPerSecond: z.number().positive().optional(),
      }),
    )
    .max(1_000),
});

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
  const text = await readText(response, MAX_LENGTH);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const parsed = text === undefined ? undefined : description.safeParse(parseJson(text));
  if (!parsed?.success) throw new Error('its description is not one that this engine understands');
  return parsed.data;
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
