/**
 * To which version of the Workers the log of a run pins it: what somebody outside says counts before what its code says.
 * A task that is handed to a Worker while the run is pinned is that version's.
 */

import type { HistoryEventAttributes } from '../../sdk/common/history.ts';
import {
  behaviorFromWire,
  sameVersion,
  type VersioningOverrideJson,
  versionText,
  type WorkerDeploymentVersion,
} from '../../sdk/common/versioning.ts';
import { check } from './violation.ts';

export type Pin = WorkerDeploymentVersion | undefined;
type Attributes = HistoryEventAttributes;

export class Pins {
  #override: VersioningOverrideJson | undefined;
  #ofCode: Pin;
  /** Changes that were held back: they have decided already, and come into history later. */
  #held = 0;
  /** One after the other. */
  readonly #all: Pin[] = [undefined];

  get pin(): Pin {
    if (!this.#override) return this.#ofCode;
    return 'pinned' in this.#override ? this.#override.pinned.version : undefined;
  }

  /** A place among them. */
  get mark(): number {
    return this.#all.length - 1;
  }

  /** The one that was in force at that place, and all that came after it. */
  since(mark: number): Pin[] {
    return this.#all.slice(mark);
  }

  started({ versioningOverride, inheritedPinnedVersion }: Attributes['WorkflowExecutionStarted']): void {
    this.#override = versioningOverride;
    this.#ofCode = inheritedPinnedVersion;
    this.#changed();
  }

  completed({ versioningBehavior, deploymentVersion }: Attributes['WorkflowTaskCompleted']): void {
    this.#ofCode = behaviorFromWire(versioningBehavior) === 'PINNED' ? deploymentVersion : undefined;
    this.#changed();
  }

  updated(change: Attributes['WorkflowExecutionOptionsUpdated'], held = false): void {
    if (held) this.#held++;
    else if (this.#held > 0) {
      this.#held--;
      return;
    }
    if (change.unsetVersioningOverride) this.#override = undefined;
    else if (change.versioningOverride) this.#override = change.versioningOverride;
    this.#changed();
  }

  /** A workflow task is handed to a Worker of this version. */
  begins(version: Pin): void {
    const { pin } = this;
    if (!pin || sameVersion(pin, version)) return;
    const of = version ? versionText(version) : 'no version';
    check(false, `pins: a task is handed to a Worker of ${of}, the run is pinned to ${versionText(pin)}`);
  }

  #changed(): void {
    this.#all.push(this.pin);
  }
}

/** May a Worker of this version have a task, which was handed out while the run was pinned to these, one after the other? */
export function fits(version: Pin, pins: readonly Pin[]): boolean {
  return pins.some((pin) => !pin || sameVersion(pin, version));
}
