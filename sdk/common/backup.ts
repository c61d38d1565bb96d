/** A backup as it travels and as it is kept: one entry per object, or several of a large one, as lines of JSON. */

export const BACKUP_FORMAT = 1;

/** The tables of an object that is small: read in one transaction. */
export interface TableDump {
  name: string;
  /** The statement that makes it. */
  sql: string;
  columns: string[];
  rows: Array<Array<string | number | null>>;
}

export interface BackupRow {
  seq: number;
  data: string;
}

/** Rows of one object that owns the runs of a workflow id, and what else its state consists of. */
export interface WorkflowPage {
  rows: BackupRow[];
  payloads: Array<{ runNumber: number; sha256: string; data: string }>;
  /** With the first page: the state as of the last row of all pages. */
  snapshot?: { seq: number; data: string };
  progress?: Array<{
    scheduledEventId: number;
    data: string;
    payloads?: Array<{ sha256: string; data: string }>;
  }>;
  /** Where the next page of the object begins. Absent: this is the last one. */
  next?: string;
}

export type TablesKind = 'system' | 'namespace' | 'batch' | 'schedule';

export type BackupEntry =
  | { kind: TablesKind; namespace: string; id: string; tables: TableDump[] }
  | { kind: 'workflow'; namespace: string; id: string; page: WorkflowPage };

export type BackupRef = Pick<BackupEntry, 'kind' | 'namespace' | 'id'>;

export interface ExportBackupReply {
  format: number;
  /** Each the JSON of a {@link BackupEntry}. */
  entries: string[];
  nextPageToken?: string;
}

/** What came of waking an object. */
export interface Resumed {
  /** All that are stored, oldest first. */
  runIds: string[];
  open: boolean;
  /** Children that its open run waits for. */
  children: Array<{
    runId: string;
    initiatedEventId: number;
    workflowId: string;
    childRunId: string;
    workflowType: string;
  }>;
}

export interface ResumeBackupReply {
  /** Runs that are open. */
  open: number;
  /** Children that only their parents know of: for their parents they are terminated. */
  lostChildren: number;
}
