import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import {
  MAX_FRAME_BYTES,
  MessageReader,
  type SessionSocket,
  sendMessage,
} from '../../sdk/common/session-socket.ts';
import type {
  WorkflowSession,
  WorkflowTaskAnswer,
  WorkflowTaskPause,
} from '../../sdk/common/worker-protocol.ts';
import { ServedSession } from '../../sdk/worker/served-session.ts';
import { WebSocketSession } from '../../src/effects/websocket-session.ts';
import { gate, recordingLogger } from '../worker/support.ts';
import { MemorySocket } from './memory-socket.ts';

const init = { namespace: 'n', workflowId: 'w', runId: 'r', workflowType: 'order', taskQueue: 'q' };
const events = (...ids: number[]) => ids.map((id) => ({ eventId: String(id) })) as unknown as HistoryEvent[];
const done: WorkflowTaskAnswer = { completed: { commands: [] } };
const error = (promise: Promise<unknown>) =>
  promise.then(
    () => 'it did not fail',
    (reason: Error) => reason.message,
  );

/** What a Worker does in a session, written down. */
class Run implements WorkflowSession {
  readonly fed: string[] = [];
  disposed = false;
  task: () => Promise<WorkflowTaskAnswer | WorkflowTaskPause> = async () => done;
  feeding: () => Promise<void> = async () => undefined;
  async feed(page: HistoryEvent[]): Promise<void> {
    await this.feeding();
    this.fed.push(...page.map(({ eventId }) => eventId));
  }
  async runWorkflowTask(page: HistoryEvent[], updates?: unknown[]) {
    this.fed.push(...page.map(({ eventId }) => eventId), `with ${updates?.length} updates`);
    return this.task();
  }
  async proceed() {
    this.fed.push('proceed');
    return done;
  }
  async query(page: HistoryEvent[], { queryType }: { queryType: string }) {
    this.fed.push(...page.map(({ eventId }) => eventId), queryType);
    return { result: { payloads: [] } };
  }
  [Symbol.dispose](): void {
    this.disposed = true;
  }
}

function connect({ open }: { open?: () => WorkflowSession } = {}) {
  const [near, far] = MemorySocket.pair();
  const run = new Run();
  const { logger, entries } = recordingLogger();
  const served = new ServedSession(far, { open: open ?? (() => run), logger });
  const told: string[] = [];
  const session = engineSide(near, told);
  return { near, far, run, served, session, told, entries };
}

function engineSide(socket: SessionSocket, told: string[] = []): WebSocketSession {
  return new WebSocketSession(socket, init, {
    worker: 'w1',
    callTimeoutMs: 60_000,
    maxReplyLength: 3 * MAX_FRAME_BYTES,
    notServed: () => told.push('not served'),
    unheard: () => told.push('unheard'),
  });
}

/** A Worker of another make, by hand. */
function stranger() {
  const [near, far] = MemorySocket.pair();
  const told: string[] = [];
  return { near, far, told, session: engineSide(near, told) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a session over a WebSocket', () => {
  it('brings history, tasks, local activities, updates and queries to the run, in order', async () => {
    const { session, run, near, told } = connect();
    await session.feed(events(1, 2));
    await session.feed(events(3));
    run.task = async () => ({ localActivities: true });
    const update = { meta: { updateId: 'u' }, input: { name: 'add' } };
    expect(await session.runWorkflowTask(events(4), [update])).toEqual({ localActivities: true });
    expect(await session.proceed()).toEqual(done);
    expect(await session.query(events(5), { queryType: 'items' })).toEqual({ result: { payloads: [] } });
    expect(run.fed).toEqual(['1', '2', '3', '4', 'with 1 updates', 'proceed', '5', 'items']);
    expect(session.ended).toBe(false);
    session[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(0);
    expect([run.disposed, session.ended, near.closedWith?.code, told]).toEqual([true, true, 1000, []]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not wait for the reply to each page, but never has more than four on their way', async () => {
    const { session, run, near } = connect();
    const hold = gate();
    run.feeding = () => hold.promise;
    let pages = 0;
    const feeding = (async () => {
      for (let n = 1; n <= 10; n++, pages++) await session.feed(events(n));
    })();
    await vi.advanceTimersByTimeAsync(0);
    expect(pages).toBe(3);
    expect(near.sent).toHaveLength(5);
    hold.open();
    await feeding;
    await session.runWorkflowTask([]);
    expect(run.fed.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, n) => String(n + 1)));
  });

  it('says what the Worker could not do', async () => {
    const { session, run, entries } = connect();
    run.task = async () => {
      throw new Error('out of tea');
    };
    expect(await error(session.runWorkflowTask([]))).toBe('w1 answered INTERNAL: out of tea');
    expect(entries.map(({ level }) => level)).toEqual(['ERROR']);
  });

  it('is of no use when the Worker does not serve the type, and the Worker is asked again what it serves', async () => {
    const open = (): WorkflowSession => {
      throw new ServiceError('NOT_FOUND', 'workflow type "order" is not served here');
    };
    const { session, told } = connect({ open });
    await session.feed(events(1));
    expect(await error(session.runWorkflowTask(events(2)))).toMatch(/^w1 answered NOT_FOUND: workflow type/);
    expect([session.ended, told]).toEqual([true, ['not served']]);
  });
});

