/**
 * Workers on Cloudflare. For Node: `perdure/worker/node`; for the build: `perdure/worker/build`.
 * @module perdure/worker
 */

export { defaultLogger, type Logger, type LogLevel, type LogMetadata } from '../common/logger.ts';
export { ActivityHost } from './activity-host.ts';
export {
  type CloudflareWorker,
  type CloudflareWorkerOptions,
  createWorker,
  type EngineBinding,
} from './cloudflare.ts';
export * from './extensions.ts';
export type { WorkerDeploymentOptions, WorkerOptions } from './options.ts';
export { type CallContext, createHandler, type Handler, type HandlerOptions } from './serve.ts';
