/**
 * How long the timeline of a run of 10,000 events takes: `node test/ui/timeline-bench.ts`. Measured in the page, from the
 * answer with the last events to the frame that shows all rows, and from the click that opens the page.
 */

import { World } from './browser.ts';
import { serveHistory } from './long-history.ts';

const LOADS = 7;
const world = new World();
await world.start();
await world.api.start({ workflowId: 'long', workflowType: 'long', taskQueue: 'nobody', args: [] });
const page = await world.page('/ui/default/workers');
await serveHistory(page, 3_333);
const measured: Array<{ drawn: number; opened: number }> = [];
for (let i = 0; i < LOADS; i++) {
  await page.goto(`${world.url}/ui/default/workflows/long`);
  // The workflow task that nobody takes is one of them.
  await page.getByText('3,335 rows').waitFor();
  measured.push(
    await page.evaluate(`new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
      const answers = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/history?'));
      const last = Math.max(...answers.map(({ responseEnd }) => responseEnd));
      const now = performance.now();
      done({ drawn: now - last, opened: now });
    })))`),
  );
}
const median = (of: 'drawn' | 'opened'): string => {
  const sorted = measured.map((one) => one[of]).sort((a, b) => a - b);
  return `${Math.round(sorted[Math.floor(sorted.length / 2)]!)} ms (${Math.round(sorted[0]!)} to ${Math.round(sorted.at(-1)!)})`;
};
console.log(
  `10,000 events: last answer → all rows shown ${median('drawn')}; address → all rows shown ${median('opened')}`,
);
await world.end();
