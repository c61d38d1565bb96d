import { type LoggerSinks, log, proxyActivities, proxySinks, type Sinks } from '@temporalio/workflow';
import type * as activities from './activities';

export interface AlertSinks extends Sinks {
  alerter: { alert(message: string): void };
}
export type AllSinks = AlertSinks & LoggerSinks;

const { greet } = proxyActivities<typeof activities>({ startToCloseTimeout: '5 minutes' });
const { alerter } = proxySinks<AlertSinks>();

export async function logSample(): Promise<string> {
  log.info('Log from workflow', { some: 'attribute' });
  const greeting = await greet('Temporal');
  alerter.alert('alerted');
  log.debug('Greeted', { greeting });
  return greeting;
}
