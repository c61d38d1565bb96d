import { describe, expect, it } from 'vitest';
import type { ListedWorker } from '../../sdk/common/workers.ts';
import { Observations } from '../../src/matching/observations.ts';
import { WorkerHealth } from '../../src/namespace/worker-health.ts';

const url = 'http://127.0.0.1:9233';
const registered = { url, lastSeenTime: '1970-01-01T00:00:01.000Z' };

function isolates(count: number) {
  const clock = { now: 1_000 };
  const health = new WorkerHealth(() => clock.now);
  const each = Array.from({ length: count }, () => new Observations(() => clock.now));
  const listed = (): ListedWorker => {
    for (const seen of each) health.tell(seen.take());
    return health.withHealth(url, registered);
  };
  return { clock, each, listed, health };
}

describe('what isolates see of a Worker', () => {
  it('is told once: failed calls add up over isolates until the Worker answers one of them', () => {
    const { clock, each, listed } = isolates(2);
    clock.now = 2_000;
    each[0]!.failed(url, 'refused');
    each[0]!.failed(url, 'refused');
    clock.now = 3_000;
    each[1]!.failed(url, 'HTTP 502');
    const failing = { failedCalls: 3, lastError: 'HTTP 502', lastErrorTime: '1970-01-01T00:00:03.000Z' };
    expect(listed()).toEqual({ ...registered, ...failing });
    expect(listed()).toEqual({ ...registered, ...failing });
    clock.now = 4_000;
    each[0]!.contacted(url);
    const seen = { lastSeenTime: '1970-01-01T00:00:04.000Z' };
    expect(listed()).toEqual({ ...registered, ...failing, ...seen, failedCalls: 0 });
    clock.now = 5_000;
    each[1]!.failed(url, 'refused');
    expect(listed()).toMatchObject({ ...seen, failedCalls: 1, lastError: 'refused' });
  });

  it('never takes back what a registration has seen since', () => {
    const { clock, each, health } = isolates(1);
    each[0]!.failed(url, 'refused');
    health.tell(each[0]!.take());
    clock.now = 9_000;
    const again = { ...registered, lastSeenTime: '1970-01-01T00:00:09.000Z' };
    expect(health.withHealth(url, again)).toMatchObject({ ...again, failedCalls: 0, lastError: 'refused' });
  });

  it('counts the tasks of the last minute by kind and task queue', () => {
    const { clock, each, health } = isolates(2);
    for (let i = 0; i < 90; i++) each[i % 2]!.dispatched('activity', 'q');
    each[0]!.dispatched('workflow', 'q');
    for (const seen of each) health.tell(seen.take());
    expect([health.dispatchRate('activity', 'q'), health.dispatchRate('workflow', 'q')]).toEqual([
      1.5,
      1 / 60,
    ]);
    clock.now += 60_000;
    expect(health.dispatchRate('activity', 'q')).toBe(0);
    each[0]!.dispatched('activity', 'q');
    clock.now += 60_001;
    health.tell(each[0]!.take());
    expect(health.dispatchRate('activity', 'q')).toBe(0);
  });
});
