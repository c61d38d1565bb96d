/** All of tracing as one plugin of clients and Workers. */

import type { ClientPlugin } from '../client/client.ts';
import type { BundleOptions } from '../worker/load-workflows.ts';
import type { NodeWorkerOptions } from '../worker/node.ts';
import type { BundlerPlugin, WorkerPlugin } from '../worker/plugins.ts';
import type { ReplayWorkerOptions } from '../worker/replay.ts';
import type { InterceptorOptions } from './api.ts';
import { OpenTelemetryWorkflowClientInterceptor } from './client.ts';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
  type SpanProcessorLike,
} from './worker.ts';

export interface OpenTelemetryPluginOptions extends InterceptorOptions {
  /** What the spans are of, a `Resource` of OpenTelemetry. */
  readonly resource: object;
  /** Where spans of workflows go. */
  readonly spanProcessor: SpanProcessorLike;
}

/** The name by which the bundler finds it. */
const WORKFLOW_MODULE = 'perdure/opentelemetry/workflow-interceptors';

export class OpenTelemetryPlugin implements ClientPlugin, WorkerPlugin, BundlerPlugin {
  readonly name = 'OpenTelemetryPlugin';
  readonly otelOptions: OpenTelemetryPluginOptions;
  constructor(otelOptions: OpenTelemetryPluginOptions) {
    this.otelOptions = otelOptions;
  }

  configureClient: NonNullable<ClientPlugin['configureClient']> = (options) => {
    const { interceptors = {} } = options;
    const workflow = [...listed(interceptors.workflow), this.#client()];
    return { ...options, interceptors: { ...interceptors, workflow } };
  };

  configureWorker(options: NodeWorkerOptions): NodeWorkerOptions {
    const { interceptors = {} } = options;
    const { otelOptions } = this;
    return {
      ...options,
      sinks: this.#sinks(options.sinks),
      interceptors: {
        ...interceptors,
        workflowModules: [...(interceptors.workflowModules ?? []), WORKFLOW_MODULE],
        activity: [
          ...(interceptors.activity ?? []),
          (context) => ({
            inbound: new OpenTelemetryActivityInboundInterceptor(context, otelOptions),
            outbound: new OpenTelemetryActivityOutboundInterceptor(context),
          }),
        ],
      },
    };
  }

  configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    const { interceptors = {} } = options;
    const workflowModules = [...(interceptors.workflowModules ?? []), WORKFLOW_MODULE];
    return {
      ...options,
      sinks: this.#sinks(options.sinks),
      interceptors: { ...interceptors, workflowModules },
    };
  }

  configureBundler(options: BundleOptions): BundleOptions {
    const modules = options.workflowInterceptorModules ?? [];
    if (modules.includes(WORKFLOW_MODULE)) return options;
    return { ...options, workflowInterceptorModules: [...modules, WORKFLOW_MODULE] };
  }

  #client(): OpenTelemetryWorkflowClientInterceptor {
    return new OpenTelemetryWorkflowClientInterceptor(this.otelOptions);
  }

  #sinks(others: NodeWorkerOptions['sinks']): NonNullable<NodeWorkerOptions['sinks']> {
    const { spanProcessor, resource } = this.otelOptions;
    return { ...others, exporter: makeWorkflowExporter(spanProcessor, resource) };
  }
}

const listed = <T>(given: T[] | object | undefined): T[] => (Array.isArray(given) ? given : []);
