/** What can be done to a pending activity. */

import { useState } from 'preact/hooks';
import type { PendingActivityInfo } from '../../../sdk/common/service.ts';
import { Field, FormDialog, textOf } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { type ActivityChange, changeActivity } from '../engine.ts';
import type { Run } from './run-page.tsx';

interface Words {
  label: string;
  title: string;
  text: string;
}

const WORDS: Record<ActivityChange, Words> = {
  pause: {
    label: 'Pause',
    title: 'Pause the activity',
    text: 'An attempt that runs goes on; no other one follows until it is resumed.',
  },
  unpause: { label: 'Resume', title: 'Resume the activity', text: 'Its next attempt may start.' },
  reset: {
    label: 'Retry now',
    title: 'Retry the activity now',
    text: 'Attempts are counted anew from the first, and it does not wait for its backoff.',
  },
};

export function ActivityActions({ run, activity }: { run: Run; activity: PendingActivityInfo }) {
  const [change, setChange] = useState<ActivityChange>();
  const submit = async (form: FormData): Promise<void> => {
    await changeActivity(run.name, activity.activityId, change!, textOf(form, 'reason'));
    run.refresh();
  };
  const offered: ActivityChange[] = ['reset', activity.paused ? 'unpause' : 'pause'];
  return (
    <div class="actions">
      {offered.map((each) => (
        <button key={each} type="button" class="button small" onClick={() => setChange(each)}>
          <Icon name={each === 'pause' ? 'wait' : each === 'unpause' ? 'play' : 'refresh'} />{' '}
          {WORDS[each].label}
        </button>
      ))}
      {change && (
        <FormDialog
          title={WORDS[change].title}
          action={WORDS[change].label}
          onClose={() => setChange(undefined)}
          onSubmit={submit}
        >
          <p>{WORDS[change].text}</p>
          {change === 'pause' && <Field label="Reason" name="reason" autofocus />}
        </FormDialog>
      )}
    </div>
  );
}
