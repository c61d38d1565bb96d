/** A data converter that notes for what it was told each payload and each failure to be. */

import {
  type DataConverter,
  DefaultFailureConverter,
  DefaultPayloadConverter,
  type Payload,
  type SerializationContext,
} from '../../sdk/common/index.ts';

/** `wf <id>`, `act <workflow id>/<activity id>`, `local <workflow id>/<activity id>`, or `-`. */
export function shown(context: SerializationContext | undefined): string {
  if (!context) return '-';
  if (context.namespace !== 'default') return `of another namespace: ${context.namespace}`;
  if (context.type === 'workflow') return `wf ${context.workflowId}`;
  return `${context.isLocal ? 'local' : 'act'} ${context.workflowId}/${context.activityId}`;
}

const textOf = ({ data }: Payload): string => new TextDecoder().decode(data ?? undefined).replaceAll('"', '');

export type Note = (what: 'to' | 'from' | 'encode' | 'decode' | 'thrown' | 'caught', line: string) => void;

class NotingPayloads extends DefaultPayloadConverter {
  readonly #note: Note;
  constructor(note: Note) {
    super();
    this.#note = note;
  }
  override toPayload<T>(value: T, context?: SerializationContext): Payload {
    const payload = super.toPayload(value, context);
    this.#note('to', `${textOf(payload)}: ${shown(context)}`);
    return payload;
  }
  override fromPayload<T>(payload: Payload, context?: SerializationContext): T {
    this.#note('from', `${textOf(payload)}: ${shown(context)}`);
    return super.fromPayload(payload, context);
  }
}

class NotingFailures extends DefaultFailureConverter {
  readonly #note: Note;
  constructor(note: Note) {
    super();
    this.#note = note;
  }
  override errorToFailure(
    ...[error, converter, context]: Parameters<DefaultFailureConverter['errorToFailure']>
  ) {
    this.#note('thrown', `${(error as Error).message}: ${shown(context)}`);
    return super.errorToFailure(error, converter, context);
  }
  override failureToError(
    ...[failure, converter, context]: Parameters<DefaultFailureConverter['failureToError']>
  ) {
    this.#note('caught', `${failure.message}: ${shown(context)}`);
    return super.failureToError(failure, converter, context);
  }
}

export function notingConverter(note: Note): DataConverter & { payloadCodecs: object[] } {
  const pass = (what: 'encode' | 'decode') => async (payloads: Payload[], context?: SerializationContext) => {
    for (const payload of payloads) note(what, `${textOf(payload)}: ${shown(context)}`);
    return payloads;
  };
  return {
    payloadConverter: new NotingPayloads(note),
    failureConverter: new NotingFailures(note),
    payloadCodecs: [{ encode: pass('encode'), decode: pass('decode') }],
  };
}

/** A converter, and what it was told so far: sorted, each line once, and forgotten once it was read. */
export function toldConverter(): { dataConverter: DataConverter; told(): string[] } {
  const lines = new Set<string>();
  const dataConverter = notingConverter((what, line) => lines.add(`${what} ${line}`));
  return {
    dataConverter,
    told() {
      const all = [...lines].sort();
      lines.clear();
      return all;
    },
  };
}
