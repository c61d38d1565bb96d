import * as otel from '@opentelemetry/api';
import { log } from '@temporalio/activity';

export async function greet(name: string): Promise<string> {
  return await otel.trace.getTracer('own').startActiveSpan('compose', async (span) => {
    log.info('Greeting');
    span.end();
    return `Hello, ${name}!`;
  });
}
