/** The schedules: what each starts, when, and how the last times went. */

import type { ScheduleActionResultJson, ScheduleListEntry } from '../../../sdk/common/schedule.ts';
import { Only } from '../caller.tsx';
import { Empty, ErrorNote, Loading, Time } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { dateTime, timeMs } from '../format.ts';
import { useNow, usePolled } from '../poll.ts';
import { href, navigate, setSearch, useLocation } from '../router.ts';
import { runStatus } from '../status.ts';
import { listSchedules } from './requests.ts';
import { specLines } from './spec-text.ts';

export function SchedulesPage({ namespace }: { namespace: string }) {
  const { search } = useLocation();
  const token = search.get('page') ?? undefined;
  const list = usePolled(
    `schedules ${namespace} ${token}`,
    (signal) => listSchedules(namespace, token, signal),
    {
      interval: 3_000,
    },
  );
  const schedules = list.data?.schedules;
  const create = (
    <Only>
      <a class="button primary" href={href([namespace, 'new-schedule'])}>
        <Icon name="plus" /> Create schedule
      </a>
    </Only>
  );
  return (
    <>
      <div class="page-head">
        <h1>Schedules</h1>
        <span class="spring" />
        {schedules && schedules.length > 0 && create}
      </div>
      {list.error && <ErrorNote error={list.error} />}
      {list.loading && <Loading what="schedules" />}
      {schedules?.length === 0 && (
        <Empty icon="calendar" title="No schedule yet">
          <p>A schedule starts a workflow at the times of a calendar, a cron string or an interval.</p>
          {create}
        </Empty>
      )}
      {schedules && schedules.length > 0 && <ScheduleTable namespace={namespace} schedules={schedules} />}
      {list.data?.nextPageToken && (
        <nav class="pager" aria-label="Pages">
          <button type="button" class="button" onClick={() => setSearch({ page: list.data?.nextPageToken })}>
            More
          </button>
        </nav>
      )}
    </>
  );
}

interface ScheduleTableProps {
  namespace: string;
  schedules: readonly ScheduleListEntry[];
}

function ScheduleTable({ namespace, schedules }: ScheduleTableProps) {
  const now = useNow(true);
  return (
    <div class="table-box">
      <table class="runs schedules">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Schedule</th>
            <th scope="col">Starts</th>
            <th scope="col">When</th>
            <th scope="col">Next</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {schedules.map(({ scheduleId, info }) => {
            const address = href([namespace, 'schedules', scheduleId]);
            const open = (event: MouseEvent): void => {
              if (!(event.target as Element).closest('a')) navigate(address);
            };
            return (
              <tr key={scheduleId} onClick={open}>
                <td>
                  <StateBadge paused={info.paused} />
                </td>
                <td class="col-id">
                  <a class="mono" href={address}>
                    {scheduleId}
                  </a>
                </td>
                <td>{info.workflowType.name}</td>
                <td class="col-attribute">{specLines(info.spec).join('; ')}</td>
                <td class="dim">
                  {info.paused ? '–' : <Time ms={timeMs(info.futureActionTimes[0])} now={now} />}
                </td>
                <td>
                  <Dots actions={info.recentActions} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function StateBadge({ paused }: { paused: boolean }) {
  return (
    <span class={`badge tone-${paused ? 'paused' : 'completed'}`}>
      <span class="dot" aria-hidden="true" />
      {paused ? 'Paused' : 'Active'}
    </span>
  );
}

/** The last runs, oldest first: one dot each. */
function Dots({ actions }: { actions: readonly ScheduleActionResultJson[] }) {
  if (actions.length === 0) return <span class="dim">–</span>;
  const words = actions.map(({ startWorkflowStatus: status, actualTime }) => ({
    ...runStatus(status),
    time: dateTime(timeMs(actualTime) ?? 0),
    actualTime,
  }));
  return (
    <span class="dots" role="img" aria-label={`The last runs: ${words.map(({ label }) => label).join(', ')}`}>
      {words.map(({ tone, label, time, actualTime }) => (
        <span key={actualTime} class={`dot tone-${tone}`} title={`${label}, ${time}`} />
      ))}
    </span>
  );
}
