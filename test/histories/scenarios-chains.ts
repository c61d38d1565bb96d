/** Lives of the workflows in workflows-chains.ts. */

import { applicationFailure, payloads } from '../runtime/history-builder.ts';
import { finish, type Scenario } from './scenario.ts';
import * as workflows from './workflows-chains.ts';

const BEFORE = '0198c0de-0000-7000-8000-00000000b4b4';

const continued: Record<string, Scenario> = {
  'continued-as-new': { workflow: workflows.rounds, args: [1], drive: finish },
  'last-run-of-a-chain': {
    workflow: workflows.rounds,
    args: [3],
    started: { continuedExecutionRunId: BEFORE, initiator: 'CONTINUE_AS_NEW_INITIATOR_WORKFLOW', firstExecutionRunId: BEFORE },
    drive: finish,
  },
  'continued-elsewhere': { workflow: workflows.continuedElsewhere, drive: finish },
  'continued-by-a-signal-handler': {
    workflow: workflows.continuedBySignal,
    async drive(run) {
      await run.task();
      run.history.signal('go', 'now');
      await run.task();
    },
  },
  'continued-with-open-work': {
    workflow: workflows.continuedWithOpenWork,
    async drive(run) {
      await run.task();
      run.history.others.startChild('kid-1');
      run.history.fireTimer('2');
      await run.task();
    },
  },
  'continued-when-suggested': {
    workflow: workflows.continuedWhenSuggested,
    async drive(run) {
      await run.task(undefined, { historySizeBytes: '400' });
      run.history.completeActivity('1');
      await run.task(undefined, { historySizeBytes: '1200' });
      run.history.completeActivity('2');
      await run.task(undefined, { historySizeBytes: '4194304', suggestContinueAsNew: true });
    },
  },
  'cancelled-and-continued': {
    workflow: workflows.cancelledAndContinued,
    async drive(run) {
      await run.task();
      run.history.requestCancel();
      await run.task();
      run.history.completeActivity('1');
      await run.task();
    },
  },
};

const origins: Record<string, Scenario> = {
  'origin-none': { workflow: workflows.origins, drive: finish },
  'origin-parent': {
    workflow: workflows.origins,
    started: {
      parentWorkflowNamespace: 'default',
      parentWorkflowExecution: { workflowId: 'parent', runId: BEFORE },
      parentInitiatedEventId: '5',
      rootWorkflowExecution: { workflowId: 'root', runId: BEFORE },
    },
    drive: finish,
  },
  'origin-retry': {
    workflow: workflows.origins,
    started: {
      attempt: 3,
      continuedExecutionRunId: BEFORE,
      firstExecutionRunId: BEFORE,
      initiator: 'CONTINUE_AS_NEW_INITIATOR_RETRY',
      continuedFailure: applicationFailure('before', 'Before'),
      retryPolicy: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 5 },
      firstWorkflowTaskBackoff: '4s',
    },
    drive: finish,
  },
  'origin-cron': {
    workflow: workflows.origins,
    started: {
      cronSchedule: '*/5 * * * *',
      continuedExecutionRunId: BEFORE,
      initiator: 'CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE',
      lastCompletionResult: payloads({ rows: 3 })!,
      firstWorkflowTaskBackoff: '300s',
      memo: { fields: { note: payloads('given')!.payloads[0]! } },
    },
    drive: finish,
  },
};

const said: Record<string, Scenario> = {
  memo: { workflow: workflows.memos, drive: finish },
  'memo-given': {
    workflow: workflows.memos,
    started: { memo: { fields: { given: payloads('x')!.payloads[0]!, kept: payloads(1)!.payloads[0]! } } },
    drive: finish,
  },
  'memo-in-lost-tasks': {
    workflow: workflows.memos,
    async drive(run) {
      await run.task();
      run.history.completeActivity('1');
      await run.lostTask('failed');
      await run.task();
      run.restart();
      await finish(run);
    },
  },
  'search-attributes-typed': { workflow: workflows.typedSearchAttributes, drive: finish },
  'search-attributes-typed-given': {
    workflow: workflows.typedSearchAttributes,
    started: {
      searchAttributes: {
        indexedFields: {
          Color: { ...payloads('green')!.payloads[0]!, metadata: { encoding: btoa('json/plain'), type: btoa('Keyword') } },
          Tags: { ...payloads(['t'])!.payloads[0]!, metadata: { encoding: btoa('json/plain'), type: btoa('KeywordList') } },
          When: {
            ...payloads('2026-01-01T00:00:00.000Z')!.payloads[0]!,
            metadata: { encoding: btoa('json/plain'), type: btoa('Datetime') },
          },
        },
      },
    },
    drive: finish,
  },
  'own-error-fails-the-workflow': { workflow: workflows.failsOnItsOwnErrors, args: ['own'], drive: finish },
  'failure-fails-the-workflow': { workflow: workflows.failsOnItsOwnErrors, args: ['failure'], drive: finish },
  'any-error-in-a-handler-fails-the-workflow': {
    workflow: workflows.failsOnAllErrors,
    async drive(run) {
      await run.task();
      run.history.signal('go', 'good');
      run.history.signal('go', 'bad');
      await run.task();
    },
  },
};

export const chainsScenarios: Record<string, Scenario> = { ...continued, ...origins, ...said };
