/** Lives of the workflows in workflows-headers.ts. */

import { toHeaderJson } from '../../sdk/common/headers.ts';
import { defaultPayloadConverter } from '../../sdk/common/payload.ts';
import { payloads } from '../runtime/history-builder.ts';
import type { Driver } from '../runtime/driver.ts';
import * as interceptors from './interceptors-headers.ts';
import { finish, type Scenario } from './scenario.ts';
import * as workflows from './workflows-headers.ts';

const header = (value: string) => toHeaderJson({ trace: defaultPayloadConverter.toPayload(value) });
const started = header('client');

function signal({ history }: Driver, name: string, trace?: string): void {
  history.arrive('WorkflowExecutionSignaled', () => ({
    signalName: 'go',
    input: payloads(name),
    identity: 'test',
    ...(trace !== undefined && header(trace)),
  }));
}

export const headersScenarios: Record<string, Scenario> = {
  'headers-everywhere': { workflow: workflows.headersEverywhere, interceptors, started, drive: finish },
  'headers-of-nobody': { workflow: workflows.headersEverywhere, interceptors, drive: finish },
  'headers-of-signals': {
    workflow: workflows.headersOfSignals,
    interceptors,
    started,
    async drive(run) {
      signal(run, 'early', 'first signal');
      await run.task();
      run.history.completeActivity([...run.history.activities.keys()][0]!, 'authorized');
      await run.task(() => signal(run, 'late'));
      await run.task();
      await finish(run);
    },
  },
  'headers-carried-on': {
    workflow: workflows.headersCarriedOn,
    args: [3],
    interceptors,
    started,
    async drive(run) {
      await run.task();
      run.history.completeActivity('1', 'authorized');
      await run.task();
      run.restart();
      run.history.fireTimer('1');
      await run.task();
    },
  },
  'headers-in-scopes': {
    workflow: workflows.headersInScopes,
    interceptors,
    started,
    async drive(run) {
      await run.task();
      run.history.completeActivity('1', 'authorized');
      await run.task();
      run.history.fireTimer('1');
      await run.task();
      await finish(run);
    },
  },
};
