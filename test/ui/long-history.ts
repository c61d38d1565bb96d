/** A long history for a page to show. */

import type { Page } from 'playwright-core';

/** In place of the run's own history, a long one: so many activities, one after another. */
export async function serveHistory(page: Page, activities: number): Promise<void> {
  const events: object[] = [];
  const add = (name: string, attributes: object): void => {
    const eventId = String(events.length + 1);
    const eventTime = new Date(Date.UTC(2026, 0, 1) + events.length * 250).toISOString();
    const key = `${name[0]!.toLowerCase()}${name.slice(1)}EventAttributes`;
    const eventType = `EVENT_TYPE_${name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}`;
    events.push({ eventId, eventTime, eventType, [key]: attributes });
  };
  add('WorkflowExecutionStarted', { workflowType: { name: 'long' }, attempt: 1 });
  for (let n = 1; n <= activities; n++) {
    const scheduledEventId = String(events.length + 1);
    add('ActivityTaskScheduled', { activityId: String(n), activityType: { name: 'step' } });
    add('ActivityTaskStarted', { scheduledEventId, attempt: 1 });
    add('ActivityTaskCompleted', { scheduledEventId });
  }
  await page.route('**/history?*', (route) => {
    const { searchParams } = new URL(route.request().url());
    const from = Number(searchParams.get('nextPageToken') ?? 0);
    const end = from + Number(searchParams.get('maximumPageSize'));
    const nextPageToken = end < events.length ? String(end) : undefined;
    return route.fulfill({ json: { history: { events: events.slice(from, end) }, nextPageToken } });
  });
}
