import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeWorkflowExporter } from 'perdure/opentelemetry';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { Worker } from 'perdure/worker/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as activities from '../testing/fixtures/activities.ts';
import { greeting } from '../testing/fixtures/workflows.ts';
import { recordingLogger } from './support.ts';

const workflowsPath = new URL('../testing/fixtures/workflows.ts', import.meta.url).href;

/** Names of the spans of a workflow whose Worker has these modules of interceptors. */
async function spansWith(workflowModules: string[]): Promise<string[]> {
  const names: string[] = [];
  const processor = { onEnd: ({ name }: { name: string }) => void names.push(name) };
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  try {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      ...{ taskQueue: 'traced', workflowsPath, activities, logger: recordingLogger().logger },
      sinks: { exporter: makeWorkflowExporter(processor as never, {}) },
      interceptors: { workflowModules },
    });
    await worker.runUntil(() =>
      env.client.workflow.execute(greeting, { taskQueue: 'traced', workflowId: 'w', args: ['you'] }),
    );
  } finally {
    await env.teardown();
  }
  return names.sort();
}

describe('modules of interceptors that are named by the paths of their files', () => {
  const expected = ['RunWorkflow:greeting', 'StartActivity:greet'];
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perdure-interceptors-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A file of an installed package of Temporal's; what is in it must not come into the bundle. */
  async function installed(file: string): Promise<string> {
    const path = join(folder, 'node_modules', file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "require('node:net'); throw new Error('bundled');");
    return path;
  }

  it('are those of the SDK, where a package has Temporal’s name', async () => {
    const path = await installed('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors.js');
    expect(await spansWith([path])).toEqual(expected);
  });

  it('are nothing, where Temporal’s Worker once logged with them', async () => {
    const log = await installed('@temporalio/worker/lib/workflow-log-interceptor.js');
    // What the loader of the aliases finds for it.
    const resolved = createRequire(import.meta.url).resolve;
    const own = ['perdure/worker/node', 'perdure/temporal/worker'].map((name) => resolved(name));
    expect(await spansWith([log, ...own])).toEqual([]);
  });
});
