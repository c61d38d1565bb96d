/** What can be done to many runs at once: one request a run, a few at a time, with every refusal kept. */

import { useState } from 'preact/hooks';
import type { WorkflowExecutionInfo } from '../../../sdk/common/service.ts';
import { Field, FormDialog, textOf } from '../components/dialog.tsx';
import { cancelWorkflow, signalWorkflow, terminateWorkflow, type WorkflowName } from '../engine.ts';
import { plural } from '../format.ts';
import { parseArguments } from '../payload.ts';

type Act = (run: WorkflowName) => Promise<unknown>;

interface Operation {
  verb: string;
  danger?: boolean;
  act(form: FormData): Act;
}

const OPERATIONS: readonly Operation[] = [
  {
    verb: 'Cancel',
    act: (form) => (run) => cancelWorkflow(run, textOf(form, 'reason')),
  },
  {
    verb: 'Signal',
    act: (form) => {
      const args = parseArguments(textOf(form, 'args'));
      return (run) => signalWorkflow(run, textOf(form, 'name'), args);
    },
  },
  {
    verb: 'Terminate',
    danger: true,
    act: (form) => (run) => terminateWorkflow(run, textOf(form, 'reason')),
  },
];

const AT_ONCE = 4;

interface Progress {
  done: number;
  refused: string[];
}

async function forEach(
  runs: readonly WorkflowName[],
  act: Act,
  report: (progress: Progress) => void,
): Promise<Progress> {
  const progress: Progress = { done: 0, refused: [] };
  const waiting = [...runs];
  const worker = async (): Promise<void> => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      const { workflowId } = run;
      await act(run).catch((error: Error) => progress.refused.push(`${workflowId}: ${error.message}`));
      progress.done++;
      report({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return progress;
}

interface BatchBarProps {
  namespace: string;
  runs: readonly WorkflowExecutionInfo[];
  onDone(): void;
}

export function BatchBar({ namespace, runs, onDone }: BatchBarProps) {
  const [operation, setOperation] = useState<Operation>();
  const [progress, setProgress] = useState<Progress>();
  const names = runs.map(({ execution }) => ({ namespace, ...execution }));
  const run = async (form: FormData): Promise<void> => {
    const { refused } = await forEach(names, operation!.act(form), setProgress);
    setProgress(undefined);
    if (refused.length > 0) {
      const listed = refused.slice(0, 5).join('; ');
      throw new Error(`${refused.length} of ${names.length} were refused: ${listed}`);
    }
    onDone();
  };
  return (
    <div class="batch" role="toolbar" aria-label="Selected runs">
      <strong>{plural(runs.length, 'run')} selected</strong>
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
          title={`${operation.verb} ${plural(runs.length, 'run')}`}
          action={operation.verb}
          danger={operation.danger}
          onClose={() => setOperation(undefined)}
          onSubmit={run}
        >
          {operation.verb === 'Signal' ? (
            <>
              <Field label="Signal name" name="name" required autofocus />
              <Field label="Arguments" name="args" rows={3} hint="JSON, one value per line. Empty: none." />
            </>
          ) : (
            <Field label="Reason" name="reason" autofocus />
          )}
          {progress && (
            <label class="progress">
              {progress.done} of {runs.length}
              <progress value={progress.done} max={runs.length} />
            </label>
          )}
        </FormDialog>
      )}
    </div>
  );
}
