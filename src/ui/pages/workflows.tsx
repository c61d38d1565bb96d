/** The list of runs, as it is now. Filter, columns and page stand in the address, so that a view can be kept as a link. */

import { useState } from 'preact/hooks';
import type { WorkflowExecutionInfo } from '../../../sdk/common/service.ts';
import { Only, useMay } from '../caller.tsx';
import { Empty, ErrorNote, Loading } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { listWorkflows } from '../engine.ts';
import { BatchBar } from '../list/batch.tsx';
import { allColumns, type Column, chosenColumns } from '../list/columns.tsx';
import { countByStatus, countStuck } from '../list/counts.ts';
import { statusOf } from '../list/filter.ts';
import { FilterBar } from '../list/filter-bar.tsx';
import { useNow, usePolled } from '../poll.ts';
import { href, navigate, setSearch, useLocation } from '../router.ts';
import { FirstRun } from './first-run.tsx';

const PAGE_SIZE = 50;
const INTERVAL = 2_000;

const runKey = ({ execution }: WorkflowExecutionInfo): string =>
  `${execution.workflowId}\n${execution.runId}`;

export function WorkflowsPage({ namespace }: { namespace: string }) {
  const { search } = useLocation();
  const may = useMay();
  const query = search.get('query') ?? '';
  const token = search.get('page') ?? undefined;
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const listKey = JSON.stringify([namespace, query, token]);
  const list = usePolled(
    listKey,
    (signal) => listWorkflows(namespace, { query, pageSize: PAGE_SIZE, nextPageToken: token }, signal),
    { interval: INTERVAL },
  );
  const counts = usePolled(
    `counts ${namespace} ${query}`,
    (signal) => countByStatus(namespace, query, signal),
    { interval: INTERVAL },
  );
  const stuck = usePolled(`stuck ${namespace} ${query}`, (signal) => countStuck(namespace, query, signal), {
    interval: INTERVAL,
  });
  const runs = list.data?.executions ?? [];
  const columns = allColumns(runs);
  const shown = chosenColumns(columns, search.get('columns'));
  const chosen = runs.filter((run) => selected.has(runKey(run)));
  const setQuery = (text: string): void => {
    setSelected(new Set());
    setSearch({ query: text, page: undefined });
  };
  const nothing = list.data !== undefined && runs.length === 0;
  return (
    <>
      <Head namespace={namespace} columns={columns} shown={shown} />
      <FilterBar
        namespace={namespace}
        query={query}
        onQuery={setQuery}
        counts={counts.data}
        stuck={stuck.data}
        error={badFilter(list.error)}
      />
      {list.error && !badFilter(list.error) && <ErrorNote error={list.error} />}
      {list.loading && <Loading what="workflows" />}
      {nothing && query === '' && !token && <FirstRun namespace={namespace} onStarted={list.refresh} />}
      {nothing && (query !== '' || token) && <NoMatch onAll={() => setQuery('')} />}
      {may && chosen.length > 0 && (
        <BatchBar
          key={query}
          namespace={namespace}
          query={query}
          runs={chosen}
          wholePage={chosen.length === runs.length}
          total={totalOf(counts.data, query)}
        />
      )}
      {runs.length > 0 && (
        <RunTable
          namespace={namespace}
          runs={runs}
          columns={shown}
          selected={selected}
          onSelect={setSelected}
        />
      )}
      <Pager next={list.data?.nextPageToken} first={token === undefined} />
    </>
  );
}

interface HeadProps {
  namespace: string;
  columns: readonly Column[];
  shown: readonly Column[];
}

function Head({ namespace, columns, shown }: HeadProps) {
  return (
    <div class="page-head">
      <h1>Workflows</h1>
      <span class="spring" />
      <ColumnMenu columns={columns} shown={shown} />
      <a class="button" href={href([namespace, 'history-file'])}>
        History file
      </a>
      <Only>
        <a class="button primary" href={href([namespace, 'start'])}>
          <Icon name="plus" /> Start workflow
        </a>
      </Only>
    </div>
  );
}

function NoMatch({ onAll }: { onAll(): void }) {
  return (
    <Empty icon="search" title="No run matches">
      <button type="button" class="button" onClick={onAll}>
        Show all
      </button>
    </Empty>
  );
}

/** How many runs the filter finds, status and all. */
function totalOf(counts: Record<string, number> | undefined, query: string): number | undefined {
  if (!counts) return undefined;
  const status = statusOf(query);
  if (status) return counts[status] ?? 0;
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The engine's words about a filter that it cannot read. */
function badFilter(error: Error | undefined): string | undefined {
  return error && 'status' in error && error.status === 400 ? error.message : undefined;
}

interface RunTableProps {
  namespace: string;
  runs: readonly WorkflowExecutionInfo[];
  columns: readonly Column[];
  selected: ReadonlySet<string>;
  onSelect(selected: ReadonlySet<string>): void;
}

function RunTable({ namespace, runs, columns, selected, onSelect }: RunTableProps) {
  const now = useNow(true);
  const all = runs.every((run) => selected.has(runKey(run)));
  const toggle = (key: string): void => {
    const next = new Set(selected);
    if (!next.delete(key)) next.add(key);
    onSelect(next);
  };
  const open = (event: MouseEvent, { execution }: WorkflowExecutionInfo): void => {
    if ((event.target as Element).closest('a, input, button, label') || getSelection()?.toString()) return;
    navigate(href([namespace, 'workflows', execution.workflowId, execution.runId]));
  };
  return (
    <div class="table-box">
      <table class="runs">
        <thead>
          <tr>
            <th class="select">
              <input
                type="checkbox"
                aria-label="Select all"
                checked={all}
                onChange={() => onSelect(new Set(all ? [] : runs.map(runKey)))}
              />
            </th>
            {columns.map(({ id, label }) => (
              <th key={id} scope="col" class={`col-${id}`}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={runKey(run)} onClick={(event) => open(event, run)}>
              <td class="select">
                <input
                  type="checkbox"
                  aria-label={`Select ${run.execution.workflowId}`}
                  checked={selected.has(runKey(run))}
                  onChange={() => toggle(runKey(run))}
                />
              </td>
              {columns.map(({ id, label, cell }) => (
                <td key={id} data-label={label} class={`col-${id.startsWith('sa.') ? 'attribute' : id}`}>
                  {cell(run, { namespace, now })}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ColumnMenu({ columns, shown }: { columns: readonly Column[]; shown: readonly Column[] }) {
  const toggle = (id: string): void => {
    const ids = shown.map((column) => column.id);
    const next = ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
    setSearch({ columns: next.join(',') }, { replace: true });
  };
  return (
    <details class="menu">
      <summary class="button" aria-label="Columns">
        <Icon name="columns" /> <span>Columns</span>
      </summary>
      <div class="menu-body">
        {columns.map(({ id, label }) => (
          <label key={id}>
            <input
              type="checkbox"
              checked={shown.some((column) => column.id === id)}
              onChange={() => toggle(id)}
            />
            {label}
          </label>
        ))}
      </div>
    </details>
  );
}

function Pager({ next, first }: { next: string | undefined; first: boolean }) {
  if (!next && first) return null;
  return (
    <nav class="pager" aria-label="Pages">
      <button type="button" class="button" disabled={first} onClick={() => history.back()}>
        Newer
      </button>
      <button type="button" class="button" disabled={!next} onClick={() => setSearch({ page: next })}>
        Older
      </button>
    </nav>
  );
}
