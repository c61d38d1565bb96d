/** How each recorded history came about. `record.ts` writes them; changing one on purpose means recording it anew. */

import { deploymentOf, Driver } from '../runtime/driver.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import type { Workflow } from '../../sdk/common/types.ts';
import { chainsScenarios } from './scenarios-chains.ts';
import { childrenScenarios } from './scenarios-children.ts';
import { headersScenarios } from './scenarios-headers.ts';
import { LocalWorld, localScenarios } from './scenarios-local.ts';
import { mixedScenarios } from './scenarios-mixed.ts';
import { updatesScenarios } from './scenarios-updates.ts';
import { versioningScenarios } from './scenarios-versioning.ts';
import { finish, type Scenario } from './scenario.ts';
import * as workflows from './workflows.ts';
import * as chainsWorkflows from './workflows-chains.ts';
import * as childrenWorkflows from './workflows-children.ts';
import * as headersWorkflows from './workflows-headers.ts';
import * as localWorkflows from './workflows-local.ts';
import * as mixedWorkflows from './workflows-mixed.ts';
import * as updatesWorkflows from './workflows-updates.ts';
import * as versioningWorkflows from './workflows-versioning.ts';

const firstScenarios: Record<string, Scenario> = {
  'sequential-activities': { workflow: workflows.sequentialActivities, args: [10], drive: finish },
  'parallel-activities-out-of-order': {
    workflow: workflows.parallelActivities,
    args: [5],
    async drive(run) {
      await run.task();
      for (const id of ['4', '1']) run.history.completeActivity(id, id);
      await run.task(() => run.history.completeActivity('5', '5'));
      for (const id of ['3', '2']) run.history.completeActivity(id, id);
      await run.task();
      await finish(run);
    },
  },
  'large-payload': {
    workflow: workflows.largeResult,
    async drive(run) {
      await run.task();
      run.history.completeActivity('1', `${'x'.repeat(200 * 1024 - 3)}end`);
      await run.task();
      await finish(run);
    },
  },
  'activity-failed-and-timed-out': {
    workflow: workflows.caughtFailures,
    async drive(run) {
      await run.task();
      run.history.failActivity('1');
      await run.task();
      run.history.completeActivity('2');
      await run.task();
      run.history.timeOutActivity('3', 'test');
      await run.task();
      await finish(run);
    },
  },
  'timers-fired': {
    workflow: workflows.timers,
    async drive(run) {
      await run.task();
      run.history.fireTimer('2');
      await run.task(() => run.history.fireTimer('1'));
      await run.task();
      await finish(run);
    },
  },
  'cancelled-before-sent': { workflow: workflows.cancelledBeforeSent, drive: finish },
  'two-signals-in-one-task': {
    workflow: workflows.signalsInOneTask,
    async drive(run) {
      await run.task();
      run.history.signal('go', 'one');
      run.history.signal('go', 'two');
      await run.task();
      run.history.completeActivity('1');
      run.history.signal('go', 'three');
      await run.task();
      await finish(run);
    },
  },
  'signal-before-the-first-task': {
    workflow: workflows.signalWithActivities,
    async drive(run) {
      run.history.signal('go', '1');
      run.history.signal('unknown', 1, 2);
      await run.task();
      await run.task(() => {
        run.history.completeActivity('1', 'x');
        run.history.signal('go', '2');
      });
      await run.task();
      await finish(run);
    },
  },
  'condition-true-and-timed-out': {
    workflow: workflows.conditionWithTimeout,
    async drive(run) {
      await run.task();
      run.history.signal('stop');
      await run.task();
      run.history.fireTimer('2');
      await run.task();
      await finish(run);
    },
  },
  'workflow-cancelled': {
    workflow: workflows.cancelledWithCleanup,
    async drive(run) {
      await run.task();
      run.history.requestCancel();
      await run.task();
      run.history.completeActivity('2');
      run.history.cancelActivity('1', 'stopped');
      await run.task();
      run.history.fireTimer('2');
      await run.task();
    },
  },
  'workflow-cancelled-before-the-first-task': {
    workflow: workflows.cancelledWithCleanup,
    async drive(run) {
      run.history.requestCancel();
      await run.task();
      run.history.completeActivity('2');
      await run.task();
      run.history.fireTimer('2');
      await run.task();
    },
  },
  'activity-cancellation-types': {
    workflow: workflows.activityCancellationTypes,
    async drive(run) {
      await run.task();
      run.history.fireTimer('1');
      await run.task();
      run.history.fireTimer('2');
      run.history.cancelActivity('1', 'details');
      await run.task();
      run.history.completeActivity('2', 'too late');
      run.history.completeActivity('3', 'abandoned');
      run.history.completeActivity('4', 'in spite of it');
      await run.task();
      await finish(run);
    },
  },
  'workflow-failed': { workflow: workflows.failing, drive: finish },
  'signal-handler-fails-the-workflow': {
    workflow: workflows.failingHandler,
    async drive(run) {
      await run.task();
      run.history.signal('go', 'x');
      await run.task();
    },
  },
  'tasks-failed-and-timed-out': {
    workflow: workflows.signalsInOneTask,
    async drive(run) {
      await run.lostTask('failed', () => run.history.signal('go', 'one'));
      await run.lostTask('timedOut');
      await run.task();
      run.history.signal('go', 'two');
      await run.lostTask('timedOut', () => run.history.completeActivity('1'));
      await run.lostTask('failed', () => run.history.signal('go', 'three'));
      await run.task();
      await finish(run);
    },
  },
  patched: {
    workflow: workflows.patchedWorkflow,
    async drive(run) {
      await run.task();
      run.history.completeActivity('1');
      await run.task();
      run.restart();
      run.history.fireTimer('1');
      await run.task();
      run.history.completeActivity('2');
      await run.task();
      run.history.fireTimer('2');
      await run.task();
    },
  },
  'random-and-time': {
    workflow: workflows.randomness,
    async drive(run) {
      await run.task();
      run.history.completeActivity('1');
      await run.task();
      run.history.fireTimer('1');
      await run.task();
      await finish(run);
    },
  },
  'set-timeout': {
    workflow: workflows.timeouts,
    async drive(run) {
      await run.task();
      run.history.fireTimer('2');
      await run.task(() => run.history.signal('unhandled'));
      await run.task();
      run.history.fireTimer([...run.history.timers.keys()][0]!);
      await run.task();
      await finish(run);
    },
  },
  'timer-fires-while-it-is-cancelled': {
    workflow: workflows.conditionWithTimeout,
    async drive(run) {
      await run.task();
      run.history.signal('stop');
      await run.task(() => run.history.fireTimer('1'));
      run.history.fireTimer('2');
      await run.task();
      await finish(run);
    },
  },
  'scope-with-timeout': {
    workflow: workflows.scopeWithTimeout,
    async drive(run) {
      await run.task();
      run.history.fireTimer('1');
      await run.task();
      run.history.cancelActivity('1');
      await run.task();
      await finish(run);
    },
  },
  'nested-scopes': {
    workflow: workflows.nestedScopes,
    async drive(run) {
      await run.task();
      run.history.fireTimer('3');
      await run.task();
      run.history.fireTimer('2');
      await run.task();
      await finish(run);
    },
  },
  triggers: {
    workflow: workflows.triggers,
    async drive(run) {
      await run.task();
      run.history.completeActivity('1', 'activity');
      run.history.signal('go', 'signal');
      await run.task();
      await finish(run);
    },
  },
  'search-attributes': { workflow: workflows.searchAttributes, drive: finish },
  'commands-after-the-end': { workflow: workflows.commandsAfterTheEnd, drive: finish },
  'everything-at-once': {
    workflow: workflows.everythingAtOnce,
    async drive(run) {
      await run.task();
      run.history.completeActivity('2', 'x');
      run.history.fireTimer('1');
      run.history.signal('go', 'go1');
      run.history.fireTimer('2');
      run.history.signal('go', 'go2');
      run.history.completeActivity('1', 'x');
      await run.task();
      await finish(run);
    },
  },
  terminated: {
    workflow: workflows.sequentialActivities,
    args: [1],
    async drive(run) {
      await run.task();
      run.history.signal('ignored');
      await run.lostTask('failed');
      run.history.add('WorkflowExecutionTerminated', { reason: 'enough', identity: 'test' });
    },
  },
  'run-timed-out': {
    workflow: workflows.timers,
    async drive(run) {
      await run.task();
      run.history.add('WorkflowExecutionTimedOut', { retryState: 'RETRY_STATE_TIMEOUT' });
    },
  },
  'still-open': {
    workflow: workflows.everythingAtOnce,
    async drive(run) {
      await run.task();
      run.history.signal('go', 'go1');
      await run.task();
      run.history.completeActivity('1', 'x');
      run.history.scheduleTask();
      run.history.startTask();
    },
  },
};

