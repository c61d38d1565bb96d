/** The companies that a trip is booked with: here, made up. */

import { ApplicationFailure, log } from 'perdure/activity';
import type { Trip } from './shared.ts';

export const bookFlight = async (trip: Trip): Promise<string> => book('flight', trip);
export const bookHotel = async (trip: Trip): Promise<string> => book('hotel', trip);
export const bookCar = async (trip: Trip): Promise<string> => book('car', trip);

export const cancelFlight = async (trip: Trip): Promise<void> => cancel('flight', trip);
export const cancelHotel = async (trip: Trip): Promise<void> => cancel('hotel', trip);
export const cancelCar = async (trip: Trip): Promise<void> => cancel('car', trip);

/** Tells the people on duty. */
export async function alert(severity: 'WARNING' | 'CRITICAL', message: string): Promise<void> {
  log.warn(`${severity}: ${message}`);
}

type Item = 'flight' | 'hotel' | 'car';

/** The trip's id goes along, so that booking twice books once. */
function book(item: Item, trip: Trip): string {
  if (trip[item].includes('sold out')) throw ApplicationFailure.nonRetryable(`${trip[item]}`, 'SoldOut');
  return `${item} ${trip[item]} for ${trip.id}`;
}

/** Also right when nothing was booked. */
function cancel(item: Item, trip: Trip): void {
  if (trip[item].includes('final')) throw new Error(`${trip[item]}: no cancellations`);
}
