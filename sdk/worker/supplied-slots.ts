/** Slot suppliers of the program's own: asked for every task that comes, and told when its work begins and ends. */

import type { Logger } from '../common/logger.ts';
import type { AnActivity, Leave, Places } from './limits.ts';
import type { CheckedOptions } from './options.ts';
import type {
  ActivitySlotInfo,
  CustomSlotSupplier,
  LocalActivitySlotInfo,
  SlotInfo,
  SlotPermit,
  SlotReserveContext,
  WorkflowSlotInfo,
} from './tuner.ts';

/** Those of a tuner that are the program's own. */
export interface SlotSuppliers {
  workflow?: CustomSlotSupplier<WorkflowSlotInfo>;
  activity?: CustomSlotSupplier<ActivitySlotInfo>;
  localActivity?: CustomSlotSupplier<LocalActivitySlotInfo>;
}

/** What they are to whom they let in. */
export interface SuppliedPlaces {
  workflow?: Places<WorkflowSlotInfo>;
  activity?: Places<AnActivity>;
  localActivity?: Places<AnActivity>;
}

export function suppliedPlaces(suppliers: SlotSuppliers = {}, options: CheckedOptions): SuppliedPlaces {
  const { workflow, activity, localActivity } = suppliers;
  const ofActivities = activity && new SuppliedSlots(activity, options);
  const ofLocal = localActivity && new SuppliedSlots(localActivity, options);
  return {
    ...(workflow && { workflow: new SuppliedSlots(workflow, options) }),
    ...(ofActivities && {
      activity: {
        take: ({ activityType }, ...bounds) =>
          ofActivities.take({ type: 'activity', activityType }, ...bounds),
      },
    }),
    ...(ofLocal && {
      localActivity: {
        take: ({ activityType }, ...bounds) =>
          ofLocal.take({ type: 'local-activity', activityType }, ...bounds),
      },
    }),
  };
}

/** A supplier that failed is asked again so much later. */
const RETRY_MS = 1_000;

class SuppliedSlots<SI extends SlotInfo> implements Places<SI> {
  readonly #supplier: CustomSlotSupplier<SI>;
  readonly #worker: Omit<SlotReserveContext, 'isSticky' | 'slotType'>;
  readonly #logger: Logger;

  constructor(supplier: CustomSlotSupplier<SI>, { taskQueue, identity, deployment, logger }: CheckedOptions) {
    const workerDeploymentVersion = deployment?.version;
    this.#supplier = supplier;
    this.#worker = {
      taskQueue,
      workerIdentity: identity,
      workerBuildId: workerDeploymentVersion?.buildId ?? '',
      ...(workerDeploymentVersion && { workerDeploymentVersion }),
    };
    this.#logger = logger;
  }

  async take(
    slotInfo: SI,
    waitMs = Number.POSITIVE_INFINITY,
    signal?: AbortSignal,
  ): Promise<Leave | undefined> {
    const late = new AbortController();
    const timer =
      waitMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => late.abort(), Math.max(0, waitMs));
    const gaveUp = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
    const reserved = this.#reserve(slotInfo, gaveUp);
    const first = await Promise.race([reserved, aborted(gaveUp)]);
    clearTimeout(timer);
    if (!first) {
      // What a supplier reserves in spite of the signal, nobody uses.
      void reserved.then((late) => late && this.#tell('releaseSlot', late));
      return undefined;
    }
    const slot = { slotInfo, permit: first.permit };
    this.#tell('markSlotUsed', slot);
    return () => this.#tell('releaseSlot', slot);
  }

  /** Whatever a supplier gives is a permit, `undefined` included. */
  async #reserve(slotInfo: SI, signal: AbortSignal): Promise<{ permit: SlotPermit } | undefined> {
    const context: SlotReserveContext = {
      ...this.#worker,
      slotType: slotInfo.type,
      isSticky: slotInfo.type === 'workflow' && slotInfo.isSticky,
    };
    while (!signal.aborted) {
      try {
        return { permit: await this.#supplier.reserveSlot(context, signal) };
      } catch (error) {
        if (signal.aborted) break;
        this.#failed('reserveSlot', error);
      }
      await Promise.race([new Promise((resolve) => setTimeout(resolve, RETRY_MS)), aborted(signal)]);
    }
    return undefined;
  }

  #tell(what: 'markSlotUsed', slot: { slotInfo: SI; permit: SlotPermit }): void;
  #tell(what: 'releaseSlot', slot: { slotInfo?: SI; permit: SlotPermit }): void;
  #tell(what: 'markSlotUsed' | 'releaseSlot', slot: { slotInfo: SI; permit: SlotPermit }): void {
    try {
      this.#supplier[what](slot);
    } catch (error) {
      this.#failed(what, error);
    }
  }

  #failed(what: string, error: unknown): void {
    this.#logger.error(`Error in custom slot supplier \`${what}\``, { error });
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
