import { describe, expect, it } from 'vitest';
import { isAllowedWorkerUrl, workerBaseUrl } from '../../src/auth/worker-url.ts';
import { type Env, workerUrlPolicy } from '../../src/env.ts';

const deployed = workerUrlPolicy({} as Env);
const development = workerUrlPolicy({ PERDURE_DEV: '1' } as Env);

/** S-22, S-23: what a URL stands for, in whatever way it is written. */
const FORGED = [
  'https://localhost/',
  'https://LOCALHOST/',
  'https://localhost./',
  'https://x.localhost/',
  'https://127.0.0.1/',
  'https://127.1/',
  'https://0x7f000001/',
  'https://2130706433/',
  'https://0177.0.0.1/',
  'https://0.0.0.0/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:7f00:1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:169.254.169.254]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[64:ff9b:1::1]/',
  'https://[2002:7f00:1::]/',
  'https://[2001:0:1::1]/',
  'https://[2001:db8::1]/',
  'https://[fe80::1]/',
  'https://[fc00::1]/',
  'https://[fd12:3456::1]/',
  'https://[ff02::1]/',
  'https://[100::1]/',
  'https://10.0.0.1/',
  'https://100.64.0.1/',
  'https://100.127.255.254/',
  'https://169.254.169.254/latest/meta-data',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.0.0.1/',
  'https://192.168.1.1/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://metadata.google.internal/',
  'https://metadata.google.internal./',
  'https://printer.local/',
  'https://nas.lan/',
  'https://db.internal/',
  'https://intranet/',
  'https://metadata/',
  'https://1.168.192.in-addr.arpa/',
  'https://hidden.onion/',
  'https://example.com./',
  'https://１２７.０.０.１/',
  'https://ⓛocalhost/',
];
const PUBLIC = [
  'https://worker.example.com/',
  'https://worker.example.com:8443/base/',
  'https://8.8.8.8/',
  'https://100.128.0.1/',
  'https://172.32.0.1/',
  'https://[2606:4700::1111]/',
  'https://localhost.example.com/',
  'https://internal.example.com/',
];

describe('the URL of a Worker', () => {
  it.each(FORGED)('%s is refused by a deployed engine', (url) => {
    expect(() => workerBaseUrl(url, deployed)).toThrow(/^url: /);
  });

  it.each(PUBLIC)('%s is taken', (url) => {
    expect(workerBaseUrl(url, deployed)).toBe(url.replace(/\/$/, ''));
  });

  it('is https, except on this machine in development', () => {
    expect(() => workerBaseUrl('http://worker.example.com', deployed)).toThrow('must be https');
    expect(() => workerBaseUrl('http://worker.example.com', development)).toThrow('must be https');
    expect(workerBaseUrl('http://127.1:9233', development)).toBe('http://127.0.0.1:9233');
    expect(() => workerBaseUrl('http://127.0.0.1:9233', deployed)).toThrow('only in development');
    for (const url of FORGED.filter((one) => /10\.0|169\.254|ffff|fe80|internal/.test(one)))
      expect(isAllowedWorkerUrl(url, development)).toBe(false);
  });

  it('stands in the list, where there is one', () => {
    const policy = workerUrlPolicy({ WORKER_HOSTS: 'a.example.com, .workers.dev,b.example.com:8443' } as Env);
    const allowed = (url: string) => isAllowedWorkerUrl(url, policy);
    expect(
      ['https://a.example.com', 'https://x.workers.dev', 'https://b.example.com:8443'].map(allowed),
    ).toEqual([true, true, true]);
    const others = [
      'https://b.example.com',
      'https://workers.dev.evil.com',
      'https://xworkers.dev',
      'https://c.a.example.com',
    ];
    expect(others.map(allowed)).toEqual([false, false, false, false]);
    // A list opens nothing that is closed.
    expect(isAllowedWorkerUrl('https://10.0.0.1', workerUrlPolicy({ WORKER_HOSTS: '10.0.0.1' } as Env))).toBe(
      false,
    );
  });
});
