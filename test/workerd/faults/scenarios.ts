/** What is done while one call fails, and what it must come to. Clients ask until they know. */

import { expect } from 'vitest';
import { defaultPayloadConverter, toPayloadsJson } from '../../../sdk/common/payload.ts';
import { until } from '../../http-api.ts';
import { api } from '../support.ts';
import type { FaultClient } from './client.ts';

export interface Scenario {
  name: string;
  run(client: FaultClient): Promise<void>;
}

const big = 'b'.repeat(300_000);

async function completes(client: FaultClient, result: unknown, workflowId?: string): Promise<void> {
  expect(await client.end(workflowId)).toEqual({ status: 'COMPLETED', result });
}

const ok = ({ outcome }: { outcome: string }): void => expect(outcome).toBe('ok');

/** Until the run has come so far. */
async function reaches(client: FaultClient, type: string, n = 1): Promise<void> {
  await until(
    type,
    async () => (await api.eventTypes(client.workflowId)).filter((t) => t === type).length >= n,
  );
}

const one = (taskQueue: string) => async (client: FaultClient) => {
  ok(await client.start({ workflowType: 'echoing', args: ['done'], taskQueue }));
  await completes(client, 'done');
};

export const scenarios: readonly Scenario[] = [
  { name: 'activity', run: one('plain') },
  { name: 'activity-consumer', run: one('consumer') },
  { name: 'activity-direct', run: one('direct') },
  {
    name: 'activity-retry',
    run: async (client) => {
      ok(await client.start({ workflowType: 'flaky', args: [client.workflowId, 2] }));
      const { status, result } = await client.end();
      // An answer that is lost is given again by another execution.
      expect(status).toBe('COMPLETED');
      expect(result).toBeGreaterThanOrEqual(3);
    },
  },
  {
    name: 'timer',
    run: async (client) => {
      ok(await client.start({ workflowType: 'nap', args: [client.workflowId, 60] }));
      expect((await client.end()).status).toBe('COMPLETED');
    },
  },
  {
    name: 'local-activities',
    run: async (client) => {
      ok(await client.start({ workflowType: 'around', args: [client.workflowId] }));
      expect((await client.end()).status).toBe('COMPLETED');
    },
  },
  {
    name: 'signals',
    run: async (client) => {
      ok(await client.start({ workflowType: 'collecting', args: [2], op: { finite: true } }));
      ok(await client.signal('put', 'one'));
      ok(await client.signal('put', 'two'));
      await completes(client, ['one', 'two']);
    },
  },
  {
    name: 'signal-with-start',
    run: async (client) => {
      const wish = { workflowType: 'collecting', args: [2] };
      ok(await client.signalWithStart(wish, 'put', 'one'));
      ok(await client.signalWithStart(wish, 'put', 'two'));
      await completes(client, ['one', 'two']);
    },
  },
  {
    name: 'updates',
    run: async (client) => {
      ok(await client.start({ workflowType: 'account' }));
      expect(await client.update('deposit', 3)).toMatchObject({ outcome: 'ok', reply: { value: 3 } });
      expect(await client.update('deposit', 4)).toMatchObject({ outcome: 'ok', reply: { value: 7 } });
      const refused = await client.update('deposit', 0);
      expect(refused.reply?.outcome).toHaveProperty('failure');
      ok(await client.signal('finish'));
      await completes(client, 7);
    },
  },
  {
    name: 'update-with-start',
    run: async (client) => {
      const wish = { workflowType: 'account' };
      expect(await client.updateWithStart(wish, 'deposit', 5)).toMatchObject({ reply: { value: 5 } });
      ok(await client.signal('finish'));
      await completes(client, 5);
    },
  },
  {
    name: 'query',
    run: async (client) => {
      ok(await client.start({ workflowType: 'account' }));
      expect(await client.query('total')).toMatchObject({ reply: { value: 0 } });
      expect(await client.update('deposit', 2)).toMatchObject({ outcome: 'ok', reply: { value: 2 } });
      expect(await client.query('total')).toMatchObject({ reply: { value: 2 } });
      ok(await client.signal('finish'));
      await completes(client, 2);
      expect(await client.query('total')).toMatchObject({ reply: { value: 2 } });
    },
  },
  {
    name: 'child',
    run: async (client) => {
      ok(await client.start({ workflowType: 'delegating' }));
      await completes(client, 'from the child');
      await completes(client, 'from the child', `${client.workflowId}.child`);
    },
  },
  {
    name: 'parent-close',
    run: async (client) => {
      ok(await client.start({ workflowType: 'leaving' }));
      await completes(client, 'gone');
      expect((await client.end(`${client.workflowId}.child`)).status).toBe('TERMINATED');
    },
  },
  {
    name: 'external-signal',
    run: async (client) => {
      const other = `${client.workflowId}.other`;
      ok(await client.start({ workflowType: 'collecting', args: [1] }, other));
      ok(await client.start({ workflowType: 'telling', args: [other] }));
      await completes(client, 'told');
      await completes(client, ['from outside'], other);
    },
  },
  {
    name: 'cancel',
    run: async (client) => {
      ok(await client.start({ workflowType: 'cancellable' }));
      await reaches(client, 'TimerStarted');
      ok(await client.cancel());
      await completes(client, 'cleaned up');
    },
  },
  {
    name: 'terminate',
    run: async (client) => {
      ok(await client.start({ workflowType: 'waiting' }));
      await client.terminate();
      expect((await client.end()).status).toBe('TERMINATED');
    },
  },
  {
    name: 'continue-as-new',
    run: async (client) => {
      ok(await client.start({ workflowType: 'relay' }));
      await completes(client, ['run 1', 'run 2', 'run 3']);
    },
  },
  {
    name: 'workflow-retry',
    run: async (client) => {
      const more = { retryPolicy: { initialInterval: '0.05s', maximumAttempts: 3 } };
      ok(await client.start({ workflowType: 'second', more }));
      await completes(client, 'at the second attempt');
    },
  },
  {
    name: 'heartbeat-timeout',
    run: async (client) => {
      ok(await client.start({ workflowType: 'silent' }));
      await completes(client, 2);
    },
  },
  {
    name: 'reset',
    run: async (client) => {
      ok(await client.start({ workflowType: 'collecting', args: [2], op: { finite: true } }));
      ok(await client.signal('put', 'one'));
      await reaches(client, 'WorkflowTaskCompleted');
      ok(await client.reset());
      ok(await client.signal('put', 'two'));
      await completes(client, ['one', 'two']);
    },
  },
  {
    name: 'delete',
    run: async (client) => {
      ok(await client.start({ workflowType: 'echoing', args: ['done'] }));
      await completes(client, 'done');
      ok(await client.remove());
    },
  },
  {
    name: 'schedule',
    run: async (client) => {
      const workflowType = { name: 'echoing' };
      const input = toPayloadsJson(defaultPayloadConverter, 'done');
      const workflowId = `${client.workflowId}.run`;
      await client.schedule({ workflowId, workflowType, taskQueue: { name: 'plain' }, input }, 2);
    },
  },
  {
    name: 'batch',
    run: async (client) => {
      const ids = ['a', 'b'].map((name) => `${client.workflowId}.${name}`);
      for (const id of ids) ok(await client.start({ workflowType: 'collecting', args: [2] }, id));
      const input = toPayloadsJson(defaultPayloadConverter, 'one');
      await client.batch(ids, { signalOperation: { signal: 'put', input } });
      await client.batch(ids, { terminationOperation: {} });
      for (const id of ids) expect((await client.end(id)).status).toBe('TERMINATED');
    },
  },
  {
    name: 'large-payload',
    run: async (client) => {
      ok(await client.start({ workflowType: 'echoing', args: [big] }));
      await completes(client, big);
    },
  },
];
