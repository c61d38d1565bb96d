/** What can be done to a run. Names come from what the workflow says it takes; the engine's refusals are shown as it said them. */

import { call } from '../api.ts';
import { Only, useMay } from '../caller.tsx';
import { Field, FormDialog, textOf } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import {
  cancelWorkflow,
  deleteWorkflow,
  pauseWorkflow,
  signalWorkflow,
  terminateWorkflow,
  updateWorkflow,
  type WorkflowName,
} from '../engine.ts';
import { inNamespace } from '../path.ts';
import { parseArguments } from '../payload.ts';
import { href, navigate } from '../router.ts';
import { runStatus } from '../status.ts';
import { ResetDialog } from './reset-dialog.tsx';
import type { Run } from './run-page.tsx';

export type Action =
  | 'signal'
  | 'update'
  | 'cancel'
  | 'terminate'
  | 'reset'
  | 'fork'
  | 'pause'
  | 'unpause'
  | 'delete';

const ARGUMENTS_HINT = 'JSON, one value per line. Empty: none.';

export function ActionBar({ run }: { run: Run }) {
  const { namespace, workflowId, runId } = run.name;
  const paused = runStatus(run.described.workflowExecutionInfo.status).name === 'Paused';
  const like = href([namespace, 'start'], { like: workflowId, run: runId });
  const may = useMay();
  return (
    <div class="actions">
      {may && run.open && (
        <>
          <button type="button" class="button" onClick={() => run.act('signal')}>
            <Icon name="signal" /> Signal
          </button>
          <button type="button" class="button" onClick={() => run.act('update')}>
            <Icon name="update" /> Update
          </button>
          <button type="button" class="button" onClick={() => run.act(paused ? 'unpause' : 'pause')}>
            {paused ? 'Resume' : 'Pause'}
          </button>
          <button type="button" class="button" onClick={() => run.act('cancel')}>
            Cancel
          </button>
          <button type="button" class="button danger" onClick={() => run.act('terminate')}>
            Terminate
          </button>
        </>
      )}
      <Only>
        <button type="button" class="button" onClick={() => run.act('reset')}>
          Reset
        </button>
        <button type="button" class="button" onClick={() => run.act('fork')}>
          <Icon name="child" /> Fork
        </button>
        <a class="button" href={like} title="Start another one with the same input">
          <Icon name="play" /> Start like this
        </a>
      </Only>
      <DownloadButton run={run} />
      <Only>
        <button type="button" class="button danger" onClick={() => run.act('delete')}>
          Delete
        </button>
      </Only>
    </div>
  );
}

interface ActionDialogProps<K extends Action> {
  run: Run;
  kind: K;
  /** The signal, the update, or the event to go back to, when it was chosen already. */
  name?: string;
  onClose(): void;
}

export function ActionDialog({ kind, ...props }: ActionDialogProps<Action>) {
  if (kind === 'signal' || kind === 'update') return <MessageDialog kind={kind} {...props} />;
  if (kind === 'reset' || kind === 'fork')
    return <ResetDialog run={props.run} to={props.name} fork={kind === 'fork'} onClose={props.onClose} />;
  if (kind === 'delete') return <DeleteDialog run={props.run} onClose={props.onClose} />;
  return <EndDialog kind={kind} {...props} />;
}

function MessageDialog({ run, kind, name, onClose }: ActionDialogProps<'signal' | 'update'>) {
  const known = (kind === 'signal' ? run.handlers?.signals : run.handlers?.updates) ?? [];
  const send = kind === 'signal' ? signalWorkflow : updateWorkflow;
  const submit = async (form: FormData): Promise<void> => {
    await send(run.name, textOf(form, 'name'), parseArguments(textOf(form, 'args')));
    run.refresh();
  };
  const title = kind === 'signal' ? 'Send a signal' : 'Send an update';
  return (
    <FormDialog title={title} action="Send" onClose={onClose} onSubmit={submit}>
      <Field
        label="Name"
        name="name"
        required
        known={known}
        value={name ?? (known.length === 1 ? known[0] : '')}
        autofocus
      />
      <Field label="Arguments" name="args" rows={4} hint={ARGUMENTS_HINT} />
    </FormDialog>
  );
}

/** What ends or holds a run: what it means is said before it is done. */
const ENDINGS = {
  cancel: {
    title: 'Ask this run to cancel?',
    action: 'Request cancellation',
    text: 'The workflow is told, and may clean up before it ends. It may also go on.',
    danger: false,
    send: cancelWorkflow,
  },
  terminate: {
    title: 'Terminate this run?',
    action: 'Terminate',
    text: 'It ends at once. Its code does not run again: nothing is cleaned up or compensated.',
    danger: true,
    send: terminateWorkflow,
  },
  pause: {
    title: 'Pause this run?',
    action: 'Pause',
    text: 'Its code does not run until it is resumed. What arrives meanwhile is kept.',
    danger: false,
    send: (run: WorkflowName, reason: string) => pauseWorkflow(run, 'pause', reason),
  },
  unpause: {
    title: 'Resume this run?',
    action: 'Resume',
    text: 'Its code goes on with what has arrived.',
    danger: false,
    send: (run: WorkflowName, reason: string) => pauseWorkflow(run, 'unpause', reason),
  },
} as const;

function EndDialog({ run, kind, onClose }: ActionDialogProps<keyof typeof ENDINGS>) {
  const { title, action, text, danger, send } = ENDINGS[kind];
  const submit = async (form: FormData): Promise<void> => {
    await send(run.name, textOf(form, 'reason'));
    run.refresh();
  };
  return (
    <FormDialog title={title} action={action} danger={danger} onClose={onClose} onSubmit={submit}>
      <p>{text}</p>
      <p class="mono wrap">{run.name.workflowId}</p>
      <Field label="Reason" name="reason" autofocus />
    </FormDialog>
  );
}

function DeleteDialog({ run, onClose }: { run: Run; onClose(): void }) {
  const submit = async (): Promise<void> => {
    await deleteWorkflow(run.name);
    navigate(href([run.name.namespace, 'workflows']));
  };
  return (
    <FormDialog title="Delete this run?" action="Delete" danger onClose={onClose} onSubmit={submit}>
      <p>
        {run.open && 'It is terminated first. '}
        Its history and payloads are removed for good. Download the history before, if anybody may want to
        look at it.
      </p>
      <p class="mono wrap">{run.name.workflowId}</p>
    </FormDialog>
  );
}

/** All of the history, in the form that replayers read. */
function DownloadButton({ run }: { run: Run }) {
  const { workflowId, namespace, runId } = run.name;
  const download = async (): Promise<void> => {
    const events: unknown[] = [];
    let nextPageToken: string | undefined;
    do {
      const query = { 'execution.runId': runId, maximumPageSize: 1_000, nextPageToken };
      const page: { history: { events: unknown[] }; nextPageToken?: string } = await call(
        'GET',
        inNamespace(namespace, 'workflows', workflowId, 'history'),
        { query, raw: true },
      );
      events.push(...page.history.events);
      nextPageToken = page.nextPageToken;
    } while (nextPageToken);
    const url = URL.createObjectURL(
      new Blob([JSON.stringify({ events }, null, 2)], { type: 'application/json' }),
    );
    const link = Object.assign(document.createElement('a'), {
      href: url,
      download: `${workflowId}.history.json`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <button type="button" class="button" onClick={download} title="Download the history as JSON">
      <Icon name="down" /> History
    </button>
  );
}
