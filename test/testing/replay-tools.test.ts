import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToText, TestWorkflowEnvironment } from 'perdure/testing';
import { replayMatchers } from 'perdure/testing/matchers';
import 'perdure/testing/vitest';
import { DefaultLogger, type History, Runtime, Worker } from 'perdure/worker/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import * as activities from './fixtures/activities.ts';
import { greeting, month } from './fixtures/workflows.ts';

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);
const workflowsPath = fixture('workflows.ts');
const changed = fixture('workflows.changed.ts');
const taskQueue = 'test';
let folder: string;
let histories: Record<'greeting' | 'month', History>;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: Date.UTC(2030, 0, 1) });
  const { nativeConnection: connection, client } = env;
  const worker = await Worker.create({ connection, taskQueue, workflowsPath, activities });
  await worker.runUntil(async () => {
    await client.workflow.execute(greeting, { taskQueue, workflowId: 'greeting', args: ['World'] });
    await client.workflow.execute(month, { taskQueue, workflowId: 'month' });
  });
  const fetched = (id: string): Promise<History> => client.workflow.getHandle(id).fetchHistory();
  histories = { greeting: await fetched('greeting'), month: await fetched('month') };
  await env.teardown();
  folder = await mkdtemp(join(tmpdir(), 'perdure-replay-'));
  for (const [name, history] of Object.entries(histories)) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify(history));
  }
  const lines = Object.values(histories).map((history) => JSON.stringify(history));
  await writeFile(join(folder, 'stream.ndjson'), `${lines.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function replay(...args: string[]) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const exitCode = await run(['workflow', 'replay', ...args], {
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
    colors: plain,
    env: {},
    abortSignal: new AbortController().signal,
  });
  return { exitCode, out: printed.join('\n').replaceAll(folder, ''), err: complaints.join('\n') };
}

interface Paused {
  callFrames: Array<{ functionName: string; location: { scriptId: string } }>;
}
interface Script {
  scriptId: string;
  url: string;
  sourceMapURL?: string;
}

function debuggerUrl(child: ChildProcessWithoutNullStreams): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    // Read to the end: a process whose output nobody takes dies of it.
    child.stderr.on('data', (chunk) => {
      output += chunk;
      const url = /ws:\/\/\S+(?=\s)/.exec(output)?.[0];
      if (url) resolve(url);
    });
    child.once('exit', () => reject(new Error(`There is no debugger: ${output}`)));
  });
}

/** Attaches, lets the process run to its first stop, and lets it go on from there. */
async function stopsIn(url: string): Promise<{ paused: Paused; scripts: Map<string, Script> }> {
  const socket = new WebSocket(url);
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  const scripts = new Map<string, Script>();
  let id = 0;
  const send = (method: string): void => socket.send(JSON.stringify({ id: ++id, method }));
  const paused = new Promise<Paused>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      const { method, params } = JSON.parse(String(data));
      if (method === 'Debugger.scriptParsed') scripts.set(params.scriptId, params);
      if (method === 'Debugger.paused') resolve(params);
    });
  });
  send('Debugger.enable');
  // The address is printed a little before the process waits: what comes too early is not heard.
  const go = setInterval(() => send('Runtime.runIfWaitingForDebugger'), 20);
  const stopped = await paused.finally(() => clearInterval(go));
  send('Debugger.resume');
  socket.close();
  return { paused: stopped, scripts };
}

describe('perdure workflow replay', () => {
  it('replays a folder of histories and says that the code fits', async () => {
    const { exitCode, out } = await replay(folder, '--workflows', workflowsPath);
    expect(out).toBe(
      '✓ /greeting.json: greeting replays\n✓ /month.json: month replays\n2 histories: the code fits',
    );
    expect(exitCode).toBe(0);
  });

  it('names the event, the command that came instead and the line, and fails', async () => {
    const { exitCode, out } = await replay(join(folder, 'greet*.json'), '--workflows', changed);
    expect(out).toMatchInlineSnapshot(`
      "✗ /greeting.json: greeting does not replay: it parts from the code at event 5
          event 5 is EVENT_TYPE_ACTIVITY_TASK_SCHEDULED (activityId 1, activityType greet), but the workflow issued COMMAND_TYPE_START_TIMER (timerId 1)
          issued at test/testing/fixtures/workflows.changed.ts:5:9 in greeting
            5 |   await sleep('1 hour');
      1 history: 1 do not replay"
    `);
    expect(exitCode).toBe(1);
  });

  it('takes a stream with one history a line, and prints JSON', async () => {
    const file = join(folder, 'stream.ndjson');
    const { exitCode, out } = await replay(file, '--workflows', changed, '-o', 'json');
    const results = out.split('\n').map((line) => JSON.parse(line));
    expect(results).toMatchObject([
      { workflowId: 'greeting', divergence: { eventId: '5', source: { line: 5 } } },
      { workflowId: 'month', error: expect.stringContaining('it never worked') },
    ]);
    expect(exitCode).toBe(1);
  });

  it('stops in the workflow for a debugger, with a source map to the file', async () => {
    const path = join(folder, 'flows.ts');
    await writeFile(path, 'export async function greeting(name: string): Promise<void> {\n  debugger;\n}\n');
    const cli = new URL('../../sdk/cli/main.ts', import.meta.url).pathname;
    const args = [cli, 'workflow', 'replay', join(folder, 'greeting.json')];
    const child = spawn(process.execPath, [...args, '--workflows', path, '--inspect', '--inspect-port', '0']);
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      const { paused, scripts } = await stopsIn(await debuggerUrl(child));
      expect(paused.callFrames[0]!.functionName).toBe('greeting');
      const { url, sourceMapURL } = scripts.get(paused.callFrames[0]!.location.scriptId)!;
      expect(url).toBe(`${path}.bundle.js`);
      expect(sourceMapURL).toMatch(/^data:application\/json/);
      expect(await exit).toBe(1);
    } finally {
      child.kill();
    }
  });

  it('says what it lacks', async () => {
    expect(await replay('--workflows', workflowsPath)).toMatchObject({ exitCode: 2 });
    const nowhere = await replay('/nowhere.json', '--workflows', workflowsPath);
    expect(nowhere).toMatchObject({ exitCode: 1, err: 'There is no file /nowhere.json' });
    expect(await replay(fixture('workflows.ts'), '--workflows', workflowsPath)).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('workflows.ts: '),
    });
  });
});

describe('toReplayWith', () => {
  it('passes for a history, and for a list of them, that the code fits', async () => {
    await expect(histories.greeting).toReplayWith({ workflowsPath });
    await expect(histories.greeting.events).toReplayWith({ workflowsPath });
    const list = Object.entries(histories).map(([workflowId, history]) => ({ workflowId, history }));
    await expect(list).toReplayWith({ workflowsPath });
    await expect(histories.greeting).not.toReplayWith({ workflowsPath: changed });
  });

  it('fails with the event and the line, and when there is nothing to replay', async () => {
    const failing = expect(histories.greeting).toReplayWith({ workflowsPath: changed });
    await expect(failing).rejects.toThrow(/event 5[\s\S]*START_TIMER[\s\S]*workflows\.changed\.ts:5/);
    await expect(expect([]).toReplayWith({ workflowsPath })).rejects.toThrow('no history');
  });

  it('has the form that other test runners extend their expect with', async () => {
    const { toReplayWith } = replayMatchers;
    const result = await toReplayWith(histories.greeting, { workflowsPath });
    expect(result.pass).toBe(true);
    expect(result.message()).toContain('should not');
  });
});

describe('historyToText', () => {
  it('has one line per event, the same on every run', () => {
    expect(historyToText(histories.greeting)).toMatchInlineSnapshot(`
      " 1 WorkflowExecutionStarted greeting("World") on test
       2 WorkflowTaskScheduled
       3 WorkflowTaskStarted
       4 WorkflowTaskCompleted
       5 ActivityTaskScheduled greet("World")
       6 ActivityTaskStarted attempt 1
       7 ActivityTaskCompleted "Hello, World!"
       8 WorkflowTaskScheduled
       9 WorkflowTaskStarted
      10 WorkflowTaskCompleted
      11 WorkflowExecutionCompleted "Hello, World!""
    `);
  });

  it('shows when events came, and leaves out workflow tasks, where that is wanted', () => {
    expect(
      historyToText(histories.month, { times: true, withoutWorkflowTasks: true }),
    ).toMatchInlineSnapshot(`
      " 1   +0 WorkflowExecutionStarted month() on test
       5   +0 TimerStarted timer 1, 2592000s
       6 +30d TimerFired timer 1
      10 +30d WorkflowExecutionCompleted "a month later""
    `);
  });

  it('masks ids and times by the order in which they occur', () => {
    const [one, two] = [crypto.randomUUID(), crypto.randomUUID()];
    const text = JSON.stringify(histories.greeting).replaceAll(
      btoa('"World"'),
      btoa(JSON.stringify(`${one} ${two} ${one} 2030-01-01T00:00:00.5Z`)),
    );
    expect(historyToText(JSON.parse(text))).toContain('greeting("<id-1> <id-2> <id-1> <time>")');
  });
});
