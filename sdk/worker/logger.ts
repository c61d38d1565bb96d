/** `DefaultLogger`: a logger with a level and a function that writes entries, as Temporal's Workers have it. */

import { inspect } from 'node:util';
import { type Logger, type LogLevel, type LogMetadata, makeLogger } from '../common/logger.ts';

/** Where an entry's metadata may have the time it is of, in nanoseconds since the epoch. */
export const LogTimestamp: unique symbol = Symbol.for('log_timestamp') as never;

export interface LogEntry {
  message: string;
  level: LogLevel;
  /** When it was logged, in nanoseconds since the epoch (of millisecond precision). */
  timestampNanos: bigint;
  meta?: LogMetadata;
}

export type LogFunction = (entry: LogEntry) => void;

/** Hands entries at or above `level` to `logFunction`. Default: lines of text on standard error, from `INFO` on. */
export class DefaultLogger implements Logger {
  readonly level: LogLevel;
  readonly #logger: Logger;

  constructor(level: LogLevel = 'INFO', logFunction: LogFunction = writeLine) {
    this.level = level;
    this.#logger = makeLogger(level, (entryLevel, message, meta) =>
      logFunction({
        message,
        level: entryLevel,
        timestampNanos: timeOf(meta),
        ...(Reflect.ownKeys(meta).length > 0 && { meta }),
      }),
    );
  }

  log(level: LogLevel, message: string, meta?: LogMetadata): void {
    this.#logger.log(level, message, meta);
  }
  trace(message: string, meta?: LogMetadata): void {
    this.log('TRACE', message, meta);
  }
  debug(message: string, meta?: LogMetadata): void {
    this.log('DEBUG', message, meta);
  }
  info(message: string, meta?: LogMetadata): void {
    this.log('INFO', message, meta);
  }
  warn(message: string, meta?: LogMetadata): void {
    this.log('WARN', message, meta);
  }
  error(message: string, meta?: LogMetadata): void {
    this.log('ERROR', message, meta);
  }
}

function writeLine({ timestampNanos, level, message, meta }: LogEntry): void {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const fields = meta ? ` ${inspect(meta, { breakLength: Number.POSITIVE_INFINITY })}` : '';
  process.stderr.write(`${time} [${level}] ${message}${fields}\n`);
}

function timeOf({ [LogTimestamp]: told }: LogMetadata): bigint {
  return typeof told === 'bigint' ? told : BigInt(Date.now()) * 1_000_000n;
}
