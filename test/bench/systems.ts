/** What is measured beside each other, asked in the same words: one client code for all. */

import { launchPeer, launchPerdure, type SharedServer, shared } from './servers.ts';

/** `n`: how many activities. */
export type Work = 'one' | 'sequence' | 'parallel';

export interface System {
  readonly name: string;
  readonly server: SharedServer;
  /** Starts it and answers when it has ended. */
  run(url: string, id: string, work: Work, n: number): Promise<void>;
  /** Starts a run that ends with so many signals; answers when it waits for them. */
  startWaiting(url: string, id: string, signals: number): Promise<void>;
  signal(url: string, id: string): Promise<void>;
  /** Answers when the run has ended. */
  ended(url: string, id: string): Promise<void>;
  /** Starts a run that wakes at this time, asks the Worker or its code what to do, and ends. */
  wakeAt(url: string, id: string, time: number): Promise<void>;
  /** When such a run had ended; `undefined` as long as it has not. */
  wokenAt(url: string, id: string): Promise<number | undefined>;
}

export async function ask(url: string, init?: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return text;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** All are given what a run begins with as JSON: each proxy of `wrangler dev` passes a body on, which takes half a millisecond and more. */
export const post = (url: string, body?: object): Promise<string> =>
  ask(url, { method: 'POST', ...(body && { body: JSON.stringify(body), headers: JSON_TYPE }) });

/** The floors and Cloudflare Workflows have the same paths. */
function peer(name: string, folder: 'bare' | 'cloudflare-workflows', prefix = ''): System {
  return {
    name,
    server: shared(() => launchPeer(folder)),
    run: async (url, id, work, n) => void (await post(`${url}/${prefix}${work}/${id}`, { n })),
    startWaiting: async (url, id, signals) => void (await post(`${url}/${prefix}wait/${id}`, { n: signals })),
    signal: async (url, id) => void (await post(`${url}/${prefix}signal/${id}`)),
    ended: async (url, id) => void (await post(`${url}/${prefix}ended/${id}`)),
    wakeAt: async (url, id, time) => void (await post(`${url}/${prefix}wake/${id}`, { n: time })),
    wokenAt: async (url, id) => Number(await post(`${url}/${prefix}woken/${id}`)) || undefined,
  };
}

const types: Record<Work, string> = { one: 'oneActivity', sequence: 'sequence', parallel: 'parallel' };

interface Result {
  pending: boolean;
  status?: string;
  closeEvent?: { eventTime: string };
}

/** One that goes on by itself after a crash. */
export interface Recovering extends System {
  /** Starts a run of so many activities in sequence, each of which takes 100 ms. */
  startNaps(url: string, id: string, count: number): Promise<void>;
}

export function perdure(name: string, server: SharedServer): Recovering {
  const path = (url: string, id: string): string => `${url}/api/v1/namespaces/default/workflows/${id}`;
  const start = (type: string, n: number) => ({
    workflowType: { name: type },
    taskQueue: { name: 'bench' },
    input: [n],
  });
  const ended = (result: Result): void => {
    if (result.status !== 'WORKFLOW_EXECUTION_STATUS_COMPLETED')
      throw new Error(`it did not complete: ${JSON.stringify(result)}`);
  };
  const result = async (url: string, id: string, waitMs: number): Promise<Result> =>
    JSON.parse(await ask(`${path(url, id)}/result?waitMs=${waitMs}`)) as Result;
  const untilEnded = async (url: string, id: string, first: Result): Promise<void> => {
    let last = first;
    while (last.pending) last = await result(url, id, 20_000);
    ended(last);
  };
  return {
    name,
    server,
    async run(url, id, work, n) {
      const reply = await post(`${path(url, id)}/start-and-wait`, start(types[work], n));
      await untilEnded(url, id, (JSON.parse(reply) as { result: Result }).result);
    },
    async startWaiting(url, id, signals) {
      await post(path(url, id), start('untilSignalled', signals));
    },
    signal: async (url, id) => void (await post(`${path(url, id)}/signal/go`)),
    ended: async (url, id) => untilEnded(url, id, await result(url, id, 20_000)),
    wakeAt: async (url, id, time) => void (await post(path(url, id), start('wake', time))),
    startNaps: async (url, id, count) => void (await post(path(url, id), start('naps', count))),
    async wokenAt(url, id) {
      const { closeEvent } = await result(url, id, 0);
      return closeEvent && Date.parse(closeEvent.eventTime);
    },
  };
}

export const BARE = 'bare';

/** What the model itself costs ({@link file://./bare/model.ts}); of W1 to W5 and W7. */
export const model = (): System => peer('floor of the model', 'bare', 'model-');

/** What a message of a queue takes, beyond {@link BARE}; of W1. */
export const hop = (): System => peer('bare, by queue', 'bare', 'hop-');

/** The same of {@link model}, which stores who makes the call before it is made. */
export const modelHop = (): System => peer('floor of the model, by queue', 'bare', 'model-hop-');

/** A new set of servers; those of a set are up at the same time, and nothing else is. */
export function systems(peers: Array<() => System> = []): System[] {
  return [
    peer(BARE, 'bare'),
    peer('Cloudflare Workflows', 'cloudflare-workflows'),
    perdure(
      'Perdure, direct',
      shared(() => launchPerdure('direct')),
    ),
    perdure(
      'Perdure, by queue',
      shared(() => launchPerdure('queue')),
    ),
    ...peers.map((launch) => launch()),
  ];
}
