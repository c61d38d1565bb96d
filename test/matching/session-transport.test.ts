/** How the engine reaches the session of a Worker: by WebSocket where there is one, else by plain HTTP. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WorkflowTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import { SDK_HEADER, workerPaths } from '../../sdk/common/worker-protocol.ts';
import { ServedSession } from '../../sdk/worker/served-session.ts';
import { workflowWorker } from '../../src/effects/workers.ts';
import { WorkerDirectory } from '../../src/matching/directory.ts';
import type { WorkerTarget } from '../../src/matching/worker-target.ts';
import { recordingLogger } from '../worker/support.ts';
import { MemorySocket } from './memory-socket.ts';

const init = { namespace: 'n', workflowId: 'w', runId: 'r', workflowType: 'order', taskQueue: 'q' };
const done: WorkflowTaskAnswer = { completed: { commands: [] } };
const sdk = { [SDK_HEADER]: 'typescript/0.1.0' };

/** Answers the upgrade as it is told to, and tasks by HTTP. Counts both. */
function workerThat(upgrade: (signal?: AbortSignal | null) => Promise<Response>) {
  const asked = { upgrades: 0, posts: 0 };
  const target: WorkerTarget = {
    id: 'w1',
    fetch: (path, request) => {
      if (path === workerPaths.session) {
        asked.upgrades++;
        return upgrade(request?.signal);
      }
      asked.posts++;
      return Promise.resolve(Response.json(done, { headers: sdk }));
    },
  };
  const directory = new WorkerDirectory({
    list: async () => ({ workers: [target], deployments: [] }),
    sighted: async () => undefined,
    clock: () => 0,
  });
  return { asked, worker: () => workflowWorker(directory, { worker: target, identity: 'identity' }) };
}

/** Answers 101. A Response with that status can be made on Cloudflare only. */
function switching(socket: MemorySocket, protocol = 'perdure.session.v1'): Response {
  const headers = new Headers({ ...sdk, 'sec-websocket-protocol': protocol });
  return { status: 101, webSocket: socket, headers, body: null } as unknown as Response;
}

function serving(): { answer: () => Promise<Response>; ends: MemorySocket[] } {
  const ends: MemorySocket[] = [];
  const answer = async (): Promise<Response> => {
    const [near, far] = MemorySocket.pair();
    const session = {
      feed: async () => undefined,
      runWorkflowTask: async () => done,
      proceed: async () => done,
      query: async () => ({}),
      [Symbol.dispose]: () => undefined,
    };
    new ServedSession(far, { open: () => session, logger: recordingLogger().logger });
    ends.push(far);
    return switching(near);
  };
  return { answer, ends };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a Worker known by URL', () => {
  it('holds runs in sessions when it takes a WebSocket', async () => {
    const { answer, ends } = serving();
    const { asked, worker } = workerThat(answer);
    const one = worker();
    const session = await one.open(init);
    expect(await session.runWorkflowTask([])).toEqual(done);
    expect(await session.runWorkflowTask([])).toEqual(done);
    expect([one.keepsSessions, session.ended, asked]).toEqual([true, false, { upgrades: 1, posts: 0 }]);
    ends[0]!.close(1001, 'shutting down');
    await vi.advanceTimersByTimeAsync(0);
    expect(session.ended).toBe(true);
  });

  it.each<[string, (signal?: AbortSignal | null) => Promise<Response>]>([
    ['426: it has no WebSockets', async () => Response.json({}, { status: 426, headers: sdk })],
    ['404: it is older', async () => Response.json({}, { status: 404, headers: sdk })],
    ['400: a proxy', async () => new Response('<html>', { status: 400 })],
    ['501, as a Worker', async () => Response.json({}, { status: 501, headers: sdk })],
    ['200: somebody who does not know the header', async () => new Response('hello')],
    [
      'nothing at all',
      (signal) => new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason))),
    ],
  ])(
    'is sent whole histories when it answers the upgrade with %s, and is not asked again for a minute',
    async (_, upgrade) => {
      const { asked, worker } = workerThat(upgrade);
      const run = async () => {
        const one = worker();
        const opening = one.open(init);
        await vi.advanceTimersByTimeAsync(2_000);
        const session = await opening;
        expect(await session.runWorkflowTask([])).toEqual(done);
        expect(one.keepsSessions).toBe(false);
      };
      await run();
      await run();
      expect(asked).toEqual({ upgrades: 1, posts: 2 });
      await vi.advanceTimersByTimeAsync(60_000);
      await run();
      expect(asked).toEqual({ upgrades: 2, posts: 3 });
    },
  );

  it.each<[string, () => Promise<Response>]>([
    ['refuses the connection', () => Promise.reject(new TypeError('refused'))],
    ['is shutting down, or a proxy stands for it', async () => new Response(null, { status: 503 })],
  ])('that %s is asked for a WebSocket again a second later', async (_, upgrade) => {
    const { asked, worker } = workerThat(upgrade);
    await worker().open(init);
    await worker().open(init);
    expect(asked.upgrades).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await worker().open(init);
    expect(asked.upgrades).toBe(2);
  });

  it('is sent whole histories when it speaks another version, or what took the WebSocket is no Worker', async () => {
    const [other] = MemorySocket.pair();
    const [foreign] = MemorySocket.pair();
    const answers = [switching(other, 'perdure.session.v2'), switching(foreign)];
    answers[1]!.headers.delete(SDK_HEADER);
    for (const answer of answers) {
      const { asked, worker } = workerThat(async () => answer);
      expect(await (await worker().open(init)).runWorkflowTask([])).toEqual(done);
      expect(asked).toEqual({ upgrades: 1, posts: 1 });
    }
    expect([other.closedWith?.code, foreign.closedWith?.code]).toEqual([1000, 1000]);
  });

  it('is sent whole histories for a while when a session ended before it said a word', async () => {
    const ends: MemorySocket[] = [];
    const { asked, worker } = workerThat(async () => {
      const [near, far] = MemorySocket.pair();
      ends.push(far);
      return switching(near);
    });
    const session = await worker().open(init);
    const task = session.runWorkflowTask([]).catch((error: Error) => error.message);
    ends[0]!.cut();
    expect(await task).toBe('w1 closed the session (1006)');
    expect(await (await worker().open(init)).runWorkflowTask([])).toEqual(done);
    expect(asked).toEqual({ upgrades: 1, posts: 1 });
  });

  it('gets a WebSocket again when only a session that had answered was cut', async () => {
    const { answer, ends } = serving();
    const { asked, worker } = workerThat(answer);
    const session = await worker().open(init);
    await session.runWorkflowTask([]);
    ends[0]!.cut();
    await worker().open(init);
    expect(asked).toEqual({ upgrades: 2, posts: 0 });
  });

  it('fails the task when it answers garbage, or too much', async () => {
    for (const [frame, cause] of [
      ['hello', 'WORKFLOW_WORKER_UNHANDLED_FAILURE'],
      ['x'.repeat(1024 * 1024 + 1), 'PAYLOADS_TOO_LARGE'],
    ] as const) {
      const [near, far] = MemorySocket.pair();
      const session = await workerThat(async () => switching(near))
        .worker()
        .open(init);
      const task = session.runWorkflowTask([]);
      far.send(frame);
      expect(await task).toMatchObject({
        failed: {
          cause,
          failure: { message: expect.stringMatching(/^w1 gave an answer that cannot be used/) },
        },
      });
    }
  });
});
