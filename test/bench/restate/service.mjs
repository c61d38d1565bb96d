/** The workloads on Restate: each activity is a step of the service that its server calls over HTTP. */

import * as restate from '@restatedev/restate-sdk';

const step = (ctx, name) => ctx.run(name, async () => 'done');

const nap = () => new Promise((resolve) => setTimeout(resolve, 100));

/** As the floor has it: what is done, and with how many. */
const bench = restate.workflow({
  name: 'bench',
  handlers: {
    run: async (ctx, { what, n }) => {
      if (what === 'one') await step(ctx, 'one');
      else if (what === 'sequence') for (let i = 0; i < n; i++) await step(ctx, `step ${i}`);
      else if (what === 'parallel')
        await restate.RestatePromise.all(Array.from({ length: n }, (_, i) => step(ctx, `step ${i}`)));
      else if (what === 'wait') await ctx.promise('go');
      else if (what === 'naps') for (let i = 0; i < n; i++) await ctx.run(`nap ${i}`, nap);
      else if (what === 'wake') {
        await ctx.sleep(Math.max(n - Date.now(), 1));
        return ctx.run('woken', async () => Date.now());
      }
      return 0;
    },
    go: async (ctx) => {
      await ctx.promise('go').resolve();
    },
  },
});

/** Many signals to one run: each is a call of an object that counts them. */
const counter = restate.object({
  name: 'counter',
  handlers: {
    signal: async (ctx) => {
      ctx.set('signals', ((await ctx.get('signals')) ?? 0) + 1);
    },
  },
});

await restate.serve({ services: [bench, counter], port: Number(process.env.SERVICE_PORT) });
