/** What an engine has stored of one workflow id, and the state that it knew by it. */

import type { LogRow, ProgressRow, SnapshotRow } from '../../src/execution/store.ts';

export interface StoredWorkflow {
  workflowId: string;
  rows: LogRow[];
  snapshot: SnapshotRow | null;
  progress: ProgressRow[];
  payloads: Array<[owner: string, texts: Array<[sha256: string, text: string]>]>;
  /** As text, fields in the order of their names. */
  state: string;
}
