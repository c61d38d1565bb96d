/** Webhook sources: what each makes of a delivery, and what came of the last ones. */

import type {
  Webhook,
  WebhookDeliveriesReply,
  WebhookDelivery,
  WebhookOutcome,
} from '../../../sdk/common/webhooks.ts';
import { call } from '../api.ts';
import { CopyButton, Empty, ErrorNote, Facts, Loading, Time } from '../components/basics.tsx';
import { ListPage, Table, type TableColumn } from '../components/list-page.tsx';
import { timeMs } from '../format.ts';
import { inNamespace } from '../path.ts';
import { useNow, usePolled } from '../poll.ts';
import { href } from '../router.ts';
import { Command } from './workers.tsx';

const listWebhooks = async (namespace: string, signal: AbortSignal): Promise<Webhook[]> =>
  (await call<{ webhooks: Webhook[] }>('GET', inNamespace(namespace, 'webhooks'), { signal })).webhooks;

const listDeliveries = async (
  namespace: string,
  webhookId: string,
  signal: AbortSignal,
): Promise<WebhookDelivery[]> => {
  const path = inNamespace(namespace, 'webhooks', webhookId, 'deliveries');
  return (await call<WebhookDeliveriesReply>('GET', path, { query: { pageSize: 20 }, signal })).deliveries;
};

const TONES: Record<WebhookOutcome, string> = {
  signaled: 'completed',
  started: 'completed',
  ignored: 'quiet',
  failed: 'failed',
  refused: 'failed',
};

export function WebhooksPage({ namespace }: { namespace: string }) {
  const list = usePolled(`webhooks ${namespace}`, (signal) => listWebhooks(namespace, signal), {
    interval: 5_000,
  });
  return (
    <ListPage
      title="Webhooks"
      what="webhooks"
      list={list}
      sizeOf={({ length }) => length}
      empty={
        <Empty icon="signal" title="No webhook source yet">
          <p>
            A webhook source turns what others post (Stripe, GitHub, …) into signals and starts of workflows.
          </p>
          <Command text="perdure webhook create --help" />
        </Empty>
      }
    >
      {(webhooks) => (
        <div class="stack">
          {webhooks.map((webhook) => (
            <Source key={webhook.webhookId} namespace={namespace} webhook={webhook} />
          ))}
        </div>
      )}
    </ListPage>
  );
}

function Source({ namespace, webhook }: { namespace: string; webhook: Webhook }) {
  const { webhookId, kind, path, workflowId, signalName, start, secretName, storedSecrets } = webhook;
  const url = location.origin + path;
  return (
    <section class="card">
      <h2 class="mono wrap">{webhookId}</h2>
      <Facts
        rows={[
          ['Kind', kind],
          [
            'Address',
            <span key="url" class="mono wrap">
              {url} <CopyButton text={url} what="address" />
            </span>,
          ],
          ['Signals', <Template key="signal" text={signalName} />],
          ['of workflow', <Template key="id" text={workflowId} />],
          [
            'Starts',
            start && (
              <span>
                <span class="mono wrap">{start.workflowType.name}</span> on{' '}
                <a class="mono" href={href([namespace, 'task-queues', start.taskQueue.name])}>
                  {start.taskQueue.name}
                </a>{' '}
                if it does not run
              </span>
            ),
          ],
          ['Secret', secretName ? <span class="mono">{secretName}</span> : `${storedSecrets} stored`],
        ]}
      />
      <h3>Recent deliveries</h3>
      <Deliveries namespace={namespace} webhookId={webhookId} />
    </section>
  );
}

const Template = ({ text }: { text: string }) => <span class="mono wrap">{text}</span>;

function Deliveries({ namespace, webhookId }: { namespace: string; webhookId: string }) {
  const now = useNow(true, 5_000);
  const { data, error } = usePolled(
    `deliveries ${namespace} ${webhookId}`,
    (signal) => listDeliveries(namespace, webhookId, signal),
    { interval: 3_000 },
  );
  const columns: ReadonlyArray<TableColumn<WebhookDelivery>> = [
    {
      label: 'Outcome',
      cell: ({ outcome }) => (
        <span class={`badge tone-${TONES[outcome]}`}>
          <span class="dot" aria-hidden="true" />
          {outcome}
        </span>
      ),
    },
    { label: 'Received', cell: ({ receivedTime }) => <Time ms={timeMs(receivedTime)} now={now} /> },
    {
      label: 'Workflow',
      cell: ({ workflowId, runId }) =>
        workflowId && (
          <a class="mono" href={href([namespace, 'workflows', workflowId, ...(runId ? [runId] : [])])}>
            {workflowId}
          </a>
        ),
      class: 'col-attribute',
    },
    { label: 'Delivery', cell: ({ deliveryId }) => deliveryId, class: 'mono col-attribute' },
    { label: 'Why', cell: ({ reason }) => <span title={reason}>{reason}</span>, class: 'col-attribute' },
  ];
  if (error) return <ErrorNote error={error} />;
  if (!data) return <Loading what="deliveries" />;
  if (data.length === 0) return <p class="dim">None yet.</p>;
  return (
    <Table
      class="runs"
      columns={columns}
      rows={data}
      keyOf={({ receivedTime, deliveryId }) => `${receivedTime} ${deliveryId}`}
    />
  );
}
