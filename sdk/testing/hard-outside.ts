/** The world around an object where one call in a hundred goes wrong. */

import type {
  ActivityCallOutcome,
  ActivityWorker,
  NotServed,
  Outside,
  WorkflowWorker,
} from '../../src/execution/outside.ts';
import type { ActivityTask, WorkflowSession, WorkflowSessionInit } from '../common/worker-protocol.ts';
import { Hardship } from './hardships.ts';
import type { Life } from './memory-lives.ts';

export function hardOutside(outside: Outside, life: Life): Outside {
  const around = <T>(what: string, call: () => Promise<T>): Promise<T> => life.call(what, call);
  const session = (real: WorkflowSession): WorkflowSession => ({
    ...real,
    runWorkflowTask: (...task) => around('a workflow task', () => real.runWorkflowTask(...task)),
    proceed: () => around('a task with local activities', () => real.proceed()),
  });
  const workflow = (worker: WorkflowWorker): WorkflowWorker => ({
    ...worker,
    open: async (init: WorkflowSessionInit) =>
      session(await around('the opening of a session', () => worker.open(init))),
  });
  const activity = (worker: ActivityWorker): ActivityWorker => ({
    ...worker,
    call: async (task: ActivityTask): Promise<ActivityCallOutcome> => {
      try {
        return await around('an activity', () => worker.call(task));
      } catch (error) {
        if (!(error instanceof Hardship)) throw error;
        return { released: error.message };
      }
    },
  });
  const found = <W extends object>(worker: W | NotServed, make: (worker: W) => W): W | NotServed =>
    'waitingReason' in worker ? worker : make(worker);
  return {
    ...outside,
    peekWorkflowWorker: (...args) => {
      const worker = outside.peekWorkflowWorker(...args);
      return worker && workflow(worker);
    },
    peekActivityWorker: (...args) => {
      const worker = outside.peekActivityWorker(...args);
      return worker && activity(worker);
    },
    findWorkflowWorker: async (...args) => found(await outside.findWorkflowWorker(...args), workflow),
    findActivityWorker: async (...args) => found(await outside.findActivityWorker(...args), activity),
    recordVisibility: (record) => around('a row of the list', () => outside.recordVisibility(record)),
    removeVisibility: (run) => around('the end of a row', () => outside.removeVisibility(run)),
    callExecution: (...args) => around('a call to a workflow', () => outside.callExecution(...args)),
    chainResult: (...args) => around('a question to a workflow', () => outside.chainResult(...args)),
    notifySchedule: (...args) => around('a word to a schedule', () => outside.notifySchedule(...args)),
  };
}
