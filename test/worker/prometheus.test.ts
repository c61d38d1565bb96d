import parse from 'parse-prometheus-text-format';
import { expect, it } from 'vitest';
import { DefaultLogger } from '../../sdk/worker/logger.ts';
import { PrometheusPage } from '../../sdk/worker/prometheus.ts';
import { Runtime } from '../../sdk/worker/runtime.ts';

const silent = new DefaultLogger('ERROR', () => {});
const page = (config: object = {}, prometheus: object = {}): PrometheusPage =>
  new PrometheusPage({ ...config, prometheus: { bindAddress: '127.0.0.1:0', ...prometheus } }, silent);

it('metrics of users’ own are a page for Prometheus', async () => {
  const shown = page();
  const meter = shown.meter.withTags({ shop: 'north' });
  const orders = meter.createCounter('orders-taken', 'orders', 'How many');
  orders.add(2);
  orders.add(3);
  orders.add(1, { 'paid by': 'a "card"\n\\' });
  const took = meter.createHistogram('took', 'int', 'ms');
  took.record(7);
  took.record(70_000);
  const open = meter.createUpDownCounter('open');
  open.add(5);
  open.add(-2);
  const heat = meter.createGauge('heat', 'float');
  heat.set(3);
  heat.set(1.5);
  const base = `http://127.0.0.1:${await shown.listening}`;
  const answer = await fetch(`${base}/metrics`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4');
  const text = await answer.text();
  expect(text).toContain('# HELP orders_taken How many\n# TYPE orders_taken counter\n');
  expect(text).toContain('orders_taken{shop="north"} 5\n');
  expect(text).toContain('orders_taken{shop="north",paid_by="a \\"card\\"\\n\\\\"} 1\n');
  expect(text).toContain('took_bucket{shop="north",le="50"} 1\n');
  expect(text).toContain('took_bucket{shop="north",le="+Inf"} 2\ntook_sum{shop="north"} 70007\n');
  expect(text).toContain('# TYPE open gauge\nopen{shop="north"} 3\n');
  expect(text).toContain('heat{shop="north"} 1.5\n');
  expect(parse(text).map(({ name }: { name: string }) => name)).toEqual([
    'heat',
    'open',
    'orders_taken',
    'took',
  ]);
  expect((await fetch(`${base}/`)).status).toBe(404);
  shown.close();
});

it('names, buckets and tags are what the options say', () => {
  const shown = page(
    { globalTags: { region: 'eu' } },
    { countersTotalSuffix: true, unitSuffix: true, histogramBucketOverrides: { took: [5, 50] } },
  );
  shown.meter.createCounter('orders', 'orders').add(1);
  shown.meter.createHistogram('took', 'int', 'ms').record(7);
  expect(shown.text()).toBe(
    [
      '# HELP orders_total orders',
      '# TYPE orders_total counter',
      'orders_total{region="eu"} 1',
      '# HELP took_ms took',
      '# TYPE took_ms histogram',
      'took_ms_bucket{region="eu",le="5"} 0',
      'took_ms_bucket{region="eu",le="50"} 1',
      'took_ms_bucket{region="eu",le="+Inf"} 1',
      'took_ms_sum{region="eu"} 7',
      'took_ms_count{region="eu"} 1\n',
    ].join('\n'),
  );
  shown.close();
});

it('a runtime has such a page, until it is shut down; an address that is taken is told to its logger', async () => {
  const first = page();
  const port = await first.listening;
  const said = Promise.withResolvers<string>();
  const logger = new DefaultLogger('ERROR', ({ message }) => said.resolve(message));
  const metrics = { prometheus: { bindAddress: `127.0.0.1:${port}` } };
  const runtime = Runtime.install({ logger, telemetryOptions: { metrics } });
  expect(await said.promise).toContain(`No metrics for Prometheus at 127.0.0.1:${port}: `);
  runtime.metricMeter.createCounter('orders').add(1);
  await runtime.shutdown();
  first.close();
});
