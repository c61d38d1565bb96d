/** Temporal's tuners: how many tasks a Worker takes at once. Numbers hold, suppliers of the program's own are asked; targets have nothing to steer here. */

import type { Duration } from '../common/duration.ts';
import { ValueError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import type { WorkerDeploymentVersion } from '../common/versioning.ts';
import type { ActivityLimits } from './limits.ts';
import type { SlotSuppliers } from './supplied-slots.ts';

export interface FixedSizeSlotSupplier {
  type: 'fixed-size';
  numSlots: number;
}
export interface ResourceBasedTunerOptions {
  /** From 0 to 1. */
  targetMemoryUsage: number;
  /** From 0 to 1. */
  targetCpuUsage: number;
}
export interface ResourceBasedSlotOptions {
  minimumSlots?: number;
  maximumSlots?: number;
  rampThrottle?: Duration;
}
interface OwnTargets {
  tunerOptions: ResourceBasedTunerOptions;
  controller?: never;
}
interface SharedTargets {
  controller: ResourceBasedController;
  tunerOptions?: never;
}
type Targets = OwnTargets | SharedTargets;
export type ResourceBasedSlotsForType = ResourceBasedSlotOptions & Targets & { type: 'resource-based' };
/** What a task is that takes a slot. */
export type SlotInfo = WorkflowSlotInfo | ActivitySlotInfo | LocalActivitySlotInfo | NexusSlotInfo;
export interface WorkflowSlotInfo {
  type: 'workflow';
  workflowType: string;
  isSticky: boolean;
}
export interface ActivitySlotInfo {
  type: 'activity';
  activityType: string;
}
export interface LocalActivitySlotInfo {
  type: 'local-activity';
  activityType: string;
}
interface NexusSlotInfo {
  type: 'nexus';
  service: string;
  operation: string;
}
/** Whatever a supplier gives for a slot, and gets back. */
// biome-ignore lint/complexity/noBannedTypes: Temporal's own: anything at all
export type SlotPermit = {};
export interface SlotReserveContext {
  slotType: SlotInfo['type'];
  taskQueue: string;
  workerIdentity: string;
  workerBuildId: string;
  workerDeploymentVersion?: WorkerDeploymentVersion;
  isSticky: boolean;
}
export interface SlotMarkUsedContext<SI extends SlotInfo> {
  slotInfo: SI;
  permit: SlotPermit;
}
export interface SlotReleaseContext<SI extends SlotInfo> {
  slotInfo?: SI;
  permit: SlotPermit;
}
/** A supplier of the program's own. Tasks are pushed: it is asked when one comes, and `tryReserveSlot`, for eager ones, never. */
export interface CustomSlotSupplier<SI extends SlotInfo = SlotInfo> {
  type: 'custom';
  reserveSlot(ctx: SlotReserveContext, abortSignal: AbortSignal): Promise<SlotPermit>;
  tryReserveSlot(ctx: SlotReserveContext): SlotPermit | null;
  markSlotUsed(ctx: SlotMarkUsedContext<SI>): void;
  releaseSlot(ctx: SlotReleaseContext<SI>): void;
}
export type SlotSupplier<SI extends SlotInfo = SlotInfo> =
  | FixedSizeSlotSupplier
  | ResourceBasedSlotsForType
  | CustomSlotSupplier<SI>;

export interface TunerHolder {
  workflowTaskSlotSupplier: SlotSupplier<WorkflowSlotInfo>;
  activityTaskSlotSupplier: SlotSupplier<ActivitySlotInfo>;
  localActivityTaskSlotSupplier: SlotSupplier<LocalActivitySlotInfo>;
  nexusTaskSlotSupplier?: SlotSupplier<NexusSlotInfo>;
}
interface ResourceBasedSlots {
  workflowTaskSlotOptions?: ResourceBasedSlotOptions;
  activityTaskSlotOptions?: ResourceBasedSlotOptions;
  localActivityTaskSlotOptions?: ResourceBasedSlotOptions;
  nexusTaskSlotOptions?: ResourceBasedSlotOptions;
}
export type ResourceBasedTuner = ResourceBasedSlots & OwnTargets;
export type ResourceBasedTunerWithController = ResourceBasedSlots & SharedTargets;
export type WorkerTuner = TunerHolder | ResourceBasedTuner | ResourceBasedTunerWithController;

/** Targets that several Workers share. */
export class ResourceBasedController {
  readonly options: ResourceBasedTunerOptions;

  /** @throws ValueError for a target that is not from 0 to 1 */
  static create(options: ResourceBasedTunerOptions): ResourceBasedController {
    return new ResourceBasedController(options);
  }

  private constructor(options: ResourceBasedTunerOptions) {
    for (const name of ['targetMemoryUsage', 'targetCpuUsage'] as const) {
      const target = options?.[name];
      if (!(target >= 0 && target <= 1)) throw new ValueError(`${name}: must be from 0 to 1`);
    }
    this.options = options;
  }
}

type TunedLimits = Pick<
  ActivityLimits,
  'maxConcurrentActivityTaskExecutions' | 'maxConcurrentLocalActivityExecutions'
> & { slotSuppliers?: SlotSuppliers };
const EXCLUDED = [
  'maxConcurrentActivityTaskExecutions',
  'maxConcurrentLocalActivityExecutions',
  'maxConcurrentWorkflowTaskExecutions',
] as const;

/**
 * What a tuner limits: the size of a fixed supply, the maximum of one that follows the machine; and suppliers of the program's
 * own. The Worker's log says what of the tuner does not hold.
 * @throws TypeError, as Temporal's Worker, when there are limits beside the tuner; ValueError for one that is none
 */
export function limitsOfTuner(
  tuner: WorkerTuner | undefined,
  options: { [K in (typeof EXCLUDED)[number]]?: number },
  logger: Logger,
): TunedLimits {
  if (tuner === undefined) return {};
  const excluded = EXCLUDED.find((name) => options[name] !== undefined);
  if (excluded) throw new TypeError(`Cannot set both tuner and ${excluded}`);
  const [activity, local, workflow] = suppliersOf(tuner);
  const ignored = new Set([...ignoredOf(activity), ...ignoredOf(local)]);
  if (ignored.size > 0) logger.warn('Parts of the tuner have no effect', { ignored: [...ignored] });
  return {
    ...limitOf('maxConcurrentActivityTaskExecutions', activity),
    ...limitOf('maxConcurrentLocalActivityExecutions', local),
    slotSuppliers: {
      ...(workflow?.type === 'custom' && { workflow }),
      ...(activity.type === 'custom' && { activity }),
      ...(local.type === 'custom' && { localActivity: local }),
    },
  };
}

function suppliersOf(
  tuner: WorkerTuner,
): [SlotSupplier<ActivitySlotInfo>, SlotSupplier<LocalActivitySlotInfo>, SlotSupplier<WorkflowSlotInfo>?] {
  if ('activityTaskSlotSupplier' in tuner) {
    const { activityTaskSlotSupplier: activity, localActivityTaskSlotSupplier: local } = tuner;
    return [activity, local, tuner.workflowTaskSlotSupplier];
  }
  const { activityTaskSlotOptions, localActivityTaskSlotOptions, tunerOptions, controller } = tuner;
  if (!tunerOptions && !controller) throw new ValueError('tuner: expected slot suppliers or tunerOptions');
  const targets = { tunerOptions, controller } as Targets;
  const supplier = (slots?: ResourceBasedSlotOptions): ResourceBasedSlotsForType => ({
    ...slots,
    ...targets,
    type: 'resource-based',
  });
  return [supplier(activityTaskSlotOptions), supplier(localActivityTaskSlotOptions)];
}

function limitOf<SI extends SlotInfo>(name: keyof ActivityLimits, supplier: SlotSupplier<SI>): TunedLimits {
  if (supplier?.type === 'fixed-size') return { [name]: supplier.numSlots };
  if (supplier?.type === 'custom') return {};
  if (supplier?.type !== 'resource-based') throw new ValueError('tuner: a slot supplier of an unknown type');
  return supplier.maximumSlots === undefined ? {} : { [name]: supplier.maximumSlots };
}

function ignoredOf(supplier: { type: string }): string[] {
  return supplier?.type === 'resource-based' ? ['targets of memory and CPU'] : [];
}
