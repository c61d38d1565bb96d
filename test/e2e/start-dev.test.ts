import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { freePort, requireFreePort } from '../../scripts/lib/ports.ts';
import { ProcessGroup } from '../../scripts/lib/process-group.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { HttpApi, until } from '../http-api.ts';
import { reapFolder } from './reaper.ts';

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'perdure-start-dev-'));
  reapFolder(data);
});

/** `perdure server start-dev`, and what it prints until it is there. */
async function startDev(port: number): Promise<ProcessGroup> {
  const main = join(projectRoot, 'sdk/cli/main.ts');
  const args = [main, 'server', 'start-dev', '--port', String(port), '--db-filename', data];
  const server = new ProcessGroup(process.execPath, args);
  await until('the engine', () => server.output.includes('Data ') || !server.alive, 90_000);
  expect(server.output).toContain(`Web UI   http://127.0.0.1:${port}/ui/`);
  return server;
}

it('server start-dev serves the API and its page, and what it has survives a restart; both signals end all of it', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const api = new HttpApi(url);
  const first = await startDev(port);
  try {
    await api.start({ workflowId: 'w', workflowType: 'transfer', taskQueue: 'q' });
    expect((await fetch(`${url}/docs/api`)).headers.get('content-type')).toContain('text/html');
  } finally {
    first.signal('SIGINT');
    await first.exited;
  }
  const second = await startDev(port);
  try {
    expect((await api.describe('w')).workflowExecutionInfo.status).toBe('WORKFLOW_EXECUTION_STATUS_RUNNING');
  } finally {
    second.signal('SIGTERM');
    await second.exited;
  }
  expect([first.code, second.code]).toEqual([130, 143]);
  await requireFreePort(port, '');
}, 200_000);
