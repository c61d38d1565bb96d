/** The command line against the real API over memory, with a Worker for the workflows of the feature tests. */

import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { listen } from '../../sdk/worker/http-server.ts';
import { activities } from '../features/engine.ts';
import * as workflows from '../features/workflows.ts';

export interface Answered {
  exitCode: number;
  out: string;
  err: string;
}
export type Perdure = (...args: string[]) => Promise<Answered>;

export async function answerOf(args: string[], env: Record<string, string>): Promise<Answered> {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await run(args, {
    print: (text) => out.push(text),
    complain: (text) => err.push(text),
    colors: plain,
    env,
    abortSignal: new AbortController().signal,
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

export async function withCommandLine(
  test: (perdure: Perdure, env: TestWorkflowEnvironment, address: string) => Promise<void>,
  double: (n: number) => Promise<number> = activities.double,
): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const server = await listen(
    (request) => env.nativeConnection.inProcess!.fetch(request.url, request),
    () => new Response(null, { status: 404 }),
    '127.0.0.1',
    0,
  );
  const address = `http://127.0.0.1:${server.port}`;
  const perdure: Perdure = (...args) =>
    answerOf(args, { PERDURE_ADDRESS: address, PERDURE_ENV_FILE: '/nonexistent/env.json' });
  try {
    await env.runUntil({ taskQueue: 'q', workflows, activities: { double } }, () =>
      test(perdure, env, address),
    );
  } finally {
    server.closeAllConnections();
    await server.close();
    await env.teardown();
  }
}
