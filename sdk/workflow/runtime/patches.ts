/**
 * Which patches the run has. A patch is decided once: true when its marker is in history or the code asks for it in a
 * task that was never completed before; then a marker, and the search attribute that lists the run's patches, record it.
 */

import { IllegalStateError } from '../../common/errors.ts';
import { bytesToBase64, type PayloadJson } from '../../common/payload.ts';
import type { WorkflowInfo } from '../info.ts';
import { isReading, runOutside, type WorkflowContext } from './context.ts';
import { PATCH_MARKER, VERSION_ATTRIBUTE } from './match.ts';
import { jsonPayload } from './payloads.ts';

/** Temporal's bound for the value of a search attribute, in bytes. A longer list of patches is not upserted. */
const MAX_ATTRIBUTE_BYTES = 2_048;

/** The flag of Temporal's core that says patches upsert their search attribute. */
const CORE_FLAG_UPSERT_ON_PATCH = 2;

export interface PatchActivationInput {
  /** As it is when the workflow asks. */
  readonly workflowInfo: Readonly<WorkflowInfo>;
  readonly patchId: string;
}

/** Decides, once for a run, whether code that is executed for the first time takes the path of a patch. */
export type PatchActivationCallback = (input: PatchActivationInput) => boolean;

export class Patches {
  readonly #context: WorkflowContext;
  readonly #activation: PatchActivationCallback | undefined;
  /** What the Worker refused stays off. */
  readonly #refused = new Set<string>();
  /** Their markers are in history. */
  readonly #recorded = new Set<string>();
  /** Decided to be on; their commands were issued. */
  readonly #issued = new Set<string>();
  /** The workflow's module is loaded: before that nobody may ask. */
  open = false;

  constructor(context: WorkflowContext, activation?: PatchActivationCallback) {
    this.#context = context;
    this.#activation = activation;
  }

  /** History has this patch's marker among what the current task recorded. */
  addRecorded(id: string): void {
    this.#recorded.add(id);
  }

  /** Is the patch on? Issues the commands that record it, the first time it is. */
  use(id: string, deprecated: boolean): boolean {
    const context = this.#context;
    if (!this.open) throw new IllegalStateError('Patches cannot be used while the module is loaded.');
    if (this.#issued.has(id)) return true;
    const recorded = this.#recorded.has(id);
    if (isReading()) return recorded;
    if (this.#refused.has(id) || (context.replaying && !recorded)) return false;
    if (!recorded && !deprecated && !this.#isWanted(id)) {
      this.#refused.add(id);
      return false;
    }
    context.commands.push('RecordMarker', {
      markerName: PATCH_MARKER,
      details: { 'patch-data': { payloads: [jsonPayload({ id, deprecated })] } },
    });
    this.#issued.add(id);
    const attribute = this.#versionAttribute();
    if (attribute) {
      context.commands.push('UpsertWorkflowSearchAttributes', {
        searchAttributes: { indexedFields: { [VERSION_ATTRIBUTE]: attribute } },
      });
    }
    return true;
  }

  /** @throws TypeError when the callback answers with something else than yes or no. */
  #isWanted(patchId: string): boolean {
    const activation = this.#activation;
    if (!activation) return true;
    const workflowInfo = Object.freeze({ ...this.#context.info });
    const wanted: unknown = runOutside(() => activation({ workflowInfo, patchId }));
    if (typeof wanted === 'boolean') return wanted;
    throw new TypeError(
      `patchActivationCallback answered ${typeof wanted} for patch ${patchId}: expected a boolean`,
    );
  }

  #versionAttribute(): PayloadJson | undefined {
    if (!this.#context.hasCoreFlag(CORE_FLAG_UPSERT_ON_PATCH)) return undefined;
    const payload = jsonPayload([...this.#issued].sort(byBytes));
    if (atob(payload.data!).length >= MAX_ATTRIBUTE_BYTES) return undefined;
    payload.metadata!.type = bytesToBase64(new TextEncoder().encode('KeywordList'));
    return payload;
  }
}

/** By code point, which is the order of UTF-8 bytes. */
function byBytes(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}
