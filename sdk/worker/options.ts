/** What a Worker serves, as users configure it, and what the engine is told about it. */

import type { ActivityInterceptorsFactory } from '../activity/interceptors.ts';
import type { Client } from '../client/client.ts';
import type { DataConverter, LoadedDataConverter } from '../common/data-converter.ts';
import { ValueError } from '../common/errors.ts';
import { loadDataConverter } from '../common/load-data-converter.ts';
import { defaultLogger, type Logger } from '../common/logger.ts';
import { type MetricMeter, noopMetricMeter } from '../common/metrics.ts';
import { refuseReservedName } from '../common/reserved-names.ts';
import type { ActivityFunction, Workflow } from '../common/types.ts';
import { VersioningBehavior, versionProblem, type WorkerDeploymentVersion } from '../common/versioning.ts';
import {
  DEFAULT_TYPE,
  type JsRpcMessage,
  SDK_NAME,
  SDK_VERSION,
  type WorkerDescription,
} from '../common/worker-protocol.ts';
import type { WorkflowFailureErrorTypes } from '../workflow/runtime/failure-types.ts';
import type { PatchActivationCallback } from '../workflow/runtime/patches.ts';
import type { WorkflowSinks } from '../workflow/runtime/start.ts';
import { activityInterceptorsOf, interceptorModulesOf, type WorkerInterceptors } from './interceptors.ts';
import { type InjectedSinks, workflowSinks } from './sinks.ts';

/** On a workflow function that came through the build: makes a fresh copy of its module, once per run. */
export const WORKFLOW_FACTORY = Symbol.for('perdure.workflowFactory');

export interface WorkerOptions {
  taskQueue: string;
  /** `import * as workflows from './workflows.ts'`: every exported function is a workflow type. */
  workflows?: object;
  /** Every function in it is an activity type. */
  activities?: object;
  /** False: activities are there for local use only; tasks of activities go to others. Default true. */
  enableNonLocalActivities?: boolean;
  /** Shown with the Worker; it decides nothing. @deprecated by Temporal: use `workerDeploymentOptions` */
  buildId?: string;
  /**
   * How many activities of the task queue may begin in a second, over all Workers: the engine keeps to it. Where Workers
   * say different things the lowest counts; what `perdure task-queue config set` says counts before all of them.
   */
  maxTaskQueueActivitiesPerSecond?: number;
  /** The version of this Worker's code, and whether it gets only the tasks that belong to that version. */
  workerDeploymentOptions?: WorkerDeploymentOptions;
  /** Who this Worker is, in histories and logs. */
  identity?: string;
  logger?: Logger;
  interceptors?: WorkerInterceptors;
  /** What workflow code reaches with `proxySinks`. */
  // biome-ignore lint/suspicious/noExplicitAny: Temporal's own signature; sinks have any parameters
  sinks?: InjectedSinks<any>;
  /** Where metrics of workflow and activity code go. Default: nowhere. */
  metricMeter?: MetricMeter;
  /**
   * What the engine's requests over HTTP are verified with: `whpk_…` (its public keys for this Worker), `whsec_…` (a secret
   * shared with it). Default: the variable PERDURE_ENGINE_KEYS, separated by spaces; and what the engine answers to a
   * Worker that registers itself.
   */
  engineKeys?: string[];
  /** How values become payloads; the same as the clients'. */
  dataConverter?: DataConverter;
  /**
   * Errors that fail a workflow instead of its task: workflow type, or `*` for all → names of
   * classes. `NondeterminismError` stands for code that does not fit its history, `Error` for everything.
   */
  workflowFailureErrorTypes?: WorkflowFailureErrorTypes;
  /** Asked when a run comes to a patch for the first time; `false` leaves the patch off in that run. */
  patchActivationCallback?: PatchActivationCallback;
}

/** As `temporal.worker.WorkerDeploymentOptions`. */
export type WorkerDeploymentOptions = { version: WorkerDeploymentVersion } & (
  | {
      useWorkerVersioning: true;
      /** For workflows that say nothing by `setWorkflowOptions`. */
      defaultVersioningBehavior: VersioningBehavior;
    }
  | { useWorkerVersioning: false; defaultVersioningBehavior?: never }
);

/** Of a Worker that gets only the tasks of its version. */
export interface Deployment {
  version: WorkerDeploymentVersion;
  defaultVersioningBehavior: VersioningBehavior;
}

export type WorkflowRegistry = Record<string, Workflow>;
export type ActivityRegistry = Record<string, ActivityFunction>;

export interface CheckedOptions {
  taskQueue: string;
  workflows: WorkflowRegistry;
  activities: ActivityRegistry;
  nonLocalActivities: boolean;
  buildId?: string;
  maxTaskQueueActivitiesPerSecond?: number;
  deployment?: Deployment;
  identity: string;
  logger: Logger;
  activityInterceptors: ActivityInterceptorsFactory[];
  workflowInterceptorModules: object[];
  sinks: WorkflowSinks;
  metricMeter: MetricMeter;
  dataConverter: LoadedDataConverter;
  client?: () => Client;
  workflowFailureErrorTypes?: WorkflowFailureErrorTypes;
  patchActivationCallback?: PatchActivationCallback;
}

let warnedOfSharedState = false;

