/** The frame: where one is, where one can go, and the page. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ActivitiesPage } from './activities/activities-page.tsx';
import { ActivityPage } from './activities/activity-page.tsx';
import { logOut, onUnauthenticated } from './api.ts';
import { BatchesPage, BatchPage } from './batch/batch-page.tsx';
import { AccessContext, accessOf } from './caller.tsx';
import { CodecLink, CodecPage, CodecTrouble, useCodecHealth } from './codec/codec-page.tsx';
import { Icon, type IconName } from './components/icon.tsx';
import { caller, namespaceNames, systemInfo } from './engine.ts';
import { sentence } from './format.ts';
import { HistoryFilePage } from './pages/history-file.tsx';
import { LoginPage } from './pages/login.tsx';
import { NamespacesPage } from './pages/namespaces.tsx';
import { NotFoundPage } from './pages/not-found.tsx';
import { StartPage } from './pages/start.tsx';
import { TaskQueuePage } from './pages/task-queue.tsx';
import { WebhooksPage } from './pages/webhooks.tsx';
import { WorkersPage } from './pages/workers.tsx';
import { WorkflowsPage } from './pages/workflows.tsx';
import { usePolled } from './poll.ts';
import { followLink, href, navigate, useLocation } from './router.ts';
import { RunPage } from './run/run-page.tsx';
import { EditSchedulePage } from './schedules/edit-page.tsx';
import { SchedulePage } from './schedules/schedule-page.tsx';
import { SchedulesPage } from './schedules/schedules-page.tsx';
import { nextTheme, storedTheme, type Theme } from './theme.ts';

const DEFAULT_NAMESPACE = 'default';

const SECTIONS: Array<{ path: string; label: string; icon: IconName }> = [
  { path: 'workflows', label: 'Workflows', icon: 'workflow' },
  { path: 'activities', label: 'Activities', icon: 'activity' },
  { path: 'schedules', label: 'Schedules', icon: 'calendar' },
  { path: 'batch', label: 'Batch', icon: 'columns' },
  { path: 'workers', label: 'Workers', icon: 'worker' },
  { path: 'webhooks', label: 'Webhooks', icon: 'signal' },
  { path: 'namespaces', label: 'Namespaces', icon: 'child' },
];

/** The engine has not said yet who looks. */
const NOBODY_YET = { may: () => true };
/** Of the engine in development, which asks for no credential. */
const DEVELOPMENT = 'development';

export function App() {
  const { segments } = useLocation();
  const [mustLogIn, setMustLogIn] = useState(false);
  useEffect(() => onUnauthenticated(() => setMustLogIn(true)), []);
  const [namespace = DEFAULT_NAMESPACE, section = 'workflows'] = segments;
  useEffect(() => {
    if (segments.length < 2) navigate(href([namespace, 'workflows']), { replace: true });
  }, [segments, namespace]);
  usePageChange(segments);
  const who = usePolled('caller', caller).data;
  // What was read while the codec endpoint failed is read again.
  const recovered = useCodecHealth()?.recovered ?? 0;
  const access = useMemo(() => (who ? accessOf(who, namespace) : NOBODY_YET), [who, namespace]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: links in it stay links; this only keeps them from reloading the page
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter on a link is a click
    <div class="app" onClick={followLink}>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Header namespace={namespace} section={section} subject={who?.subject} />
      <main id="main" tabIndex={-1}>
        {mustLogIn ? (
          <LoginPage onDone={() => location.reload()} />
        ) : (
          <AccessContext.Provider value={access}>
            <CodecTrouble namespace={namespace} />
            <Page key={recovered} segments={segments} namespace={namespace} />
          </AccessContext.Provider>
        )}
      </main>
    </div>
  );
}

/** The tab is named after the page; who comes by keyboard goes on from its beginning. */
function usePageChange(segments: readonly string[]): void {
  const [namespace = DEFAULT_NAMESPACE, section = 'workflows', id] = segments;
  const first = useRef(true);
  useEffect(() => {
    const label = SECTIONS.find(({ path }) => path === section)?.label ?? sentence(section.replace('-', ' '));
    document.title = [id ?? label, namespace, 'Perdure'].join(' · ');
    if (!first.current && document.activeElement === document.body) document.getElementById('main')?.focus();
    first.current = false;
  }, [namespace, section, id]);
}

