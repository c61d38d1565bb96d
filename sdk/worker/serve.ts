/**
 * A Worker without a platform: answers the engine's requests (`workerPaths`) and opens sessions. The Cloudflare and
 * Node entries put it behind their doors; tests call it.
 */

import type { HeartbeatThrottle } from '../activity/heartbeat.ts';
import type { Client } from '../client/client.ts';
import { type Duration, msOptionalToNumber, msToNumber } from '../common/duration.ts';
import { ServiceError } from '../common/errors.ts';
import {
  type ActivityTask,
  type ActivityTaskAnswer,
  type JsRpcMessage,
  type TextAnswer,
  type WorkerDescription,
  type WorkflowQueryAnswer,
  type WorkflowSession,
  type WorkflowSessionInit,
  workerPaths,
} from '../common/worker-protocol.ts';
import { WorkflowRun } from '../workflow/runtime/run.ts';
import { ActivityTasks } from './activity-tasks.ts';
import { boundedActivityAnswer } from './answer-size.ts';
import {
  checkActivityTask,
  checkQueryTask,
  checkSessionInit,
  checkWorkflowTask,
  parseBody,
  readBody,
} from './body.ts';
import { BoundedSession } from './bounded-session.ts';
import { CodedSession } from './coded-session.ts';
import { DispatchVerifier } from './dispatch-verifier.ts';
import type { EngineAddress } from './engine-call.ts';
import { HeldRuns } from './held-runs.ts';
import { isLong } from './hold-limit.ts';
import { answer, answerError, notServed, response } from './http-answers.ts';
import { type ActivityLimits, checkLimits, Gate, type Places, throttleOf } from './limits.ts';
import { LocalActivityRunners } from './local-activities.ts';
import {
  type ActivityRegistry,
  type CheckedOptions,
  checkOptions,
  describeWorker,
  functionsOf,
  typed,
  type WorkerOptions,
} from './options.ts';
import { refusalOf, servesWorkflow, versionRefusal } from './refusal.ts';
import { type AcceptedSession, Sessions } from './sessions.ts';
import { SlottedSession } from './slotted-session.ts';
import { type SlotSuppliers, type SuppliedPlaces, suppliedPlaces } from './supplied-slots.ts';
import type { WorkflowSlotInfo } from './tuner.ts';
import { WorkCounts } from './work-counts.ts';

const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface HandlerOptions extends WorkerOptions, ActivityLimits, HeartbeatThrottle {
  /** Where heartbeats and late answers go. Default: the address in the task. */
  engine?: EngineAddress;
  /** What activities get as their client. Default: one for the engine that sent the task, made when it is asked for. */
  client?: () => Client;
  /** An activity that runs longer is answered "accepted" and reported when it is finished. Default: never. */
  answerWithin?: Duration;
  /** Larger bodies are refused with 413. Default 64 MiB: a workflow task carries a whole history. */
  maxBodyBytes?: number;
  /** What an engine that is bound to the Worker may send over JS RPC. */
  jsRpc?: JsRpcMessage[];
  /** True where an execution can end with the request that brought it (Cloudflare Workers). */
  requestScoped?: boolean;
  /** Activities whose start-to-close timeout is longer go to the call's `activityHost`, where there is one. Default 5 minutes. */
  hostActivitiesLongerThan?: Duration;
  /** For so long the platform holds a call; an activity that runs longer fails with `ActivityTooLongForHost`. */
  holdLimit?: Duration;
  /** Judges what comes over HTTP, where `engineKeys` are not all that there is to know. */
  verifier?: DispatchVerifier;
  /** The program's own, of a tuner. */
  slotSuppliers?: SlotSuppliers;
  /** Aborted shortly before the process ends: running activities are cancelled. */
  shutdownSignal?: AbortSignal;
}

/** What the platform knows about one request. */
export interface CallContext {
  /** Aborted when the caller can no longer receive the answer. Default: the request's. */
  signal?: AbortSignal;
  waitUntil?: (promise: Promise<unknown>) => void;
  /** Activities for this request, where they depend on it (bindings). Default: those of the options. */
  activities?: object;
  engine?: EngineAddress;
  /** In the place of the options'. */
  verifier?: DispatchVerifier;
  /** Takes over activities that may run longer than `hostActivitiesLongerThan`; resolves once it is durable that it has one. */
  activityHost?: (task: ActivityTask) => Promise<void>;
}

