/**
 * Replays recorded histories in Temporal's own replayer and in ours: `npx node test/conformance/run.ts`.
 * It reads test/histories/*.json, and the histories that other tests left in $PERDURE_HISTORIES_DIR (.perdure/histories
 * by default), and records $PERDURE_PROGRAMS (100) random programs. Temporal's SDK is a package of this folder, installed from its lockfile when it is missing.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { commands } from '../../sdk/common/command.ts';
import { attributesOf, type HistoryEvent, historyEventName } from '../../sdk/common/history.ts';
import type { DataConverter, PayloadCodec } from '../../sdk/common/index.ts';
import { makeLogger } from '../../sdk/common/logger.ts';
import type { Workflow } from '../../sdk/common/types.ts';
import { Worker } from '../../sdk/worker/node.ts';
import { commandRecordedBy } from '../../sdk/workflow/runtime/match.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import { recordProgram } from '../histories/random-programs.ts';
import type { RecordedConverters, RecordedHistory } from '../histories/scenarios.ts';

/** What is used of `@temporalio/worker`, which the project itself does not depend on. */
interface TemporalWorker {
  bundleWorkflowCode(options: {
    workflowsPath: string;
    workflowInterceptorModules: string[];
    logger: unknown;
    payloadConverterPath?: string;
    failureConverterPath?: string;
    webpackConfigHook(config: WebpackConfig): WebpackConfig;
  }): Promise<{ code: string }>;
  Worker: {
    runReplayHistories(
      options: { workflowBundle: unknown; dataConverter?: { payloadCodecs?: unknown } },
      histories: Iterable<{ history: unknown; workflowId: string }>,
    ): AsyncIterable<{ workflowId: string; error?: Error }>;
  };
  Runtime: {
    install(options: { logger: unknown; telemetryOptions?: unknown }): { shutdown(): Promise<void> };
  };
  DefaultLogger: new (level: string) => unknown;
}
interface WebpackConfig {
  resolve?: { alias?: object; modules?: string[] };
}

const here = import.meta.dirname;
const root = join(here, '../..');
const require = createRequire(import.meta.url);

function readHistories(): RecordedHistory[] {
  const left = process.env.PERDURE_HISTORIES_DIR ?? join(root, '.perdure/histories');
  const folders = [join(root, 'test/histories'), resolve(left)].filter((folder) => existsSync(folder));
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as RecordedHistory),
  );
}

/** Random programs are not kept: the same seeds are recorded anew each time. */
function recordPrograms(count: number): Promise<RecordedHistory[]> {
  return Promise.all(Array.from({ length: count }, (_, seed) => recordProgram(seed)));
}

function loadTemporal(): TemporalWorker {
  if (!existsSync(join(here, 'node_modules/@temporalio/worker'))) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
  }
  return require('@temporalio/worker') as TemporalWorker;
}

/** Bundles a workflow file for Temporal's sandbox, with its imports of our API turned into theirs. */
function bundle(
  { bundleWorkflowCode, DefaultLogger }: TemporalWorker,
  path: string,
  { payloadConverterPath, failureConverterPath }: RecordedConverters,
  interceptors: string | undefined,
): Promise<unknown> {
  const theirs = require.resolve('@temporalio/workflow');
  const common = require.resolve('@temporalio/common');
  return bundleWorkflowCode({
    workflowsPath: join(root, path),
    workflowInterceptorModules: interceptors ? [join(root, interceptors)] : [],
    logger: new DefaultLogger('ERROR'),
    ...(payloadConverterPath && { payloadConverterPath: join(root, payloadConverterPath) }),
    ...(failureConverterPath && { failureConverterPath: join(root, failureConverterPath) }),
    webpackConfigHook: (config) => ({
      ...config,
      resolve: {
        ...config.resolve,
        alias: { ...config.resolve?.alias, 'perdure/workflow$': theirs, 'perdure/common$': common },
        modules: [join(here, 'node_modules'), ...(config.resolve?.modules ?? ['node_modules'])],
      },
    }),
  });
}

type Verdict = string | undefined;

/** The codecs that a history was written with, for either replayer. */
async function codecsOf({ codecsPath }: RecordedConverters): Promise<Pick<DataConverter, 'payloadCodecs'>> {
  if (!codecsPath) return {};
  const { payloadCodecs } = (await import(join(root, codecsPath))) as { payloadCodecs: PayloadCodec[] };
  return { payloadCodecs };
}

