import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Client, WorkflowFailedError, WorkflowUpdateFailedError } from '../../sdk/client/index.ts';
import { ApplicationFailure, type DataConverter, DefaultFailureConverter } from '../../sdk/common/index.ts';
import { makeLogger } from '../../sdk/common/logger.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { bundleWorkflowCode, type NodeWorkerOptions, Worker } from '../../sdk/worker/node.ts';
import type { RecordedConverters, RecordedHistory } from '../histories/scenarios.ts';
import * as activities from './data-converter/activities.ts';
import { payloadCodecs, Wrapping } from './data-converter/codecs.ts';
import type { Money } from './data-converter/money.ts';
import * as workflows from './data-converter/workflows.ts';
import { leaveHistories } from './engine.ts';

const taskQueue = 'converted';
const root = join(import.meta.dirname, '../..');
const FOLDER = 'test/features/data-converter';
const here = (file: string): string => join(import.meta.dirname, 'data-converter', file);
const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
const CODED: RecordedConverters = { codecsPath: `${FOLDER}/codecs.ts` };
const coded: DataConverter = { payloadCodecs, failureConverter };
const logger = makeLogger('ERROR', () => undefined);

interface Converted {
  env: TestWorkflowEnvironment;
  client: TestWorkflowEnvironment['client'];
}

async function withEngine(
  dataConverter: DataConverter,
  needed: RecordedConverters,
  test: (converted: Converted) => Promise<void>,
  sources: Partial<NodeWorkerOptions> = { workflows },
): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    client: { dataConverter: dataConverter },
  });
  try {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      activities,
      logger,
      identity: 'worker',
      dataConverter,
      ...sources,
    });
    await worker.runUntil(() => test({ env, client: env.client }));
    await leaveHistories(env, { workflows: `${FOLDER}/workflows.ts`, dataConverter: needed });
  } finally {
    await env.teardown();
  }
}

/** What is stored about all runs, and the payloads in it as text. */
async function storedOf({ env, client }: Converted): Promise<string> {
  await env.sleep(0);
  const parts: string[] = [];
  for await (const { workflowId, runId, raw } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    parts.push(JSON.stringify([raw, (await handle.describe()).raw, await handle.fetchHistory()]));
  }
  const json = parts.join('\n');
  const words = json.match(/"[A-Za-z0-9+/]{4,}={0,2}"/g) ?? [];
  return json + words.map((word) => Buffer.from(word, 'base64').toString('latin1')).join('\n');
}

describe('payload codecs', () => {
  it('are seen by no workflow, activity or caller, and nothing is stored without them', () =>
    withEngine(coded, CODED, async (converted) => {
      const { client, env } = converted;
      const handle = await client.workflow.start(workflows.everything, {
        taskQueue,
        workflowId: 'w',
        args: ['secret-input'],
        memo: { first: 'secret-first' },
        staticSummary: 'secret-summary',
        searchAttributes: { City: ['Bergen'] },
      });
      await env.sleep('1 minute');
      expect(await handle.query(workflows.peek, 'secret-peek')).toBe('secret-peek 8');
      await expect(handle.query(workflows.peek, 'secret-error')).rejects.toThrow();
      expect(await handle.executeUpdate(workflows.change, { args: ['secret-update'] })).toBe(
        'secret-update changed',
      );
      for (const [text, message] of [
        ['secret-no', 'secret-rejection'],
        ['secret-fail', 'secret-update-error'],
      ]) {
        const error = await handle
          .executeUpdate(workflows.change, { args: [text!] })
          .catch((thrown) => thrown);
        expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
        expect(error.cause).toMatchObject({ message });
      }
      const described = await handle.describe();
      expect(described.memo).toEqual({ first: 'secret-first', state: 'secret-memo' });
      expect(described.searchAttributes.City).toEqual(['Bergen']);
      expect(await described.staticSummary()).toBe('secret-summary');
      await handle.signal(workflows.finish, 'secret-signal');
      expect(await handle.result()).toEqual([
        'secret-input',
        'secret-activity',
        'secret-local',
        'secret-heartbeat',
        'secret-refused secret-detail',
        'secret-refused-locally secret-detail',
        'secret-child secret-child-memo',
        'secret-child-error secret-detail',
        'secret-signal',
      ]);
      const stored = await storedOf(converted);
      expect(stored).toContain('binary/encrypted');
      expect(stored).toContain('Bergen');
      expect(stored.match(/.{0,40}secret.{0,40}/g)).toBeNull();
    }));

  it('that fail, fail the workflow task with their error, and the run goes on with those that work', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping({ client: { dataConverter: coded } });
    const serve = (dataConverter: DataConverter) => env.serve({ taskQueue, workflows, dataConverter });
    const stopBroken = serve({ payloadCodecs: [new Wrapping('inner'), new Wrapping('other')] });
    const start = { taskQueue, workflowId: 'w', args: ['secret'] as [string] };
    const handle = await env.client.workflow.start(workflows.child, start);
    await env.sleep('30s');
    const { events } = await handle.fetchHistory();
    const failed = events.find((e) => e.eventType === 'EVENT_TYPE_WORKFLOW_TASK_FAILED');
    expect(JSON.stringify(failed)).toContain(
      'Payloads could not be decoded: the codec \\"other\\" was given',
    );
    stopBroken();
    serve(coded);
    expect(await handle.result()).toBe('secret undefined');
    await env.teardown();
  });

  it('apply to activities that are completed from outside', () =>
    withEngine(coded, CODED, async ({ client, env }) => {
      const start = { taskQueue: 'elsewhere', workflowId: 'w' };
      const { CompleteAsyncError } = await import('../../sdk/common/index.ts');
      const later = { refuse: async () => Promise.reject(new CompleteAsyncError()) };
      const options = { taskQueue: 'elsewhere', workflows, activities: later, dataConverter: coded };
      await env.runUntil(options, async () => {
        const handle = await client.workflow.start(workflows.fails, start);
        await env.sleep('1s');
        const id = { workflowId: 'w', activityId: '1' };
        await client.activity.fail(
          id,
          ApplicationFailure.nonRetryable('secret-outside', 'No', 'secret-detail'),
        );
        const error = (await handle.result().catch((thrown) => thrown)) as WorkflowFailedError;
        expect(error.cause?.cause).toMatchObject({ message: 'secret-outside', details: ['secret-detail'] });
        expect(JSON.stringify(await handle.fetchHistory())).not.toContain('secret');
      });
    }));

  it('are asked for by a replay, as by the run', () =>
    withEngine(coded, CODED, async ({ client }) => {
      const handle = await client.workflow.start(workflows.child, {
        taskQueue,
        workflowId: 'w',
        args: ['x'],
      });
      await handle.result();
      const history = await handle.fetchHistory();
      await Worker.runReplayHistory({ workflows, logger, dataConverter: coded }, history);
      await expect(Worker.runReplayHistory({ workflows, logger }, history)).rejects.toThrow(
        'Unknown encoding: binary/encrypted',
      );
    }));
});

