/**
 * Workers: they run the real workflow runtime and simulated activities; they are down, slow, forgetful, and lose
 * sessions and answers. As sdk/worker does, they know a dispatch id again: they join the execution or repeat its answer.
 */

import { type Command, commandName, makeCommand } from '../../sdk/common/command.ts';
import { fromDurationJson } from '../../sdk/common/duration.ts';
import type { HistoryEvent, UpdateRequestJson } from '../../sdk/common/history.ts';
import { makeLogger } from '../../sdk/common/logger.ts';
import type { WorkerDeploymentVersion } from '../../sdk/common/versioning.ts';
import type {
  ActivityTask,
  ActivityTaskAnswer,
  WorkerDescription,
  WorkflowQuery,
  WorkflowQueryAnswer,
  WorkflowSession,
  WorkflowSessionInit,
  WorkflowTaskAnswer,
  WorkflowTaskPause,
} from '../../sdk/common/worker-protocol.ts';
import { WorkflowRun } from '../../sdk/workflow/runtime/run.ts';
import type {
  ActivityCallOutcome,
  ActivityWorker,
  NotServed,
  WorkflowWorker,
} from '../../src/execution/outside.ts';
import type { Found, WorkerDirectory } from '../../src/matching/directory.ts';
import { ACTIVITY_TYPES, type ActivityExecutions } from './activities.ts';
import type { Directories, Wanted } from './directories.ts';
import { localActivities } from './local-activities.ts';
import { deploymentOf, refusalOf, versionOf } from './versions.ts';
import { type WorkflowCode, workflowBuilds, workflows } from './workflows.ts';
import { overTheWire, type World } from './world.ts';

export const silent = makeLogger('ERROR', () => undefined);
const CALL_SLACK_MS = 5_000;

type Completed = Extract<WorkflowTaskAnswer, { completed: unknown }>['completed'];

export class SimWorker {
  readonly id: string;
  readonly keepsSessions: boolean;
  up = true;
  /** Grows with every restart: sessions and executions of an earlier one are gone. */
  epoch = 0;
  readonly dispatches = new Map<string, Promise<ActivityTaskAnswer>>();
  /** Which build of the workflow code it runs. */
  code: WorkflowCode = 'new';
  readonly version: WorkerDeploymentVersion | undefined;
  readonly description: WorkerDescription;

  constructor(id: string, keepsSessions: boolean, version?: WorkerDeploymentVersion, rate?: number) {
    this.id = id;
    this.keepsSessions = keepsSessions;
    this.version = version;
    const served = {
      workflowTypes: Object.keys(workflows),
      activityTypes: ACTIVITY_TYPES,
      ...(rate !== undefined && { maxActivitiesPerSecond: rate }),
    };
    this.description = {
      identity: id,
      sdk: { name: 'simulated', version: '0' },
      ...(version && { deploymentVersion: version }),
      taskQueues: ['main', 'side'].map((name) => ({ name, ...served })),
    };
  }

  /** A deploy is a restart. */
  deploy(code: WorkflowCode): void {
    this.code = code;
    this.#restart();
  }

  goDown(): void {
    this.up = false;
    this.#restart();
  }

  #restart(): void {
    this.epoch++;
    this.dispatches.clear();
  }
}

/** A Worker that was found for a task. */
export interface FoundWorker {
  worker: SimWorker;
  /** That the engine takes it for. */
  deploymentVersion?: WorkerDeploymentVersion;
  targetChanged?: true;
  /** It was not reached. */
  failed(reason: string): void;
}

export class Workers {
  readonly all: SimWorker[];
  readonly #world: World;
  readonly #executions: ActivityExecutions;
  readonly #directories: Directories | undefined;

  /** @param directories without them every Worker serves everything */
  constructor(
    world: World,
    executions: ActivityExecutions,
    directories?: (workers: Workers) => Directories | undefined,
  ) {
    this.#world = world;
    this.#executions = executions;
    const { workers, builds, workerRate } = world.settings;
    this.all = workers.map(
      ({ keepsSessions }, n) => new SimWorker(`worker-${n}`, keepsSessions, undefined, workerRate),
    );
    for (let n = 0; n < builds; n++)
      this.all.push(new SimWorker(`worker-of-${n}`, n !== 1, versionOf(n), workerRate));
    this.#directories = directories?.(this);
  }