/** As a Worker does it, where there are converters to bundle or codecs to pass. */
async function judgeConverted(
  { workflows, history }: RecordedHistory,
  { codecsPath, payloadConverterPath, failureConverterPath }: RecordedConverters,
): Promise<Verdict> {
  const dataConverter: DataConverter = {
    ...(payloadConverterPath && { payloadConverterPath: join(root, payloadConverterPath) }),
    ...(failureConverterPath && { failureConverterPath: join(root, failureConverterPath) }),
    ...(await codecsOf({ ...(codecsPath && { codecsPath }) })),
  };
  const logger = makeLogger('ERROR', () => undefined);
  const options = { workflowsPath: join(root, workflows), logger, dataConverter };
  return Worker.runReplayHistory(options, history).then(() => undefined, String);
}

async function judgeOurs(recorded: RecordedHistory): Promise<Verdict> {
  const { workflows, interceptors, history, dataConverter } = recorded;
  if (dataConverter) return judgeConverted(recorded, dataConverter);
  const functions = (await import(join(root, workflows))) as Record<string, Workflow>;
  const logger = makeLogger('ERROR', () => undefined);
  const interceptorModules = interceptors ? [(await import(join(root, interceptors))) as object] : [];
  const report = await replayHistory(history, { ...functions }, { logger, interceptorModules });
  return report.ok ? undefined : String(report.error);
}

/** What is wrong with each history in Temporal's eyes, by its place in the list. */
async function judgeTheirs(
  temporal: TemporalWorker,
  histories: RecordedHistory[],
): Promise<Map<number, string>> {
  const wrong = new Map<number, string>();
  const keyOf = ({ workflows, dataConverter, interceptors }: RecordedHistory): string =>
    JSON.stringify([workflows, dataConverter ?? {}, interceptors]);
  for (const key of new Set(histories.map(keyOf))) {
    const [path, converters, interceptors] = JSON.parse(key) as [string, RecordedConverters, string | null];
    const workflowBundle = await bundle(temporal, path, converters, interceptors ?? undefined);
    const dataConverter = await codecsOf(converters);
    const places = histories.flatMap((recorded, i) => (keyOf(recorded) === key ? [i] : []));
    const toReplay = places.map((i) => {
      const { history } = histories[i]!;
      const { workflowId } = attributesOf(history.events[0]!, 'WorkflowExecutionStarted');
      // The replayer changes what it is given, and wants absent fields absent.
      return { workflowId, history: JSON.parse(JSON.stringify(history)) as unknown };
    });
    // One after the other, in the order they were given.
    let at = 0;
    for await (const { error } of temporal.Worker.runReplayHistories(
      { workflowBundle, dataConverter },
      toReplay,
    )) {
      if (error) wrong.set(places[at]!, String(error));
      at += 1;
    }
    for (const missed of places.slice(at)) wrong.set(missed, 'was not replayed');
  }
  return wrong;
}

/** How often each event, or the command that it records, occurs. */
function countBy(
  histories: RecordedHistory[],
  nameOf: (event: HistoryEvent) => string | undefined,
): Array<[string, number]> {
  const counts = new Map<string, number>();
  for (const event of histories.flatMap(({ history }) => history.events)) {
    const name = nameOf(event);
    if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

function commandType({ eventType }: HistoryEvent): string | undefined {
  const name = commandRecordedBy(historyEventName(eventType)!);
  return name && commands[name].commandType;
}

const programs = Number(process.env.PERDURE_PROGRAMS ?? 100);
const histories = [...readHistories(), ...(await recordPrograms(programs))];
const temporal = loadTemporal();
const runtime = temporal.Runtime.install({
  logger: new temporal.DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'off' } },
});
const theirs = await judgeTheirs(temporal, histories);
await runtime.shutdown();

const table = [...countBy(histories, ({ eventType }) => eventType), ...countBy(histories, commandType)];
for (const [type, count] of table) console.log(`${String(count).padStart(6)} ${type}`);
let failed = 0;
let ours = 0;
for (const [i, recorded] of histories.entries()) {
  const mine = await judgeOurs(recorded);
  const other = theirs.get(i);
  if (mine !== undefined) console.log(`${recorded.name}: ours: ${mine}`);
  if (other !== undefined) console.log(`${recorded.name}: theirs: ${other}`);
  if (mine === undefined) ours += 1;
  if (mine !== undefined || other !== undefined) failed += 1;
}
console.log(`${histories.length} histories, ours ${ours}, theirs ${histories.length - theirs.size}`);
console.log(`${histories.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || histories.length === 0 ? 1 : 0);
