/** Which Workers the engine knows, and what each of them serves. */

import type { RoutingConfig, WorkerDeploymentSummary } from '../../../sdk/common/deployments.ts';
import type { ListedWorker } from '../../../sdk/common/workers.ts';
import { CopyButton, Empty, ErrorNote, Loading, Time } from '../components/basics.tsx';
import { Table, type TableColumn } from '../components/list-page.tsx';
import { listDeployments, listWorkers } from '../engine.ts';
import { plural, timeMs, words } from '../format.ts';
import { useNow, usePolled } from '../poll.ts';
import { href } from '../router.ts';

export function WorkersPage({ namespace }: { namespace: string }) {
  const workers = usePolled(`workers ${namespace}`, (signal) => listWorkers(namespace, signal), {
    interval: 5_000,
  });
  const now = useNow(true, 5_000);
  return (
    <>
      <div class="page-head">
        <h1>Workers</h1>
        {workers.data && <span class="dim">{plural(workers.data.length, 'Worker')}</span>}
      </div>
      {workers.error && <ErrorNote error={workers.error} />}
      {workers.loading && <Loading what="Workers" />}
      {workers.data?.length === 0 && <NoWorkers />}
      <Deployments namespace={namespace} />
      <div class="cards">
        {workers.data?.map((worker) => (
          <WorkerCard key={worker.url} worker={worker} namespace={namespace} now={now} />
        ))}
      </div>
    </>
  );
}

/** Nothing is shown where nobody deploys by versions. */
function Deployments({ namespace }: { namespace: string }) {
  const { data } = usePolled(`deployments ${namespace}`, (signal) => listDeployments(namespace, signal), {
    interval: 5_000,
  });
  if (!data || data.length === 0) return null;
  return (
    <section class="deployments">
      <h2>Deployments</h2>
      <Table class="runs" columns={DEPLOYMENT_COLUMNS} rows={data} keyOf={({ name }) => name} />
    </section>
  );
}

const STATUS_PREFIX = 'WORKER_DEPLOYMENT_VERSION_STATUS_';

const UNVERSIONED = 'Workers without a version';

const DEPLOYMENT_COLUMNS: ReadonlyArray<TableColumn<WorkerDeploymentSummary>> = [
  { label: 'Deployment', cell: ({ name }) => name, class: 'mono' },
  {
    label: 'Current build',
    cell: ({ routingConfig }) => routingConfig.currentDeploymentVersion?.buildId ?? UNVERSIONED,
    class: 'mono',
  },
  { label: 'Ramping', cell: ({ routingConfig }) => ramping(routingConfig), class: 'mono' },
  {
    label: 'Newest build',
    cell: ({ latestVersionSummary: latest }) =>
      latest && `${latest.deploymentVersion.buildId}, ${words(latest.status, STATUS_PREFIX).toLowerCase()}`,
    class: 'mono',
  },
];

function ramping({ rampingDeploymentVersion, rampingVersionPercentage: percentage }: RoutingConfig): string {
  if (percentage === 0 && !rampingDeploymentVersion) return '';
  return `${rampingDeploymentVersion?.buildId ?? UNVERSIONED}, ${percentage} %`;
}

function NoWorkers() {
  return (
    <Empty icon="worker" title="No Worker is known">
      <p>A Worker on Node registers itself when it starts:</p>
      <Command text={command('npm run worker')} />
    </Empty>
  );
}

/** What the project's commands take an engine to be, unless they are told. */
const USUAL = 'http://localhost:8787';

/** For a terminal in the project's folder, about this engine. */
export const command = (text: string): string =>
  location.origin === USUAL ? text : `PERDURE_ADDRESS=${location.origin} ${text}`;

export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <code>{text}</code>
      <CopyButton text={text} what="command" />
    </div>
  );
}

interface WorkerCardProps {
  worker: ListedWorker;
  namespace: string;
  now: number;
}

function WorkerCard({ worker, namespace, now }: WorkerCardProps) {
  const { url, description, lastSeenTime, registeredTime, failedCalls, lastError } = worker;
  return (
    <section class="card">
      <h2 class="mono wrap">{url}</h2>
      {description && (
        <p class="dim">
          {description.identity} · {description.sdk.name} {description.sdk.version}
          {description.buildId && ` · build ${description.buildId}`}
        </p>
      )}
      <p class="dim">
        {lastSeenTime ? (
          <>
            Last seen <Time ms={timeMs(lastSeenTime)} now={now} />
          </>
        ) : (
          'Has not answered'
        )}
        {registeredTime && (
          <>
            , registered <Time ms={timeMs(registeredTime)} now={now} />
          </>
        )}
      </p>
      {failedCalls > 0 && (
        <p class="note">
          {plural(failedCalls, 'call')} failed since: {lastError}
        </p>
      )}
      {description?.taskQueues.map((queue) => (
        <div key={queue.name} class="served">
          <a class="mono" href={href([namespace, 'task-queues', queue.name])}>
            {queue.name}
          </a>
          <Names title="Workflows" names={queue.workflowTypes} />
          <Names title="Activities" names={queue.activityTypes} />
        </div>
      ))}
    </section>
  );
}

export function Names({ title, names }: { title: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <p class="names">
      <span class="dim">{title}</span>
      <span class="tags">
        {names.map((name) => (
          <code key={name} class="tag">
            {name}
          </code>
        ))}
      </span>
    </p>
  );
}