export interface Handler {
  fetch(request: Request, call?: CallContext): Promise<Response>;
  /** What `fetch` answers where an {@link ActivityTask} is posted. Nobody says that the caller went away. */
  activityTask(task: string, call: CallContext): Promise<TextAnswer>;
  describe(activities?: object): WorkerDescription;
  /** @throws ServiceError NOT_FOUND when the workflow type is not served here. */
  openSession(init: WorkflowSessionInit, activities?: object): WorkflowSession;
  /** Executes an attempt, whoever waits for it. */
  executeActivity(
    task: ActivityTask,
    engine: EngineAddress,
    activities?: object,
  ): Promise<ActivityTaskAnswer | 'async'>;
  /** For a request that asks for a WebSocket ({@link asksForWebSocket}): the answer when it cannot have one, or how it goes on. */
  acceptSession(
    request: Request,
    activities?: object,
    verifier?: DispatchVerifier,
  ): Promise<Response | AcceptedSession>;
  /** Ends all sessions over WebSockets, each after the reply that is due on it. */
  closeSessions(): Promise<void>;
  readonly activityTasks: ActivityTasks;
  readonly counts: WorkCounts;
  readonly options: CheckedOptions;
}

/** @throws ValueError when an option is wrong. */
export function createHandler(options: HandlerOptions): Handler {
  const checked = checkOptions(options, `perdure-worker@${options.taskQueue}`);
  checkLimits(options);
  const places = suppliedPlaces(options.slotSuppliers, checked);
  const activityTasks = activityTasksOf(options, checked, places);
  const serving: Serving = {
    options: checked,
    activityTasks,
    localActivities: new LocalActivityRunners(checked, { ...options, places: places.localActivity }),
    workflowPlaces: places.workflow,
    heldRuns: options.requestScoped ? undefined : new HeldRuns(checked.identity),
    hostLongerThanMs: msToNumber(options.hostActivitiesLongerThan ?? '5 minutes'),
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    jsRpc: options.jsRpc,
    engine: options.engine ?? {},
    verifier: options.verifier ?? (options.engineKeys && new DispatchVerifier({ keys: options.engineKeys })),
    counts: new WorkCounts(),
  };
  const registry = (activities: object | undefined): ActivityRegistry =>
    activities ? functionsOf('activities', activities) : checked.activities;
  const sessions = new Sessions(checked.logger);
  const open = (init: WorkflowSessionInit, activities?: object): WorkflowSession =>
    openSession(serving, checkSessionInit(init), registry(activities));
  return {
    options: checked,
    activityTasks,
    counts: serving.counts,
    describe: (activities) => describeWorker(checked, registry(activities), options.jsRpc),
    executeActivity: (task, engine, activities) =>
      activityTasks.execute(task, typed(registry(activities), task.activityType)!, engine),
    openSession: open,
    acceptSession: async (request, activities, verifier = serving.verifier) => {
      try {
        await verifier?.verify(request, '');
      } catch (error) {
        return response(answerError(checked.logger, error));
      }
      return acceptSession(sessions, request, (init) => open(init, activities));
    },
    closeSessions: () => sessions.close(),
    fetch: async (request, call = {}) => {
      try {
        return response(await route(serving, request, call, registry(call.activities)));
      } catch (error) {
        return response(answerError(checked.logger, error));
      }
    },
    activityTask: async (task, call) => {
      try {
        return await activityTask(serving, parseBody(task), undefined, call, registry(call.activities));
      } catch (error) {
        return answerError(checked.logger, error);
      }
    },
  };
}

