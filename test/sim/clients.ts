/**
 * Clients: each does one thing after another, tries again under the same request id when it cannot know what became
 * of a request, and remembers what was acknowledged to it.
 */

import { defaultPayloadConverter, toPayloadsJson } from '../../sdk/common/payload.ts';
import type {
  Replies,
  Request,
  ServiceRequests,
  StartWorkflowExecutionRequest,
  UpdateWorkflowExecutionReply,
} from '../../sdk/common/service.ts';
import type { ActivityExecutions } from './activities.ts';
import { ACTIVITY_ACTS, actOnActivities } from './activity-operators.ts';
import type { Api } from './api.ts';
import { actOnBatch } from './batch-acts.ts';
import type { Batches } from './batches.ts';
import { deletion } from './deletions.ts';
import type { Ledger } from './ledger.ts';
import { changeLimits, rush } from './limit-acts.ts';
import type { SimNamespace } from './namespace.ts';
import { isRefusal, isUnknown, type Owner } from './objects.ts';
import { type Doing, OPERATOR_ACTS, operatorActs } from './operators.ts';
import { familyStart } from './plans.ts';
import { query, readHistory, staleAnswer } from './questions.ts';
import { actOnSchedule, SCHEDULE_ACTS } from './schedule-acts.ts';
import type { ScheduleOwner } from './schedules.ts';
import { actOnStandalone } from './standalone.ts';
import type { TaskQueueOwner } from './task-queues.ts';
import { actOnVersions, VERSION_ACTS } from './versions.ts';
import { NAMESPACE, overTheWire, Unknown, type World } from './world.ts';

const payloads = (...values: unknown[]) => toPayloadsJson(defaultPayloadConverter, ...values);
const MAX_TRIES = 6;
const PLAIN_TYPES = [
  'transfer',
  'fanOut',
  'collect',
  'collect',
  'scopes',
  'beat',
  'timers',
  'locals',
  'tick',
];
/** A handful of runs. */
const CRON = { cronSchedule: '* * * * *', workflowExecutionTimeout: '200s' };

export interface ClientPorts {
  world: World;
  api: Api;
  ledger: Ledger;
  executions: ActivityExecutions;
  workflowIds: string[];
  owner(workflowId: string): Owner;
  /** Ids of all workflows that there have been. */
  known(): string[];
  schedule(scheduleId: string): ScheduleOwner;
  batches: Batches;
  namespace: SimNamespace;
  taskQueue(name: string): TaskQueueOwner;
}

export class SimClient {
  readonly #name: string;
  readonly #ports: ClientPorts;
  #requests = 0;
  readonly #sent: Array<Request<'SignalWorkflowExecution'>> = [];
  busy = false;

  constructor(name: string, ports: ClientPorts) {
    this.#name = name;
    this.#ports = ports;
  }

  /** Begins one thing. */
  act(): void {
    const { world, workflowIds } = this.#ports;
    const { random } = world;
    const workflowId = random.pick(workflowIds);
    const { act, doing } = this.#next(workflowId);
    this.busy = true;
    world.scheduler.say(`${this.#name}: ${act} ${workflowId}`);
    doing()
      .catch((error: unknown) => {
        if (isRefusal(error)) world.scheduler.say(`${this.#name}: refused ${error.code} ${error.message}`);
        else if (isUnknown(error)) world.scheduler.say(`${this.#name}: gave up`);
        else
          world.violate(`${this.#name}: ${act} ${workflowId} failed with ${(error as Error).stack ?? error}`);
      })
      .finally(() => {
        this.busy = false;
      });
  }

