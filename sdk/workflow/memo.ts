/** The run's memo, and what it says of itself. */

import { type PayloadConverter, type PayloadMapJson, payloadToJson } from '../common/payload.ts';
import { assertInContext } from './runtime/context.ts';

/** A memo's values → stored. */
export function encodeMemo(memo: Record<string, unknown>, converter: PayloadConverter): PayloadMapJson {
  return Object.fromEntries(
    Object.entries(memo).map(([name, value]) => [name, payloadToJson(converter.toPayload(value))]),
  );
}

/** Lays values over the memo of the run; `null` and `undefined` remove one. */
export function upsertMemo(memo: Record<string, unknown>): void {
  const context = assertInContext('upsertMemo');
  context.assertWritable('change the memo');
  if (memo === undefined || memo === null) throw new TypeError('upsertMemo needs a memo.');
  const upserted = Object.entries(memo).map(([name, value]) => [name, value ?? undefined] as const);
  context.commands.push('ModifyWorkflowProperties', {
    upsertedMemo: { fields: encodeMemo(Object.fromEntries(upserted), context.payloadConverter) },
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
