/**
 * An interceptor module for workflows: all of tracing.
 * @module perdure/opentelemetry/workflow-interceptors
 */

import type { WorkflowInterceptors } from '../workflow/interceptors.ts';
import { OpenTelemetryInboundInterceptor, OpenTelemetryOutboundInterceptor } from './workflow.ts';

export const interceptors = (): WorkflowInterceptors => ({
  inbound: [new OpenTelemetryInboundInterceptor()],
  outbound: [new OpenTelemetryOutboundInterceptor()],
});
