/** The way from a client to an object: requests and answers get lost on it, and a lost answer says nothing. */

import type { Replies, Request, ServiceRequests } from '../../sdk/common/service.ts';
import type { ExecutionObject } from '../../src/execution/execution-object.ts';
import type { InternalRequestKind } from '../../src/execution/outside.ts';
import type { Owner } from './objects.ts';
import { overTheWire, Unknown, type World } from './world.ts';

/** To an object that is no workflow's. */
export async function askObject(world: World, label: string, ask: () => Promise<void>): Promise<void> {
  if (world.random.chance(0.5)) await world.scheduler.wait(world.latency(), label);
  if (world.fault('requestLost')) throw new Unknown('the request was lost');
  await ask();
  if (world.fault('replyLost')) throw new Unknown('the answer was lost');
}

/** From one object to another: a call may be lost, doubled or late, and so may its answer. */
export async function betweenObjects<T>(world: World, label: string, make: () => Promise<T>): Promise<T> {
  if (world.random.chance(0.5)) await world.scheduler.wait(world.latency(), label);
  if (world.fault('callLost')) throw new Error(`${label} was lost`);
  if (world.fault('callDoubled'))
    world.scheduler.at(world.random.int(60_000), `again: ${label}`, () => void make().catch(() => undefined));
  if (world.fault('callLate')) await world.scheduler.wait(world.random.int(60_000), `late: ${label}`);
  const reply = overTheWire(await make());
  if (world.fault('callAnswerLost')) throw new Error(`the answer to ${label} was lost`);
  return reply;
}

export class Api {
  readonly #world: World;
  readonly #owner: (workflowId: string) => Owner;

  constructor(world: World, owner: (workflowId: string) => Owner) {
    this.#world = world;
    this.#owner = owner;
  }

  /** A service request. Rejects with Unknown when nobody can say what became of it. */
  request<K extends keyof ServiceRequests>(workflowId: string, request: Request<K>): Promise<Replies[K]> {
    this.#world.coverage.count('requests', request.kind);
    const body = overTheWire(request);
    return this.call(workflowId, request.kind, (object) => object.request(body));
  }

  /** From one object to another. A call that is out goes on without its caller. */
  async between<K extends InternalRequestKind>(workflowId: string, request: Request<K>): Promise<Replies[K]> {
    const world = this.#world;
    world.coverage.count('requests', `internal ${request.kind}`);
    const body = overTheWire(request);
    const label = `call ${request.kind} ${workflowId}`;
    const make = (): Promise<Replies[K]> =>
      this.#owner(workflowId).call((object) => object.internal(overTheWire(body)));
    return betweenObjects(world, label, make);
  }

  async call<T>(workflowId: string, what: string, work: (object: ExecutionObject) => Promise<T>): Promise<T> {
    const world = this.#world;
    if (world.random.chance(0.5)) await world.scheduler.wait(world.latency(), `${what} ${workflowId}`);
    if (world.fault('requestLost')) throw new Unknown('the request was lost');
    const reply = overTheWire(await this.#owner(workflowId).call(work));
    if (world.fault('replyLost')) throw new Unknown('the answer was lost');
    return reply;
  }
}
