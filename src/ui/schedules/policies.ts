/** The overlap policies, with what they do. */

export const OVERLAP_POLICIES: ReadonlyArray<readonly [value: string, label: string]> = [
  ['SCHEDULE_OVERLAP_POLICY_SKIP', 'Skip: leave the time out'],
  ['SCHEDULE_OVERLAP_POLICY_BUFFER_ONE', 'Buffer one: start one more when it ends'],
  ['SCHEDULE_OVERLAP_POLICY_BUFFER_ALL', 'Buffer all: start one after another'],
  ['SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER', 'Cancel the other'],
  ['SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER', 'Terminate the other'],
  ['SCHEDULE_OVERLAP_POLICY_ALLOW_ALL', 'Allow all: side by side'],
];
