/** What can be done to a schedule. */

import type { SchedulePatchJson } from '../../../sdk/common/schedule.ts';
import { Choice, Field, FormDialog, textOf } from '../components/dialog.tsx';
import { href, navigate } from '../router.ts';
import { OVERLAP_POLICIES } from './policies.ts';
import { deleteSchedule, patchSchedule, type ScheduleName } from './requests.ts';

export type ScheduleAction = 'pause' | 'unpause' | 'trigger' | 'backfill' | 'delete';

interface Words {
  title: string;
  action: string;
  text?: string;
}

const WORDS: Record<ScheduleAction, Words> = {
  pause: {
    title: 'Pause the schedule',
    action: 'Pause',
    text: 'It starts nothing until it is resumed. What runs goes on.',
  },
  unpause: { title: 'Resume the schedule', action: 'Resume' },
  trigger: {
    title: 'Act now',
    action: 'Trigger',
    text: 'Starts the workflow at once, beside the times of the schedule.',
  },
  backfill: {
    title: 'Backfill',
    action: 'Backfill',
    text: 'Acts for the times between the two, as if they came now.',
  },
  delete: {
    title: 'Delete the schedule?',
    action: 'Delete',
    text: 'It starts nothing any more. What runs goes on.',
  },
};

const instant = (form: FormData, name: string): string => new Date(textOf(form, name)).toISOString();

function patchOf(action: Exclude<ScheduleAction, 'delete'>, form: FormData): SchedulePatchJson {
  const note = textOf(form, 'note') || `${WORDS[action].action}d in the Web UI`;
  const overlapPolicy = textOf(form, 'overlap');
  switch (action) {
    case 'pause':
      return { pause: note };
    case 'unpause':
      return { unpause: note };
    case 'trigger':
      return { triggerImmediately: { overlapPolicy } };
    case 'backfill':
      return {
        backfillRequest: [{ startTime: instant(form, 'from'), endTime: instant(form, 'to'), overlapPolicy }],
      };
  }
}

interface ScheduleDialogProps {
  name: ScheduleName;
  action: ScheduleAction;
  onClose(): void;
}

export function ScheduleDialog({ name, action, onClose }: ScheduleDialogProps) {
  const { title, action: button, text } = WORDS[action];
  const submit = async (form: FormData): Promise<void> => {
    if (action !== 'delete') return void (await patchSchedule(name, patchOf(action, form)));
    await deleteSchedule(name);
    navigate(href([name.namespace, 'schedules']));
  };
  const overlaps = action === 'trigger' || action === 'backfill';
  return (
    <FormDialog
      title={title}
      action={button}
      danger={action === 'delete'}
      onClose={onClose}
      onSubmit={submit}
    >
      {text && <p>{text}</p>}
      {action === 'backfill' && (
        <div class="columns">
          <Field label="From (local time)" name="from" type="datetime-local" required />
          <Field label="To (local time)" name="to" type="datetime-local" required />
        </div>
      )}
      {overlaps && (
        <Choice
          label="When runs overlap"
          name="overlap"
          choices={OVERLAP_POLICIES}
          value="SCHEDULE_OVERLAP_POLICY_ALLOW_ALL"
        />
      )}
      {(action === 'pause' || action === 'unpause') && <Field label="Note" name="note" autofocus />}
    </FormDialog>
  );
}