describe('converters named by path', () => {
  const byPath: DataConverter = {
    payloadConverterPath: here('payload-converter.ts'),
    failureConverterPath: pathToFileURL(here('failure-converter.ts')).href,
    payloadCodecs,
  };
  const workflowsPath = here('workflows.ts');

  it('are bundled with the workflows, which get instances of their own classes', () =>
    withEngine(
      { payloadConverterPath: byPath.payloadConverterPath! },
      { payloadConverterPath: `${FOLDER}/payload-converter.ts` },
      async ({ client }) => {
        const { payloadConverter } = client;
        // The client's copy of the class is the one that the converter was loaded with.
        const two = payloadConverter.fromPayload(moneyPayload('2'));
        const start = { taskQueue, workflowId: 'w', args: [two as Money] as [Money] };
        expect(await client.workflow.execute(workflows.sums, start)).toMatchObject({ cents: 7n });
        const history = await client.workflow.getHandle('w').fetchHistory();
        const { payloadConverterPath } = byPath;
        const dataConverter = { payloadConverterPath: payloadConverterPath! };
        await Worker.runReplayHistory({ workflowsPath, logger, dataConverter }, history);
      },
      { workflowsPath },
    ));

  it('are part of a bundle that was made with them', async () => {
    const { payloadConverterPath, failureConverterPath } = byPath;
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath,
      payloadConverterPath: payloadConverterPath!,
      failureConverterPath: failureConverterPath!,
    });
    await withEngine(
      byPath,
      {
        ...CODED,
        payloadConverterPath: `${FOLDER}/payload-converter.ts`,
        failureConverterPath: `${FOLDER}/failure-converter.ts`,
      },
      async (converted) => {
        const start = { taskQueue, workflowId: 'w' };
        const error = await converted.client.workflow
          .execute(workflows.fails, start)
          .catch((thrown) => thrown);
        expect(error).toBeInstanceOf(WorkflowFailedError);
        expect(error.cause.cause).toMatchObject({
          message: 'secret-refused',
          type: 'Refused',
          nonRetryable: true,
        });
        const stored = await storedOf(converted);
        expect(stored).not.toContain('secret');
        expect(stored.match(/"source":"MarkingConverter"/g)!.length).toBeGreaterThan(1);
      },
      { workflowBundle },
    );
  });

  it('are refused when there is no such file, or none of that name in it', () => {
    const client = (dataConverter: DataConverter) => () => new Client({ dataConverter });
    const missing = here('missing.ts');
    expect(client({ payloadConverterPath: missing })).toThrow(
      `dataConverter.payloadConverterPath: ${missing} cannot`,
    );
    expect(client({ payloadConverterPath: here('failure-converter.ts') })).toThrow(
      'does not export a payloadConverter',
    );
    expect(client({ ...byPath, payloadConverter: new Client().payloadConverter })).toThrow(
      'only one of them',
    );
  });
});

describe('recorded histories of converted payloads', () => {
  const recorded = (name: string): RecordedHistory =>
    JSON.parse(readFileSync(join(root, `test/histories/data-converter-${name}.json`), 'utf8'));
  /** As a Worker of today would be given it. */
  const optionsOf = async ({ workflows, dataConverter = {} }: RecordedHistory) => {
    const { codecsPath, ...paths } = dataConverter;
    const absolute = Object.entries(paths).map(([name, path]) => [name, join(root, path)]);
    const codecs = codecsPath
      ? ((await import(join(root, codecsPath))) as Pick<DataConverter, 'payloadCodecs'>)
      : {};
    return {
      workflowsPath: join(root, workflows),
      logger,
      dataConverter: { ...Object.fromEntries(absolute), ...codecs } as DataConverter,
    };
  };

  it.each(['encrypted', 'encrypted-failures', 'own-types'])(
    'replay with their converters: %s',
    async (name) => {
      const history = recorded(name);
      const options = await optionsOf(history);
      await Worker.runReplayHistory(options, history.history);
      await expect(
        Worker.runReplayHistory({ ...options, dataConverter: {} }, history.history),
      ).rejects.toThrow();
    },
  );
});

function moneyPayload(cents: string) {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  return { metadata: { encoding: bytes('text/money') }, data: bytes(cents) };
}
