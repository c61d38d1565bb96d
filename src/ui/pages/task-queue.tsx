/** One task queue: what waits on it, how fast it goes, the Workers that serve it, its limits, and the runs that use it. */

import { useState } from 'preact/hooks';
import type { DescribeTaskQueueReply, TaskKind } from '../../../sdk/common/workers.ts';
import { useMay } from '../caller.tsx';
import { ErrorNote, Facts, Loading, Time } from '../components/basics.tsx';
import { Field, FormDialog, textOf } from '../components/dialog.tsx';
import { Table, type TableColumn } from '../components/list-page.tsx';
import { countWorkflows, describeTaskQueue, listWorkers, updateTaskQueueConfig } from '../engine.ts';
import { duration, durationMs, plural, timeMs } from '../format.ts';
import { limitRows } from '../limits.ts';
import { quoted } from '../list/filter.ts';
import { useNow, usePolled } from '../poll.ts';
import { href } from '../router.ts';
import { Names } from './workers.tsx';

interface TaskQueuePageProps {
  namespace: string;
  taskQueue: string;
}

const INTERVAL = 5_000;

export function TaskQueuePage({ namespace, taskQueue }: TaskQueuePageProps) {
  const key = `${namespace} ${taskQueue}`;
  const query = `TaskQueue = ${quoted(taskQueue)} AND CloseTime IS NULL`;
  const interval = { interval: INTERVAL };
  const running = usePolled(`running ${key}`, (signal) => countWorkflows(namespace, query, signal), interval);
  const described = usePolled(
    `queue ${key}`,
    (signal) => Promise.all(KINDS.map(({ kind }) => describeTaskQueue(namespace, taskQueue, kind, signal))),
    interval,
  );
  const error = described.error ?? running.error;
  return (
    <>
      <p class="crumbs">
        <a href={href([namespace, 'workers'])}>Workers</a>
      </p>
      <div class="page-head">
        <h1>
          Task queue <span class="mono wrap">{taskQueue}</span>
        </h1>
      </div>
      {error && <ErrorNote error={error} />}
      {described.loading && <Loading what="the task queue" />}
      {running.data !== undefined && (
        <p>
          <a href={href([namespace, 'workflows'], { query })}>{plural(running.data, 'open run')}</a> of
          workflows on this task queue
        </p>
      )}
      {described.data && <Flow replies={described.data} />}
      {described.data && (
        <Limits
          namespace={namespace}
          taskQueue={taskQueue}
          described={described.data[1]!}
          refresh={described.refresh}
        />
      )}
      <Serving namespace={namespace} taskQueue={taskQueue} />
    </>
  );
}

const KINDS: ReadonlyArray<{ kind: TaskKind; label: string }> = [
  { kind: 'workflow', label: 'Workflow tasks' },
  { kind: 'activity', label: 'Activity tasks' },
];

const waitingOf = ({ stats }: DescribeTaskQueueReply): number => Number(stats?.approximateBacklogCount ?? 0);

const FLOW_COLUMNS: ReadonlyArray<TableColumn<DescribeTaskQueueReply & { label: string }>> = [
  { label: 'Tasks', cell: ({ label }) => <b>{label}</b> },
  {
    label: 'Workers',
    cell: (reply) => (
      <span class={waitingOf(reply) > 0 && reply.pollers.length === 0 ? 'alarm' : ''}>
        {reply.pollers.length || 'none'}
      </span>
    ),
  },
  {
    label: 'Waiting',
    cell: (reply) => (
      <span class={waitingOf(reply) > 0 ? 'alarm' : ''}>{waitingOf(reply).toLocaleString('en')}</span>
    ),
  },
  {
    label: 'The oldest waits for',
    cell: (reply) =>
      waitingOf(reply) > 0 ? duration(durationMs(reply.stats?.approximateBacklogAge) ?? 0) : '–',
  },
  { label: 'Dispatched in the last minute', cell: ({ stats }) => perSecond(stats?.tasksDispatchRate ?? 0) },
];

function Flow({ replies }: { replies: readonly DescribeTaskQueueReply[] }) {
  const rows = KINDS.map(({ label }, i) => ({ label, ...replies[i]! }));
  return (
    <div class="queue-flow">
      <Table class="runs" columns={FLOW_COLUMNS} rows={rows} keyOf={({ label }) => label} />
    </div>
  );
}

