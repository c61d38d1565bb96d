import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { noteBoundWorkers, requireUnbound } from '../scripts/lib/bound-workers.ts';
import { projectRoot } from '../scripts/lib/root.ts';

/** No engine has this one. */
const PORT = 1;
const address = `http://127.0.0.1:${PORT}`;
let engine: ChildProcess | undefined;

afterEach(async () => {
  engine?.kill('SIGKILL');
  await rm(join(projectRoot, `.perdure/bound-workers/${PORT}.json`), { force: true });
});

it('a Worker on Node does not start beside npm start with the same example, and does when that is gone', async () => {
  engine = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
  await once(engine, 'spawn');
  await noteBoundWorkers(PORT, { group: engine.pid!, examples: ['money-transfer', 'saga'] });
  await expect(requireUnbound(address, 'money-transfer')).rejects.toThrow(/serves money-transfer .* already/);
  await requireUnbound(address, 'file-processing');
  await requireUnbound('http://127.0.0.1:2', 'money-transfer');
  engine.kill('SIGKILL');
  await once(engine, 'exit');
  await requireUnbound(address, 'money-transfer');
});