  /** What the directory remembers: often right. */
  peek(place: string, wanted: Wanted): FoundWorker | undefined {
    if (this.#directories) {
      const directory = this.#directories.of(place);
      const found = directory.peek(wanted.kind, wanted.taskQueue, wanted.type, wanted.route);
      return found && this.#found(directory, found);
    }
    const known = this.#world.random.chance(this.#world.settings.peeks) ? this.#some() : undefined;
    return known && { worker: known, failed: () => undefined };
  }

  async find(place: string, wanted: Wanted): Promise<FoundWorker | NotServed> {
    await this.#world.scheduler.wait(this.#world.latency(5), 'directory');
    if (this.#directories) {
      const { kind, taskQueue, type, route, prefer } = wanted;
      const directory = this.#directories.of(place);
      const match = await directory.find(kind, taskQueue, type, prefer, route);
      return 'waitingReason' in match ? match : this.#found(directory, match);
    }
    const preferred = this.all.find((worker) => worker.id === wanted.prefer && worker.up);
    const worker = preferred ?? this.#some();
    return worker
      ? { worker, failed: () => undefined }
      : { waitingReason: 'no Worker serves the task queue' };
  }

  #found(directory: WorkerDirectory, { worker: { id }, identity: _, ...found }: Found): FoundWorker {
    const worker = this.all.find((candidate) => candidate.id === id)!;
    return { worker, ...found, failed: (reason) => directory.failed(id, reason) };
  }

  #some(): SimWorker | undefined {
    const up = this.all.filter((worker) => worker.up);
    return up.length > 0 ? this.#world.random.pick(up) : undefined;
  }

  workflowWorker({ worker, failed, ...version }: FoundWorker): WorkflowWorker {
    const world = this.#world;
    return {
      id: worker.id,
      identity: worker.id,
      keepsSessions: worker.keepsSessions,
      ...version,
      failed,
      open: async (init) => {
        if (!world.random.chance(world.settings.promptness)) {
          await world.scheduler.wait(world.latency(), `${worker.id} opens ${init.workflowId}`);
        }
        if (!worker.up || world.fault('openFails')) throw new Error(`${worker.id} was not reached`);
        const refusal = refusalOf(worker, init);
        if (refusal) throw new Error(refusal);
        return new SimSession(world, worker, init);
      },
    };
  }

  activityWorker({ worker, failed, deploymentVersion }: FoundWorker): ActivityWorker {
    const version = deploymentVersion && { deploymentVersion };
    const call = (task: ActivityTask) => this.#call(worker, overTheWire({ ...task, ...version }), failed);
    return { id: worker.id, identity: worker.id, call };
  }

  async #call(
    worker: SimWorker,
    task: ActivityTask,
    failed: FoundWorker['failed'],
  ): Promise<ActivityCallOutcome> {
    const { scheduler } = this.#world;
    const world = this.#world;
    const label = `${worker.id} ${task.activityType} ${task.workflowId} ${task.activityId}/${task.attempt}`;
    world.guard(() => this.#executions.arrived(worker, task));
    await scheduler.wait(world.latency(), `call ${label}`);
    if (!worker.up || world.fault('activityNotReached')) {
      failed('not reached');
      return { released: `${worker.id} was not reached` };
    }
    const refusal = refusalOf(worker, task);
    if (refusal) return { released: refusal };
    if (task.activityType === 'approve') return this.#executions.approvals.take(task);
    const { epoch } = worker;
    const answer = this.#execute(worker, task);
    const limit = fromDurationJson(task.startToCloseTimeout) + CALL_SLACK_MS;
    const givenUp = scheduler.wait(limit, `give up ${label}`).then(() => ({ released: 'no answer in time' }));
    if (world.fault('activityHangs')) return givenUp;
    if (world.fault('activityAnswersLate')) {
      void answer.then((late) => this.#executions.report(worker, task, late));
      await scheduler.wait(world.latency(), `202 ${label}`);
      return { accepted: true };
    }
    if (world.fault('activityAnswerLost')) {
      await scheduler.wait(world.latency(3_000), `connection lost ${label}`);
      return { released: 'the connection was lost' };
    }
    const twice = world.fault('activityAnswersTwice');
    const outcome = answer.then(async (now): Promise<ActivityCallOutcome> => {
      if (twice) void this.#executions.report(worker, task, now);
      await scheduler.wait(world.latency(), `answer ${label}`);
      return worker.epoch === epoch ? { answer: overTheWire(now) } : { released: 'the connection was lost' };
    });
    return Promise.race([outcome, givenUp]);
  }

  #execute(worker: SimWorker, task: ActivityTask): Promise<ActivityTaskAnswer> {
    const known = worker.dispatches.get(task.dispatchId);
    if (known && !this.#world.fault('workerForgets')) return known;
    const execution = this.#executions.run(worker, task);
    worker.dispatches.set(task.dispatchId, execution);
    return execution;
  }
}

/** The real runtime behind a connection that may break. */
class SimSession implements WorkflowSession {
  readonly #world: World;
  readonly #worker: SimWorker;
  readonly #epoch: number;
  readonly #run: WorkflowRun;
  readonly #label: string;
  #lost = false;
  /** Calls of one session arrive in the order they were made. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(world: World, worker: SimWorker, init: WorkflowSessionInit) {
    this.#world = world;
    this.#worker = worker;
    this.#epoch = worker.epoch;
    this.#label = `${worker.id} ${init.workflowId}`;
    this.#run = new WorkflowRun(overTheWire(init), {
      workflows: workflowBuilds[worker.code],
      logger: silent,
      localActivities: localActivities(world, worker),
      ...(worker.version && { deployment: deploymentOf(world, worker.version) }),
    });
  }

  feed(events: HistoryEvent[]): Promise<void> {
    return this.#call('feed', () => this.#run.feed(overTheWire(events)));
  }

  async runWorkflowTask(
    events: HistoryEvent[],
    updates?: UpdateRequestJson[],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    const world = this.#world;
    if (world.fault('taskSlow')) {
      await world.scheduler.wait(world.random.int(25_000), `slow task ${this.#label}`);
    }
    const answer = await this.#call('task', () =>
      this.#run.runWorkflowTask(overTheWire(events), overTheWire(updates)),
    );
    if (world.fault('taskAnswerLost')) this.#break();
    if ('completed' in answer && world.fault('workerLies')) return lie(world, answer.completed);
    if ('completed' in answer) {
      for (const { commandType } of answer.completed.commands) {
        world.coverage.count('commands', commandName(commandType) ?? commandType);
      }
      return overTheWire(this.#signed(answer));
    }
    return overTheWire(answer);
  }

  async proceed(): Promise<WorkflowTaskAnswer> {
    const answer = await this.#call('local activities', () => this.#run.proceed(), true);
    return 'completed' in answer ? this.#signed(answer) : answer;
  }

  /** So that history tells whose answer it was. */
  #signed({ completed }: { completed: Completed }): WorkflowTaskAnswer {
    return { completed: { ...completed, identity: this.#worker.id } };
  }

  query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    return this.#call('query', () => this.#run.query(overTheWire(events), query));
  }

  [Symbol.dispose](): void {
    this.#lost = true;
    this.#run[Symbol.dispose]();
  }

  #call<T>(what: string, work: () => Promise<T>, waits = false): Promise<T> {
    const call = this.#last.then(() => this.#carry(what, work, waits));
    this.#last = call.catch(() => undefined);
    return call;
  }

  async #carry<T>(what: string, work: () => Promise<T>, waits: boolean): Promise<T> {
    const world = this.#world;
    if (!world.random.chance(world.settings.promptness)) {
      await world.scheduler.wait(world.latency(), `${what} ${this.#label}`);
    }
    if (world.fault('sessionLost')) this.#break();
    if (this.#lost || !this.#worker.up || this.#worker.epoch !== this.#epoch) this.#break();
    return waits ? world.scheduler.insideRuntime(work) : world.scheduler.inRuntime(work);
  }

  #break(): never {
    this[Symbol.dispose]();
    throw new Error(`${this.#worker.id} lost the session`);
  }
}

/** Commands that the engine must not take, behind those that it could. */
function lie(world: World, { commands }: Completed): WorkflowTaskAnswer {
  const lies = [
    makeCommand('StartTimer', { timerId: '', startToFireTimeout: '1s' }),
    makeCommand('CancelTimer', { timerId: 'of nobody' }),
    makeCommand('RequestCancelActivityTask', { scheduledEventId: '999999' }),
    { commandType: 'COMMAND_TYPE_THAT_IS_NONE' } as unknown as Command,
  ];
  const open = commands.filter(({ commandType }) => !/(COMPLETE|FAIL|CANCEL|CONTINUE)/.test(commandType));
  return { completed: { commands: [...open, world.random.pick(lies)] } };
}
