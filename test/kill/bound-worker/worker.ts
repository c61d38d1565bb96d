/** The Worker that is bound to the engine. What its activities do goes to the harness, at the address in RECORDER. */

import { env } from 'cloudflare:workers';
import { createWorker } from 'perdure/worker';
import { localActivities, recordedActivities } from '../../workloads/activities.ts';
import * as workflows from '../../workloads/workflows.ts';

const { RECORDER, TASK_QUEUE } = env as unknown as { RECORDER: string; TASK_QUEUE: string };

/** Of this isolate. Made late: there is no randomness while a Worker starts. */
let name: string | undefined;

export default createWorker({
  taskQueue: TASK_QUEUE,
  workflows,
  activities: () => {
    name ??= `bound-${crypto.randomUUID()}`;
    const recorded = recordedActivities(async (act) => {
      const response = await fetch(RECORDER, { method: 'POST', body: JSON.stringify(act) });
      if (!response.ok) throw new Error(`the recorder answered ${response.status}`);
    }, name);
    return { ...recorded, ...localActivities };
  },
});
