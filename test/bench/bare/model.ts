/**
 * The floor of the model: what W1 to W5 and W7 cost at the least where code in another Worker is asked what to do, what it
 * says is stored before it is done, what came of it is stored before it is told, and a list of all runs, in an object of
 * its own, hears of each of them a little later. Messages and rows are as large as Perdure's, calls have a timeout, and an
 * alarm would find out what was under way. Nothing is checked, replayed, measured or tried again.
 * All that is said goes over JS RPC, as text: the cheapest way from one Worker to another (half of what calls take by `fetch`).
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

const told = (count: number): string => JSON.stringify(events(count));

/** The code's side: what a run is to do next. */
class Session extends RpcTarget {
  next(text: string, count: number): string {
    const seen = JSON.parse(text) as Events;
    if (seen.length === 0) throw new Error('nothing has happened');
    return JSON.stringify(Array.from({ length: count }, () => ({ ...COMMAND })));
  }
}

/** The other Worker, of the floor and of the floor of the model. */
export class Service extends WorkerEntrypoint {
  override async fetch(): Promise<Response> {
    return new Response('done');
  }
  run(text: string): string {
    const task = JSON.parse(text) as typeof TASK;
    return task.filler ? ANSWER : '';
  }
  openSession(): Session {
    return new Session();
  }
}

/** How messages for it begin, in the queue that it shares with the floor. */
export const MODEL_HOP = 'model ';

interface Opened extends Disposable {
  next(seen: string, count: number): Promise<string>;
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
  /** Names of objects. */
  HOPS: Queue<string>;
  LIST: DurableObjectNamespace<List>;
  MODEL: DurableObjectNamespace<Model>;
  SERVICE: Fetcher & { run(task: string): Promise<string>; openSession(): Opened };
}

export class Model extends DurableObject<ModelEnv> {
  #session: Opened | undefined;
  #ended: (() => void) | undefined;
  #hopped: (() => void) | undefined;
  #awaited = 0;
  #wakeTime = Number.POSITIVE_INFINITY;

  /** W1 and W3: so many calls, between two commits. */
  run(count: number): Promise<void> {
    return this.#run(count, (calls) => Promise.all(calls.map(() => this.#call())));
  }

  /** W1 by queue: a message may come twice, so that whose call it is is stored before it is made. */
  hop(): Promise<void> {
    return this.#run(1, async () => {
      const hopped = new Promise<void>((resolve) => {
        this.#hopped = resolve;
      });
      await this.env.HOPS.send(MODEL_HOP + this.ctx.id.name);
      await hopped;
      this.#record(1);
      return [await this.#call()];
    });
  }

  /** Said by the queue. */
  async hopped(): Promise<void> {
    this.#hopped?.();
  }

  async #run(count: number, call: (commands: object[]) => Promise<unknown[]>): Promise<void> {
    // JS RPC's pipelining: opened and asked in one message.
    using session = this.env.SERVICE.openSession();
    const commands = JSON.parse(await session.next(told(3), count)) as Array<typeof COMMAND>;
    this.#record(3 + 2 * commands.length);
    const answers = await call(commands);
    await session.next(told(2 + 2 * answers.length), 1);
    this.#record(4 + answers.length);
    this.#list();
  }

  /** W2: the code is asked after each call; what it said and what came of the call before are one commit. */
  async sequence(count: number): Promise<void> {
    using session = this.env.SERVICE.openSession();
    await session.next(told(3), 1);
    this.#record(5);
    for (let n = 1; n <= count; n++) {
      await this.#call();
      await session.next(told(4), 1);
      this.#record(5);
    }
    this.#list();
  }

  /** W4, W4b and W7: until so many signals have come. */
  async wait(signals: number): Promise<void> {
    this.#awaited = signals;
    this.#session = this.env.SERVICE.openSession();
    await this.#session.next(told(3), 0);
    this.#record(4);
    setTimeout(() => this.#close(), SESSION_MS);
    this.#list();
  }

  async signal(): Promise<void> {
    this.#session ??= this.env.SERVICE.openSession();
    await this.#session.next(told(4), 1);
    this.#record(5);
    if (--this.#awaited > 0) return;
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
    await session.next(told(3), 1);
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
    await session.next(told(5), 1);
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
    const overdue = Promise.withResolvers<never>();
    const timer = setTimeout(() => overdue.reject(new Error('no answer')), CALL_TIMEOUT_MS);
    try {
      const task = JSON.stringify({ ...TASK, id: crypto.randomUUID() });
      return JSON.parse(await Promise.race([this.env.SERVICE.run(task), overdue.promise]));
    } finally {
      clearTimeout(timer);
    }
  }
}
