/**
 * Temporal's HTTP API beside ours: every route of theirs is served, or stands here with the reason why not.
 * `temporal-routes.tsv` has their routes as the annotations of their published API definitions give them.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Route } from '../../src/api/routes.ts';

export interface TemporalRoute {
  rpc: string;
  method: string;
  path: string;
  /** Without the prefix. */
  bare: string;
  /** How many expect it: `core`, `expected` or `niche`. */
  priority: string;
}

const NEXUS = 'There is no Nexus.';
const OLD_VERSIONING = 'Superseded at Temporal: Worker deployments are supported.';
const RULES = 'There are no workflow rules.';
const COMPUTE =
  'Of Temporal Cloud: it starts Workers itself. Here Workers are deployed by those who own them.';

/** By RPC, or by RPC and path where only one of several is not there. */
export const absentRoutes: Record<string, string> = {
  ListArchivedWorkflowExecutions: 'There is no archive with a list of its own.',
  ...reasons(NEXUS, [
    'StartNexusOperationExecution',
    'DescribeNexusOperationExecution',
    'PollNexusOperationExecution',
    'ListNexusOperationExecutions',
    'CountNexusOperationExecutions',
    'RequestCancelNexusOperationExecution',
    'TerminateNexusOperationExecution',
    'GetNexusEndpoint',
    'CreateNexusEndpoint',
    'UpdateNexusEndpoint',
    'DeleteNexusEndpoint',
    'ListNexusEndpoints',
  ]),
  ...reasons(OLD_VERSIONING, [
    'GetWorkerBuildIdCompatibility',
    'GetWorkerVersioningRules',
    'GetWorkerTaskReachability',
    'DescribeDeployment',
    'ListDeployments',
    'GetDeploymentReachability',
    'GetCurrentDeployment',
    'SetCurrentDeployment',
  ]),
  ...reasons('A deployment is known once one of its Workers is.', [
    'CreateWorkerDeployment',
    'CreateWorkerDeploymentVersion',
  ]),
  ...reasons(COMPUTE, [
    'UpdateWorkerDeploymentVersionComputeConfig',
    'ValidateWorkerDeploymentVersionComputeConfig',
    'SetWorkerDeploymentManager',
  ]),
  UpdateWorkerDeploymentVersionMetadata: 'Versions have no metadata of their own.',
  ...reasons(RULES, [
    'CreateWorkflowRule',
    'DescribeWorkflowRule',
    'DeleteWorkflowRule',
    'ListWorkflowRules',
    'TriggerWorkflowRule',
  ]),
  ...reasons('Workers poll nothing here, and so report nothing: the engine calls them.', [
    'RecordWorkerHeartbeat',
    'FetchWorkerConfig',
    'UpdateWorkerConfig',
  ]),
};

function reasons(reason: string, rpcs: string[]): Record<string, string> {
  return Object.fromEntries(rpcs.map((rpc) => [rpc, reason]));
}

export function temporalRoutes(): TemporalRoute[] {
  const [, ...lines] = readFileSync(join(import.meta.dirname, 'temporal-routes.tsv'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => {
    const [rpc, method, path, bare, priority] = line.split('\t') as [string, string, string, string, string];
    return { rpc, method, path, bare, priority };
  });
}

const anonymous = (path: string): string => path.replace(/\{[^}]+\}/g, '{}');

/** Is it the same route, whatever its fields are called? */
export function isServedBy(theirs: TemporalRoute, { rpc, method, path, bare = path }: Route): boolean {
  return (
    theirs.rpc === rpc &&
    theirs.method === method &&
    anonymous(theirs.path) === anonymous(`/api/v1${path}`) &&
    anonymous(theirs.bare) === anonymous(bare)
  );
}

export const absence = ({ rpc, path }: TemporalRoute): string | undefined =>
  absentRoutes[`${rpc} ${path}`] ?? absentRoutes[rpc];
