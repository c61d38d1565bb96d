/** A trip: flight, hotel and car, or none of them. */

import {
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  rootCause,
  setHandler,
} from 'perdure/workflow';
import type * as activities from './activities.ts';
import { Saga, type Step, type StuckDecision } from './saga.ts';
import type { Resolution, Trip, TripResult, WhenStuck } from './shared.ts';

const { bookFlight, bookHotel, bookCar } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 3 },
});

/** What undoes something tries hard: giving up costs somebody's time. */
const { cancelFlight, cancelHotel, cancelCar, alert } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: {
    initialInterval: '500 ms',
    backoffCoefficient: 1.5,
    maximumInterval: '1 minute',
    maximumAttempts: 20,
  },
});

/** What a human decides about a cancellation that does not work. */
export const manualResolution = defineSignal<[Resolution]>('manual-resolution');
export const getStatus = defineQuery<string>('status');

export async function bookTrip(trip: Trip, whenStuck: WhenStuck = 'freeze'): Promise<TripResult> {
  let status = 'booking';
  const resolutions: Resolution[] = [];
  setHandler(getStatus, () => status);
  setHandler(manualResolution, (resolution) => void resolutions.push(resolution));

  const saga = new Saga();
  try {
    const confirmations = [
      await saga.step(
        'flight',
        () => bookFlight(trip),
        () => cancelFlight(trip),
      ),
      await saga.step(
        'hotel',
        () => bookHotel(trip),
        () => cancelHotel(trip),
      ),
      await saga.step(
        'car',
        () => bookCar(trip),
        () => cancelCar(trip),
      ),
    ];
    status = 'booked';
    return { status: 'booked', confirmations };
  } catch (failed) {
    status = 'cancelling';
    const reason = `${(failed as Error).message}: ${rootCause(failed)}`;
    const notUndone = await saga.compensate(stuck);
    if (notUndone.length === 0) throw failed;
    status = 'manual review';
    return { status: 'manual review', reason, notUndone };
  }

  async function stuck({ name }: Step, error: Error): Promise<StuckDecision> {
    const message = `Trip ${trip.id}: the ${name} cannot be cancelled: ${rootCause(error)}`;
    if (whenStuck === 'wait') {
      status = `waiting for a decision about the ${name}`;
      await alert('WARNING', message);
      await condition(() => resolutions.length > 0);
      const resolution = resolutions.shift()!;
      status = 'cancelling';
      if (resolution !== 'escalate') return resolution;
    }
    await alert('CRITICAL', message);
    return 'stop';
  }
}
