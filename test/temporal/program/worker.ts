/** The Worker on Cloudflare. It serves tasks, and buys something for whoever posts to `/buy`. */

import { Client, Connection } from '@temporalio/client';
import { createWorker } from '@temporalio/worker';
import * as activities from './activities.ts';
import { buy } from './client.ts';
import * as workflows from './workflows.ts';

const Base = createWorker({ taskQueue: 'orders', workflows, activities });

export default class extends Base {
  override async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== '/buy') return super.fetch(request);
    const connection = Connection.lazy({ address: searchParams.get('engine')! });
    return Response.json(await buy(new Client({ connection })));
  }
}
