/** Back to a workflow task: a new run goes on from there. */

import type { HistoryEvent } from '../../../sdk/common/history.ts';
import { Choice, Field, FormDialog, textOf } from '../components/dialog.tsx';
import { resetWorkflow } from '../engine.ts';
import { clock, timeMs } from '../format.ts';
import { eventDetail, eventTitle } from '../history/event.ts';
import { href, navigate } from '../router.ts';
import type { Run } from './run-page.tsx';

/** A run can go back to any of these: what its workflow task decided is undone. */
const CAN_GO_BACK_TO = /^EVENT_TYPE_WORKFLOW_TASK_(COMPLETED|FAILED|TIMED_OUT)$/;

export const canResetTo = (event: HistoryEvent): boolean => CAN_GO_BACK_TO.test(event.eventType);

/** More are not listed: an event's own page offers the reset, too. */
const MOST = 200;

const REAPPLY = [
  ['RESET_REAPPLY_TYPE_ALL_ELIGIBLE', 'Send signals and updates that came later again'],
  ['RESET_REAPPLY_TYPE_SIGNAL', 'Send later signals again'],
  ['RESET_REAPPLY_TYPE_NONE', 'Leave later messages out'],
] as const;

/** What the task led to, so that a person knows which one it is. */
function taskLabel(event: HistoryEvent, events: readonly HistoryEvent[]): string {
  const at = Number(event.eventId);
  const next = events[at];
  const led = next ? `, then ${eventTitle(next).toLowerCase()} ${eventDetail(next)}` : '';
  return `${event.eventId}: ${clock(timeMs(event.eventTime) ?? 0, true)}${led}`.slice(0, 110);
}

interface ResetDialogProps {
  run: Run;
  /** Chosen already: an event's id. */
  to: string | undefined;
  onClose(): void;
}

export function ResetDialog({ run, to, onClose }: ResetDialogProps) {
  const { events } = run.history;
  const tasks = events.filter(canResetTo);
  const shown = tasks.slice(-MOST).map((event) => [event.eventId, taskLabel(event, events)] as const);
  const chosen = tasks.find(({ eventId }) => eventId === to) ?? tasks.at(-1);
  const listed =
    chosen && !shown.some(([id]) => id === chosen.eventId)
      ? [[chosen.eventId, taskLabel(chosen, events)] as const, ...shown]
      : shown;
  const submit = async (form: FormData): Promise<void> => {
    const runId = await resetWorkflow(run.name, {
      workflowTaskFinishEventId: textOf(form, 'task'),
      reason: textOf(form, 'reason'),
      resetReapplyType: textOf(form, 'reapply'),
    });
    navigate(href([run.name.namespace, 'workflows', run.name.workflowId, runId]));
  };
  return (
    <FormDialog title="Reset this run?" action="Reset" danger wide onClose={onClose} onSubmit={submit}>
      <p>
        A new run goes on from a workflow task of this one, with everything before it as it was.
        {run.open && ' This run is terminated.'}
      </p>
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
      <Field label="Reason" name="reason" autofocus />
    </FormDialog>
  );
}
