/** Why an activity was asked to stop; more than one may hold. */

export type ActivityCancellationDetailsOptions = Partial<ActivityCancellationDetails>;

export class ActivityCancellationDetails {
  readonly notFound: boolean;
  readonly cancelRequested: boolean;
  readonly paused: boolean;
  readonly timedOut: boolean;
  readonly workerShutdown: boolean;
  readonly reset: boolean;

  constructor(holds: ActivityCancellationDetailsOptions = {}) {
    this.notFound = holds.notFound ?? false;
    this.cancelRequested = holds.cancelRequested ?? false;
    this.paused = holds.paused ?? false;
    this.timedOut = holds.timedOut ?? false;
    this.workerShutdown = holds.workerShutdown ?? false;
    this.reset = holds.reset ?? false;
  }
}
