/** What can be done to many runs at once: the chosen ones, or all that the filter finds. */

import { useState } from 'preact/hooks';
import type { BatchOperation } from '../../../sdk/common/batch.ts';
import type { WorkflowExecutionInfo } from '../../../sdk/common/service.ts';
import type { ResetOptionsJson } from '../../../sdk/common/service-operations.ts';
import { type BatchTarget, startBatch } from '../batch/requests.ts';
import { Choice, Field, FormDialog, textOf } from '../components/dialog.tsx';
import { plural } from '../format.ts';
import { parseArguments } from '../payload.ts';
import { href, navigate } from '../router.ts';
import { REAPPLY } from '../run/reset-dialog.tsx';

interface Operation {
  verb: string;
  danger?: boolean;
  request(form: FormData): BatchOperation;
}

const IDENTITY = 'web-ui';

/** Each run goes back to the same kind of place. */
const RESET_TO = [
  ['lastWorkflowTask', 'The last workflow task that was completed'],
  ['firstWorkflowTask', 'The first workflow task that was completed'],
  ['buildId', 'The first workflow task that a build completed'],
] as const;

function resetOptions(form: FormData): ResetOptionsJson {
  const to = textOf(form, 'to') as keyof ResetOptionsJson;
  return to === 'buildId' ? { buildId: textOf(form, 'buildId') } : { [to]: {} };
}

const OPERATIONS: readonly Operation[] = [
  { verb: 'Cancel', request: () => ({ cancellationOperation: { identity: IDENTITY } }) },
  {
    verb: 'Signal',
    request: (form) => ({
      signalOperation: {
        signal: textOf(form, 'name'),
        input: { payloads: parseArguments(textOf(form, 'args')) },
        identity: IDENTITY,
      },
    }),
  },
  {
    verb: 'Reset',
    danger: true,
    request: (form) => ({
      resetOperation: {
        options: resetOptions(form),
        resetReapplyType: textOf(form, 'reapply'),
        identity: IDENTITY,
      },
    }),
  },
  {
    verb: 'Delete',
    danger: true,
    request: () => ({ deletionOperation: { identity: IDENTITY } }),
  },
  { verb: 'Terminate', danger: true, request: () => ({ terminationOperation: { identity: IDENTITY } }) },
];

function ResetFields() {
  const [to, setTo] = useState<string>(RESET_TO[0][0]);
  return (
    <>
      <p>
        Of each run a new one goes on from there, with everything before it as it was. Runs that are open are
        terminated.
      </p>
      <Choice label="Undo" name="to" value={to} choices={RESET_TO} onChoose={setTo} />
      {to === 'buildId' && (
        <Field
          label="Build ID"
          name="buildId"
          required
          hint="What this build decided first, and all after it, is undone: for a build that was broken."
        />
      )}
      <Choice label="Messages" name="reapply" choices={REAPPLY} value={REAPPLY[0][0]} />
    </>
  );
}

interface BatchBarProps {
  namespace: string;
  query: string;
  runs: readonly WorkflowExecutionInfo[];
  /** Every run of the page is chosen. */
  wholePage: boolean;
  /** How many runs the filter finds in all. */
  total: number | undefined;
}

export function BatchBar({ namespace, query, runs, wholePage, total = 0 }: BatchBarProps) {
  const [operation, setOperation] = useState<Operation>();
  const [everything, setEverything] = useState(false);
  const all = everything && wholePage;
  const count = all ? total : runs.length;
  // An operation on all runs there are is not asked for by an empty filter: it is said.
  const target: BatchTarget = all
    ? { visibilityQuery: query || 'StartTime IS NOT NULL' }
    : { executions: runs.map(({ execution }) => execution) };
  const submit = async (form: FormData): Promise<void> => {
    const jobId = await startBatch(namespace, target, operation!.request(form), textOf(form, 'reason'));
    navigate(href([namespace, 'batch', jobId]));
  };
  return (
    <div class="batch" role="toolbar" aria-label="Selected runs">
      <strong>{plural(count, 'run')} selected</strong>
      {wholePage && !everything && total > runs.length && (
        <button type="button" class="link" onClick={() => setEverything(true)}>
          Select all {total.toLocaleString('en')} that match
        </button>
      )}
      <span class="spring" />
      {OPERATIONS.map((candidate) => (
        <button
          key={candidate.verb}
          type="button"
          class={candidate.danger ? 'button small danger' : 'button small'}
          onClick={() => setOperation(candidate)}
        >
          {candidate.verb}
        </button>
      ))}
      {operation && (
        <FormDialog
          title={`${operation.verb} ${plural(count, 'run')}?`}
          action={operation.verb}
          danger={operation.danger}
          onClose={() => setOperation(undefined)}
          onSubmit={submit}
        >
          {all && (
            <p>
              All that match when it begins: <code class="wrap">{target.visibilityQuery}</code>
            </p>
          )}
          {operation.verb === 'Signal' && (
            <>
              <Field label="Signal name" name="name" required autofocus />
              <Field label="Arguments" name="args" rows={3} hint="JSON, one value per line. Empty: none." />
            </>
          )}
          {operation.verb === 'Reset' && <ResetFields />}
          <Field label="Reason" name="reason" required autofocus={operation.verb !== 'Signal'} />
        </FormDialog>
      )}
    </div>
  );
}
