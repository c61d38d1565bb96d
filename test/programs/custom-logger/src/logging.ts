import { DefaultLogger, type LogEntry, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

export interface ConfigureLoggerOptions {
  write(line: string): void;
  isProduction: boolean;
}

/** As one does it with a logging library: levels and formats of its own. */
export function configureLogger({ write, isProduction }: ConfigureLoggerOptions): void {
  const logger = new DefaultLogger('DEBUG', (entry: LogEntry) => {
    const { label, ...meta } = entry.meta ?? {};
    const timestamp = new Date(Number(entry.timestampNanos / 1_000_000n)).toISOString();
    const line = {
      label: label ?? 'worker',
      level: entry.level.toLowerCase(),
      timestamp,
      message: entry.message,
      ...meta,
    };
    write(isProduction ? JSON.stringify(line) : `${line.level} ${line.message}`);
  });
  Runtime.install({
    logger,
    shutdownSignals: ['SIGTERM', 'SIGINT'],
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'INFO', other: 'WARN' }) },
    },
  });
}