/** Scenarios by the module of their workflows. */
const modules: Record<string, Record<string, Scenario>> = {
  'test/histories/workflows.ts': firstScenarios,
  'test/histories/workflows-children.ts': childrenScenarios,
  'test/histories/workflows-updates.ts': updatesScenarios,
  'test/histories/workflows-chains.ts': chainsScenarios,
  'test/histories/workflows-local.ts': localScenarios,
  'test/histories/workflows-mixed.ts': mixedScenarios,
  'test/histories/workflows-headers.ts': headersScenarios,
  'test/histories/workflows-versioning.ts': versioningScenarios,
};
export const scenarios: Record<string, Scenario> = Object.assign({}, ...Object.values(modules));
/** The workflows of all scenarios, by type. */
export const scenarioWorkflows: Record<string, Workflow> = {
  ...workflows,
  ...childrenWorkflows,
  ...updatesWorkflows,
  ...chainsWorkflows,
  ...localWorkflows,
  ...mixedWorkflows,
  ...headersWorkflows,
  ...versioningWorkflows,
};

/** A recorded history, as the conformance run reads it. */
export interface RecordedHistory {
  name: string;
  workflowType: string;
  /** Path of the module that exports the workflow, from the root of the project. */
  workflows: string;
  /** What both replayers need to read its payloads; paths from the root of the project. */
  dataConverter?: RecordedConverters;
  /** Path of the module of its interceptors, likewise. */
  interceptors?: string;
  history: { events: HistoryEvent[] };
}
export interface RecordedConverters {
  payloadConverterPath?: string;
  failureConverterPath?: string;
  /** A module that exports `payloadCodecs`. */
  codecsPath?: string;
}

export async function record(name: string): Promise<RecordedHistory> {
  const { workflow, args, started, local, build, interceptors, drive } = scenarios[name]!;
  const run = new Driver(workflow, {
    args,
    started,
    ...deploymentOf(build),
    ...(local && { localActivities: new LocalWorld() }),
    ...(interceptors && { interceptorModules: [interceptors] }),
  });
  await drive(run);
  const history = { events: run.history.events };
  const path = Object.keys(modules).find((module) => name in modules[module]!)!;
  return {
    name,
    workflowType: run.workflowType,
    workflows: path,
    ...(interceptors && { interceptors: 'test/histories/interceptors-headers.ts' }),
    history,
  };
}