function Page({ segments, namespace }: { segments: string[]; namespace: string }) {
  const [, section = 'workflows', id, runId] = segments;
  switch (section) {
    case 'workflows':
      if (id === undefined) return <WorkflowsPage key={namespace} namespace={namespace} />;
      return (
        <RunPage key={`${namespace} ${id} ${runId}`} namespace={namespace} workflowId={id} runId={runId} />
      );
    case 'activities':
      if (id === undefined) return <ActivitiesPage key={namespace} namespace={namespace} />;
      return (
        <ActivityPage
          key={`${namespace} ${id} ${runId}`}
          namespace={namespace}
          activityId={id}
          runId={runId}
        />
      );
    case 'schedules':
      if (id === undefined) return <SchedulesPage key={namespace} namespace={namespace} />;
      return <SchedulePage key={`${namespace} ${id}`} namespace={namespace} scheduleId={id} />;
    case 'new-schedule':
      return <EditSchedulePage namespace={namespace} />;
    case 'batch':
      if (id === undefined) return <BatchesPage namespace={namespace} />;
      return <BatchPage key={id} namespace={namespace} jobId={id} />;
    case 'start':
      return <StartPage namespace={namespace} />;
    case 'history-file':
      return <HistoryFilePage namespace={namespace} />;
    case 'webhooks':
      return <WebhooksPage namespace={namespace} />;
    case 'namespaces':
      return <NamespacesPage />;
    case 'codec':
      return <CodecPage />;
    case 'workers':
      return <WorkersPage namespace={namespace} />;
    case 'task-queues':
      if (id !== undefined) return <TaskQueuePage namespace={namespace} taskQueue={id} />;
      return <WorkersPage namespace={namespace} />;
    default:
      return <NotFoundPage namespace={namespace} />;
  }
}

interface HeaderProps {
  namespace: string;
  section: string;
  /** Who looks. */
  subject: string | undefined;
}

function Header({ namespace, section, subject }: HeaderProps) {
  const info = usePolled('info', systemInfo);
  return (
    <header class="top">
      <a class="brand" href={href([namespace, 'workflows'])}>
        <img src="/ui/assets/favicon.svg" width={24} height={24} alt="" />
        <span>Perdure</span>
      </a>
      <NamespaceSwitcher namespace={namespace} section={section} />
      <nav aria-label="Sections">
        {SECTIONS.map(({ path, label, icon }) => (
          <a key={path} href={href([namespace, path])} aria-current={path === section ? 'page' : undefined}>
            <Icon name={icon} />
            <span>{label}</span>
          </a>
        ))}
      </nav>
      <span class="spring" />
      {info.data && <span class="version dim">{info.data.serverVersion}</span>}
      {subject && subject !== DEVELOPMENT && <LogOut subject={subject} />}
      <CodecLink namespace={namespace} />
      <ThemeButton />
    </header>
  );
}

function NamespaceSwitcher({ namespace, section }: { namespace: string; section: string }) {
  const names = usePolled('namespaces', namespaceNames).data ?? [];
  const choices = names.includes(namespace) ? names : [namespace, ...names];
  return (
    <select
      class="namespace"
      aria-label="Namespace"
      value={namespace}
      onChange={(event) => navigate(href([event.currentTarget.value, section]))}
    >
      {choices.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function LogOut({ subject }: { subject: string }) {
  const leave = async (): Promise<void> => {
    await logOut();
    location.reload();
  };
  return (
    <button type="button" class="button small" title={`You are ${subject}`} onClick={leave}>
      Log out
    </button>
  );
}

const THEME_ICONS: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' };

function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Colours: ${theme}. Change`}
      title={`Colours: ${theme}`}
      onClick={() => setTheme(nextTheme(theme))}
    >
      <Icon name={THEME_ICONS[theme]} size={18} />
    </button>
  );
}
