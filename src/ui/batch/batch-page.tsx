/** Batch operations: the list of them, and how far one is. */

import { useState } from 'preact/hooks';
import type { BatchOperationInfo, DescribeBatchOperationReply } from '../../../sdk/common/batch.ts';
import { useMay } from '../caller.tsx';
import { Empty, ErrorNote, Facts, Loading, Time } from '../components/basics.tsx';
import { Field, FormDialog, textOf } from '../components/dialog.tsx';
import { dateTime, timeMs, words } from '../format.ts';
import { useNow, usePolled } from '../poll.ts';
import { href, setSearch, useLocation } from '../router.ts';
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
  const { data, error, loading } = usePolled(
    `batches ${namespace} ${token}`,
    (signal) => listBatches(namespace, token, signal),
    { interval: 3_000 },
  );
  return (
    <>
      <div class="page-head">
        <h1>Batch operations</h1>
      </div>
      {error && <ErrorNote error={error} />}
      {loading && <Loading what="batch operations" />}
      {data?.operationInfo.length === 0 && (
        <Empty icon="columns" title="None yet">
          <p>
            Choose runs in the <a href={href([namespace, 'workflows'])}>list of workflows</a>, or all that
            match a filter, and signal, cancel or terminate them together.
          </p>
        </Empty>
      )}
      {data && data.operationInfo.length > 0 && <Jobs namespace={namespace} jobs={data.operationInfo} />}
      {data?.nextPageToken && (
        <nav class="pager" aria-label="Pages">
          <button type="button" class="button" onClick={() => setSearch({ page: data.nextPageToken })}>
            Older
          </button>
        </nav>
      )}
    </>
  );
}

function Jobs({ namespace, jobs }: { namespace: string; jobs: readonly BatchOperationInfo[] }) {
  const now = useNow(true, 5_000);
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Operation</th>
            <th scope="col">Runs</th>
            <th scope="col">Failed</th>
            <th scope="col">Job</th>
            <th scope="col">Started</th>
            <th scope="col">Ended</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map(({ jobId, state, startTime, closeTime, ...job }) => (
            <tr key={jobId}>
              <td>
                <BatchState state={state} />
              </td>
              <td>
                <a href={href([namespace, 'batch', jobId])}>
                  {words(job.operationType, 'BATCH_OPERATION_TYPE_')}
                </a>
              </td>
              <td>{doneText(job)}</td>
              <td class={Number(job.failureOperationCount) > 0 ? 'alarm' : 'dim'}>
                {Number(job.failureOperationCount).toLocaleString('en')}
              </td>
              <td>
                <span class="mono dim">{jobId}</span>
              </td>
              <td>
                <Time ms={timeMs(startTime)} now={now} />
              </td>
              <td>
                <Time ms={timeMs(closeTime)} now={now} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
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
