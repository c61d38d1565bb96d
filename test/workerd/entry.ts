/** The engine under test: its own entry, with objects and bindings that can be made to fail (faults/injector.ts). */

import type { Env } from '../../src/env.ts';
import * as engine from '../../src/index.ts';
import { alarmFired, withFaultyBindings, withFaultyStorage } from './faults/injector.ts';

export class WorkflowExecution extends engine.WorkflowExecution {
  constructor(ctx: DurableObjectState, env: Env) {
    super(withFaultyStorage(ctx), withFaultyBindings(env));
  }
  override async alarm(): Promise<void> {
    alarmFired(this.ctx.id.name);
    await super.alarm();
  }
}
export class Visibility extends engine.Visibility {
  constructor(ctx: DurableObjectState, env: Env) {
    super(withFaultyStorage(ctx), withFaultyBindings(env));
  }
}
export class Namespace extends engine.Namespace {
  constructor(ctx: DurableObjectState, env: Env) {
    super(withFaultyStorage(ctx), withFaultyBindings(env));
  }
}
export class Schedule extends engine.Schedule {
  constructor(ctx: DurableObjectState, env: Env) {
    super(withFaultyStorage(ctx), withFaultyBindings(env));
  }
}
export class TaskQueue extends engine.TaskQueue {
  constructor(ctx: DurableObjectState, env: Env) {
    super(withFaultyStorage(ctx), withFaultyBindings(env));
  }
}
export class Batch extends engine.Batch {
  constructor(ctx: DurableObjectState, env: Env) {
    super(withFaultyStorage(ctx), withFaultyBindings(env));
  }
}

export default {
  fetch: (request, env, ctx) => engine.default.fetch(request, withFaultyBindings(env), ctx),
  queue: (batch, env, ctx) => engine.default.queue(batch, withFaultyBindings(env), ctx),
  scheduled: (controller, env) => engine.default.scheduled(controller, withFaultyBindings(env)),
} satisfies ExportedHandler<Env>;
