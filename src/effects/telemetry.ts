/** What is told to those who collect telemetry: the metrics of all namespaces once a minute, and each run that has closed. */

import type { HistoryEvent } from '../../sdk/common/history.ts';
import { executionObjectName } from '../../sdk/common/ids.ts';
import type {
  GetWorkflowExecutionHistoryReply,
  GetWorkflowExecutionHistoryRequest,
  Result,
} from '../../sdk/common/service.ts';
import { type Env, now, otlpSettings } from '../env.ts';
import { jsonLogger } from '../observability/log.ts';
import { sendOtlp } from '../observability/otlp.ts';
import { otlpMetrics } from '../observability/otlp-metrics.ts';
import { MAX_SPANS, otlpTraces, spansOf, type TracedRun } from '../observability/traces.ts';
import { gatherMetrics } from '../visibility/metrics.ts';

/** An activity takes three events; a history that is longer is cut where its spans would be. */
const MAX_EVENTS = 4 * MAX_SPANS;

interface ExecutionRpc {
  history(request: GetWorkflowExecutionHistoryRequest): Promise<Result<GetWorkflowExecutionHistoryReply>>;
}

/** Never rejects: what is not taken now is in the sums that come next. */
export async function exportMetrics(env: Env, namespaces: readonly string[]): Promise<void> {
  const settings = otlpSettings(env);
  if (!settings) return;
  try {
    const samples = await Promise.all(namespaces.map((name) => gatherMetrics(env, name)));
    await sendOtlp(settings, 'metrics', otlpMetrics(samples.flat(), now(env)));
  } catch (error) {
    jsonLogger.error('metrics not exported', { reason: String(error) });
  }
}

/** Best effort, once: a trace that is lost is lost. */
export async function exportTrace(env: Env, run: TracedRun): Promise<void> {
  const settings = otlpSettings(env);
  if (!settings) return;
  try {
    const spans = spansOf(run, await historyOf(env, run));
    if (spans.length > 0) await sendOtlp(settings, 'traces', otlpTraces(spans));
  } catch (error) {
    jsonLogger.error('trace not exported', { ...run, reason: String(error) });
  }
}

async function historyOf(env: Env, { namespace, workflowId, runId }: TracedRun): Promise<HistoryEvent[]> {
  const name = executionObjectName(namespace, workflowId);
  const stub = env.WORKFLOW_EXECUTION.getByName(name) as unknown as ExecutionRpc;
  const events: HistoryEvent[] = [];
  let nextPageToken: string | undefined;
  do {
    const request = { namespace, execution: { workflowId, runId }, ...(nextPageToken && { nextPageToken }) };
    const page = await stub.history(request);
    if ('error' in page) throw new Error(page.error.message);
    events.push(...page.ok.history.events);
    nextPageToken = page.ok.nextPageToken;
  } while (nextPageToken && events.length < MAX_EVENTS);
  return events;
}
