/** The logger interface of Temporal's SDK, and a plain default: one line of JSON per entry, ids and no payloads. */

export type LogLevel = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
export type LogMetadata = Record<string | symbol, unknown>;

/** What `sdkComponent` of a log entry says: who logged it. */
export const SdkComponent = {
  workflow: 'workflow',
  activity: 'activity',
  nexus: 'nexus',
  worker: 'worker',
  core: 'core',
} as const;
export type SdkComponent = (typeof SdkComponent)[keyof typeof SdkComponent];

export interface Logger {
  log(level: LogLevel, message: string, meta?: LogMetadata): void;
  trace(message: string, meta?: LogMetadata): void;
  debug(message: string, meta?: LogMetadata): void;
  info(message: string, meta?: LogMetadata): void;
  warn(message: string, meta?: LogMetadata): void;
  error(message: string, meta?: LogMetadata): void;
}

const order: LogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** A logger that writes entries at or above `level` with `write`. */
export function makeLogger(
  level: LogLevel,
  write: (level: LogLevel, message: string, meta: LogMetadata) => void,
): Logger {
  const log = (entry: LogLevel, message: string, meta: LogMetadata = {}): void => {
    if (order.indexOf(entry) >= order.indexOf(level)) write(entry, message, meta);
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}

/** `Activity task failed` alone says nothing: the causes say what happened. */
function told(error: Error): string {
  const errors: Error[] = [];
  for (let at: unknown = error; at instanceof Error && !errors.includes(at); at = at.cause) errors.push(at);
  return errors.map(({ message }) => message).join(' ← ');
}

/** Writes `LEVEL message {…}` to the console; errors to standard error. */
export const defaultLogger: Logger = makeLogger('INFO', (level, message, meta) => {
  const fields =
    Object.keys(meta).length === 0
      ? ''
      : ` ${JSON.stringify(meta, (_, v) => (v instanceof Error ? told(v) : v))}`;
  const line = `${level.padEnd(5)} ${message}${fields}`;
  if (level === 'ERROR') console.error(line);
  else console.log(line);
});