  #next(workflowId: string): { act: string; doing: () => Promise<void> } {
    const { random, settings } = this.#ports.world;
    if (random.chance(settings.operators)) {
      const act = random.pick(OPERATOR_ACTS);
      return { act, doing: () => operatorActs[act](this.#doing, workflowId) };
    }
    if (settings.schedules > 0 && random.chance(0.2)) {
      const act = random.pick(SCHEDULE_ACTS);
      const scheduleId = `s-${random.int(settings.schedules)}`;
      return { act: `${act} ${scheduleId}`, doing: () => actOnSchedule(this.#doing, act, scheduleId) };
    }
    if (settings.deletions > 0 && random.chance(settings.deletions)) {
      const start = (id: string) => ({
        kind: 'StartWorkflowExecution' as const,
        ...this.#startRequest(id, random.pick(['fanOut', 'collect', 'timers', 'beat'])),
        workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING',
      });
      return { act: 'delete', doing: () => deletion(this.#doing, start) };
    }
    if (random.chance(settings.activityOperators)) {
      const act = random.pick(ACTIVITY_ACTS);
      return { act, doing: () => actOnActivities(this.#doing, act) };
    }
    if (random.chance(settings.batches)) return { act: 'batch', doing: () => actOnBatch(this.#doing) };
    if (random.chance(settings.limits)) {
      const changes = !settings.strictLimits && random.chance(0.3);
      if (changes) return { act: 'change limits', doing: () => changeLimits(this.#doing) };
      return { act: 'rush', doing: () => rush(this.#doing, this.#startRequest(workflowId, 'fanOut')) };
    }
    if (random.chance(settings.versions)) {
      const act = random.pick(VERSION_ACTS);
      return { act, doing: () => actOnVersions(this.#doing, act, workflowId) };
    }
    if (random.chance(settings.approvals)) {
      const request = {
        kind: 'StartWorkflowExecution' as const,
        ...this.#startRequest(workflowId, 'approval'),
      };
      return { act: 'ask somebody', doing: () => this.#start(workflowId, request) };
    }
    if (settings.standalone > 0 && random.chance(settings.standalone))
      return { act: 'activity of no workflow', doing: () => actOnStandalone(this.#doing) };
    const act = random.pick(ACTS);
    return { act, doing: () => this.#acts[act](workflowId) };
  }

  get #doing(): Doing {
    return {
      ports: this.#ports,
      requestId: () => this.#requestId(),
      untilKnown: (ask) => this.#untilKnown(ask),
      persist: (workflowId, request) => this.#persist(workflowId, request),
    };
  }

  readonly #acts: Record<Act, (workflowId: string) => Promise<void>> = {
    start: async (workflowId) => {
      const request = { kind: 'StartWorkflowExecution' as const, ...this.#startRequest(workflowId) };
      request.workflowIdConflictPolicy = this.#ports.world.random.pick([
        undefined,
        undefined,
        'WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING',
        'WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING',
      ]);
      await this.#start(workflowId, request);
    },
    signalWithStart: async (workflowId) => {
      const { random, settings } = this.#ports.world;
      const value = this.#nextValue();
      const request = {
        kind: 'SignalWithStartWorkflowExecution' as const,
        ...this.#startRequest(workflowId, random.chance(settings.families) ? 'chain' : 'collect'),
        signalName: 'add',
        signalInput: payloads(value),
      };
      await this.#start(workflowId, request);
      this.#ports.ledger.signaled(workflowId, request.requestId);
    },
    signal: async (workflowId) => {
      const { random } = this.#ports.world;
      const requestId = this.#requestId();
      const signalName = random.chance(0.85) ? 'add' : 'finish';
      const request = {
        kind: 'SignalWorkflowExecution' as const,
        namespace: NAMESPACE,
        workflowExecution: { workflowId },
        signalName,
        ...(signalName === 'add' && { input: payloads(this.#nextValue()) }),
        requestId,
      };
      await this.#persist(workflowId, request);
      this.#ports.ledger.signaled(workflowId, requestId);
      this.#sent.push(request);
      if (random.chance(0.2)) await this.#persist(workflowId, request);
    },
    // I34: long after, perhaps to a later run of the chain. The ledger sees whether it arrives twice.
    repeat: async () => {
      const request = this.#sent.length > 0 && this.#ports.world.random.pick(this.#sent);
      if (request) await this.#persist(request.workflowExecution.workflowId, request);
    },
    update: (workflowId) => this.#update(workflowId),
    cancel: async (workflowId) => {
      const workflowExecution = { workflowId };
      const requestId = this.#requestId();
      await this.#persist(workflowId, {
        kind: 'RequestCancelWorkflowExecution',
        namespace: NAMESPACE,
        workflowExecution,
        requestId,
      });
    },
    terminate: async (workflowId) => {
      if (this.#ports.world.random.chance(0.7)) return;
      const workflowExecution = { workflowId };
      await this.#persist(workflowId, {
        kind: 'TerminateWorkflowExecution',
        namespace: NAMESPACE,
        workflowExecution,
        reason: 'the simulator says so',
      });
    },
    query: (workflowId) => query(this.#ports, workflowId),
    history: (workflowId) => readHistory(this.#ports, workflowId),
    describe: async (workflowId) => {
      await this.#ports.api.call(workflowId, 'describe', (object) => object.describe(undefined));
    },
    result: async (workflowId) => {
      const waitMs = this.#ports.world.random.int(20_000);
      const reply = await this.#ports.api.call(workflowId, 'result', (object) =>
        object.result(undefined, waitMs),
      );
      if (!reply.pending) this.#ports.ledger.resultSeen(workflowId, reply.runId, reply.closeEvent);
    },
    staleAnswer: () => staleAnswer(this.#ports),
  };

  #requestId(): string {
    return `${this.#name}-r${++this.#requests}`;
  }

  /** Numbers of one client grow: their order can be seen in any history. */
  #nextValue(): string {
    return `${this.#name}:${++this.#requests}`;
  }

  #startRequest(workflowId: string, type?: string): StartWorkflowExecutionRequest & { requestId: string } {
    const { random, settings } = this.#ports.world;
    const requestId = this.#requestId();
    if (!type && random.chance(settings.families)) return familyStart(random, workflowId, requestId);
    const workflowType = type ?? random.pick(PLAIN_TYPES);
    const inputs: Record<string, unknown[]> = {
      transfer: [`ref-${requestId}`, 100],
      fanOut: [random.between(1, 8)],
      collect: [random.pick([0, 100, 5_000, 60_000])],
      chain: [random.between(1, 5), random.pick([100, 5_000, 60_000])],
      scopes: [random.pick([100, 5_000, 60_000])],
      beat: [random.between(1, 8)],
      timers: [random.between(1, 4)],
      locals: [random.between(1, 4), random.pick([1, 1_000, 20_000])],
      tick: [],
      approval: [],
    };
    return {
      namespace: NAMESPACE,
      workflowId,
      workflowType: { name: workflowType },
      taskQueue: { name: 'main' },
      input: payloads(...inputs[workflowType]!),
      requestId,
      ...(workflowType === 'tick' && CRON),
      ...(workflowType !== 'tick' &&
        random.chance(0.15) && { workflowStartDelay: `${random.between(1, 90)}s` }),
      ...(random.chance(0.1) && { workflowRunTimeout: `${random.between(1, 90)}s` }),
      ...(random.chance(0.3) && { workflowTaskTimeout: `${random.between(1, 10)}s` }),
    };
  }

  async #start(
    workflowId: string,
    request: Request<'StartWorkflowExecution'> | Request<'SignalWithStartWorkflowExecution'>,
  ): Promise<void> {
    const { ledger, world } = this.#ports;
    const { runId, started } = await this.#persist(workflowId, request as Request<'StartWorkflowExecution'>);
    ledger.started(workflowId, runId);
    if (!world.random.chance(0.2)) return;
    const again = await this.#persist(workflowId, request as Request<'StartWorkflowExecution'>);
    if (again.runId !== runId || again.started !== started) {
      world.violate(`I34: start ${request.requestId} of ${workflowId} gave ${runId}, then ${again.runId}`);
    }
  }

  /** Until it is acknowledged or refused; gives up after some tries. */
  async #persist<K extends keyof ServiceRequests>(
    workflowId: string,
    request: Request<K>,
  ): Promise<Replies[K]> {
    return this.#untilKnown(() => this.#ports.api.request(workflowId, request));
  }

  async #untilKnown<T>(ask: () => Promise<T>): Promise<T> {
    const { world } = this.#ports;
    for (let tries = 1; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        if (isRefusal(error) || (tries >= MAX_TRIES && world.faultsOn)) {
          throw isRefusal(error) ? error : new Unknown('given up');
        }
        await world.scheduler.wait(world.latency(3_000), `${this.#name} tries again`);
      }
    }
  }

  /** I37: asks until it knows the outcome; sometimes the workflow is started for it. */
  async #update(workflowId: string): Promise<void> {
    const { api, ledger, world } = this.#ports;
    const { random } = world;
    const updateId = this.#requestId();
    const n = random.chance(0.3) ? -1 : random.int(100);
    const stage = (name: string) => ({ lifecycleStage: `UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_${name}` });
    const request = {
      namespace: NAMESPACE,
      workflowExecution: { workflowId },
      waitPolicy: stage(random.pick(['ADMITTED', 'ACCEPTED', 'COMPLETED'])),
      request: {
        meta: { updateId },
        input: { name: random.pick(['book', 'note']), args: payloads(n) },
      },
    };
    let reply: UpdateWorkflowExecutionReply;
    if (random.chance(0.3)) {
      const startWorkflow = {
        ...familyStart(random, workflowId, `${updateId}-start`, 'desk'),
        workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING',
      };
      const both = { namespace: NAMESPACE, startWorkflow, updateWorkflow: request };
      const answer = await this.#untilKnown(() =>
        api.call(workflowId, 'updateWithStart', (object) => object.updateWithStart(overTheWire(both))),
      );
      ledger.started(workflowId, answer.startWorkflow.runId);
      reply = answer.updateWorkflow;
    } else {
      const ask = () => api.call(workflowId, 'update', (object) => object.update(overTheWire(request)));
      reply = await this.#untilKnown(ask);
      if (random.chance(0.3)) ledger.updated(workflowId, n, await this.#untilKnown(ask));
    }
    ledger.updated(workflowId, n, reply);
    const { updateRef } = reply;
    for (let polls = 0; !reply.outcome && (polls < MAX_TRIES || !world.faultsOn); polls++) {
      const poll = { namespace: NAMESPACE, updateRef, waitPolicy: stage('COMPLETED') };
      reply = await this.#untilKnown(() =>
        api.call(workflowId, 'pollUpdate', (object) => object.pollUpdate(poll)),
      );
      ledger.updated(workflowId, n, reply);
    }
  }
}

const ACTS = [
  'start',
  'start',
  'start',
  'signalWithStart',
  'signal',
  'signal',
  'signal',
  'signal',
  'repeat',
  'update',
  'update',
  'cancel',
  'terminate',
  'query',
  'history',
  'describe',
  'result',
  'staleAnswer',
] as const;
type Act = (typeof ACTS)[number];
