/** The engine's entry: wires, decides nothing. */

import { files as webUi } from '../web-ui/files.js';
import { createApi } from './api/app.ts';
import { platformPorts } from './api/ports.ts';
import { allNamespaces } from './auth/namespace-cache.ts';
import { runLimitsOf } from './auth/run-limits.ts';
import { Batch as BatchObject } from './batch/batch.ts';
import { consume } from './effects/consumer.ts';
import { connectOutside } from './effects/outside.ts';
import { connectSchedule } from './effects/schedules.ts';
import { exportMetrics } from './effects/telemetry.ts';
import { clockOffset, type Env, maxPayloadBytes } from './env.ts';
import { WorkflowExecutionObject } from './execution/workflow-execution.ts';
import { Namespace as NamespaceObject } from './namespace/namespace.ts';
import { placed } from './placement.ts';
import { ScheduleDurableObject } from './schedule/schedule.ts';
import { TaskQueue as TaskQueueObject } from './task-queue/task-queue.ts';
import { wakeShards } from './visibility/client.ts';
import { Visibility as VisibilityObject } from './visibility/visibility.ts';

export class TaskQueue extends TaskQueueObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, placed(env));
  }
}

export class Batch extends BatchObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, placed(env));
  }
}

export class Namespace extends NamespaceObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, placed(env));
  }
}

export class Visibility extends VisibilityObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, placed(env));
  }
}

export class WorkflowExecution extends WorkflowExecutionObject<Env> {
  constructor(ctx: DurableObjectState, bindings: Env) {
    const env = placed(bindings);
    super(ctx, env, (context, namespace, workflowId) => ({
      outside: connectOutside(context, env, namespace, workflowId),
      clockOffset: clockOffset(env),
      settings: {
        maxPayloadBytes: maxPayloadBytes(env),
        runLimits: runLimitsOf(env, namespace),
      },
    }));
  }
}

export class Schedule extends ScheduleDurableObject<Env> {
  constructor(ctx: DurableObjectState, bindings: Env) {
    const env = placed(bindings);
    super(ctx, env, (context, namespace, scheduleId) => ({
      outside: connectSchedule(context, env, namespace, scheduleId),
      clockOffset: clockOffset(env),
    }));
  }
}

const api = createApi(platformPorts, webUi);

export default {
  fetch: (request, env, ctx) => api.fetch(request, placed(env), ctx),
  queue: (batch, env, ctx) => consume(batch, placed(env), (promise) => ctx.waitUntil(promise)),
  scheduled: async (_, bindings) => {
    const env = placed(bindings);
    const all = await allNamespaces(env);
    const names = all.map(({ name }) => name);
    await wakeShards(env, names);
    await exportMetrics(env, names);
  },
} satisfies ExportedHandler<Env>;