/** @throws ValueError naming the option that is wrong. */
export function checkOptions(
  options: WorkerOptions & { client?: () => Client },
  defaultIdentity: string,
): CheckedOptions {
  const { taskQueue, maxTaskQueueActivitiesPerSecond: rate } = options;
  const deployment = deploymentOf(options);
  const buildId = options.workerDeploymentOptions?.version.buildId ?? options.buildId;
  if (typeof taskQueue !== 'string' || taskQueue === '') {
    throw new ValueError('taskQueue: a Worker needs the name of the task queue it serves');
  }
  if (rate !== undefined && !(Number.isFinite(rate) && rate > 0)) {
    throw new ValueError('maxTaskQueueActivitiesPerSecond: expected a number above 0');
  }
  const workflows = functionsOf<Workflow>('workflows', options.workflows);
  const activities = functionsOf<ActivityFunction>('activities', options.activities);
  refuseReservedName('task queue', taskQueue);
  for (const name of Object.keys(activities)) refuseReservedName('activity', name);
  for (const name of Object.keys(options.sinks ?? {})) refuseReservedName('sink', name);
  const logger = options.logger ?? defaultLogger;
  warnOfSharedState(workflows, logger);
  return {
    taskQueue,
    workflows,
    activities,
    nonLocalActivities: options.enableNonLocalActivities ?? true,
    identity: options.identity ?? defaultIdentity,
    logger,
    activityInterceptors: activityInterceptorsOf(options.interceptors),
    workflowInterceptorModules: interceptorModulesOf(options.interceptors),
    sinks: workflowSinks(options.sinks, logger),
    metricMeter: options.metricMeter ?? noopMetricMeter,
    ...(buildId !== undefined && { buildId }),
    ...(rate !== undefined && { maxTaskQueueActivitiesPerSecond: rate }),
    dataConverter: loadDataConverter(options.dataConverter),
    ...(deployment && { deployment }),
    ...(options.client && { client: options.client }),
    ...workflowRulesOf(options),
  };
}

type WorkflowRules = Pick<CheckedOptions, 'workflowFailureErrorTypes' | 'patchActivationCallback'>;

function workflowRulesOf({
  workflowFailureErrorTypes,
  patchActivationCallback,
}: WorkerOptions): WorkflowRules {
  for (const [type, names] of Object.entries(workflowFailureErrorTypes ?? {})) {
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) continue;
    throw new ValueError(`workflowFailureErrorTypes.${type}: expected a list of names of error classes`);
  }
  if (patchActivationCallback !== undefined && typeof patchActivationCallback !== 'function') {
    throw new ValueError('patchActivationCallback: expected a function');
  }
  return {
    ...(workflowFailureErrorTypes && { workflowFailureErrorTypes }),
    ...(patchActivationCallback && { patchActivationCallback }),
  };
}

function deploymentOf({ workerDeploymentOptions: given, buildId }: WorkerOptions): Deployment | undefined {
  if (given === undefined) return undefined;
  if (buildId !== undefined) throw new ValueError('buildId: is part of workerDeploymentOptions.version');
  const { version, useWorkerVersioning, defaultVersioningBehavior } = given;
  const problem = versionProblem(version ?? {});
  if (problem) throw new ValueError(`workerDeploymentOptions.version.${problem}`);
  if (!useWorkerVersioning) return undefined;
  if (!Object.hasOwn(VersioningBehavior, defaultVersioningBehavior ?? '')) {
    throw new ValueError(
      'workerDeploymentOptions.defaultVersioningBehavior: expected PINNED or AUTO_UPGRADE with useWorkerVersioning',
    );
  }
  const { deploymentName } = version;
  return { version: { deploymentName, buildId: version.buildId }, defaultVersioningBehavior };
}

/** The functions of a module or object, by name. Classes are not types. The default export takes what has no other: {@link typed}. */
export function functionsOf<F extends Workflow | ActivityFunction>(
  field: string,
  source: object | undefined,
): Record<string, F> {
  if (source === undefined) return {};
  if (typeof source !== 'object' || source === null) {
    throw new ValueError(
      `${field}: expected an object of functions, for example "import * as ${field}"; got ${typeof source}`,
    );
  }
  const entries = Object.entries(source).filter(([, value]) => isFunction(value));
  return Object.fromEntries(entries) as Record<string, F>;
}

/** The function of a type, or the one for all that have none. */
export function typed<F>(functions: Record<string, F>, type: string): F | undefined {
  if (Object.hasOwn(functions, type)) return functions[type];
  return Object.hasOwn(functions, DEFAULT_TYPE) ? functions[DEFAULT_TYPE] : undefined;
}

/** A function that can be called: classes are not. */
export function isFunction(value: unknown): boolean {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
}

function warnOfSharedState(workflows: WorkflowRegistry, logger: Logger): void {
  const plain = Object.keys(workflows).filter((name) => !(WORKFLOW_FACTORY in workflows[name]!));
  if (plain.length === 0 || warnedOfSharedState) return;
  warnedOfSharedState = true;
  logger.warn(
    'Workflows were imported without the build: variables at the top level of their files are shared by all runs. ' +
      'Build the Worker with perdure/worker/build, or keep such variables out of workflow files.',
    { workflowTypes: plain },
  );
}

export function describeWorker(
  options: CheckedOptions,
  activities: ActivityRegistry,
  jsRpc?: JsRpcMessage[],
): WorkerDescription {
  const activityTypes = options.nonLocalActivities ? Object.keys(activities) : [];
  const { maxTaskQueueActivitiesPerSecond: rate } = options;
  return {
    identity: options.identity,
    ...(options.buildId !== undefined && { buildId: options.buildId }),
    ...(options.deployment && { deploymentVersion: options.deployment.version }),
    sdk: { name: SDK_NAME, version: SDK_VERSION },
    ...(jsRpc && { jsRpc }),
    taskQueues: [
      {
        name: options.taskQueue,
        workflowTypes: Object.keys(options.workflows),
        activityTypes,
        ...(rate !== undefined && activityTypes.length > 0 && { maxActivitiesPerSecond: rate }),
      },
    ],
  };
}
