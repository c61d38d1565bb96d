/** The schedule as a calendar: the last runs, and the times to come. */

import { useMemo, useState } from 'preact/hooks';
import type { DescribeScheduleReply } from '../../../sdk/common/schedule.ts';
import { href } from '../router.ts';
import { runStatus } from '../status.ts';
import { type Day, dateIn, monthDays, otherMonth } from './month.ts';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const SHOWN = 3;

const MINUTE = 60_000;

interface CalendarProps {
  namespace: string;
  described: DescribeScheduleReply;
  now: number;
}

export function Calendar({ namespace, described, now }: CalendarProps) {
  const zone = described.schedule.spec?.timezoneName || 'UTC';
  const today = dateIn(zone, now);
  const [month, setMonth] = useState(today.slice(0, 7));
  const minute = Math.floor(now / MINUTE) * MINUTE;
  const days = useMemo(() => monthDays(described, month, minute), [described, month, minute]);
  const name = new Date(`${month}-01T00:00:00Z`).toLocaleString('en-GB', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  const weeks = Array.from({ length: days.length / 7 }, (_, i) => days.slice(i * 7, i * 7 + 7));
  return (
    <section class="calendar">
      <div class="calendar-head">
        <h2>{name}</h2>
        <span class="dim">{zone}</span>
        <span class="spring" />
        <button type="button" class="button small" onClick={() => setMonth(otherMonth(month, -1))}>
          Earlier
        </button>
        <button type="button" class="button small" onClick={() => setMonth(today.slice(0, 7))}>
          Today
        </button>
        <button type="button" class="button small" onClick={() => setMonth(otherMonth(month, 1))}>
          Later
        </button>
      </div>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              {WEEKDAYS.map((day) => (
                <th key={day} scope="col">
                  {day}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeks.map((week) => (
              <tr key={week[0]!.date}>
                {week.map((day) => (
                  <DayCell key={day.date} day={day} today={today} zone={zone} namespace={namespace} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface DayCellProps {
  day: Day;
  today: string;
  zone: string;
  namespace: string;
}

function DayCell({ day, today, zone, namespace }: DayCellProps) {
  const { date, inMonth, past, future, more } = day;
  const clock = (time: number): string =>
    new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone }).format(time);
  const room = Math.max(0, SHOWN - past.length);
  const hidden = future.length - Math.min(room, future.length);
  return (
    <td class={inMonth ? '' : 'other'} aria-current={date === today ? 'date' : undefined}>
      <span class="day">{Number(date.slice(8))}</span>
      {past.map(({ time, status, workflowId, runId }) => (
        <a
          key={runId}
          class={`moment tone-${runStatus(status).tone}`}
          href={href([namespace, 'workflows', workflowId, runId])}
          title={`${runStatus(status).label}: ${workflowId}`}
        >
          <span class="dot" aria-hidden="true" /> {clock(time)}
        </a>
      ))}
      {future.slice(0, room).map((time) => (
        <span key={time} class="moment dim">
          {clock(time)}
        </span>
      ))}
      {hidden > 0 && (
        <span class="moment dim">
          + {hidden}
          {more && ' or more'}
        </span>
      )}
    </td>
  );
}
