/** The workloads on Cloudflare Workflows: each activity is a step that calls another Worker. */

import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';

interface Params {
  what: string;
  n: number;
}

interface Env {
  BENCH: Workflow<Params>;
  SERVICE: Fetcher;
}

export class Bench extends WorkflowEntrypoint<Env, Params> {
  override async run(
    { payload: { what, n } }: WorkflowEvent<Params>,
    step: WorkflowStep,
  ): Promise<number | undefined> {
    const activity = (name: string) =>
      step.do(name, async () => {
        const response = await this.env.SERVICE.fetch('http://service/', { method: 'POST', body: '{}' });
        return response.text();
      });
    if (what === 'one') await activity('one');
    else if (what === 'sequence') for (let i = 0; i < n; i++) await activity(`step ${i}`);
    else if (what === 'parallel')
      await Promise.all(Array.from({ length: n }, (_, i) => activity(`step ${i}`)));
    else if (what === 'wait')
      for (let i = 0; i < n; i++) await step.waitForEvent(`signal ${i}`, { type: 'go' });
    else if (what === 'wake') {
      await step.sleepUntil('until then', new Date(n));
      return step.do('woken', async () => Date.now());
    } else throw new Error(`no such workload: ${what}`);
    return undefined;
  }
}

/** Nobody is told of an end: the status is asked for until it comes. */
const PAUSE_MS = 1;

async function untilEnded(instance: WorkflowInstance): Promise<Response> {
  for (;;) {
    const { status, error } = await instance.status();
    if (status === 'complete') return new Response('done');
    if (status === 'errored' || status === 'terminated')
      return new Response(`${status}: ${JSON.stringify(error)}`, { status: 500 });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** As the floor has it: `POST /<what>/<id>`, with `{ "n": … }` where something begins. */
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const [, what, id = ''] = pathname.split('/');
    switch (what) {
      case 'health':
        return new Response('ok');
      case 'signal':
        await (await env.BENCH.get(id)).sendEvent({ type: 'go', payload: {} });
        return new Response('done');
      case 'ended':
        return untilEnded(await env.BENCH.get(id));
      case 'woken': {
        const { status, output } = await (await env.BENCH.get(id)).status();
        return Response.json(status === 'complete' ? output : 0);
      }
      default: {
        const { n } = (await request.json()) as { n: number };
        const params = { what: what!, n };
        const instance = await env.BENCH.create({ id, params });
        return what === 'wait' || what === 'wake' ? new Response('started') : untilEnded(instance);
      }
    }
  },
} satisfies ExportedHandler<Env>;
