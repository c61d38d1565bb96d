/**
 * What the checker reads: a folder with the clients' log (`ops.ndjson`), the activities' log (`acts.ndjson`), histories as
 * the API gave them (`hist/*.json`), the objects' storage (`state/*.json`), visibility (`vis.json`), and what the one who
 * made it knows (`run.json`). Everything is taken when all is quiet; the logs are written as things happen.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryEvent, LogEvent } from '../../sdk/common/history.ts';
import type { WorkflowExecutionInfo } from '../../sdk/common/service.ts';

export type OpKind =
  | 'start'
  | 'signalWithStart'
  | 'signal'
  | 'update'
  | 'updateWithStart'
  | 'query'
  | 'cancel'
  | 'terminate'
  | 'reset'
  | 'delete'
  /** A schedule was made. */
  | 'schedule'
  /** A batch job on this workflow, and perhaps others. */
  | 'batch'
  | 'describe'
  | 'history'
  | 'result'
  /** An activity's answer by its id, from outside. */
  | 'complete'
  /** An answer to an attempt that is over: it must be refused. */
  | 'staleAnswer';

/** One thing that a client wanted, however often it had to ask. */
export interface Op {
  client: string;
  kind: OpKind;
  workflowId: string;
  /** The same in every try; of an update, its update id. */
  requestId?: string;
  /** Epoch milliseconds: before the first try, after the last one. */
  t0: number;
  t1: number;
  /** How often it asked. Default: once. */
  tries?: number;
  /** `unknown`: it may have happened; no answer came, or a refusal after a try that got no answer. */
  outcome: 'ok' | 'fail' | 'unknown';
  /** Of a refusal. */
  code?: string;
  args: OpArgs;
  reply?: OpReply;
}

export interface OpArgs {
  workflowType?: string;
  input?: unknown[];
  reuse?: string;
  conflict?: string;
  /** The workflow ends by itself once the faults are over. */
  finite?: boolean;
  /** Its code cannot work: it stays open, and disturbs nobody. */
  poison?: boolean;
  name?: string;
  value?: unknown;
  reason?: string;
  activityId?: string;
  scheduleId?: string;
  overlap?: string;
  /** Of a transfer: what is to happen to it. */
  expected?: unknown;
}

export interface OpReply {
  runId?: string;
  started?: boolean;
  stage?: string;
  outcome?: unknown;
  value?: unknown;
  /** Of a history read: how many events, and the SHA-256 of their JSON. */
  events?: number;
  sha256?: string;
}

/** What an activity did. `effect`: it changed the world (the bank's ledger, a counter). */
export interface Act {
  what: 'begin' | 'end' | 'fail' | 'effect';
  time: number;
  /** Which process. */
  worker: string;
  workflowId: string;
  runId: string;
  activityId: string;
  activityType: string;
  attempt: number;
  /** The idempotency key. */
  key?: string;
  /** Of a begin: the heartbeat details that it was given. Of a fail: the last ones it recorded. */
  heartbeat?: unknown;
  value?: unknown;
}

export interface LoggedRow {
  seq: number;
  bytes: number;
  events: LogEvent[];
}

/** The storage of one WorkflowExecution object. */
export interface ObjectDump {
  namespace: string;
  workflowId: string;
  /** Epoch milliseconds. */
  alarm: number | null;
  rows: LoggedRow[];
  snapshot: { seq: number; data: unknown } | null;
  progress: Array<{ scheduledEventId: number; event: LogEvent }>;
}

export interface VisibilityRow {
  workflowId: string;
  runId: string;
  version: number;
  open: boolean;
  checkAt: number;
  info: WorkflowExecutionInfo;
}

export interface VisibilityDump {
  /** What the shards hold. */
  rows: VisibilityRow[];
  /** Every run they hold, also where `rows` are those of some workflow ids only. */
  all: Array<{ runId: string; status: string }>;
  /** Run ids as a listing gave them, page by page. */
  pages: string[][];
  /** By status, as counting gave them. */
  counts: Record<string, number>;
}

export interface RunInfo {
  /** When storage was read. */
  time: number;
  kills: number;
  /** When the last fault was over, and when everything had come to rest. */
  healed: number;
  rested: number;
  /** Workflow ids that were still not done when patience ended. */
  left: string[];
}

export interface Evidence {
  ops: Op[];
  acts: Act[];
  histories: Record<string, HistoryEvent[]>;
  objects: ObjectDump[];
  visibility: VisibilityDump;
  run: RunInfo;
}

const fileName = (id: string): string => `${encodeURIComponent(id).replaceAll('%', '_')}.json`;

export function saveEvidence(dir: string, evidence: Evidence): void {
  for (const folder of ['hist', 'state']) mkdirSync(join(dir, folder), { recursive: true });
  const lines = (values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');
  writeFileSync(join(dir, 'ops.ndjson'), lines(evidence.ops));
  writeFileSync(join(dir, 'acts.ndjson'), lines(evidence.acts));
  writeFileSync(join(dir, 'vis.json'), JSON.stringify(evidence.visibility));
  writeFileSync(join(dir, 'run.json'), JSON.stringify(evidence.run));
  for (const [runId, events] of Object.entries(evidence.histories))
    writeFileSync(join(dir, 'hist', fileName(runId)), JSON.stringify({ runId, events }));
  for (const object of evidence.objects)
    writeFileSync(join(dir, 'state', fileName(object.workflowId)), JSON.stringify(object));
}

export function loadEvidence(dir: string): Evidence {
  const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
  const folder = <T>(name: string): T[] =>
    readdirSync(join(dir, name)).map((file) => json<T>(join(dir, name, file)));
  const histories = folder<{ runId: string; events: HistoryEvent[] }>('hist');
  return {
    ops: readLines(join(dir, 'ops.ndjson')),
    acts: readLines(join(dir, 'acts.ndjson')),
    histories: Object.fromEntries(histories.map(({ runId, events }) => [runId, events])),
    objects: folder('state'),
    visibility: json(join(dir, 'vis.json')),
    run: json(join(dir, 'run.json')),
  };
}

/** One JSON value a line. A line that a crash has torn is no line. */
export function readLines<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as T];
      } catch {
        return [];
      }
    });
}
