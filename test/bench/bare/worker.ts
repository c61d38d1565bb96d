/**
 * The floor: what each workload costs whoever builds it by hand from a Durable Object, SQLite and calls to another
 * Worker. Each step is recorded before it is taken and after it, in one commit where that can be; nothing else is done:
 * no retry, no timeout, no replay, nothing that would find out what was under way when it died.
 */

import { DurableObject } from 'cloudflare:workers';
import { MODEL_HOP, type ModelEnv } from './model.ts';

export { List, Model } from './model.ts';

interface Env extends ModelEnv {
  BARE: DurableObjectNamespace<Bare>;
}

export class Bare extends DurableObject<Env> {
  #ended: (() => void) | undefined;

  /** W1: two writes, one call. */
  async one(): Promise<void> {
    this.#record('started');
    this.#record('called');
    await this.#call();
  }

  /** W1 with one hop of a queue before the call. */
  async hop(): Promise<void> {
    this.#record('started');
    this.#record('called');
    const ended = this.ended();
    await this.env.HOPS.send(this.ctx.id.name!);
    await ended;
  }

  /** Said by the queue. */
  async hopped(): Promise<void> {
    await this.#call();
    this.#ended?.();
  }

  /** W2: what is done is written down between two calls. */
  async sequence(count: number): Promise<void> {
    this.#record('started');
    for (let n = 0; n < count; n++) {
      await this.#call();
      this.#record(`done ${n}`);
    }
  }

  /** W3 */
  async parallel(count: number): Promise<void> {
    this.#record('started');
    await Promise.all(Array.from({ length: count }, () => this.#call()));
    this.#record('done');
  }

  /** W4, W7: a run that waits. */
  async wait(): Promise<void> {
    this.#record('started');
  }

  /** Where somebody waits for the end, the signal brings it: the other Worker is asked, and what it says recorded. */
  async signal(): Promise<void> {
    this.#record('signal');
    if (!this.#ended) return;
    await this.#call();
    this.#record('done');
    this.#ended();
  }

  async ended(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
  }

  /** W5: wakes at that time, asks the Worker, and says how late it was. */
  async wake(time: number): Promise<void> {
    this.#record(String(time));
    await this.ctx.storage.setAlarm(time);
  }

  override async alarm(): Promise<void> {
    await this.#call();
    this.#record(String(Date.now()));
  }

  /** When the alarm had been served; 0 as long as it was not. */
  async woken(): Promise<number> {
    const rows = this.ctx.storage.sql.exec<{ data: string }>('SELECT data FROM log ORDER BY seq').toArray();
    return rows.length < 2 ? 0 : Number(rows.at(-1)!.data);
  }

  #record(what: string): void {
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, data TEXT)');
    sql.exec('INSERT INTO log (data) VALUES (?)', what);
  }

  async #call(): Promise<void> {
    const response = await this.env.SERVICE.fetch('http://service/', { method: 'POST', body: '{}' });
    await response.text();
  }
}

/** `POST /<what>/<object>`, where something begins with `{ "n": … }`: each object is a run of its own. */
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const [, what, id = ''] = pathname.split('/');
    if (what === 'health') return new Response('ok');
    const object = env.BARE.getByName(id);
    const model = env.MODEL.getByName(id);
    const text = await request.text();
    const { n } = text === '' ? { n: 0 } : (JSON.parse(text) as { n: number });
    switch (what) {
      case 'one':
        await object.one();
        break;
      case 'hop-one':
        await object.hop();
        break;
      case 'sequence':
        await object.sequence(n);
        break;
      case 'parallel':
        await object.parallel(n);
        break;
      case 'wait':
        await object.wait();
        break;
      case 'signal':
        await object.signal();
        break;
      case 'ended':
        await object.ended();
        break;
      case 'wake':
        await object.wake(n);
        break;
      case 'woken':
        return Response.json(await object.woken());
      case 'model-one':
      case 'model-parallel':
        await model.run(n);
        break;
      case 'model-hop-one':
        await model.hop();
        break;
      case 'model-sequence':
        await model.sequence(n);
        break;
      case 'model-wake':
        await model.wake(n);
        break;
      case 'model-woken':
        return Response.json(await model.woken());
      case 'model-wait':
        await model.wait(n);
        break;
      case 'model-signal':
        await model.signal();
        break;
      case 'model-ended':
        await model.ended();
        break;
      default:
        return new Response('not found', { status: 404 });
    }
    return new Response('done');
  },
  async queue({ messages }, env) {
    await Promise.all(
      messages.map(({ body }) =>
        body.startsWith(MODEL_HOP)
          ? env.MODEL.getByName(body.slice(MODEL_HOP.length)).hopped()
          : env.BARE.getByName(body).hopped(),
      ),
    );
  },
} satisfies ExportedHandler<Env, string>;
