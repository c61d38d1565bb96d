/** The namespaces that one may know of, and how each is set up. */

import { useState } from 'preact/hooks';
import type { ListNamespacesReply, NamespaceReply } from '../../../sdk/common/namespaces.ts';
import { call } from '../api.ts';
import { useMay } from '../caller.tsx';
import { Field, FormDialog, textOf } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { ListPage, Table, type TableColumn } from '../components/list-page.tsx';
import { dateTime, duration, durationMs, timeMs } from '../format.ts';
import { usePolled } from '../poll.ts';
import { href, navigate } from '../router.ts';

const DAY_SECONDS = 86_400;

export function NamespacesPage() {
  const list = usePolled('namespaces page', (signal) =>
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
    list.refresh();
  };
  return (
    <>
      <ListPage
        title="Namespaces"
        what="namespaces"
        list={list}
        sizeOf={({ namespaces }) => namespaces.length}
        create={
          may && (
            <button type="button" class="button primary" onClick={() => setCreating(true)}>
              <Icon name="plus" /> Register namespace
            </button>
          )
        }
      >
        {({ namespaces }) => (
          <Table
            class="runs"
            columns={COLUMNS}
            rows={namespaces}
            keyOf={({ namespaceInfo }) => namespaceInfo.name}
            onOpen={({ namespaceInfo }) => navigate(href([namespaceInfo.name, 'workflows']))}
          />
        )}
      </ListPage>
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

const COLUMNS: ReadonlyArray<TableColumn<NamespaceReply>> = [
  {
    label: 'Namespace',
    cell: ({ namespaceInfo: { name } }) => (
      <a class="mono" href={href([name, 'workflows'])}>
        {name}
      </a>
    ),
    class: 'col-id',
  },
  { label: 'Description', cell: ({ namespaceInfo }) => namespaceInfo.description, class: 'col-attribute' },
  {
    label: 'Keeps closed runs for',
    cell: ({ config }) => duration(durationMs(config.workflowExecutionRetentionTtl) ?? 0),
  },
  {
    label: 'Requests a second',
    cell: ({ limits }) => limits?.requestsPerSecond ?? <span class="dim">not limited</span>,
  },
  {
    label: 'Registered',
    cell: ({ namespaceInfo: { createTime } }) =>
      createTime ? dateTime(timeMs(createTime) ?? 0) : 'by configuration',
    class: 'dim',
  },
];