function activityTasksOf(
  options: HandlerOptions,
  checked: CheckedOptions,
  places: SuppliedPlaces,
): ActivityTasks {
  const answerWithinMs = msOptionalToNumber(options.answerWithin);
  const holdLimitMs = msOptionalToNumber(options.holdLimit);
  const gate = Gate.of(options, places.activity);
  return new ActivityTasks({
    identity: checked.identity,
    logger: checked.logger,
    requestScoped: options.requestScoped ?? false,
    ...(gate && { gate }),
    interceptors: checked.activityInterceptors,
    metricMeter: checked.metricMeter,
    dataConverter: checked.dataConverter,
    heartbeatThrottle: throttleOf(options),
    ...(options.client && { client: options.client }),
    ...(answerWithinMs !== undefined && { answerWithinMs }),
    ...(holdLimitMs !== undefined && { holdLimitMs }),
    ...(options.shutdownSignal && { shutdownSignal: options.shutdownSignal }),
  });
}

interface Serving {
  options: CheckedOptions;
  activityTasks: ActivityTasks;
  /** Where a run can be held between two requests. */
  heldRuns: HeldRuns | undefined;
  hostLongerThanMs: number;
  localActivities: LocalActivityRunners;
  workflowPlaces: Places<WorkflowSlotInfo> | undefined;
  maxBodyBytes: number;
  jsRpc: JsRpcMessage[] | undefined;
  engine: EngineAddress;
  verifier: DispatchVerifier | undefined;
  counts: WorkCounts;
}

async function route(
  serving: Serving,
  request: Request,
  call: CallContext,
  activities: ActivityRegistry,
): Promise<TextAnswer> {
  const name = pathOf(request);
  if (typeof name !== 'string') return name;
  const method = name === 'describe' || name === 'session' ? 'GET' : 'POST';
  if (request.method !== method) return answer(405, { message: `${workerPaths[name]} takes ${method}` });
  if (name === 'describe') return answer(200, describeWorker(serving.options, activities, serving.jsRpc));
  // The host has let it through as an ordinary request: it has no WebSockets.
  if (name === 'session') return answer(426, { message: 'There are no sessions here' });
  const text = await readBody(request, serving.maxBodyBytes);
  await (call.verifier ?? serving.verifier)?.verify(request, text);
  const body = parseBody(text);
  if (name === 'query') return queryTask(serving, body, activities);
  const signal = call.signal ?? request.signal;
  if (name === 'workflowTask') return workflowTask(serving, body, signal, activities);
  return activityTask(serving, body, signal, call, activities);
}

