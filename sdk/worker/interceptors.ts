/** What a Worker's options say of interceptors. */

import type {
  ActivityInboundCallsInterceptorFactory,
  ActivityInterceptorsFactory,
} from '../activity/interceptors.ts';
import type { ClientInterceptors } from '../client/interceptors.ts';
import { ValueError } from '../common/errors.ts';

export interface WorkerInterceptors {
  /** Of the client that the Worker has, where it has one. */
  client?: ClientInterceptors;
  activity?: ActivityInterceptorsFactory[];
  /** The older form; they come before those of `activity`. */
  activityInbound?: ActivityInboundCallsInterceptorFactory[];
  /**
   * Modules that export `interceptors`, for all workflows. Paths or package names where the Worker bundles its workflows
   * (`workflowsPath`): then each run has its own copy. Imported modules where it does not.
   */
  workflowModules?: Array<string | object>;
}

export function activityInterceptorsOf({
  activity = [],
  activityInbound = [],
}: WorkerInterceptors = {}): ActivityInterceptorsFactory[] {
  const older = activityInbound.map<ActivityInterceptorsFactory>((make) => (context) => ({
    inbound: make(context),
  }));
  return [...older, ...activity];
}

/** Those that a bundler has to find. */
export function interceptorPaths({ workflowModules = [] }: WorkerInterceptors = {}): string[] {
  return workflowModules.filter((module) => typeof module === 'string');
}

/** @throws ValueError for a path: nobody bundles here. */
export function interceptorModulesOf({ workflowModules = [] }: WorkerInterceptors = {}): object[] {
  return workflowModules.map((module) => {
    if (typeof module === 'object' && module !== null) return module;
    throw new ValueError(
      `interceptors.workflowModules: ${String(module)} cannot be loaded here. Paths go with workflowsPath, or to the ` +
        'build (workflowInterceptorModules); elsewhere give the imported module.',
    );
  });
}

/**
 * The interceptors as they are: what they were once completed with, logging, a Worker does by itself.
 * @deprecated by Temporal
 */
export function appendDefaultInterceptors(interceptors: WorkerInterceptors): WorkerInterceptors {
  return interceptors;
}

/** Nothing has to be bundled with workflows for them to log. @deprecated by Temporal */
export const defaultWorkflowInterceptorModules: readonly string[] = [];
