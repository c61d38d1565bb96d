/** Webhook sources: what each makes of a delivery, and what came of the last ones. */

import type {
  Webhook,
  WebhookDeliveriesReply,
  WebhookDelivery,
  WebhookOutcome,
} from '../../../sdk/common/webhooks.ts';
import { call, inNamespace } from '../api.ts';
import { CopyButton, Empty, ErrorNote, Facts, Loading, Time } from '../components/basics.tsx';
import { timeMs } from '../format.ts';
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
  const { data, error, loading } = usePolled(
    `webhooks ${namespace}`,
    (signal) => listWebhooks(namespace, signal),
    { interval: 5_000 },
  );
  return (
    <>
      <div class="page-head">
        <h1>Webhooks</h1>
      </div>
      {error && <ErrorNote error={error} />}
      {loading && <Loading what="webhooks" />}
      {data?.length === 0 && (
        <Empty icon="signal" title="No webhook source yet">
          <p>
            A webhook source turns what others post (Stripe, GitHub, …) into signals and starts of workflows.
          </p>
          <Command text="perdure webhook create --help" />
        </Empty>
      )}
      <div class="stack">
        {data?.map((webhook) => (
          <Source key={webhook.webhookId} namespace={namespace} webhook={webhook} />
        ))}
      </div>
    </>
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
  if (error) return <ErrorNote error={error} />;
  if (data?.length === 0) return <p class="dim">None yet.</p>;
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Received</th>
            <th scope="col">Workflow</th>
            <th scope="col">Delivery</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {data?.map((delivery) => (
            <tr key={`${delivery.receivedTime} ${delivery.deliveryId}`}>
              <td>
                <span class={`badge tone-${TONES[delivery.outcome]}`}>
                  <span class="dot" aria-hidden="true" />
                  {delivery.outcome}
                </span>
              </td>
              <td>
                <Time ms={timeMs(delivery.receivedTime)} now={now} />
              </td>
              <td class="col-attribute">
                {delivery.workflowId && (
                  <a
                    class="mono"
                    href={href([
                      namespace,
                      'workflows',
                      delivery.workflowId,
                      ...(delivery.runId ? [delivery.runId] : []),
                    ])}
                  >
                    {delivery.workflowId}
                  </a>
                )}
              </td>
              <td class="mono col-attribute">{delivery.deliveryId}</td>
              <td class="col-attribute" title={delivery.reason}>
                {delivery.reason}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
