/** Looks at a history from a file. It stays in this browser until somebody imports it. */

import { useMemo, useState } from 'preact/hooks';
import type { HistoryEvent } from '../../../sdk/common/history.ts';
import { Only } from '../caller.tsx';
import { decoded } from '../codec/codec.ts';
import { Empty, ErrorNote, StatusBadge, Tabs } from '../components/basics.tsx';
import { Field, FormDialog, textOf } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { importWorkflow } from '../engine.ts';
import { duration, plural, timeMs } from '../format.ts';
import { describeFile, type HistoryFile, parseHistory } from '../history/file.ts';
import { Items } from '../history/items.ts';
import { withFailureTexts } from '../payload.ts';
import { href, navigate, setSearch, useLocation } from '../router.ts';
import { HistoryTab } from '../run/history-tab.tsx';
import { InputResult } from '../run/input-result.tsx';
import type { Run } from '../run/run-page.tsx';
import { Timeline } from '../run/timeline.tsx';

interface Opened extends HistoryFile {
  name: string;
  /** The events with their payloads decoded: to look at, not to import. */
  shown: HistoryEvent[];
}

export function HistoryFilePage({ namespace }: { namespace: string }) {
  const [opened, setOpened] = useState<Opened>();
  const [error, setError] = useState<Error>();
  const open = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    try {
      const history = parseHistory(await file.text());
      const shown = withFailureTexts(await decoded(namespace, structuredClone(history.events)));
      setOpened({ ...history, name: file.name, shown });
      setError(undefined);
    } catch (failed) {
      setError(new Error(`${file.name}: ${(failed as Error).message}`));
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a file may be dropped here; the button does the same
    <section
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void open(event.dataTransfer?.files[0]);
      }}
    >
      {!opened && (
        <div class="page-head">
          <h1>History from a file</h1>
        </div>
      )}
      {error && <ErrorNote error={error} />}
      {opened ? (
        <FileView key={opened.name} namespace={namespace} file={opened} onOther={open} />
      ) : (
        <Empty icon="workflow" title="Choose a history, or drop it here">
          <p>
            What <i>History</i> on a run downloads, <code>perdure workflow export</code> and{' '}
            <code>temporal workflow show -o json</code> write. It is read here, in this browser; the engine
            gets it only if you import it.
          </p>
          <FileButton label="Choose a file" onFile={open} />
        </Empty>
      )}
    </section>
  );
}

function FileButton({ label, onFile }: { label: string; onFile(file: File | undefined): void }) {
  return (
    <label class="button file">
      <Icon name="down" /> {label}
      <input
        type="file"
        accept=".json,application/json"
        onChange={(event) => onFile(event.currentTarget.files?.[0])}
      />
    </label>
  );
}

/** Of a run's page, what needs no engine. */
const TABS = [
  { id: 'timeline', label: 'Timeline', view: Timeline },
  { id: 'history', label: 'History', view: HistoryTab },
  { id: 'result', label: 'Input and result', view: InputResult },
] as const;

interface FileViewProps {
  namespace: string;
  file: Opened;
  onOther(file: File | undefined): void;
}

function FileView({ namespace, file, onOther }: FileViewProps) {
  const { search } = useLocation();
  const [importing, setImporting] = useState(false);
  const run = useMemo(() => runOf(namespace, file), [namespace, file]);
  const tab = TABS.find(({ id }) => id === search.get('tab')) ?? TABS[0];
  const { workflowExecutionInfo: info } = run.described;
  return (
    <>
      <header class="run-head">
        <p class="crumbs">History from a file: {file.name}</p>
        <div class="run-title">
          <StatusBadge status={info.status} />
          <h1 class="mono wrap">{info.type.name}</h1>
          <span class="spring" />
          <div class="actions">
            <FileButton label="Another file" onFile={onOther} />
            <Only>
              <button type="button" class="button" onClick={() => setImporting(true)}>
                Import into this engine
              </button>
            </Only>
          </div>
        </div>
        <p class="run-facts">
          <span>{plural(file.events.length, 'event')}</span>
          <span>{duration(run.now - (timeMs(info.startTime) ?? run.now))}</span>
          {file.workflowId && <span class="mono wrap">{file.workflowId}</span>}
        </p>
      </header>
      <Tabs
        label="About this history"
        tabs={TABS}
        selected={tab.id}
        onSelect={(id) =>
          setSearch({ tab: id === TABS[0].id ? undefined : id, event: undefined, item: undefined })
        }
      />
      <div id="tab-panel" class="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab.id}`}>
        <tab.view run={run} />
      </div>
      {importing && <ImportDialog namespace={namespace} file={file} onClose={() => setImporting(false)} />}
    </>
  );
}

/** As the run's page would have it. Time stands still at its last event. */
function runOf(namespace: string, { shown: events, workflowId, runId }: Opened): Run {
  const items = new Items();
  items.add(events);
  const described = describeFile({ events, workflowId, runId });
  return {
    name: { namespace, workflowId: workflowId ?? '', runId: runId ?? '' },
    described,
    history: { events, items, complete: true },
    items: items.list(),
    handlers: undefined,
    now: timeMs(events.at(-1)!.eventTime) ?? 0,
    open: false,
    readOnly: true,
    refresh: () => undefined,
    act: () => undefined,
  };
}

function ImportDialog({ namespace, file, onClose }: { namespace: string; file: Opened; onClose(): void }) {
  const submit = async (form: FormData): Promise<void> => {
    const workflowId = textOf(form, 'workflowId');
    const runId = await importWorkflow({ namespace, workflowId, runId: file.runId }, file.events);
    navigate(href([namespace, 'workflows', workflowId, runId]));
  };
  return (
    <FormDialog title="Import this history" action="Import" onClose={onClose} onSubmit={submit}>
      <p>
        The run is here to be read then: on its page, in lists, by queries. It does not run; to go on from it,
        fork it.
      </p>
      <Field label="Workflow ID" name="workflowId" required value={file.workflowId} autofocus />
    </FormDialog>
  );
}
