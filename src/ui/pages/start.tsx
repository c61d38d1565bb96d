/** Starts a workflow; from `?like=`, one like another. */

import { useState } from 'preact/hooks';
import { attributesOf, type HistoryEventAttributes } from '../../../sdk/common/history.ts';
import type { GetWorkflowExecutionHistoryReply } from '../../../sdk/common/service.ts';
import { call } from '../api.ts';
import { ErrorNote, Loading } from '../components/basics.tsx';
import { Field, textOf } from '../components/dialog.tsx';
import { startWorkflow } from '../engine.ts';
import { inNamespace } from '../path.ts';
import { formatArguments, jsonPayload, parseArguments } from '../payload.ts';
import { usePolled } from '../poll.ts';
import { href, navigate, useLocation } from '../router.ts';
import { knownNames } from './known-names.ts';

type Started = HistoryEventAttributes['WorkflowExecutionStarted'];

/** The event that a run begins with holds all that it was started with. */
async function startOf(
  namespace: string,
  workflowId: string,
  runId: string | null,
  signal: AbortSignal,
): Promise<Started> {
  const path = inNamespace(namespace, 'workflows', workflowId, 'history');
  const query = { 'execution.runId': runId ?? undefined, maximumPageSize: 1 };
  const { history } = await call<GetWorkflowExecutionHistoryReply>('GET', path, { query, signal });
  return attributesOf(history.events[0]!, 'WorkflowExecutionStarted');
}

export function StartPage({ namespace }: { namespace: string }) {
  const { search } = useLocation();
  const like = search.get('like');
  const model = usePolled(like === null ? undefined : `like ${like}`, (signal) =>
    startOf(namespace, like!, search.get('run'), signal),
  );
  return (
    <>
      <div class="page-head">
        <h1>Start a workflow</h1>
        {like && (
          <span class="dim">
            like <code>{like}</code>
          </span>
        )}
      </div>
      {model.loading && <Loading what="what it is to be like" />}
      {model.error && <ErrorNote error={model.error} />}
      {!model.loading && <StartForm namespace={namespace} model={model.data} />}
    </>
  );
}

const jsonObject = (text: string): Record<string, unknown> => {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  return value as Record<string, unknown>;
};

function payloadFields(form: FormData, name: string, label: string) {
  const text = textOf(form, name);
  if (text === '') return undefined;
  try {
    const entries = Object.entries(jsonObject(text));
    return Object.fromEntries(entries.map(([key, value]) => [key, jsonPayload(value)]));
  } catch (error) {
    throw new Error(`${label}: expected a JSON object (${(error as Error).message})`);
  }
}

const seconds = (text: string): string | undefined =>
  text === '' ? undefined : text.endsWith('s') ? text : `${text}s`;

function moreOf(form: FormData): object {
  const memo = payloadFields(form, 'memo', 'Memo');
  const attributes = payloadFields(form, 'searchAttributes', 'Search attributes');
  const cronSchedule = textOf(form, 'cron');
  return {
    ...(memo && { memo: { fields: memo } }),
    ...(attributes && { searchAttributes: { indexedFields: attributes } }),
    ...(cronSchedule && { cronSchedule }),
    workflowExecutionTimeout: seconds(textOf(form, 'executionTimeout')),
    workflowRunTimeout: seconds(textOf(form, 'runTimeout')),
    workflowStartDelay: seconds(textOf(form, 'startDelay')),
  };
}

function StartForm({ namespace, model }: { namespace: string; model: Started | undefined }) {
  const known = usePolled(`names ${namespace}`, (signal) => knownNames(namespace, signal)).data;
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const form = new FormData(event.currentTarget as HTMLFormElement);
      const workflowId = textOf(form, 'workflowId');
      const runId = await startWorkflow(namespace, {
        workflowId,
        workflowType: textOf(form, 'workflowType'),
        taskQueue: textOf(form, 'taskQueue'),
        args: parseArguments(textOf(form, 'args')),
        more: moreOf(form),
      });
      navigate(href([namespace, 'workflows', workflowId, runId]));
    } catch (failed) {
      setError(failed as Error);
      setBusy(false);
    }
  };
  const type = model?.workflowType.name ?? '';
  // Made once: a new value at every look at the known names would take the place of what was typed.
  const [proposedId] = useState(() => `${type || 'workflow'}-${crypto.randomUUID().slice(0, 8)}`);
  // biome-ignore format: one line a field
  return (
    <form class="card form" onSubmit={submit}>
      <div class="columns">
        <Field label="Workflow type" name="workflowType" required known={known?.types ?? []} value={type} autofocus />
        <Field label="Task queue" name="taskQueue" required known={known?.taskQueues ?? []} value={model?.taskQueue.name} />
      </div>
      <Field label="Workflow ID" name="workflowId" required value={proposedId} hint="One open run per ID." />
      <Field label="Arguments" name="args" rows={7} value={formatArguments(model?.input?.payloads)} hint="JSON. One argument may span lines; several stand one per line. Empty: none." />
      <details>
        <summary>More: timeouts, delay, cron, memo, search attributes</summary>
        <div class="columns">
          <Field label="Execution timeout (seconds)" name="executionTimeout" value={model?.workflowExecutionTimeout?.replace(/^0s$/, '')} />
          <Field label="Run timeout (seconds)" name="runTimeout" value={model?.workflowRunTimeout?.replace(/^0s$/, '')} />
          <Field label="Start delay (seconds)" name="startDelay" />
          <Field label="Cron schedule" name="cron" value={model?.cronSchedule} />
        </div>
        <Field label="Memo" name="memo" rows={3} hint="A JSON object." />
        <Field label="Search attributes" name="searchAttributes" rows={3} hint="A JSON object." />
      </details>
      {error && <ErrorNote error={error} />}
      <div class="form-end">
        <a class="button" href={href([namespace, 'workflows'])}>Cancel</a>
        <button type="submit" class="button primary" disabled={busy}>{busy ? 'Starting…' : 'Start workflow'}</button>
      </div>
    </form>
  );
}
