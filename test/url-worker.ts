/**
 * A Worker on Node that offers sessions, behind the door that `Worker` has but without registering itself. Serves the
 * workflows of the tests. `GET /calls`: how often each path was asked for. Environment: TASK_QUEUE.
 */

import { createHandler } from 'perdure/worker/node';
import { listen } from '../sdk/worker/http-server.ts';
import { activities } from './workerd/activities.ts';
import * as workflows from './workerd/workflows.ts';

const { TASK_QUEUE: taskQueue = 'url-sessions' } = process.env;
const handler = createHandler({ taskQueue, workflows, activities });
const calls: Record<string, number> = {};
const count = (request: Request): string => {
  const { pathname } = new URL(request.url);
  calls[pathname] = (calls[pathname] ?? 0) + 1;
  return pathname;
};

const server = await listen(
  async (request) => (count(request) === '/calls' ? Response.json(calls) : handler.fetch(request)),
  (request) => {
    count(request);
    return handler.acceptSession(request);
  },
  '127.0.0.1',
  0,
);
console.log(`serving http://127.0.0.1:${server.port}`);
