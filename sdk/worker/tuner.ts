/** Temporal's tuners: how many tasks a Worker takes at once. What of them is a number holds; the rest has nothing to steer here. */

import type { Duration } from '../common/duration.ts';
import { ValueError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import type { ActivityLimits } from './limits.ts';

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
type Targets =
  | { tunerOptions: ResourceBasedTunerOptions; controller?: never }
  | { controller: ResourceBasedController; tunerOptions?: never };
export type ResourceBasedSlotsForType = ResourceBasedSlotOptions & Targets & { type: 'resource-based' };
/** A supplier of the program's own: it is not asked. */
export interface CustomSlotSupplier {
  type: 'custom';
}
export type SlotSupplier = FixedSizeSlotSupplier | ResourceBasedSlotsForType | CustomSlotSupplier;

export interface TunerHolder {
  workflowTaskSlotSupplier: SlotSupplier;
  activityTaskSlotSupplier: SlotSupplier;
  localActivityTaskSlotSupplier: SlotSupplier;
  nexusTaskSlotSupplier?: SlotSupplier;
}
export type ResourceBasedTuner = Targets & {
  workflowTaskSlotOptions?: ResourceBasedSlotOptions;
  activityTaskSlotOptions?: ResourceBasedSlotOptions;
  localActivityTaskSlotOptions?: ResourceBasedSlotOptions;
  nexusTaskSlotOptions?: ResourceBasedSlotOptions;
};
export type WorkerTuner = TunerHolder | ResourceBasedTuner;

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
>;
const EXCLUDED = [
  'maxConcurrentActivityTaskExecutions',
  'maxConcurrentLocalActivityExecutions',
  'maxConcurrentWorkflowTaskExecutions',
] as const;

/**
 * The limits that a tuner sets: the size of a fixed supply, the maximum of one that follows the machine. The Worker's log says
 * what of the tuner does not hold.
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
  const [activity, local] = suppliersOf(tuner);
  const ignored = new Set([activity, local].flatMap(ignoredOf));
  if (ignored.size > 0) logger.warn('Parts of the tuner have no effect', { ignored: [...ignored] });
  return {
    ...limitOf('maxConcurrentActivityTaskExecutions', activity),
    ...limitOf('maxConcurrentLocalActivityExecutions', local),
  };
}

function suppliersOf(tuner: WorkerTuner): [SlotSupplier, SlotSupplier] {
  if ('activityTaskSlotSupplier' in tuner) {
    const { activityTaskSlotSupplier: activity, localActivityTaskSlotSupplier: local } = tuner;
    return [activity, local];
  }
  const { activityTaskSlotOptions, localActivityTaskSlotOptions, tunerOptions, controller } = tuner;
  if (!tunerOptions && !controller) throw new ValueError('tuner: expected slot suppliers or tunerOptions');
  const targets = { tunerOptions, controller } as Targets;
  const supplier = (slots?: ResourceBasedSlotOptions): SlotSupplier => ({
    ...slots,
    ...targets,
    type: 'resource-based',
  });
  return [supplier(activityTaskSlotOptions), supplier(localActivityTaskSlotOptions)];
}

function limitOf(name: keyof TunedLimits, supplier: SlotSupplier): TunedLimits {
  if (supplier?.type === 'fixed-size') return { [name]: supplier.numSlots };
  if (supplier?.type === 'custom') return {};
  if (supplier?.type !== 'resource-based') throw new ValueError('tuner: a slot supplier of an unknown type');
  return supplier.maximumSlots === undefined ? {} : { [name]: supplier.maximumSlots };
}

function ignoredOf(supplier: SlotSupplier): string[] {
  if (supplier?.type === 'custom') return ['custom slot suppliers'];
  return supplier?.type === 'resource-based' ? ['targets of memory and CPU'] : [];
}