describe('a session over a WebSocket ends', () => {
  it('when the network goes away half-way, and the call is lost', async () => {
    const { session, run, near, told } = connect();
    await session.query([], { queryType: 'items' });
    run.task = () => new Promise(() => undefined);
    const lost = error(session.runWorkflowTask(events(1)));
    await vi.advanceTimersByTimeAsync(0);
    near.cut();
    expect(await lost).toBe('w1 closed the session (1006)');
    expect(await error(session.proceed())).toBe('w1 closed the session (1006)');
    expect([session.ended, run.disposed, told]).toEqual([true, true, []]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('when the connection breaks with an error', async () => {
    const { session, near } = connect();
    const lost = error(session.runWorkflowTask(events(1)));
    near.emit('error', { message: 'reset by peer' });
    expect(await lost).toBe('the connection to w1 broke: reset by peer');
  });

  it('when a call gets no reply in time', async () => {
    const { session, run, near } = connect();
    run.task = () => new Promise(() => undefined);
    const lost = error(session.runWorkflowTask(events(1)));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await lost).toBe('w1 gave no answer within 60000 ms');
    expect([near.closedWith?.code, run.disposed]).toEqual([1000, true]);
  });

  it('when the engine gives it up, whatever it waits for', async () => {
    const { session, run } = connect();
    run.task = () => new Promise(() => undefined);
    const lost = error(session.runWorkflowTask(events(1)));
    session[Symbol.dispose]();
    expect(await lost).toBe('the session was given up');
  });

  it('when nothing is asked of it, after half a minute, however long the last call took', async () => {
    const { session, run, far } = connect();
    const hold = gate();
    run.task = async () => {
      await hold.promise;
      return done;
    };
    const task = session.runWorkflowTask(events(1));
    await vi.advanceTimersByTimeAsync(50_000);
    hold.open();
    expect(await task).toEqual(done);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(session.ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect([session.ended, run.disposed, far.closedWith?.code]).toEqual([true, true, 1000]);
  });

  it('when the Worker shuts down, after the reply that is due', async () => {
    const { session, run, served, far } = connect();
    const hold = gate();
    run.task = async () => {
      await hold.promise;
      return done;
    };
    const task = session.runWorkflowTask(events(1));
    await vi.advanceTimersByTimeAsync(0);
    const closed = served.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(far.closedWith).toBeUndefined();
    hold.open();
    expect(await task).toEqual(done);
    await closed;
    await vi.advanceTimersByTimeAsync(0);
    expect([session.ended, far.closedWith?.code]).toEqual([true, 1001]);
    expect(await error(session.proceed())).toBe('w1 closed the session (1001: the Worker is shutting down)');
  });
});

describe('a Worker that does not keep to the protocol', () => {
  it.each<[string, unknown, RegExp, number]>([
    ['no JSON', 'hello', /^it is not JSON/, 1002],
    ['a binary frame', new Uint8Array(3), /^it is not text$/, 1002],
    ['null', 'null', /no object with a whole number for its id/, 1002],
    ['a reply without id', '{"answer":{}}', /no object with a whole number for its id/, 1002],
    [
      'a reply to a call that nobody made',
      '{"id":99,"answer":{}}',
      /call 99, which waits for no reply/,
      1002,
    ],
    ['a reply without answer', '{"id":2}', /neither answer nor error/, 1002],
    ['half a message and another one', '+{"id":2', /does not go on/, 1002],
    ['a frame that is too large', 'x'.repeat(MAX_FRAME_BYTES + 1), /too large: a frame has/, 1009],
  ])('loses its session, and its task fails with what was wrong: %s', async (_, frame, message, code) => {
    const { session, near, far } = stranger();
    const task = session.runWorkflowTask(events(1));
    far.send(frame);
    if (code === 1002) far.send('{"id":2,"answer":null}');
    await expect(task).rejects.toMatchObject({
      name: 'UnusableAnswerError',
      message: expect.stringMatching(message),
      tooLarge: code === 1009,
    });
    expect([session.ended, near.closedWith?.code]).toEqual([true, code]);
  });

  it('cannot send a message without end', async () => {
    const { session, far } = stranger();
    const task = session.runWorkflowTask(events(1));
    for (let n = 0; n < 4; n++) far.send(`+${'x'.repeat(MAX_FRAME_BYTES - 1)}`);
    await expect(task).rejects.toMatchObject({ tooLarge: true });
  });

  it('is unheard when its session ends before the first reply, unless the engine gave it up at once', async () => {
    const cut = stranger();
    cut.near.cut();
    const slow = stranger();
    await vi.advanceTimersByTimeAsync(10_000);
    slow.session[Symbol.dispose]();
    const quick = stranger();
    quick.session[Symbol.dispose]();
    expect([cut.told, slow.told, quick.told]).toEqual([['unheard'], ['unheard'], []]);
  });
});

describe('an engine that does not keep to the protocol', () => {
  it.each([
    ['no JSON', 'hello', 1002],
    ['a binary frame', new Uint8Array(3), 1002],
    ['a frame that is too large', 'x'.repeat(MAX_FRAME_BYTES + 1), 1009],
  ])('loses its session: %s', async (_, frame, code) => {
    const { near, far, run, session } = connect();
    await session.feed(events(1));
    near.send(frame as string);
    await vi.advanceTimersByTimeAsync(0);
    expect([far.closedWith?.code, run.disposed]).toEqual([code, true]);
  });

  it.each([
    ['an unknown call', { stop: {} }, 'a call has one of open, feed, runWorkflowTask, proceed, query'],
    ['a task before the session is open', { runWorkflowTask: { events: [] } }, 'the session is not open'],
    ['events that are none', { feed: { events: 'all' } }, 'feed.events: a list of events is required'],
    ['a query without a type', { query: { events: [], query: {} } }, 'query.queryType: a text is required'],
  ])('is told what is wrong: %s', async (_, call, message) => {
    const [near, far] = MemorySocket.pair();
    new ServedSession(far, { open: () => new Run(), logger: recordingLogger().logger });
    near.send(JSON.stringify({ id: 7, ...call }));
    await vi.advanceTimersByTimeAsync(0);
    const [reply] = far.sent.map((frame) => JSON.parse(frame as string));
    expect(reply).toMatchObject({ id: 7, error: { message } });
  });

  it('cannot pile up calls without end', async () => {
    const { near, far, run } = connect();
    run.task = () => new Promise(() => undefined);
    for (let id = 2; id < 100; id++) near.send(JSON.stringify({ id, runWorkflowTask: { events: [] } }));
    await vi.advanceTimersByTimeAsync(0);
    expect(far.closedWith).toEqual({
      code: 1002,
      reason: 'a frame cannot be read: too many calls wait for their replies',
    });
  });
});

describe('a message', () => {
  it.each([
    ['of plain letters', 'a', 1],
    ['of characters that take three bytes', '€', 1],
    ['of characters with two halves', '😀', 1],
    ['of characters with two halves, out of step', '😀', 2],
  ])('%s that is longer than a frame arrives whole, in frames of 1 MiB at most', (_, letter, shift) => {
    const message = { id: shift, answer: `${'-'.repeat(shift)}${letter.repeat(600_000)}` };
    const frames: string[] = [];
    sendMessage({ send: (frame: string) => frames.push(frame) } as unknown as SessionSocket, message);
    expect(frames.length).toBeGreaterThan(1);
    const reader = new MessageReader(10 * MAX_FRAME_BYTES);
    // As text they travel as UTF-8, where half a character is lost.
    const bytes = frames.map((frame) => new TextEncoder().encode(frame));
    expect(Math.max(...bytes.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(MAX_FRAME_BYTES);
    const read = bytes.map((frame) => reader.take(new TextDecoder().decode(frame)));
    expect(read.slice(0, -1).every((part) => part === undefined)).toBe(true);
    expect(read.at(-1)).toEqual(message);
  });
});
