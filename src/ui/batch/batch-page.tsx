/** Batch operations: the list of them, and how far one is. */

import { useState } from 'preact/hooks';
import type { BatchOperationInfo, DescribeBatchOperationReply } from '../../../sdk/common/batch.ts';
import { useMay } from '../caller.tsx';
import { Empty, ErrorNote, Facts, Loading, Time } from '../components/basics.tsx';
import { Field, FormDialog, textOf } from '../components/dialog.tsx';
import { ListPage, Table, type TableColumn } from '../components/list-page.tsx';
import { dateTime, timeMs, words } from '../format.ts';
import { useNow, usePolled } from '../poll.ts';
import { href, navigate, useLocation } from '../router.ts';
import { describeBatch, listBatches, stopBatch } from './requests.ts';

const TONES: Record<string, string> = {
  BATCH_OPERATION_STATE_RUNNING: 'running',
  BATCH_OPERATION_STATE_COMPLETED: 'completed',
  BATCH_OPERATION_STATE_FAILED: 'failed',
};

function BatchState({ state }: { state: string }) {
  return (
    <span class={`badge tone-${TONES[state] ?? 'unknown'}`}>
      <span class="dot" aria-hidden="true" />
      {words(state, 'BATCH_OPERATION_STATE_')}
    </span>
  );
}

/** `40 of 60`: what failed is done with, too. */
function doneText({
  totalOperationCount: total,
  completeOperationCount: complete,
  failureOperationCount: failed,
}: Pick<
  BatchOperationInfo,
  'totalOperationCount' | 'completeOperationCount' | 'failureOperationCount'
>): string {
  const done = Number(complete) + Number(failed);
  return `${done.toLocaleString('en')} of ${Number(total).toLocaleString('en')}`;
}

export function BatchesPage({ namespace }: { namespace: string }) {
  const token = useLocation().search.get('page') ?? undefined;
  const list = usePolled(`batches ${namespace} ${token}`, (signal) => listBatches(namespace, token, signal), {
    interval: 3_000,
  });
  const now = useNow(true, 5_000);
  const columns: ReadonlyArray<TableColumn<BatchOperationInfo>> = [
    { label: 'State', cell: ({ state }) => <BatchState state={state} /> },
    {
      label: 'Operation',
      cell: ({ jobId, operationType }) => (
        <a href={href([namespace, 'batch', jobId])}>{words(operationType, 'BATCH_OPERATION_TYPE_')}</a>
      ),
    },
    { label: 'Runs', cell: doneText },
    {
      label: 'Failed',
      cell: ({ failureOperationCount: failed }) => (
        <span class={Number(failed) > 0 ? 'alarm' : 'dim'}>{Number(failed).toLocaleString('en')}</span>
      ),
    },
    { label: 'Job', cell: ({ jobId }) => jobId, class: 'mono dim col-attribute' },
    { label: 'Started', cell: ({ startTime }) => <Time ms={timeMs(startTime)} now={now} /> },
    { label: 'Ended', cell: ({ closeTime }) => <Time ms={timeMs(closeTime)} now={now} /> },
  ];
  return (
    <ListPage
      title="Batch operations"
      what="batch operations"
      list={list}
      sizeOf={({ operationInfo }) => operationInfo.length}
      nextOf={({ nextPageToken }) => nextPageToken}
      empty={
        <Empty icon="columns" title="None yet">
          <p>
            Choose runs in the <a href={href([namespace, 'workflows'])}>list of workflows</a>, or all that
            match a filter, and signal, cancel, reset, terminate or delete them together.
          </p>
        </Empty>
      }
    >
      {({ operationInfo }) => (
        <Table
          class="runs"
          columns={columns}
          rows={operationInfo}
          keyOf={({ jobId }) => jobId}
          onOpen={({ jobId }) => navigate(href([namespace, 'batch', jobId]))}
        />
      )}
    </ListPage>
  );
}

export function BatchPage({ namespace, jobId }: { namespace: string; jobId: string }) {
  const { data, error, loading, refresh } = usePolled(
    `batch ${namespace} ${jobId}`,
    (signal) => describeBatch(namespace, jobId, signal),
    { interval: 1_000, slowest: 10_000 },
  );
  const may = useMay();
  const [stopping, setStopping] = useState(false);
  if (loading) return <Loading what="the batch operation" />;
  if (!data)
    return (
      <Empty icon="columns" title="Batch operation">
        {error && <ErrorNote error={error} />}
      </Empty>
    );
  const stop = async (form: FormData): Promise<void> => {
    await stopBatch(namespace, jobId, textOf(form, 'reason'));
    refresh();
  };
  return (
    <>
      <header class="run-head">
        <p class="crumbs">
          <a href={href([namespace, 'batch'])}>Batch operations</a>
        </p>
        <div class="run-title">
          <BatchState state={data.state} />
          <h1>{words(data.operationType, 'BATCH_OPERATION_TYPE_')}</h1>
          <span class="dim mono wrap">{jobId}</span>
          <span class="spring" />
          {may && TONES[data.state] === 'running' && (
            <button type="button" class="button danger" onClick={() => setStopping(true)}>
              Stop
            </button>
          )}
        </div>
      </header>
      {error && <ErrorNote error={error} title="What you see may be old. " />}
      <Progress job={data} />
      <Failures namespace={namespace} job={data} />
      {stopping && (
        <FormDialog
          title="Stop this batch?"
          action="Stop"
          danger
          onClose={() => setStopping(false)}
          onSubmit={stop}
        >
          <p>What is done stays done.</p>
          <Field label="Reason" name="reason" autofocus />
        </FormDialog>
      )}
    </>
  );
}

function Progress({ job }: { job: DescribeBatchOperationReply }) {
  const [total, complete, failed] = [
    job.totalOperationCount,
    job.completeOperationCount,
    job.failureOperationCount,
  ].map(Number) as [number, number, number];
  const time = (timestamp: string | undefined): string | undefined =>
    timestamp && dateTime(timeMs(timestamp) ?? 0);
  return (
    <section class="card batch-progress">
      <label class="progress">
        <span>
          {(complete + failed).toLocaleString('en')} of {total.toLocaleString('en')} runs
          {failed > 0 && <b class="alarm">, {failed.toLocaleString('en')} failed</b>}
        </span>
        <progress value={complete + failed} max={Math.max(total, 1)} />
      </label>
      <Facts
        rows={[
          [
            'Reason',
            <span key="reason" class="wrap">
              {job.reason}
            </span>,
          ],
          ['By', job.identity && <span class="mono wrap">{job.identity}</span>],
          ['Started', time(job.startTime)],
          ['Ended', time(job.closeTime)],
          ['Why it ended', job.closeReason && <span class="wrap">{job.closeReason}</span>],
        ]}
      />
    </section>
  );
}

function Failures({ namespace, job }: { namespace: string; job: DescribeBatchOperationReply }) {
  if (job.failures.length === 0) return null;
  return (
    <section class="batch-failures">
      <h2>Failed</h2>
      <ul class="tree">
        {job.failures.map(({ execution: { workflowId = '', runId = '' }, message }) => (
          <li key={`${workflowId} ${runId}`}>
            <a class="mono wrap" href={href([namespace, 'workflows', workflowId, ...(runId ? [runId] : [])])}>
              {workflowId}
            </a>
            <span class="dim wrap">{message}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
