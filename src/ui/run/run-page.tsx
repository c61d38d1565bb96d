/** One run: what it does now, and everything that is known about it. */

import { useEffect, useMemo, useState } from 'preact/hooks';
import type { DescribeWorkflowExecutionReply } from '../../../sdk/common/service.ts';
import { Empty, ErrorNote, Loading, type Tab, Tabs } from '../components/basics.tsx';
import { describeWorkflow, queryWorkflow, type WorkflowName } from '../engine.ts';
import type { Item } from '../history/items.ts';
import type { Handlers } from '../history/now.ts';
import { type RunHistory, useHistory } from '../history/use-history.ts';
import { readPayload } from '../payload.ts';
import { useNow, usePolled } from '../poll.ts';
import { href, navigate, setSearch, useLocation } from '../router.ts';
import { isOpen } from '../status.ts';
import { type Action, ActionDialog } from './actions.tsx';
import { HistoryTab } from './history-tab.tsx';
import { InputResult } from './input-result.tsx';
import { MetadataTab } from './metadata-tab.tsx';
import { PendingTab } from './pending-tab.tsx';
import { QueriesTab } from './queries-tab.tsx';
import { RelationsTab } from './relations-tab.tsx';
import { RunHeader } from './run-header.tsx';
import { StackTab } from './stack-tab.tsx';
import { Timeline } from './timeline.tsx';

/** What all tabs of a run work with. */
export interface Run {
  name: WorkflowName & { runId: string };
  described: DescribeWorkflowExecutionReply;
  history: RunHistory;
  items: readonly Item[];
  handlers: WorkflowHandlers | undefined;
  now: number;
  open: boolean;
  /** From a file: the engine knows nothing of it. */
  readOnly?: true;
  refresh(): void;
  /** Asks for what is needed to do it, and does it. */
  act(action: Action, name?: string): void;
}

export interface WorkflowHandlers extends Handlers {
  queries: Array<{ name: string; description?: string }>;
  currentDetails?: string;
}

interface RunPageProps {
  namespace: string;
  workflowId: string;
  runId: string | undefined;
}

const INTERVAL = 2_000;

export function RunPage({ namespace, workflowId, runId }: RunPageProps) {
  const key = `${namespace} ${workflowId} ${runId}`;
  const described = usePolled(key, (signal) => describeWorkflow({ namespace, workflowId, runId }, signal), {
    interval: INTERVAL,
    slowest: 10_000,
  });
  const found = described.data?.workflowExecutionInfo;
  useEffect(() => {
    if (runId === undefined && found)
      navigate(href([namespace, 'workflows', workflowId, found.execution.runId]) + location.search, {
        replace: true,
      });
  }, [runId, found, namespace, workflowId]);
  if (described.error && !described.data)
    return (
      <Empty icon="search" title={`Workflow ${workflowId}`}>
        <ErrorNote error={described.error} />
      </Empty>
    );
  if (!described.data || runId === undefined) return <Loading what="the run" />;
  const name = { namespace, workflowId, runId };
  return <Loaded name={name} described={described.data} lost={described.error} refresh={described.refresh} />;
}

interface LoadedProps {
  name: WorkflowName & { runId: string };
  described: DescribeWorkflowExecutionReply;
  lost: Error | undefined;
  refresh(): void;
}

function Loaded({ name, described, lost, refresh }: LoadedProps) {
  const open = isOpen(described.workflowExecutionInfo.status);
  const history = useHistory(name);
  const now = useNow(open, 1_000);
  const handlers = useHandlers(name, open, history.events.length);
  const items = useMemo(
    () => history.items.list(described.pendingActivities),
    [history.events, described.pendingActivities],
  );
  // An event is news: what is pending has changed with it.
  useEffect(() => {
    if (history.events.length > 0) refresh();
  }, [history.events.length, refresh]);
  const [asked, setAsked] = useState<{ kind: Action; name?: string; nth: number }>();
  const act = (kind: Action, name?: string): void =>
    setAsked((before) => ({ kind, name, nth: (before?.nth ?? 0) + 1 }));
  // A dialog is gone a moment before it says so: who opens the next one within that moment keeps it.
  const closed = (): void => setAsked((now) => (now === asked ? undefined : now));
  const run: Run = { name, described, history, items, handlers, now, open, refresh, act };
  const { search } = useLocation();
  const tab = TABS.find(({ id }) => id === search.get('tab')) ?? TABS[0]!;
  return (
    <>
      <RunHeader run={run} lost={lost ?? history.error} />
      <Tabs
        label="About this run"
        tabs={TABS.map((each) => ({ ...each, count: each.counted?.(run) }))}
        selected={tab.id}
        onSelect={(id) =>
          setSearch({ tab: id === TABS[0]!.id ? undefined : id, event: undefined, item: undefined })
        }
      />
      <div id="tab-panel" class="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab.id}`}>
        <tab.view run={run} />
      </div>
      {asked && (
        <ActionDialog key={asked.nth} run={run} kind={asked.kind} name={asked.name} onClose={closed} />
      )}
    </>
  );
}

interface RunTab extends Tab {
  view: (props: { run: Run }) => preact.JSX.Element;
  counted?(run: Run): number;
}

const TABS: readonly RunTab[] = [
  { id: 'timeline', label: 'Timeline', view: Timeline },
  { id: 'history', label: 'History', view: HistoryTab, counted: ({ history }) => history.events.length },
  {
    id: 'pending',
    label: 'Pending activities',
    view: PendingTab,
    counted: ({ described }) => described.pendingActivities.length,
  },
  { id: 'result', label: 'Input and result', view: InputResult },
  { id: 'stack', label: 'Call stack', view: StackTab },
  { id: 'queries', label: 'Queries', view: QueriesTab },
  { id: 'relations', label: 'Relations', view: RelationsTab },
  { id: 'metadata', label: 'Metadata', view: MetadataTab },
];

interface Metadata {
  definition?: {
    queryDefinitions?: Array<{ name: string; description?: string }>;
    signalDefinitions?: Array<{ name: string }>;
    updateDefinitions?: Array<{ name: string }>;
  };
  currentDetails?: string;
}

/** Asked of the workflow itself, each time it has moved. Where no Worker answers, nobody knows. */
function useHandlers(name: WorkflowName, open: boolean, events: number): WorkflowHandlers | undefined {
  const key = open && events > 2 ? `handlers ${name.workflowId} ${name.runId} ${events}` : undefined;
  const { data } = usePolled(key, async (signal) => {
    const [payload] = await queryWorkflow(name, '__temporal_workflow_metadata', [], signal);
    return payload && (readPayload(payload).value as Metadata);
  });
  const handlers = useMemo(() => {
    if (!data) return undefined;
    const { definition = {}, currentDetails } = data;
    const names = (list: Array<{ name: string }> = []): string[] =>
      list.map((each) => each.name).filter(Boolean);
    return {
      signals: names(definition.signalDefinitions),
      updates: names(definition.updateDefinitions),
      queries: definition.queryDefinitions ?? [],
      currentDetails,
    };
  }, [data]);
  return handlers;
}
