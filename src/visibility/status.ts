/** How people write an execution status: by name (`TimedOut`), by the wire's name, or by its number. */

import { fromWire, toWire, WorkflowExecutionStatus } from '../../sdk/common/enums.ts';

/** In the order of their numbers in the protocol, from 1. */
const byNumber = [
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
  'PAUSED',
];

/** `WORKFLOW_EXECUTION_STATUS_TIMED_OUT` → `TimedOut`. */
export function statusName(wire: string): string {
  const name = fromWire('workflowExecutionStatus', wire) ?? '';
  return camel(name);
}

const camel = (name: string): string =>
  name
    .toLowerCase()
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');

export const statusNames = Object.keys(WorkflowExecutionStatus).map(camel);

const spellings = new Map(
  Object.keys(WorkflowExecutionStatus).flatMap((status) => [
    [camel(status), camel(status)],
    [toWire('workflowExecutionStatus', status), camel(status)],
    [String(byNumber.indexOf(status) + 1), camel(status)],
  ]),
);

/** For the order of groups: `Running` comes first, as in the protocol. */
export const statusNumber = (name: string): number => byNumber.findIndex((status) => camel(status) === name);

/** The name of a status however it is spelled; `undefined` when it is none. */
export function parseStatus(text: string): string | undefined {
  return spellings.get(text);
}
