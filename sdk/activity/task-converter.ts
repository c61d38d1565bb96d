/** Values and errors of one attempt ↔ payloads and failures, by the converters of its Worker, who are told which activity it is. */

import {
  defaultDataConverter,
  defaultFailureConverter,
  type LoadedDataConverter,
} from '../common/data-converter.ts';
import { ApplicationFailure, ensureApplicationFailure, type Failure } from '../common/failure.ts';
import {
  defaultPayloadConverter,
  fromPayloadsJson,
  type PayloadsJson,
  toPayloadsJsonIn,
} from '../common/payload.ts';
import { type ActivitySerializationContext, activityContext } from '../common/serialization-context.ts';
import type { ActivityTask } from '../common/worker-protocol.ts';

export class TaskConverter {
  readonly #activityType: string;
  readonly #context: ActivitySerializationContext;
  readonly #converters: LoadedDataConverter;

  constructor(task: ActivityTask, isLocal: boolean, converters: LoadedDataConverter = defaultDataConverter) {
    this.#activityType = task.activityType;
    this.#context = activityContext(task, isLocal);
    this.#converters = converters;
  }

  toPayloads(...values: unknown[]): PayloadsJson | undefined {
    return toPayloadsJsonIn(this.#context, this.#converters.payloadConverter, values);
  }

  fromPayloads(payloads: PayloadsJson | undefined): unknown[] {
    return fromPayloadsJson(this.#converters.payloadConverter, payloads, this.#context);
  }

  /** Never throws: a failure that cannot be written says so. */
  toFailure(error: unknown): Failure {
    const { failureConverter, payloadConverter } = this.#converters;
    try {
      // Whatever it is that activities throw, their own failure is the application's.
      return failureConverter.errorToFailure(
        ensureApplicationFailure(error),
        payloadConverter,
        this.#context,
      );
    } catch (conversion) {
      // The details of the failure cannot be encoded: say so rather than lose the failure.
      const cause = new Error(error instanceof Error ? error.message : String(error));
      const message = `The failure of activity ${this.#activityType} could not be encoded: ${(conversion as Error).message}`;
      try {
        const failure = ApplicationFailure.create({ message, cause });
        return failureConverter.errorToFailure(failure, defaultPayloadConverter, this.#context);
      } catch {
        // Not even that: then without the error, which this converter may have had to hide.
        return defaultFailureConverter.errorToFailure(
          ApplicationFailure.create({ message }),
          defaultPayloadConverter,
        );
      }
    }
  }
}
