/**
 * A host: a process with a disk of its own. Start several. It serves two task queues: that of all hosts, where it offers itself,
 * and one that has its name, where all steps of a file come to it. Environment: PERDURE_ADDRESS.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'perdure/worker/node';
import { createActivities, createOffer } from './activities.ts';
import { TASK_QUEUE } from './shared.ts';

const { PERDURE_ADDRESS: engine } = process.env;
// A new one each time: a host that is started anew does not have what the one before had.
const name = `host-${crypto.randomUUID().slice(0, 8)}`;
const folder = await mkdtemp(join(tmpdir(), `${name}-`));
const disk = {
  write: (file: string, text: string) => writeFile(join(folder, file), text),
  read: (file: string) => readFile(join(folder, file), 'utf8'),
  remove: (file: string) => rm(join(folder, file), { force: true }),
};
const own = { taskQueue: name, identity: name, ...(engine && { engine }) };
const workers = await Promise.all([
  Worker.create({ ...own, activities: createActivities(disk) }),
  Worker.create({ ...own, taskQueue: TASK_QUEUE, activities: createOffer({ name, taskQueue: name }) }),
]);
console.log(`${name} keeps files in ${folder}. To crash it: kill -9 ${process.pid}`);
await Promise.all(workers.map((worker) => worker.run()));
await rm(folder, { recursive: true });
