/**
 * Histories of runs that the engine keeps no longer, in the R2 bucket that is bound as ARCHIVE. A run is a folder:
 *
 *   NAMESPACE/SHA-256 OF THE WORKFLOW ID/RUN ID/events/0000000001   pages of its history, named by their first event
 *   NAMESPACE/…/RUN ID/run.json                                     what describe said; written last
 *
 * A run without its run.json is not there yet. Writing one again changes nothing.
 */

import { type HistoryEvent, historyEventName, historyEvents } from '../../sdk/common/history.ts';
import { decodeHistoryToken, encodeHistoryToken } from '../../sdk/common/history-token.ts';
import type {
  DescribeWorkflowExecutionReply,
  GetWorkflowExecutionHistoryReply,
  GetWorkflowExecutionHistoryRequest,
  GetWorkflowResultReply,
} from '../../sdk/common/service.ts';
import type { Env } from '../env.ts';

/** What is used of a bucket. */
export interface ArchiveBucket {
  put(key: string, value: string, options?: { customMetadata?: Record<string, string> }): Promise<unknown>;
  get(key: string): Promise<{ text(): Promise<string> } | null>;
  delete(keys: string | string[]): Promise<void>;
  list(options: {
    prefix: string;
    cursor?: string;
    limit?: number;
    startAfter?: string;
    include?: Array<'customMetadata'>;
  }): Promise<{
    objects: Array<{ key: string; customMetadata?: Record<string, string> }>;
    truncated: boolean;
    cursor?: string;
  }>;
}

export interface ArchivedRef {
  workflowId: string;
  runId: string;
}
interface RunFile {
  version: 1;
  description: DescribeWorkflowExecutionReply;
}

const VERSION = 1;
const DEFAULT_PAGE = 256;
const LONGEST_PAGE = 1_000;
const LONGEST_RUN_ID = 300;

export class Archive {
  readonly #bucket: ArchiveBucket;
  readonly #namespace: string;

  constructor(bucket: ArchiveBucket, namespace: string) {
    this.#bucket = bucket;
    this.#namespace = namespace;
  }

