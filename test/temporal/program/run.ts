/** The whole program in one process. */

import { TestWorkflowEnvironment } from '@temporalio/testing';
import * as activities from './activities.ts';
import { buy, forget } from './client.ts';
import * as workflows from './workflows.ts';

export async function run(): Promise<{ bought: string[]; forgotten: string }> {
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const stop = env.serve({ taskQueue: 'orders', workflows, activities });
  try {
    return { bought: await buy(env.client), forgotten: await forget(env.client) };
  } finally {
    stop();
    await env.teardown();
  }
}
