/** The schedules: what each starts, when, and how the last times went. */

import type { ScheduleActionResultJson, ScheduleListEntry } from '../../../sdk/common/schedule.ts';
import { Only } from '../caller.tsx';
import { Empty, Time } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { ListPage, Table, type TableColumn } from '../components/list-page.tsx';
import { dateTime, timeMs } from '../format.ts';
import { useNow, usePolled } from '../poll.ts';
import { href, navigate, useLocation } from '../router.ts';
import { runStatus } from '../status.ts';
import { listSchedules } from './requests.ts';
import { specLines } from './spec-text.ts';

export function SchedulesPage({ namespace }: { namespace: string }) {
  const token = useLocation().search.get('page') ?? undefined;
  const list = usePolled(
    `schedules ${namespace} ${token}`,
    (signal) => listSchedules(namespace, token, signal),
    { interval: 3_000 },
  );
  const now = useNow(true);
  const create = (
    <Only>
      <a class="button primary" href={href([namespace, 'new-schedule'])}>
        <Icon name="plus" /> Create schedule
      </a>
    </Only>
  );
  const addressOf = ({ scheduleId }: ScheduleListEntry): string => href([namespace, 'schedules', scheduleId]);
  const columns: ReadonlyArray<TableColumn<ScheduleListEntry>> = [
    { label: 'State', cell: ({ info }) => <StateBadge paused={info.paused} /> },
    {
      label: 'Schedule',
      cell: (entry) => (
        <a class="mono" href={addressOf(entry)}>
          {entry.scheduleId}
        </a>
      ),
      class: 'col-id',
    },
    { label: 'Starts', cell: ({ info }) => info.workflowType.name, class: 'col-type' },
    { label: 'When', cell: ({ info }) => specLines(info.spec).join('; '), class: 'col-attribute' },
    {
      label: 'Next',
      cell: ({ info }) => (info.paused ? '–' : <Time ms={timeMs(info.futureActionTimes[0])} now={now} />),
      class: 'dim',
    },
    { label: 'Last', cell: ({ info }) => <Dots actions={info.recentActions} /> },
  ];
  return (
    <ListPage
      title="Schedules"
      what="schedules"
      list={list}
      sizeOf={({ schedules }) => schedules.length}
      nextOf={({ nextPageToken }) => nextPageToken}
      create={create}
      empty={
        <Empty icon="calendar" title="No schedule yet">
          <p>A schedule starts a workflow at the times of a calendar, a cron string or an interval.</p>
          {create}
        </Empty>
      }
    >
      {({ schedules }) => (
        <Table
          class="runs"
          columns={columns}
          rows={schedules}
          keyOf={({ scheduleId }) => scheduleId}
          onOpen={(entry) => navigate(addressOf(entry))}
        />
      )}
    </ListPage>
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
