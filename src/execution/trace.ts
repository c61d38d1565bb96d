/** The trace of a run goes on in what it calls: with the engine's own span where the engine exports them, else with the caller's. */

import type { HeaderJson } from '../../sdk/common/history.ts';
import { carriedTraceparent, carryTraceparent } from '../../sdk/common/trace-context.ts';
import type { RunState } from '../core/state.ts';
import type { Outside } from './outside.ts';

/** @param header what workflow code gave along: the spans of its interceptors are nearer than the engine's */
export function traceOf(
  outside: Outside,
  run: RunState,
  eventId: number,
  header: HeaderJson | undefined,
): { traceparent?: string } {
  const traceparent = carriedTraceparent(header) ?? outside.traceparentAt?.(run, eventId) ?? run.traceparent;
  return traceparent === undefined ? {} : { traceparent };
}

/** For what has nothing but headers: a child workflow. */
export function withTrace(
  outside: Outside,
  run: RunState,
  eventId: number,
  header: HeaderJson | undefined,
): { header?: HeaderJson } {
  const carried = carryTraceparent(header, traceOf(outside, run, eventId, header).traceparent);
  return carried === undefined ? {} : { header: carried };
}
