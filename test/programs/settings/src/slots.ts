import type {
  CustomSlotSupplier,
  SlotInfo,
  SlotMarkUsedContext,
  SlotPermit,
  SlotReleaseContext,
  SlotReserveContext,
} from '@temporalio/worker';

/** As many slots as it is made with. */
export class Counted<SI extends SlotInfo> implements CustomSlotSupplier<SI> {
  readonly type = 'custom';
  readonly used: string[] = [];

  constructor(private free: number) {}

  async reserveSlot(ctx: SlotReserveContext, abortSignal: AbortSignal): Promise<SlotPermit> {
    for (;;) {
      const permit = this.tryReserveSlot(ctx);
      if (permit) return permit;
      if (abortSignal.aborted) throw abortSignal.reason;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  tryReserveSlot({ taskQueue, slotType, isSticky }: SlotReserveContext): SlotPermit | null {
    if (this.free === 0) return null;
    this.free--;
    return { taskQueue, slotType, isSticky };
  }

  markSlotUsed({ slotInfo }: SlotMarkUsedContext<SI>): void {
    this.used.push(slotInfo.type);
  }

  releaseSlot(_: SlotReleaseContext<SI>): void {
    this.free++;
  }
}
