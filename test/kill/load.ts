/** What the clients want: every kind of operation, on workflows whose end is known beforehand. */

import { setTimeout as sleep } from 'node:timers/promises';
import { predicted, randomProgram } from '../workloads/programs.ts';
import type { RegisterCommand } from '../workloads/register.ts';
import { Client, type ClientPorts, type StartWish } from './client.ts';
import { BOUND_QUEUE, NODE_QUEUE } from './world.ts';

/** A register's operations are few, so that all their orders can be tried. */
const COMMANDS_PER_REGISTER = 40;
const REUSE = [undefined, 'ALLOW_DUPLICATE', 'ALLOW_DUPLICATE_FAILED_ONLY', 'REJECT_DUPLICATE'];
const CONFLICT = [undefined, 'FAIL', 'USE_EXISTING', 'TERMINATE_EXISTING'];

interface Described {
  workflowExecutionInfo: { status: string };
  pendingActivities?: Array<{ activityId: string; state: string }>;
}

/** For so long a run is open that is to be deleted before its end. */
const OPEN_MS = 20_000;

export class Load {
  readonly #prefix: string;
  readonly #clients: Client[];
  readonly #random: () => number;
  #workflows = 0;
  #on = true;
  #loops: Array<Promise<void>> = [];
  readonly #register = { id: '', left: 0, item: 0 };
  readonly #registers: string[] = [];
  readonly #known: string[] = [];

  /** @param prefix begins every workflow id */
  constructor(prefix: string, clients: number, ports: ClientPorts) {
    this.#prefix = prefix;
    this.#random = ports.random;
    this.#clients = Array.from({ length: clients }, (_, n) => new Client(`${prefix}c${n}`, ports));
  }

  begin(): void {
    this.#loops = this.#clients.map((client) => this.#loop(client));
  }