const perSecond = (rate: number): string =>
  rate === 0 ? 'none' : `${rate.toLocaleString('en', { maximumFractionDigits: 2 })} a second`;

interface LimitsProps extends TaskQueuePageProps {
  described: DescribeTaskQueueReply;
  refresh(): void;
}

function Limits({ namespace, taskQueue, described, refresh }: LimitsProps) {
  const may = useMay('admin');
  const [editing, setEditing] = useState(false);
  const rows = limitRows(described);
  return (
    <section class="card queue-limits">
      <h2>Limits of activities</h2>
      {rows.length === 0 && <p class="dim">None: they begin as soon as they are due.</p>}
      <Facts rows={rows} />
      {may && (
        <button type="button" class="button" onClick={() => setEditing(true)}>
          Change limits
        </button>
      )}
      {editing && (
        <LimitsDialog
          namespace={namespace}
          taskQueue={taskQueue}
          described={described}
          refresh={refresh}
          onClose={() => setEditing(false)}
        />
      )}
    </section>
  );
}

function LimitsDialog({
  namespace,
  taskQueue,
  described: { config = {} },
  refresh,
  onClose,
}: LimitsProps & { onClose(): void }) {
  const submit = async (form: FormData): Promise<void> => {
    const reason = textOf(form, 'reason');
    await updateTaskQueueConfig(namespace, taskQueue, {
      requestsPerSecond: numberOf(form, 'rate', 'Begin in a second'),
      maxConcurrentTasks: numberOf(form, 'concurrent', 'Run at a time'),
      ...(reason && { reason }),
    });
    refresh();
  };
  const { queueRateLimit: rate, queueConcurrency: concurrency } = config;
  return (
    <FormDialog title={`Limits of ${taskQueue}`} action="Save" onClose={onClose} onSubmit={submit}>
      <p>Of the activities on this task queue, over all Workers and runs. An empty field is no limit.</p>
      <Field
        label="Begin in a second"
        name="rate"
        value={rate && String(rate.rateLimit.requestsPerSecond)}
        autofocus
      />
      <Field
        label="Run at a time"
        name="concurrent"
        value={concurrency && String(concurrency.maxConcurrentTasks)}
      />
      <Field label="Reason" name="reason" value={rate?.metadata.reason ?? concurrency?.metadata.reason} />
    </FormDialog>
  );
}

function numberOf(form: FormData, name: string, label: string): number | undefined {
  const text = textOf(form, name);
  if (text === '') return undefined;
  const number = Number(text);
  if (!(number >= 0)) throw new Error(`${label}: expected a number, not "${text}"`);
  return number;
}

function Serving({ namespace, taskQueue }: TaskQueuePageProps) {
  const all = usePolled(`workers ${namespace}`, (signal) => listWorkers(namespace, signal), {
    interval: INTERVAL,
  });
  const now = useNow(true, INTERVAL);
  const workers = all.data?.flatMap(({ url, description, lastSeenTime, failedCalls, lastError }) =>
    (description?.taskQueues ?? [])
      .filter(({ name }) => name === taskQueue)
      .map((served) => ({ url, lastSeenTime, failedCalls, lastError, ...description!, ...served })),
  );
  return (
    <section class="queue-workers">
      <h2>Workers</h2>
      {all.error && <ErrorNote error={all.error} />}
      {workers?.length === 0 && (
        <p class="note note-failed">
          No Worker serves it. Its tasks wait, and nothing is lost: they go on as soon as one does.
        </p>
      )}
      <div class="cards">
        {workers?.map((worker) => (
          <section class="card" key={worker.url}>
            <h3 class="mono wrap">{worker.url}</h3>
            <p class="dim wrap">
              {worker.identity}
              {worker.buildId && ` · build ${worker.buildId}`}, last seen{' '}
              <Time ms={timeMs(worker.lastSeenTime)} now={now} />
            </p>
            {worker.failedCalls > 0 && (
              <p class="note note-failed wrap">
                {plural(worker.failedCalls, 'call')} failed since: {worker.lastError}
              </p>
            )}
            <Names title="Workflows" names={worker.workflowTypes} />
            <Names title="Activities" names={worker.activityTypes} />
          </section>
        ))}
      </div>
    </section>
  );
}