  /** Resolves once the whole run is there. */
  async put(
    run: ArchivedRef,
    description: DescribeWorkflowExecutionReply,
    pages: AsyncIterable<HistoryEvent[]>,
  ): Promise<void> {
    const folder = await this.#folder(run);
    for await (const events of pages)
      await this.#bucket.put(pageKey(folder, Number(events[0]!.eventId)), JSON.stringify(events));
    const { closeTime } = description.workflowExecutionInfo;
    const file: RunFile = { version: VERSION, description };
    await this.#bucket.put(`${folder}/run.json`, JSON.stringify(file), {
      customMetadata: { closeTime: closeTime ?? '' },
    });
  }

  /** Without a run id: the one that closed last. `undefined`: there is none. */
  async describe(workflowId: string, runId?: string): Promise<DescribeWorkflowExecutionReply | undefined> {
    const found = runId || (await this.#newest(workflowId));
    if (!found || !mayBeKept(found)) return undefined;
    const file = await this.#bucket.get(`${await this.#folder({ workflowId, runId: found })}/run.json`);
    return file ? (JSON.parse(await file.text()) as RunFile).description : undefined;
  }

  /** As the engine's own, with tokens of the same form; nothing is waited for: the run is closed. */
  async history(
    request: GetWorkflowExecutionHistoryRequest,
  ): Promise<GetWorkflowExecutionHistoryReply | undefined> {
    const token = decodeHistoryToken(request.nextPageToken);
    const { workflowId } = request.execution;
    const description = await this.describe(workflowId, token?.runId ?? request.execution.runId);
    if (!description) return undefined;
    const { runId } = description.workflowExecutionInfo.execution;
    const length = Number(description.workflowExecutionInfo.historyLength);
    if (request.historyEventFilterType === 'HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT') {
      const [last] = await this.#events({ workflowId, runId }, length - 1, 1);
      const closes = last && 'closes' in (historyEvents[historyEventName(last.eventType)!] ?? {});
      return { history: { events: closes ? [last] : [] } };
    }
    const limit = Math.min(request.maximumPageSize || DEFAULT_PAGE, LONGEST_PAGE);
    const events = await this.#events({ workflowId, runId }, token?.eventId ?? 0, limit);
    const last = Number(events.at(-1)?.eventId ?? length);
    return {
      history: { events },
      ...(last < length && { nextPageToken: encodeHistoryToken({ runId, eventId: last }) }),
    };
  }

  /** How the run itself ended, whatever followed it. */
  async result(workflowId: string, runId?: string): Promise<GetWorkflowResultReply | undefined> {
    const description = await this.describe(workflowId, runId);
    if (!description) return undefined;
    const { execution, status, historyLength } = description.workflowExecutionInfo;
    const run = { workflowId, runId: execution.runId };
    const [closeEvent] = await this.#events(run, Number(historyLength) - 1, 1);
    return { pending: false, runId: run.runId, status, closeEvent: closeEvent! };
  }

  /** Answers whether it was there. */
  async delete(run: ArchivedRef): Promise<boolean> {
    if (!mayBeKept(run.runId)) return false;
    const folder = await this.#folder(run);
    let found = false;
    for (;;) {
      const { objects, truncated } = await this.#bucket.list({ prefix: `${folder}/` });
      found ||= objects.length > 0;
      if (objects.length > 0) await this.#bucket.delete(objects.map(({ key }) => key));
      if (!truncated) return found;
    }
  }

  /** From the stored page that has the event after `after`: events of that page alone, at most `limit`. */
  async #events(run: ArchivedRef, after: number, limit: number): Promise<HistoryEvent[]> {
    const folder = await this.#folder(run);
    const first = await this.#pageWith(folder, after + 1);
    const page = first === undefined ? null : await this.#bucket.get(pageKey(folder, first));
    if (!page) throw new Error(`the archive has no event ${after + 1} of run ${run.runId}`);
    const events = JSON.parse(await page.text()) as HistoryEvent[];
    return events.filter(({ eventId }) => Number(eventId) > after).slice(0, limit);
  }

  /** The first event of the page that has this one. Keys are in the order of events. */
  async #pageWith(folder: string, eventId: number): Promise<number | undefined> {
    let found: number | undefined;
    let cursor: string | undefined;
    do {
      const page = await this.#bucket.list({ prefix: `${folder}/events/`, ...(cursor && { cursor }) });
      for (const { key } of page.objects) {
        const first = Number(key.slice(key.lastIndexOf('/') + 1));
        if (first > eventId) return found;
        found = first;
      }
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor);
    return found;
  }

  async #newest(workflowId: string): Promise<string | undefined> {
    const prefix = `${await this.#workflow(workflowId)}/`;
    let newest: { runId: string; closeTime: string } | undefined;
    let cursor: string | undefined;
    do {
      const page = await this.#bucket.list({
        prefix,
        include: ['customMetadata'],
        ...(cursor && { cursor }),
      });
      for (const { key, customMetadata } of page.objects) {
        if (!key.endsWith('/run.json')) continue;
        const runId = key.slice(prefix.length, -'/run.json'.length);
        const closeTime = customMetadata?.closeTime ?? '';
        if (!newest || closeTime > newest.closeTime) newest = { runId, closeTime };
      }
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor);
    return newest?.runId;
  }

  /** Ids may be longer than a key may be, and have slashes in them. */
  async #workflow(workflowId: string): Promise<string> {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(workflowId));
    const hex = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return `${encodeURIComponent(this.#namespace)}/${hex}`;
  }

  async #folder({ workflowId, runId }: ArchivedRef): Promise<string> {
    return `${await this.#workflow(workflowId)}/${encodeURIComponent(runId)}`;
  }
}

/** `undefined` where no bucket is bound. */
export function archiveOf(env: Env, namespace: string): Archive | undefined {
  return env.ARCHIVE && new Archive(env.ARCHIVE, namespace);
}

/** Askers may name any run: some names could not be part of a key, which has at most 1,024 bytes. */
const mayBeKept = (runId: string): boolean =>
  runId.isWellFormed() && encodeURIComponent(runId).length <= LONGEST_RUN_ID;

const pageKey = (folder: string, firstEventId: number): string =>
  `${folder}/events/${String(firstEventId).padStart(10, '0')}`;
