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
  override async run({ payload: { what, n } }: WorkflowEvent<Params>, step: WorkflowStep): Promise<void> {
    const activity = (name: string) =>
      step.do(name, async () => {
        const response = await this.env.SERVICE.fetch('http://service/', { method: 'POST', body: '{}' });
        return response.text();
      });
    if (what === 'one') await activity('one');
    else if (what === 'sequence') for (let i = 0; i < n; i++) await activity(`step ${i}`);
    else if (what === 'parallel')
      await Promise.all(Array.from({ length: n }, (_, i) => activity(`step ${i}`)));
    else if (what === 'until-signalled') await step.waitForEvent('signal', { type: 'go' });
    else throw new Error(`no such workload: ${what}`);
  }
}

/** Nobody is told of an end: the status is asked for until it comes. */
const PAUSE_MS = 1;

/** `POST /<what>/<id>?n=<argument>` answers when the workflow has ended; `POST /signal/<id>` sends what one waits for. */
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const [, what, id = ''] = pathname.split('/');
    if (what === 'health') return new Response('ok');
    if (what === 'signal') {
      await (await env.BENCH.get(id)).sendEvent({ type: 'go', payload: {} });
      return new Response('done');
    }
    const params = { what: what!, n: Number(searchParams.get('n')) };
    const instance = await env.BENCH.create({ id, params });
    if (searchParams.has('start-only')) return new Response('started');
    for (;;) {
      const { status, error } = await instance.status();
      if (status === 'complete') return new Response('done');
      if (status === 'errored' || status === 'terminated')
        return new Response(`${status}: ${JSON.stringify(error)}`, { status: 500 });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  },
} satisfies ExportedHandler<Env>;
