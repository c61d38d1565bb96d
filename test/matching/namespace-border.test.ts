import { describe, expect, it } from 'vitest';
import { connectOutside } from '../../src/effects/outside.ts';
import type { Env } from '../../src/env.ts';

describe('SEC-T3 (CVE-2025-14987): what a Worker of one namespace has its workflows say', () => {
  const called: string[] = [];
  const env = {
    NAMESPACES: 'a,b',
    WORKFLOW_EXECUTION: {
      getByName: (name: string) => ({
        internal: async () => {
          called.push(name);
          return { ok: {} };
        },
      }),
    },
  } as unknown as Env;
  const outside = connectOutside({} as DurableObjectState, env, 'a', 'w');
  const requests = [
    {
      kind: 'SignalWorkflowExecution',
      namespace: 'b',
      signalName: 's',
      workflowExecution: { workflowId: 'v' },
    },
    { kind: 'RequestCancelWorkflowExecution', namespace: 'b', workflowExecution: { workflowId: 'v' } },
    { kind: 'StartWorkflowExecution', namespace: 'b', workflowId: 'v' },
    { kind: 'TerminateWorkflowExecution', namespace: 'b', workflowExecution: { workflowId: 'v' } },
  ];

  it.each(requests.map((request) => [request.kind, request]))(
    '%s reaches no object of another namespace',
    async (_, request) => {
      called.length = 0;
      const refusals = ['b', 'nowhere'].map((namespace) =>
        Promise.resolve(outside.callExecution(namespace, 'v', request as never)).then(
          () => 'carried out',
          (error: { code: string; message: string }) => `${error.code} ${error.message}`,
        ),
      );
      const [foreign, absent] = await Promise.all(refusals);
      expect(foreign).toBe('NOT_FOUND Namespace b is not found.');
      expect(absent?.replace('nowhere', 'b')).toBe(foreign);
      expect(called).toEqual([]);
      await outside.callExecution('a', 'v', request as never);
      expect(called).toEqual(['["a","v"]']);
    },
  );
});
