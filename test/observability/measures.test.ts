import parse from 'parse-prometheus-text-format';
import { describe, expect, it } from 'vitest';
import { MetricsAccumulator } from '../../src/observability/accumulator.ts';
import { MAX_SERIES } from '../../src/observability/families.ts';
import { MetricsBuffer } from '../../src/observability/measures.ts';
import { prometheusText } from '../../src/observability/prometheus.ts';
import { memorySql } from '../visibility/sqlite.ts';

const QUEUE = 'perdure_queue_messages_total';
const ALARM = 'perdure_alarm_lateness_seconds';
const RPC = 'perdure_api_requests_total';

function newBuffer() {
  let ids = 0;
  return new MetricsBuffer(() => `id-${ids++}`);
}

describe('what isolates have counted', () => {
  it('adds up over isolates and over restarts of who keeps it', () => {
    const sql = memorySql();
    for (let restart = 0; restart < 3; restart++) {
      const kept = new MetricsAccumulator(sql);
      for (const isolate of ['a', 'b']) {
        const buffer = new MetricsBuffer(() => `${isolate}${restart}`);
        buffer.count(QUEUE, ['settled'], 5);
        buffer.observe(ALARM, [], 0.02);
        kept.add(buffer.take());
      }
      kept.write();
    }
    const samples = new MetricsAccumulator(sql).read();
    expect(samples.find(({ name }) => name === QUEUE)).toMatchObject({ labels: ['settled'], value: 30 });
    const lateness = samples.find(({ name }) => name === ALARM)!.value as { buckets: number[]; sum: number };
    expect(lateness.buckets[2]).toBe(6);
    expect(lateness.sum).toBeCloseTo(0.12);
  });

  it('counts once when the answer was lost and it is sent again', () => {
    const kept = new MetricsAccumulator(memorySql());
    const buffer = newBuffer();
    buffer.count(QUEUE, ['settled']);
    const deltas = buffer.take();
    kept.add(deltas);
    buffer.giveBack(deltas);
    buffer.count(QUEUE, ['settled']);
    kept.add(buffer.take());
    expect(kept.read()).toEqual([{ name: QUEUE, labels: ['settled'], value: 2 }]);
    expect(buffer.isEmpty).toBe(true);
  });

  it('is written together: one row for each series that changed, nothing when nothing did', () => {
    const sql = memorySql();
    const kept = new MetricsAccumulator(sql);
    expect(kept.read()).toEqual([]);
    kept.write();
    expect([...sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'")]).toEqual([]);
    const buffer = newBuffer();
    for (let i = 0; i < 1_000; i++) buffer.count(QUEUE, ['settled']);
    kept.add(buffer.take());
    kept.write();
    kept.write();
    expect(sql.statements.filter((text) => text.startsWith('INSERT'))).toHaveLength(1);
  });

  it('is bounded in memory and in labels, however many names there are', () => {
    const buffer = newBuffer();
    for (let i = 0; i < MAX_SERIES + 500; i++) buffer.count(RPC, [`rpc${i}`, 'OK']);
    const [{ samples } = { samples: [] }] = buffer.take();
    expect(samples).toHaveLength(MAX_SERIES + 1);
    expect(samples.find(({ labels }) => labels[0] === 'other')!.value).toBe(500);
    buffer.count(RPC, ['x'.repeat(5_000), 'OK']);
    expect(buffer.take()[0]!.samples[0]!.labels[0]!.length).toBe(200);
    for (let i = 0; i < 100; i++) {
      buffer.count(QUEUE, ['settled']);
      buffer.giveBack(buffer.take());
    }
    expect(buffer.take().length).toBeLessThanOrEqual(20);
  });
});

describe('the text that Prometheus reads', () => {
  it('is understood by a parser that is not ours: types, labels with any character, cumulated buckets', () => {
    const buffer = newBuffer();
    buffer.count(RPC, ['a "quoted" \\ name\nwith lines', 'OK'], 3);
    for (const seconds of [0.001, 0.02, 0.02, 400]) buffer.observe(ALARM, [], seconds);
    const text = prometheusText(
      buffer.take()[0]!.samples.map((sample) => ({ ...sample, namespace: 'de"fault' })),
    );
    const families = parse(text);
    const requests = families.find(({ name }) => name === RPC)!;
    expect(requests).toMatchObject({ type: 'COUNTER' });
    expect(requests.metrics).toEqual([
      { value: '3', labels: { namespace: 'de"fault', rpc: 'a "quoted" \\ name\nwith lines', code: 'OK' } },
    ]);
    const alarm = families.find(({ name }) => name === ALARM)!;
    expect(alarm.type).toBe('HISTOGRAM');
    expect(alarm.metrics[0]).toMatchObject({
      buckets: { '0.005': '1', '0.01': '1', '0.025': '3', '60': '3', '+Inf': '4' },
    });
    // The parser leaves out what stands beside the buckets of a histogram with labels.
    const [, sum] = /^perdure_alarm_lateness_seconds_sum\{namespace="de\\"fault"\} (\S+)$/m.exec(text)!;
    expect(Number(sum)).toBeCloseTo(400.041);
    expect(text).toContain('perdure_alarm_lateness_seconds_count{namespace="de\\"fault"} 4\n');
  });
});
