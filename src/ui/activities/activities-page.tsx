/** The activities that belong to no workflow, newest first, by a filter. */

import { useEffect, useState } from 'preact/hooks';
import type { ActivityExecutionListInfo } from '../../../sdk/common/service.ts';
import { ApiError } from '../api.ts';
import { Empty, StatusBadge, Time } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { ListPage, Table, type TableColumn } from '../components/list-page.tsx';
import { duration, durationMs, timeMs } from '../format.ts';
import { quoted } from '../list/filter.ts';
import { useNow, usePolled } from '../poll.ts';
import { href, navigate, setSearch, useLocation } from '../router.ts';
import { listActivities } from './requests.ts';

/** As the badges of runs know it. */
export const asRunStatus = (status: string): string => status.replace(/^ACTIVITY_/, 'WORKFLOW_');

/** What is no filter is an id. */
export const activityQuery = (text: string): string =>
  text === '' || /[=<>()'"`]|\s(?:IS|IN|BETWEEN|STARTS_WITH)\s|^ORDER\s/i.test(text)
    ? text
    : `ActivityId = ${quoted(text)}`;

export function ActivitiesPage({ namespace }: { namespace: string }) {
  const { search } = useLocation();
  const query = search.get('query') ?? '';
  const nextPageToken = search.get('page') ?? undefined;
  const list = usePolled(
    `activities ${namespace} ${query} ${nextPageToken}`,
    (signal) => listActivities(namespace, { query, nextPageToken }, signal),
    { interval: 2_000 },
  );
  const now = useNow(true);
  const addressOf = ({ activityId, runId }: ActivityExecutionListInfo): string =>
    href([namespace, 'activities', activityId, runId]);
  const columns: ReadonlyArray<TableColumn<ActivityExecutionListInfo>> = [
    { label: 'Status', cell: ({ status }) => <StatusBadge status={asRunStatus(status)} /> },
    {
      label: 'Activity',
      cell: (row) => (
        <a class="mono" href={addressOf(row)}>
          {row.activityId}
        </a>
      ),
      class: 'col-id',
    },
    { label: 'Type', cell: ({ activityType }) => activityType.name, class: 'col-type' },
    { label: 'Task queue', cell: ({ taskQueue }) => taskQueue, class: 'mono col-attribute' },
    {
      label: 'Scheduled',
      cell: ({ scheduleTime }) => <Time ms={timeMs(scheduleTime)} now={now} />,
      class: 'dim',
    },
    {
      label: 'Took',
      cell: ({ executionDuration }) => {
        const took = durationMs(executionDuration);
        return took === undefined ? '–' : duration(took);
      },
      class: 'dim',
    },
  ];
  return (
    <>
      <FilterBox query={query} refused={list.error instanceof ApiError && list.error.status === 400} />
      <ListPage
        title="Activities of no workflow"
        what="activities"
        list={list}
        sizeOf={({ executions }) => executions.length}
        nextOf={({ nextPageToken: next }) => next}
        empty={
          <Empty icon="activity" title={query ? 'No activity is found by this filter' : 'No activity yet'}>
            <p>
              Activities that a client starts by themselves (<code>client.activity.start</code>). Those of a
              workflow are on the page of its run.
            </p>
          </Empty>
        }
      >
        {({ executions }) => (
          <Table
            class="runs"
            columns={columns}
            rows={executions}
            keyOf={({ runId }) => runId}
            onOpen={(row) => navigate(addressOf(row))}
          />
        )}
      </ListPage>
    </>
  );
}

function FilterBox({ query, refused }: { query: string; refused: boolean }) {
  const [text, setText] = useState(query);
  useEffect(() => setText(query), [query]);
  const ask = (wanted: string): void => setSearch({ query: wanted || undefined, page: undefined });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    ask(activityQuery(text.trim()));
  };
  return (
    <section class="filter" aria-label="Filter">
      <form class="filter-box" onSubmit={submit}>
        <Icon name="search" />
        <input
          aria-label="Filter, or an activity ID"
          aria-invalid={refused}
          placeholder="Activity ID, or a filter: ActivityType = 'sendMail' AND ExecutionStatus = 'Failed'"
          value={text}
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        {query !== '' && (
          <button type="button" class="icon-button" aria-label="Clear the filter" onClick={() => ask('')}>
            <Icon name="close" />
          </button>
        )}
      </form>
    </section>
  );
}
