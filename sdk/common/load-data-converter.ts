/** From the options of a client or Worker to a data converter with nothing left out; converters may be named by path. */

import {
  type DataConverter,
  defaultFailureConverter,
  type FailureConverter,
  type LoadedDataConverter,
} from './data-converter.ts';
import { ValueError } from './errors.ts';
import { storageCodec } from './external-storage.ts';
import { moduleLoader } from './module-loader.ts';
import { defaultPayloadConverter, type PayloadConverter } from './payload.ts';

type Kind = 'payloadConverter' | 'failureConverter';

/** What each converter must be able to do. */
const METHODS: Record<Kind, readonly string[]> = {
  payloadConverter: ['toPayload', 'fromPayload'],
  failureConverter: ['errorToFailure', 'failureToError'],
};

/**
 * Loads what is named by path, once, in this process. Workflow code that is bundled has a copy of its own.
 * @throws ValueError for what is no converter, and for options that would be left undone.
 */
export function loadDataConverter(converter: DataConverter = {}): LoadedDataConverter {
  const { payloadCodecs = [], externalStorage } = converter;
  if (!Array.isArray(payloadCodecs) || !payloadCodecs.every((codec) => has(codec, ['encode', 'decode']))) {
    throw new ValueError('dataConverter.payloadCodecs: expected a list of objects with encode and decode');
  }
  if (externalStorage !== undefined && !has(externalStorage, ['driverSelector', 'getDriver'])) {
    throw new ValueError('dataConverter.externalStorage: expected an ExternalStorage');
  }
  const stored = externalStorage ? [storageCodec(externalStorage)] : [];
  return {
    payloadConverter: converterOf<PayloadConverter>(converter, 'payloadConverter') ?? defaultPayloadConverter,
    failureConverter: converterOf<FailureConverter>(converter, 'failureConverter') ?? defaultFailureConverter,
    payloadCodecs: [...payloadCodecs.filter((codec) => !stored.includes(codec)), ...stored],
    ...(externalStorage && { externalStorage }),
  };
}

/** The converter that a module exports. @throws ValueError when it exports none. */
export function exportedConverter<T>(exports: unknown, kind: Kind, where: string): T {
  const found = (exports as Partial<Record<Kind, unknown>> | undefined)?.[kind];
  if (found === undefined) throw new ValueError(`${where} does not export a ${kind}`);
  return checked<T>(found, kind, `${kind} of ${where}`);
}

function converterOf<T>(options: DataConverter, kind: Kind): T | undefined {
  const given = options[kind];
  const path = options[`${kind}Path`];
  if (given !== undefined && path !== undefined) {
    throw new ValueError(`dataConverter: ${kind} and ${kind}Path: only one of them can be given`);
  }
  if (path !== undefined) return exportedConverter<T>(load(path, kind), kind, path);
  return given === undefined ? undefined : checked<T>(given, kind, `dataConverter.${kind}`);
}

function checked<T>(found: unknown, kind: Kind, what: string): T {
  if (!has(found, METHODS[kind])) {
    throw new ValueError(`${what} must be an object with the methods ${METHODS[kind].join(' and ')}`);
  }
  return found as T;
}

const has = (value: unknown, methods: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

/** At once, as the constructor of a client needs it. Absolute, relative to the current folder, or a `file:` URL. */
function load(path: string, kind: Kind): unknown {
  const loadModule = moduleLoader();
  if (!loadModule) {
    throw new ValueError(`dataConverter.${kind}Path: files cannot be loaded here; give the ${kind} itself`);
  }
  try {
    return loadModule(path.startsWith('file:') ? fromUrl(path) : path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw Object.assign(new ValueError(`dataConverter.${kind}Path: ${path} cannot be loaded: ${reason}`), {
      cause,
    });
  }
}

const fromUrl = (url: string): string => decodeURIComponent(new URL(url).pathname);
