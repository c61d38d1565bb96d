/** The run's memo, and what it says of itself. */

import type { PayloadMapJson } from '../common/payload.ts';
import type { SerializationContext } from '../common/serialization-context.ts';
import { assertInContext, type WorkflowContext } from './runtime/context.ts';

/** A memo's values → stored. */
export function encodeMemo(
  context: WorkflowContext,
  memo: Record<string, unknown>,
  of?: SerializationContext,
): PayloadMapJson {
  return Object.fromEntries(
    Object.entries(memo).map(([name, value]) => [name, context.toPayload(value, of)]),
  );
}

/** Lays values over the memo of the run; `null` and `undefined` remove one. */
export function upsertMemo(memo: Record<string, unknown>): void {
  const context = assertInContext('upsertMemo');
  context.assertWritable('change the memo');
  if (memo === undefined || memo === null) throw new TypeError('upsertMemo needs a memo.');
  const upserted = Object.entries(memo).map(([name, value]) => [name, value ?? undefined] as const);
  context.commands.push('ModifyWorkflowProperties', {
    upsertedMemo: { fields: encodeMemo(context, Object.fromEntries(upserted)) },
  });
  const next = Object.entries({ ...context.info.memo, ...memo }).filter(([, value]) => value != null);
  context.info = { ...context.info, memo: Object.fromEntries(next) };
}

/** What {@link setCurrentDetails} was last called with; at first empty. */
export function getCurrentDetails(): string {
  return assertInContext('getCurrentDetails').currentDetails;
}

/** Says what the workflow is at, for people who look at it: part of the answer to the workflow metadata query. */
export function setCurrentDetails(details: string): void {
  assertInContext('setCurrentDetails').currentDetails = details;
}
