/** The world as one incarnation of an object sees it. Once the object is lost nothing in it moves any more. */

import type { NotServed, Outside } from '../../src/execution/outside.ts';
import type { WorkerDirectory } from '../../src/matching/directory.ts';
import type { Api } from './api.ts';
import type { Directories, Wanted } from './directories.ts';
import type { SimNamespace } from './namespace.ts';
import type { Incarnation, Owner } from './objects.ts';
import type { Queue } from './queue.ts';
import { type ScheduleOwner, tellSchedule } from './schedules.ts';
import type { TaskQueueOwner } from './task-queues.ts';
import type { FoundWorker, Workers } from './workers.ts';
import { overTheWire, type World } from './world.ts';

export interface Around {
  world: World;
  workers: Workers;
  queue: Queue;
  api: Api;
  /** In seeds with versions or limits. */
  directories: Directories | undefined;
  schedule(scheduleId: string): ScheduleOwner;
  namespace: SimNamespace;
  taskQueue(name: string): TaskQueueOwner;
}

export function connect(around: Around, owner: Owner, incarnation: Incarnation): Outside {
  const { world, workers, queue, api, directories, namespace, schedule, taskQueue } = around;
  const { scheduler, settings } = world;
  const crash = (fault: 'crashAtCall' | 'crashAtAnswer'): void => {
    if (!incarnation.dead && world.fault(fault)) owner.crash(fault);
  };
  /** Answers only while the incarnation lives. */
  const living = <T>(promise: Promise<T>): Promise<T> => {
    crash('crashAtCall');
    return new Promise((resolve, reject) => {
      const settle = (answer: () => void): void => {
        crash('crashAtAnswer');
        if (!incarnation.dead) answer();
      };
      promise.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    });
  };
  const workflowWorker = (worker: FoundWorker) => {
    const real = workers.workflowWorker(worker);
    return {
      ...real,
      open: async (...init: Parameters<typeof real.open>) => {
        const session = await living(real.open(...init));
        return {
          feed: (events: Parameters<typeof session.feed>[0]) => living(session.feed(events)),
          runWorkflowTask: (...task: Parameters<typeof session.runWorkflowTask>) =>
            living(session.runWorkflowTask(...task)),
          proceed: () => living(session.proceed()),
          query: (...query: Parameters<typeof session.query>) => living(session.query(...query)),
          [Symbol.dispose]: () => session[Symbol.dispose](),
        };
      },
    };
  };
  const activityWorker = (worker: FoundWorker) => {
    const real = workers.activityWorker(worker);
    return {
      ...real,
      call: (task: Parameters<typeof real.call>[0]) =>
        incarnation.dead ? new Promise<never>(() => undefined) : living(real.call(task)),
    };
  };
  const found = <W>(worker: FoundWorker | NotServed, make: (worker: FoundWorker) => W): W | NotServed =>
    'waitingReason' in worker ? worker : make(worker);
  const peeked = <W>(wanted: Wanted, make: (worker: FoundWorker) => W): W | undefined => {
    const worker = workers.peek(owner.workflowId, wanted);
    return worker && make(worker);
  };
  const find = (wanted: Wanted) => living(workers.find(owner.workflowId, wanted));
  const directory = directories?.of(owner.workflowId);
  /** As src/effects/permits.ts. */
  const permits = (directory: WorkerDirectory): NonNullable<Outside['permits']> => ({
    peek: (name) => directory.limitsOf(name) !== undefined,
    look: async (name) => {
      await living(directory.described()).catch(() => undefined);
      return directory.limitsOf(name) !== undefined;
    },
    ask: async (name, request) => {
      if (incarnation.dead) return new Promise(() => undefined);
      const limits = directory.limitsOf(name);
      return limits ? living(taskQueue(name).ask(request, limits)) : { granted: world.clock };
    },
    giveBack: (name, task, asked) =>
      incarnation.dead ? new Promise(() => undefined) : living(taskQueue(name).giveBack(task, asked)),
  });
  return {
    now: () => world.clock,
    newRunId: () => world.random.uuid(),
    after: (ms, callback) =>
      scheduler.at(
        ms,
        `timer of ${owner.workflowId}#${incarnation.number}`,
        () => incarnation.dead || callback(),
      ),
    inlineBoundMs: settings.inlineBoundMs,
    rowPauseMs: 500,
    peekWorkflowWorker: (taskQueue, type, route) =>
      peeked({ kind: 'workflow', taskQueue, type, route }, workflowWorker),
    findWorkflowWorker: async (taskQueue, type, route) =>
      found(await find({ kind: 'workflow', taskQueue, type, route }), workflowWorker),
    destinationOf: (taskQueue, route) => {
      void directory?.renew()?.catch(() => undefined);
      return directory?.destinationOf('workflow', taskQueue, route) ?? {};
    },
    peekActivityWorker: (taskQueue, type, route) =>
      peeked({ kind: 'activity', taskQueue, type, route }, activityWorker),
    findActivityWorker: async (taskQueue, type, route, prefer) =>
      found(await find({ kind: 'activity', taskQueue, type, route, prefer }), activityWorker),
    dispatchOf: (taskQueue) => settings.queues[taskQueue as 'main'].dispatch,
    sendActivityTask: (task, activityType, taskQueue, route) =>
      incarnation.dead
        ? new Promise(() => undefined)
        : living(queue.send(overTheWire({ task, activityType, taskQueue, route }))),
    ...(settings.limits > 0 && directory && { permits: permits(directory) }),
    notifySchedule: (scheduleId, closed) =>
      incarnation.dead
        ? new Promise(() => undefined)
        : living(tellSchedule(world, schedule(scheduleId), closed)),
    recordVisibility: async (record) => {
      if (incarnation.dead) return new Promise(() => undefined);
      await living(scheduler.wait(world.latency(), `visibility ${owner.workflowId}`));
      if (world.fault('visibilityFails')) throw new Error('visibility was not reached');
      const { runId } = record.info.execution;
      const known = world.visibility.get(runId);
      const late = world.forgotten.has(runId);
      if (!late && (!known || known.version < record.version))
        world.visibility.set(runId, overTheWire(record));
      world.listed?.record(overTheWire(record));
      if (world.fault('visibilityFails')) throw new Error('visibility has it, but the answer was lost');
    },
    removeVisibility: async (run) => {
      const { runId } = run;
      if (incarnation.dead) return new Promise(() => undefined);
      await living(scheduler.wait(world.latency(), `visibility ${owner.workflowId}`));
      if (world.fault('visibilityFails')) throw new Error('visibility was not reached');
      world.visibility.delete(runId!);
      world.forgotten.add(runId!);
      world.listed?.forget(run, world.now);
      if (world.fault('visibilityFails')) throw new Error('it is removed, but the answer was lost');
    },
    chainResult: (_namespace, workflowId, runId) => {
      if (incarnation.dead) return new Promise(() => undefined);
      world.coverage.count('requests', 'internal AskChild');
      return living(api.call(workflowId, 'ask', (object) => object.result(runId, 0, 'resets')));
    },
    callExecution: (_namespace, workflowId, request) =>
      incarnation.dead ? new Promise(() => undefined) : living(api.between(workflowId, request)),
    noteWaiting: () => namespace.waiting(owner.workflowId),
    workersChanged: () => directory?.invalidate(),
    engineUrl: () => undefined,
    keepAlive: () => undefined,
    log: (message, fields) => {
      if (incarnation.dead) return;
      scheduler.say(`log ${owner.workflowId} ${message} ${JSON.stringify(fields).slice(0, 600)}`);
      const { reason } = fields as { reason?: string };
      if (message === 'a turn failed and was undone' && !reason?.includes('InjectedFault')) {
        world.violate(`${owner.workflowId}: ${message}: ${reason}`);
      }
      if (message === 'workflow task failed') {
        const { cause = '' } = fields as { cause?: string };
        // I21: other code is noticed, and the run waits for its own to come back.
        const expected = cause === 'NON_DETERMINISTIC_ERROR' && settings.probability.codeChanges > 0;
        if (!expected) world.violate(`${owner.workflowId}: ${message}: ${cause}`);
      }
    },
  };
}
