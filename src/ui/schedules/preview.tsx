/** The next times of a schedule that is being written, as the engine will reckon them: by the same code. */

import type { ScheduleSpecJson } from '../../../sdk/common/schedule.ts';
import { zonedTime } from '../format.ts';
import { type Preview, previewOf } from './month.ts';

export function SpecPreview({ read, now }: { read: () => ScheduleSpecJson; now: number }) {
  const shown = ((): Preview | Error => {
    try {
      return previewOf(read(), now);
    } catch (error) {
      return error as Error;
    }
  })();
  if (shown instanceof Error)
    return (
      <p class="note note-failed wrap" role="status">
        {shown.message}
      </p>
    );
  return (
    <div class="preview" role="status" aria-label="Next times">
      <b>{shown.times.length > 0 ? 'Next times' : 'No time is named: it acts only when it is triggered.'}</b>
      <ol class="tree times">
        {shown.times.map((time) => (
          <li key={time}>
            <span>{zonedTime(time, shown.zone)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
