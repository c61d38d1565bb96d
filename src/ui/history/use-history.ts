/** The history of a run: read page by page, then followed by long polls for as long as the run is open. */

import { useEffect, useMemo, useState } from 'preact/hooks';
import type { HistoryEvent } from '../../../sdk/common/history.ts';
import type { GetWorkflowExecutionHistoryReply } from '../../../sdk/common/service.ts';
import { call } from '../api.ts';
import { inNamespace } from '../path.ts';
import { Items } from './items.ts';

export interface RunHistory {
  events: readonly HistoryEvent[];
  items: Items;
  /** All that there is was read: what comes now is new. */
  complete: boolean;
  error?: Error;
}

const PAGE = 1_000;
const PAUSE_AFTER_ERROR = 3_000;

export interface RunName {
  namespace: string;
  workflowId: string;
  runId: string;
}

function fetchPage(run: RunName, nextPageToken: string | undefined, signal: AbortSignal) {
  const path = inNamespace(run.namespace, 'workflows', run.workflowId, 'history');
  const query = { 'execution.runId': run.runId, maximumPageSize: PAGE, waitNewEvent: true, nextPageToken };
  return call<GetWorkflowExecutionHistoryReply>('GET', path, { query, signal });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Follows while the page is shown: a hidden tab asks nothing. */
async function whileShown(signal: AbortSignal): Promise<void> {
  while (document.hidden && !signal.aborted) await pause(500);
}

async function follow(run: RunName, signal: AbortSignal, show: (history: RunHistory) => void): Promise<void> {
  let events: HistoryEvent[] = [];
  const items = new Items();
  let token: string | undefined;
  do {
    await whileShown(signal);
    try {
      const page = await fetchPage(run, token, signal);
      const fresh = page.history.events;
      events = [...events, ...fresh];
      items.add(fresh);
      token = page.nextPageToken;
      if (!signal.aborted) show({ events, items, complete: fresh.length < PAGE });
    } catch (error) {
      if (signal.aborted) return;
      show({ events, items, complete: false, error: error as Error });
      await pause(PAUSE_AFTER_ERROR);
      if (events.length === 0) token = undefined;
      else if (!token) return;
    }
  } while (!signal.aborted && (token || events.length === 0));
}

export function useHistory({ namespace, workflowId, runId }: RunName): RunHistory {
  const empty = useMemo<RunHistory>(() => ({ events: [], items: new Items(), complete: false }), []);
  const [history, setHistory] = useState(empty);
  useEffect(() => {
    setHistory(empty);
    if (!runId) return;
    const ended = new AbortController();
    void follow({ namespace, workflowId, runId }, ended.signal, setHistory);
    return () => ended.abort();
  }, [namespace, workflowId, runId, empty]);
  return history;
}