  /** No new wishes; those that are open are seen through. */
  async end(): Promise<void> {
    this.#on = false;
    await Promise.all(this.#loops);
    for (const id of this.#registers) await this.#clients[0]!.signal(id, 'done');
  }

  async #loop(client: Client): Promise<void> {
    if (client === this.#clients[0]) await client.start({ ...this.#wish('poison'), args: { poison: true } });
    while (this.#on) {
      await this.#pick(this.#scenarios)(client);
      await sleep(this.#random() * 60);
    }
  }

  readonly #scenarios: Array<(client: Client) => Promise<void>> = [
    (client) => this.#program(client),
    (client) => this.#program(client),
    (client) => this.#saga(client),
    (client) => this.#commands(client),
    (client) => this.#commands(client),
    (client) => this.#inOrder(client),
    (client) => this.#ended(client),
    (client) => this.#fromOutside(client),
    (client) => this.#policies(client),
    (client) => this.#reads(client),
    (client) => this.#finite(client, 'idle', [1_000 + Math.floor(this.#random() * 6_000)], 2),
    (client) => this.#finite(client, 'beating', [3], 3),
    (client) => this.#reset(client),
    (client) => this.#removed(client),
    (client) => this.#scheduled(client),
  ];

  async #finite(client: Client, workflowType: string, input: unknown[], expected?: unknown): Promise<void> {
    await client.start({ ...this.#wish(workflowType), input, args: { finite: true, expected } });
  }

  async #program(client: Client): Promise<void> {
    const steps = randomProgram(this.#random);
    const requestId = client.newId();
    const wish = {
      ...this.#wish('program'),
      input: [steps],
      args: { finite: true, expected: predicted(steps) },
    };
    await client.start(wish, requestId);
    // I34: the client has lost its memory, and asks again.
    if (this.#random() < 0.2) await client.start(wish, requestId);
  }

  #saga(client: Client): Promise<void> {
    const refuses = this.#random() < 0.3;
    return this.#finite(
      client,
      'saga',
      [1 + Math.floor(this.#random() * 100), refuses],
      refuses ? 'refunded' : 'moved',
    );
  }

  async #commands(client: Client): Promise<void> {
    if (this.#register.left === 0) {
      const { workflowId } = this.#wish('register');
      Object.assign(this.#register, { id: workflowId, left: COMMANDS_PER_REGISTER });
      this.#registers.push(workflowId);
      const wish = {
        ...this.#wish('register'),
        workflowId,
        conflict: 'USE_EXISTING',
        reuse: 'REJECT_DUPLICATE',
      };
      await client.commandWithStart(wish, this.#command());
    }
    const { id } = this.#register;
    for (let n = 0; n < 3 && this.#register.id === id && this.#register.left > 0; n++) {
      this.#register.left--;
      if (this.#random() < 0.25) await client.query(id, 'read');
      else await client.command(id, this.#command());
    }
  }

  #command(): RegisterCommand {
    const value = (): number => Math.floor(this.#random() * 4);
    const chance = this.#random();
    if (chance < 0.05) return { do: 'add', item: -1 };
    if (chance < 0.4) return { do: 'add', item: ++this.#register.item };
    if (chance < 0.6) return { do: 'write', value: value() };
    return { do: 'cas', from: value(), to: value() };
  }

  async #inOrder(client: Client): Promise<void> {
    const n = 3 + Math.floor(this.#random() * 10);
    const numbers = Array.from({ length: n }, (_, i) => i + 1).sort(() => this.#random() - 0.5);
    const expected = Array.from({ length: n }, (_, i) => i + 1);
    const wish = { ...this.#wish('inOrder'), input: [n], args: { expected } };
    const first = await client.signalWithStart(wish, 'numbered', numbers[0]);
    if (first.outcome === 'unknown') {
      while ((await client.terminate(wish.workflowId)).outcome === 'unknown');
      return;
    }
    let sent = 1;
    // Nothing may be missing in the end: what is not known to have arrived is sent again, under the same request id.
    for (const number of numbers.slice(1)) {
      const requestId = client.newId();
      for (let outcome = 'unknown'; outcome === 'unknown'; ) {
        ({ outcome } = await client.signal(wish.workflowId, 'numbered', number, requestId));
      }
      sent++;
      if (this.#random() < 0.1) await client.signal(wish.workflowId, 'numbered', number, requestId);
      if (this.#random() < 0.1 && sent < n) await client.query(wish.workflowId, 'seen');
    }
  }

  /** Cancelled, or terminated, or replaced. */
  async #ended(client: Client): Promise<void> {
    const wish = { ...this.#wish('waiter') };
    await client.start({ ...wish, args: { finite: true } });
    await sleep(this.#random() * 300);
    const chance = this.#random();
    if (chance < 0.2) await client.start({ ...wish, conflict: 'USE_EXISTING' });
    if (chance < 0.4) await client.start({ ...wish, conflict: 'TERMINATE_EXISTING' });
    const end = (): Promise<{ outcome: string; code?: string }> =>
      chance < 0.7 ? client.cancel(wish.workflowId) : client.terminate(wish.workflowId);
    while ((await end()).outcome === 'unknown');
  }

  /** Once or twice, from its beginning or from its last task on. */
  async #reset(client: Client): Promise<void> {
    const wish = { ...this.#unread('reset'), workflowType: 'idle', input: [1_500], args: { finite: true } };
    await client.start(wish);
    for (let times = this.#random() < 0.3 ? 2 : 1; times > 0; times--) {
      await sleep(200 + this.#random() * 2_500);
      const point = this.#random() < 0.5 ? 'firstWorkflowTask' : 'lastWorkflowTask';
      await client.reset(wish.workflowId, point);
    }
  }

  async #removed(client: Client): Promise<void> {
    const open = this.#random() < 0.3;
    const wish = this.#unread('removed');
    const { outcome } = await client.start({
      ...wish,
      // One whose start nobody was told of is not removed, and must come to its end by itself.
      ...(open ? { workflowType: 'idle', input: [OPEN_MS] } : { workflowType: 'quick', input: [1] }),
    });
    if (outcome !== 'ok') return;
    if (!open) await client.result(wish.workflowId);
    while ((await client.remove(wish.workflowId)).outcome === 'unknown');
  }

  async #scheduled(client: Client): Promise<void> {
    const wish = { ...this.#unread('scheduled'), workflowType: 'quick', input: [1] };
    await client.schedule(wish.workflowId, wish, 2 + Math.floor(this.#random() * 2));
  }

  async #fromOutside(client: Client): Promise<void> {
    const wish = this.#wish('answeredFromOutside');
    await client.start({ ...wish, args: { finite: true } });
    const value = `answer to ${wish.workflowId}`;
    for (let n = 0; n < 600; n++) {
      const { reply, outcome: known } = await client.describe(wish.workflowId);
      const info = reply?.value as Described | undefined;
      if (known === 'fail' || (info && !info.workflowExecutionInfo.status.endsWith('_RUNNING'))) return;
      const pending = info?.pendingActivities?.find(({ state }) => state.endsWith('_STARTED'));
      if (pending) {
        const { outcome } = await client.complete('complete', wish.workflowId, pending.activityId, value);
        if (outcome === 'ok')
          await client.complete('staleAnswer', wish.workflowId, pending.activityId, 'another');
      }
      await sleep(100);
    }
  }

  async #policies(client: Client): Promise<void> {
    const workflowId = `${this.#prefix}shared-${Math.floor(this.#random() * 4)}`;
    const [reuse, conflict] = [this.#pick(REUSE), this.#pick(CONFLICT)];
    await client.start({
      ...this.#wish('quick'),
      workflowId,
      reuse,
      conflict,
      input: [1],
      args: { finite: true },
    });
  }

  async #reads(client: Client): Promise<void> {
    const workflowId = this.#pick(this.#known);
    if (workflowId === undefined) return;
    if (this.#random() < 0.6) await client.history(workflowId);
    else if (this.#random() < 0.5) await client.describe(workflowId);
    else await client.result(workflowId);
  }

  /** Of a workflow that nobody else looks at. */
  #unread(workflowType: string): StartWish {
    const wish = this.#wish(workflowType);
    this.#known.pop();
    return wish;
  }

  #wish(workflowType: string): StartWish {
    const workflowId = `${this.#prefix}${workflowType}-${++this.#workflows}`;
    this.#known.push(workflowId);
    return { workflowId, workflowType, taskQueue: this.#random() < 0.7 ? NODE_QUEUE : BOUND_QUEUE };
  }

  #pick<T>(items: T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}