/** What is asked for, or why it is refused. */
function pathOf(request: Request): keyof typeof workerPaths | TextAnswer {
  // Where nothing is signed, a web page that a browser near this Worker has open must not get a task run.
  if (request.headers.has('origin')) return answer(403, { message: 'Web pages have no business here' });
  const [path = ''] = request.url.split(/[?#]/, 1);
  // The base URL of a Worker may have a path of its own.
  const name = workerPathNames.find((key) => path.endsWith(workerPaths[key]));
  return name ?? answer(404, { message: `Nothing is served at ${new URL(request.url).pathname}` });
}

const workerPathNames = Object.keys(workerPaths) as Array<keyof typeof workerPaths>;

export function asksForWebSocket(request: Request): boolean {
  return request.headers.get('upgrade')?.toLowerCase() === 'websocket';
}

function acceptSession(
  sessions: Sessions,
  request: Request,
  open: (init: WorkflowSessionInit) => WorkflowSession,
): Response | AcceptedSession {
  const name = pathOf(request);
  if (typeof name !== 'string') return response(name);
  if (name !== 'session') return response(answer(400, { message: `${workerPaths[name]} is no WebSocket` }));
  const accepted = sessions.accept(request, open);
  return 'refused' in accepted
    ? response(answer(accepted.refused.status, { message: accepted.refused.message }))
    : accepted;
}

async function workflowTask(
  serving: Serving,
  body: Record<string, unknown>,
  signal: AbortSignal,
  activities: ActivityRegistry,
): Promise<TextAnswer> {
  const task = checkWorkflowTask(body);
  const { runId, history, updates } = task;
  const refusal = refusalOf(serving.options, task);
  if (refusal) return notServed(refusal);
  const { heldRuns } = serving;
  const { session, unseen } = heldRuns?.take(runId, history) ?? {
    session: openSession(serving, task, activities, heldRuns === undefined),
    unseen: history,
  };
  let held = false;
  const giveUp = (): void => session[Symbol.dispose]();
  // Nobody would record how its local activities ended: whoever gets the task next carries them out.
  signal.addEventListener('abort', giveUp);
  try {
    const first = await session.runWorkflowTask(unseen, updates);
    // The engine posts a task only when its start is durable.
    const reply = 'localActivities' in first ? await session.proceed() : first;
    if ('completed' in reply && reply.completed.forceCreateNewWorkflowTask) {
      heldRuns?.hold(runId, Number(history.at(-1)!.eventId), session);
      held = true;
    }
    return answer(200, reply);
  } finally {
    signal.removeEventListener('abort', giveUp);
    if (!held) session[Symbol.dispose]();
  }
}

async function queryTask(
  serving: Serving,
  body: Record<string, unknown>,
  activities: ActivityRegistry,
): Promise<TextAnswer> {
  const task = checkQueryTask(body);
  const refusal = refusalOf(serving.options, task);
  if (refusal) return notServed(refusal);
  const session = openSession(serving, task, activities);
  try {
    const reply: WorkflowQueryAnswer = await session.query(task.history, task.query);
    return answer(200, reply);
  } finally {
    session[Symbol.dispose]();
  }
}

async function activityTask(
  serving: Serving,
  body: Record<string, unknown>,
  signal: AbortSignal | undefined,
  call: CallContext,
  activities: ActivityRegistry,
): Promise<TextAnswer> {
  const task = checkActivityTask(body);
  const fn = typed(activities, task.activityType);
  if (!fn || task.taskQueue !== serving.options.taskQueue) {
    return notServed(`activity type "${task.activityType}" on task queue "${task.taskQueue}"`);
  }
  const anotherVersion = versionRefusal(serving.options, task);
  if (anotherVersion) return notServed(anotherVersion);
  if (call.activityHost && isLong(task, serving.hostLongerThanMs)) {
    await call.activityHost(task);
    return answer(202, {});
  }
  const outcome = await serving.activityTasks.run(task, fn, {
    ...(signal && { signal }),
    engine: call.engine ?? serving.engine,
    ...(call.waitUntil && { waitUntil: call.waitUntil }),
  });
  if (outcome === 'busy') return answer(503, { message: 'this Worker runs as many activities as it may' });
  return outcome === 'accepted' ? answer(202, {}) : answer(200, boundedActivityAnswer(outcome));
}

function openSession(
  serving: Serving,
  init: WorkflowSessionInit,
  activities: ActivityRegistry,
  endsWithTask = false,
): WorkflowSession {
  if (!servesWorkflow(serving.options, init)) {
    throw new ServiceError('NOT_FOUND', `workflow type "${init.workflowType}" is not served here`);
  }
  const anotherVersion = versionRefusal(serving.options, init);
  if (anotherVersion) throw new ServiceError('NOT_FOUND', `this Worker does not serve ${anotherVersion}`);
  const { workflows, logger, dataConverter, metricMeter, sinks, deployment } = serving.options;
  const { workflowFailureErrorTypes, patchActivationCallback } = serving.options;
  const { namespace, workflowId, runId, workflowType, taskQueue, keepsStacks } = init;
  const inner = new WorkflowRun(
    { namespace, workflowId, runId, workflowType, taskQueue, ...(keepsStacks === false && { keepsStacks }) },
    {
      workflows,
      logger,
      interceptorModules: serving.options.workflowInterceptorModules,
      sinks,
      metricMeter: metricMeter.withTags({ namespace, taskQueue }),
      ...(deployment && { deployment }),
      ...(workflowFailureErrorTypes && { workflowFailureErrorTypes }),
      ...(patchActivationCallback && { patchActivationCallback }),
      converters: dataConverter,
      localActivities: serving.localActivities.of(activities, serving.counts),
      endsWithTask,
    },
  );
  const { payloadCodecs } = dataConverter;
  const run = payloadCodecs.length > 0 ? new CodedSession(inner, payloadCodecs, init) : inner;
  const session = serving.counts.session(new BoundedSession(run, init, serving.options));
  const { workflowPlaces } = serving;
  return workflowPlaces ? new SlottedSession(session, workflowType, workflowPlaces) : session;
}
