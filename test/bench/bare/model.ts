/**
 * The floor of the model: what W1 to W5 and W7 cost at the least where code in another Worker is asked what to do, what it
 * says is stored before it is done, what came of it is stored before it is told, and a list of all runs, in an object of
 * its own, hears of each of them a little later. Messages and rows are as large as Perdure's, calls have a timeout, and an
 * alarm would find out what was under way. Nothing is checked, replayed, measured or tried again.
 */

import { DurableObject, RpcTarget, WorkerEntrypoint } from 'cloudflare:workers';

/** As large as a history event, a command, and a task as an activity's Worker is sent it, each with its payload. */
const EVENT = { eventId: '1', eventTime: new Date(0).toISOString(), attributes: { filler: 'e'.repeat(200) } };
const COMMAND = { commandType: 'call', attributes: { filler: 'c'.repeat(250) } };
const TASK = { id: '', filler: 't'.repeat(850) };
const ANSWER = JSON.stringify({ completed: { filler: 'a'.repeat(100) } });

const CALL_TIMEOUT_MS = 60_000;
/** So long after its end a run is listed, when whoever waits for it has been told. */
const LISTED_AFTER_MS = 100;
/** For so long a session waits for more. */
const SESSION_MS = 500;

type Events = Array<typeof EVENT>;
const events = (count: number): Events =>
  Array.from({ length: count }, (_, n) => ({ ...EVENT, eventId: String(n) }));

/** The code's side: what a run is to do next. */
class Session extends RpcTarget {
  next(seen: Events, count: number): Array<typeof COMMAND> {
    if (seen.length === 0) throw new Error('nothing has happened');
    return Array.from({ length: count }, () => ({ ...COMMAND }));
  }
}

/** The other Worker, of the floor and of the floor of the model. */
export class Service extends WorkerEntrypoint {
  override async fetch(request: Request): Promise<Response> {
    if (!request.url.endsWith('/task')) return new Response('done');
    const task = (await request.json()) as typeof TASK;
    return new Response(task.filler ? ANSWER : '', { headers: { 'content-type': 'application/json' } });
  }
  openSession(): Session {
    return new Session();
  }
}

interface Opened extends Disposable {
  next(seen: Events, count: number): Promise<Array<typeof COMMAND>>;
}

/** What all runs are listed in: one row each, in one order. */
export class List extends DurableObject {
  async put(id: string, row: string): Promise<void> {
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, time INTEGER, row TEXT) WITHOUT ROWID');
    sql.exec('CREATE INDEX IF NOT EXISTS by_time ON runs (time DESC, id)');
    sql.exec('INSERT OR REPLACE INTO runs VALUES (?, ?, ?)', id, Date.now(), row);
  }
}

export interface ModelEnv {
  LIST: DurableObjectNamespace<List>;
  MODEL: DurableObjectNamespace<Model>;
  SERVICE: Fetcher & { openSession(): Opened };
}

export class Model extends DurableObject<ModelEnv> {
  #session: Opened | undefined;
  #ended: (() => void) | undefined;
  #wakeTime = Number.POSITIVE_INFINITY;

  /** W1 and W3: so many calls, between two commits. */
  async run(count: number): Promise<void> {
    // JS RPC's pipelining: opened and asked in one message.
    using session = this.env.SERVICE.openSession();
    const commands = await session.next(events(3), count);
    this.#record(3 + 2 * commands.length);
    const answers = await Promise.all(commands.map(() => this.#call()));
    await session.next(events(2 + 2 * answers.length), 1);
    this.#record(4 + answers.length);
    this.#list();
  }

  /** W2: the code is asked after each call; what it said and what came of the call before are one commit. */
  async sequence(count: number): Promise<void> {
    using session = this.env.SERVICE.openSession();
    await session.next(events(3), 1);
    this.#record(5);
    for (let n = 1; n <= count; n++) {
      await this.#call();
      await session.next(events(4), 1);
      this.#record(5);
    }
    this.#list();
  }

  /** W4 and W7 */
  async wait(): Promise<void> {
    this.#session = this.env.SERVICE.openSession();
    await this.#session.next(events(3), 0);
    this.#record(4);
    setTimeout(() => this.#close(), SESSION_MS);
    this.#list();
  }

  async signal(): Promise<void> {
    this.#session ??= this.env.SERVICE.openSession();
    await this.#session.next(events(4), 1);
    this.#record(5);
    this.#close();
    this.#list();
    this.#ended?.();
  }

  #list(): void {
    setTimeout(() => this.ctx.waitUntil(this.#listed()), LISTED_AFTER_MS);
  }

  async #listed(): Promise<void> {
    await this.env.LIST.getByName('runs').put(this.ctx.id.name!, JSON.stringify(events(2)));
    this.#record(1);
  }

  #close(): void {
    this.#session?.[Symbol.dispose]();
    this.#session = undefined;
  }

  async ended(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
  }

  /** W5: sleeps until that time. */
  async wake(time: number): Promise<void> {
    using session = this.env.SERVICE.openSession();
    await session.next(events(3), 1);
    this.#wakeTime = time;
    this.#record(5, String(time));
    this.#list();
  }

  /** The other alarms come long after what is measured. */
  override async alarm(): Promise<void> {
    const sleeps = this.ctx.storage.sql.exec('SELECT 1 FROM log WHERE until IS NOT NULL').toArray();
    if (sleeps.length !== 1) return;
    this.#wakeTime = Number.POSITIVE_INFINITY;
    using session = this.env.SERVICE.openSession();
    await session.next(events(5), 1);
    this.#record(5, `over ${Date.now()}`);
    this.#list();
  }

  /** When it had woken; 0 as long as it has not. */
  async woken(): Promise<number> {
    const rows = this.ctx.storage.sql.exec<{ until: string }>(
      "SELECT until FROM log WHERE until LIKE 'over %'",
    );
    return Number(rows.toArray()[0]?.until.slice('over '.length) ?? 0);
  }

  #record(count: number, until: string | null = null): void {
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, data TEXT, until TEXT)');
    sql.exec('INSERT INTO log (data, until) VALUES (?, ?)', JSON.stringify(events(count)), until);
    void this.ctx.storage.setAlarm(Math.min(this.#wakeTime, Date.now() + CALL_TIMEOUT_MS));
  }

  async #call(): Promise<unknown> {
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(), CALL_TIMEOUT_MS);
    try {
      const body = JSON.stringify({ ...TASK, id: crypto.randomUUID() });
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', body, headers, signal: overdue.signal };
      const response = await this.env.SERVICE.fetch('http://service/task', init);
      return await response.json();
    } finally {
      clearTimeout(timer);
    }
  }
}
