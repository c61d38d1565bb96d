/** Requests and replies about Worker Deployments, in Temporal's JSON (`temporal.api.deployment.v1`). */

import type { TimestampJson } from './duration.ts';
import type { WorkerDeploymentVersion } from './versioning.ts';

/** Who asks, and what they had read: a change is refused when somebody else has made another one since. */
interface Change {
  namespace: string;
  deploymentName: string;
  identity?: string;
  conflictToken?: string;
  /** Take a version that serves fewer task queues than the current one. */
  ignoreMissingTaskQueues?: boolean;
  /** Take a version that no Worker has been seen of. */
  allowNoPollers?: boolean;
}
/** Without `buildId`: Workers without a version get what is new. */
export interface SetWorkerDeploymentCurrentVersionRequest extends Change {
  buildId?: string;
}
/** Without `buildId` and percentage: nothing ramps any more. Without `buildId` only: to Workers without a version. */
export interface SetWorkerDeploymentRampingVersionRequest extends Change {
  buildId?: string;
  percentage?: number;
}
export interface SetWorkerDeploymentCurrentVersionReply {
  conflictToken: string;
  previousDeploymentVersion?: WorkerDeploymentVersion;
}
export interface SetWorkerDeploymentRampingVersionReply extends SetWorkerDeploymentCurrentVersionReply {
  previousPercentage?: number;
}
export interface DeleteWorkerDeploymentVersionRequest {
  namespace: string;
  deploymentVersion: WorkerDeploymentVersion;
  skipDrainage?: boolean;
  identity?: string;
}

export interface RoutingConfig {
  /** Absent: Workers without a version are current. */
  currentDeploymentVersion?: WorkerDeploymentVersion;
  currentVersionChangedTime?: TimestampJson;
  /** Absent while `rampingVersionPercentage` is not 0: Workers without a version ramp. */
  rampingDeploymentVersion?: WorkerDeploymentVersion;
  rampingVersionPercentage: number;
  rampingVersionChangedTime?: TimestampJson;
  rampingVersionPercentageChangedTime?: TimestampJson;
  revisionNumber: string;
}

export interface VersionDrainageInfo {
  /** `VERSION_DRAINAGE_STATUS_DRAINING` or `…_DRAINED`. */
  status: string;
  lastCheckedTime: TimestampJson;
}

/** What is known of a version without counting runs. */
export interface VersionTimes {
  createTime: TimestampJson;
  currentSinceTime?: TimestampJson;
  rampingSinceTime?: TimestampJson;
  firstActivationTime?: TimestampJson;
  lastCurrentTime?: TimestampJson;
  lastDeactivationTime?: TimestampJson;
}

export interface WorkerDeploymentVersionSummary extends VersionTimes {
  deploymentVersion: WorkerDeploymentVersion;
  /** `WORKER_DEPLOYMENT_VERSION_STATUS_…`: CURRENT, RAMPING, DRAINING, DRAINED or INACTIVE. */
  status: string;
  drainageInfo?: VersionDrainageInfo;
}

export interface WorkerDeploymentInfo {
  name: string;
  createTime: TimestampJson;
  routingConfig: RoutingConfig;
  lastModifierIdentity?: string;
  versionSummaries: WorkerDeploymentVersionSummary[];
}
export interface DescribeWorkerDeploymentReply {
  conflictToken: string;
  workerDeploymentInfo: WorkerDeploymentInfo;
}

export interface WorkerDeploymentSummary {
  name: string;
  createTime: TimestampJson;
  routingConfig: RoutingConfig;
  latestVersionSummary?: WorkerDeploymentVersionSummary;
}
export interface ListWorkerDeploymentsReply {
  workerDeployments: WorkerDeploymentSummary[];
}

export interface WorkerDeploymentVersionInfo extends WorkerDeploymentVersionSummary {
  deploymentName: string;
  rampPercentage?: number;
  taskQueueInfos: Array<{ name: string; type: string }>;
  lastModifierIdentity?: string;
}
export interface DescribeWorkerDeploymentVersionReply {
  workerDeploymentVersionInfo: WorkerDeploymentVersionInfo;
  /** Ours: open runs that must end on this version, and all whose last task it completed. */
  openPinnedWorkflowCount: string;
  openWorkflowCount: string;
  /** Ours: its Workers can go. Closed runs that are pinned to it can then not be queried any more. */
  safeToRemove: boolean;
  /** Ours: one sentence, when they cannot. */
  notSafeToRemoveReason?: string;
}
