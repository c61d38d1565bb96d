/** The namespaces that one may know of, and how each is set up. */

import { useState } from 'preact/hooks';
import type { ListNamespacesReply, NamespaceReply } from '../../../sdk/common/namespaces.ts';
import { call } from '../api.ts';
import { useMay } from '../caller.tsx';
import { ErrorNote, Loading } from '../components/basics.tsx';
import { Field, FormDialog, textOf } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { dateTime, duration, durationMs, timeMs } from '../format.ts';
import { usePolled } from '../poll.ts';
import { href } from '../router.ts';

const DAY_SECONDS = 86_400;

export function NamespacesPage() {
  const { data, error, loading, refresh } = usePolled('namespaces page', (signal) =>
    call<ListNamespacesReply>('GET', '/namespaces', { signal }),
  );
  const [creating, setCreating] = useState(false);
  const may = useMay('admin');
  const create = async (form: FormData): Promise<void> => {
    const days = Number(textOf(form, 'days'));
    await call('POST', '/namespaces', {
      body: {
        namespace: textOf(form, 'name'),
        description: textOf(form, 'description'),
        ...(days > 0 && { workflowExecutionRetentionPeriod: `${days * DAY_SECONDS}s` }),
        requestId: crypto.randomUUID(),
      },
    });
    refresh();
  };
  return (
    <>
      <div class="page-head">
        <h1>Namespaces</h1>
        <span class="spring" />
        {may && (
          <button type="button" class="button primary" onClick={() => setCreating(true)}>
            <Icon name="plus" /> Register namespace
          </button>
        )}
      </div>
      {error && <ErrorNote error={error} />}
      {loading && <Loading what="namespaces" />}
      {data && <NamespaceTable namespaces={data.namespaces} />}
      {creating && (
        <FormDialog
          title="Register a namespace"
          action="Register"
          onClose={() => setCreating(false)}
          onSubmit={create}
        >
          <Field label="Name" name="name" required autofocus />
          <Field label="Description" name="description" />
          <Field label="Keep closed runs for (days)" name="days" value="30" />
        </FormDialog>
      )}
    </>
  );
}

function NamespaceTable({ namespaces }: { namespaces: readonly NamespaceReply[] }) {
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th scope="col">Namespace</th>
            <th scope="col">Description</th>
            <th scope="col">Keeps closed runs for</th>
            <th scope="col">Requests a second</th>
            <th scope="col">Registered</th>
          </tr>
        </thead>
        <tbody>
          {namespaces.map(({ namespaceInfo: { name, description, createTime }, config, limits }) => (
            <tr key={name}>
              <td>
                <a class="mono" href={href([name, 'workflows'])}>
                  {name}
                </a>
              </td>
              <td class="col-attribute">{description}</td>
              <td>{duration(durationMs(config.workflowExecutionRetentionTtl) ?? 0)}</td>
              <td>{limits?.requestsPerSecond ?? <span class="dim">not limited</span>}</td>
              <td class="dim">{createTime ? dateTime(timeMs(createTime) ?? 0) : 'by configuration'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
