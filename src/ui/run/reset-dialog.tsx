/** Back to a workflow task: a new run goes on from there, in the place of this one or, forked, beside it. */

import type { HistoryEvent } from '../../../sdk/common/history.ts';
import { Choice, Field, FormDialog, textOf } from '../components/dialog.tsx';
import { forkWorkflow, resetWorkflow } from '../engine.ts';
import { dateTime, timeMs } from '../format.ts';
import { eventAttributes, eventDetail, eventTitle } from '../history/event.ts';
import type { Item } from '../history/items.ts';
import { href, navigate } from '../router.ts';
import type { Run } from './run-page.tsx';

/** A run can go back to any of these: what its workflow task decided is undone. */
const CAN_GO_BACK_TO = /^EVENT_TYPE_WORKFLOW_TASK_(COMPLETED|FAILED|TIMED_OUT)$/;

export const canResetTo = (event: HistoryEvent): boolean => CAN_GO_BACK_TO.test(event.eventType);

/** The workflow task that decided on it: going back there undoes it. What came from outside has none. */
export function resetPoint({ events: [first] }: Item): string | undefined {
  if (!first) return undefined;
  if (canResetTo(first)) return first.eventId;
  const { workflowTaskCompletedEventId: id } = eventAttributes(first) as {
    workflowTaskCompletedEventId?: string;
  };
  return Number(id) > 0 ? id : undefined;
}

/** More are not listed: an event's own page offers the reset, too. */
const MOST = 200;

export const REAPPLY = [
  ['RESET_REAPPLY_TYPE_ALL_ELIGIBLE', 'Send signals and updates that came later again'],
  ['RESET_REAPPLY_TYPE_SIGNAL', 'Send later signals again'],
  ['RESET_REAPPLY_TYPE_NONE', 'Leave later messages out'],
] as const;

/** What the task led to, so that a person knows which one it is. */
function taskLabel(event: HistoryEvent, events: readonly HistoryEvent[]): string {
  const at = Number(event.eventId);
  const next = events[at];
  const led = next ? `, then ${eventTitle(next).toLowerCase()} ${eventDetail(next)}` : '';
  return `${event.eventId}: ${dateTime(timeMs(event.eventTime) ?? 0, true)}${led}`.slice(0, 110);
}

const RESET = {
  title: 'Reset this run?',
  action: 'Reset',
  text: 'A new run goes on from a workflow task of this one, with everything before it as it was.',
};
const FORK = {
  title: 'Fork this run',
  action: 'Fork',
  text: 'Another workflow goes on from a workflow task of this run. This run stays as it is: what was done before that point is not done again, what the code does after it is.',
};

interface ResetDialogProps {
  run: Run;
  /** Chosen already: an event's id. */
  to: string | undefined;
  /** Under another workflow id: this run stays as it is. */
  fork?: boolean;
  onClose(): void;
}

export function ResetDialog({ run, to, fork = false, onClose }: ResetDialogProps) {
  const { events } = run.history;
  const tasks = events.filter(canResetTo);
  const shown = tasks.slice(-MOST).map((event) => [event.eventId, taskLabel(event, events)] as const);
  const chosen = tasks.find(({ eventId }) => eventId === to) ?? tasks.at(-1);
  const listed =
    chosen && !shown.some(([id]) => id === chosen.eventId)
      ? [[chosen.eventId, taskLabel(chosen, events)] as const, ...shown]
      : shown;
  const submit = async (form: FormData): Promise<void> => {
    const request = {
      workflowTaskFinishEventId: textOf(form, 'task'),
      reason: textOf(form, 'reason'),
      resetReapplyType: textOf(form, 'reapply'),
    };
    const { namespace, workflowId } = run.name;
    const { workflowId: id, runId } = fork
      ? await forkWorkflow(run.name, textOf(form, 'workflowId'), request)
      : { workflowId, runId: await resetWorkflow(run.name, request) };
    navigate(href([namespace, 'workflows', id, runId]));
  };
  const { title, action, text } = fork ? FORK : RESET;
  return (
    <FormDialog title={title} action={action} danger={!fork} wide onClose={onClose} onSubmit={submit}>
      <p>
        {text}
        {run.open && !fork && ' This run is terminated.'}
      </p>
      {fork && (
        <Field
          label="New workflow ID"
          name="workflowId"
          required
          value={`${run.name.workflowId}-fork`}
          autofocus
        />
      )}
      {listed.length === 0 ? (
        <p class="note">No workflow task has ended yet: there is nothing to go back to.</p>
      ) : (
        <Choice
          label="Undo what this workflow task decided, and all after it"
          name="task"
          choices={listed}
          value={chosen!.eventId}
        />
      )}
      <Choice label="Messages" name="reapply" choices={REAPPLY} value={REAPPLY[0][0]} />
      <Field label="Reason" name="reason" autofocus={!fork} />
    </FormDialog>
  );
}
