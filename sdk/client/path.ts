/** Paths of the API. */

import { ValueError } from '../common/errors.ts';
import type { WorkerDeploymentVersion } from '../common/versioning.ts';

export function at(namespace: string, ...segments: string[]): string {
  return `/api/v1/namespaces/${[namespace, ...segments].map(encodeSegment).join('/')}`;
}

/** @throws ValueError for the empty text, `.` and `..`: no URL can carry them as a segment. */
function encodeSegment(segment: string): string {
  if (segment === '' || segment === '.' || segment === '..') {
    throw new ValueError(`${JSON.stringify(segment)} cannot be a namespace, id or name`);
  }
  return encodeURIComponent(segment);
}

export function versionPath({
  namespace,
  deploymentVersion: { deploymentName, buildId },
}: {
  namespace: string;
  deploymentVersion: WorkerDeploymentVersion;
}): string {
  return at(namespace, 'worker-deployment-versions', deploymentName, buildId);
}
