/** Options that whoever starts a workflow can give: a client, and a workflow that starts a child. */

import type { Duration } from './duration.ts';
import type { WorkflowIdReusePolicy } from './enums.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { SearchAttributePair, SearchAttributes, TypedSearchAttributes } from './search-attributes.ts';

export interface CommonWorkflowOptions {
  /** When a closed run has this id. Default `ALLOW_DUPLICATE`. */
  workflowIdReusePolicy?: WorkflowIdReusePolicy;
  /** Start the workflow again when it fails. Default: no retry. */
  retry?: RetryPolicy;
  /** Free data shown by describe and list. */
  memo?: Record<string, unknown>;
  /** Values shown by describe and list, as lists by name. @deprecated use `typedSearchAttributes` */
  searchAttributes?: SearchAttributes;
  /** Values shown by describe and list. Where both forms have a name, this one counts. */
  typedSearchAttributes?: SearchAttributePair[] | TypedSearchAttributes;
  /** One line about this workflow, for people who look at it. */
  staticSummary?: string;
  /** A longer text about this workflow. */
  staticDetails?: string;
  /** Longest time of all runs together. Default: none. */
  workflowExecutionTimeout?: Duration;
  /** Longest time of one run. Default: the execution timeout. */
  workflowRunTimeout?: Duration;
  /** Longest time a Worker may take for one workflow task. Default 10 s. */
  workflowTaskTimeout?: Duration;
  /**
   * Start the workflow again and again, by a cron expression of five fields (UTC, or the zone in a leading `CRON_TZ=`).
   * The next run begins when the one before has closed. Ends when it is cancelled or terminated.
   */
  cronSchedule?: string;
}
