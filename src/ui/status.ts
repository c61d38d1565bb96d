/** The statuses of a run: their names, and the colour that each has everywhere. */

export interface RunStatus {
  /** As the API says it. */
  wire: string;
  /** As the list filter says it. */
  name: string;
  label: string;
  /** The class of its colour. */
  tone: string;
}

const status = (wire: string, name: string, label: string): RunStatus => ({
  wire: `WORKFLOW_EXECUTION_STATUS_${wire}`,
  name,
  label,
  tone: name.toLowerCase(),
});

export const RUN_STATUSES: readonly RunStatus[] = [
  status('RUNNING', 'Running', 'Running'),
  status('COMPLETED', 'Completed', 'Completed'),
  status('FAILED', 'Failed', 'Failed'),
  status('TIMED_OUT', 'TimedOut', 'Timed out'),
  status('CANCELED', 'Canceled', 'Canceled'),
  status('TERMINATED', 'Terminated', 'Terminated'),
  status('CONTINUED_AS_NEW', 'ContinuedAsNew', 'Continued as new'),
  status('PAUSED', 'Paused', 'Paused'),
];

const unknown: RunStatus = { wire: '', name: '', label: 'Unknown', tone: 'unknown' };

export function runStatus(wire: string | undefined): RunStatus {
  return RUN_STATUSES.find((known) => known.wire === wire) ?? { ...unknown, label: wire ?? unknown.label };
}

export const isOpen = (wire: string | undefined): boolean =>
  ['Running', 'Paused'].includes(runStatus(wire).name);
